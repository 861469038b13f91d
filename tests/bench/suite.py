"""Everything that is measured, in the order of the table. A measurement is a function of the stage that gives rows."""

import time
from collections.abc import Callable, Iterable, Sequence

from tests.bench import counting, growth, house, page, reading, rivals, rows, writing
from tests.bench.ground import Ground
from tests.bench.loads import TOOL
from tests.bench.stage import QUICK, Effort, Stage
from tests.bench.table import Row, as_text

Measurement = Callable[[Stage], Iterable[Row]]

MEASUREMENTS: dict[str, Measurement] = {
    "writing": writing.measure,
    "reading": reading.measure,
    "rivals": rivals.measure,
    "counting": counting.measure,
    "rows": rows.measure,
    "house": house.measure,
    "growth": growth.measure,
}

# What a quick run leaves out.
SLOW = {"growth"}


def run(ground: Ground, *, quick: bool, only: Sequence[str] | None) -> int:
    """Measure, print, and write the page where all was measured; 1 where a bar was missed."""
    stage = Stage(ground, QUICK if quick else Effort())
    chosen = only or [name for name in MEASUREMENTS if not (quick and name in SLOW)]
    started = time.monotonic()
    found: dict[str, list[Row]] = {}
    for name in chosen:
        print(f"{name} …", flush=True)
        found[name] = list(MEASUREMENTS[name](stage))
    grown = found.pop("growth", [])
    table = [row for each in found.values() for row in each]
    print(as_text([*table, *grown]))
    print(f"{time.monotonic() - started:.0f} s, load from {TOOL}")
    if found.keys() | {"growth"} == MEASUREMENTS.keys() and not quick:
        effort = stage.effort
        page.write(table, grown, rounds=effort.rounds, seconds=effort.seconds)
    return 1 if any(row.verdict == "missed" for row in table) else 0
