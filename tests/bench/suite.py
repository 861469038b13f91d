"""Everything that is measured, in the order of the table. A measurement is a function of the workload that yields rows."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tests.bench import (
    articles,
    browsing,
    counting,
    end_to_end,
    front,
    live,
    page,
    reading,
    rivals,
    rows,
    scaling,
    writing,
)
from tests.bench.load_generator import tool
from tests.bench.table import Row, as_text
from tests.bench.testbed import Testbed
from tests.bench.workload import QUICK, Effort, Workload

Measurement = Callable[[Workload], Iterable[Row]]

MEASUREMENTS: dict[str, Measurement] = {
    "writing": writing.measure,
    "reading": reading.measure,
    "front": front.measure,
    "live": live.measure,
    "browsing": browsing.measure,
    "rivals": rivals.measure,
    "counting": counting.measure,
    "rows": rows.measure,
    "product": end_to_end.measure,
    "articles": articles.measure,
    "scaling": scaling.measure,
}

# What a quick run leaves out.
SLOW = {"scaling"}


def run(
    testbed: Testbed,
    *,
    quick: bool,
    seconds: int | None,
    only: Sequence[str] | None,
    most_rows: int | None,
    write: bool = False,
) -> None:
    """Measure and print; write the page where all was measured. A missed target is printed, and is no failure."""
    effort = QUICK if quick else Effort()
    ledgers = tuple(rows for rows in effort.ledgers if rows <= (most_rows or rows))
    workload = Workload(
        testbed, replace(effort, seconds=seconds or effort.seconds, ledgers=ledgers)
    )
    chosen = only or [name for name in MEASUREMENTS if not (quick and name in SLOW)]
    started = time.monotonic()
    found: dict[str, list[Row]] = {}
    try:
        for name in chosen:
            print(f"{name} …", end=" ", flush=True)
            began = time.monotonic()
            found[name] = list(MEASUREMENTS[name](workload))
            print(f"{time.monotonic() - began:.0f} s", flush=True)
    finally:
        # What was measured before a failure is printed, too.
        table = [row for name, each in found.items() if name != "scaling" for row in each]
        scaled = found.get("scaling", [])
        print(as_text([*table, *scaled]))
        print(f"{sum(row.verdict == 'missed' for row in table)} targets missed")
        print(f"{time.monotonic() - started:.0f} s, load from {tool()}")
    if write or (found.keys() == MEASUREMENTS.keys() and not quick):
        page.write(table, scaled, workload.effort)
