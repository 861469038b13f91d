"""Everything that is measured, in the order of the table. A measurement is a function of the stage that gives rows."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tests.bench import (
    articles,
    counting,
    end_to_end,
    page,
    reading,
    rivals,
    rows,
    scaling,
    writing,
)
from tests.bench.load_generator import TOOL
from tests.bench.table import Row, as_text
from tests.bench.testbed import Ground
from tests.bench.workload import QUICK, Effort, Stage

Measurement = Callable[[Stage], Iterable[Row]]

MEASUREMENTS: dict[str, Measurement] = {
    "writing": writing.measure,
    "reading": reading.measure,
    "rivals": rivals.measure,
    "counting": counting.measure,
    "rows": rows.measure,
    "house": end_to_end.measure,
    "stories": articles.measure,
    "growth": scaling.measure,
}

# What a quick run leaves out.
SLOW = {"growth"}


def run(
    ground: Ground,
    *,
    quick: bool,
    seconds: int | None,
    only: Sequence[str] | None,
    most_rows: int | None,
    write: bool = False,
) -> None:
    """Measure and print; write the page where all was measured. A bar that is missed is said, and no failure."""
    effort = QUICK if quick else Effort()
    ledgers = tuple(rows for rows in effort.ledgers if rows <= (most_rows or rows))
    stage = Stage(ground, replace(effort, seconds=seconds or effort.seconds, ledgers=ledgers))
    chosen = only or [name for name in MEASUREMENTS if not (quick and name in SLOW)]
    started = time.monotonic()
    found: dict[str, list[Row]] = {}
    try:
        for name in chosen:
            print(f"{name} …", end=" ", flush=True)
            began = time.monotonic()
            found[name] = list(MEASUREMENTS[name](stage))
            print(f"{time.monotonic() - began:.0f} s", flush=True)
    finally:
        # What was found until something went wrong is worth seeing, too.
        table = [row for name, each in found.items() if name != "growth" for row in each]
        grown = found.get("growth", [])
        print(as_text([*table, *grown]))
        print(f"{sum(row.verdict == 'missed' for row in table)} bars missed")
        print(f"{time.monotonic() - started:.0f} s, load from {TOOL}")
    if write or (found.keys() == MEASUREMENTS.keys() and not quick):
        page.write(table, grown, stage.effort)
