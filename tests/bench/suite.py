"""Everything that is measured, in the order of the table. A measurement is a function of the stage that gives rows."""

import time
from collections.abc import Callable, Iterable, Sequence

from tests.bench import counting, house, reading, rivals, rows, writing
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
}


def run(ground: Ground, *, quick: bool, only: Sequence[str] | None) -> int:
    """Measure, print, and say how many bars were missed; the page is written by a whole run alone."""
    stage = Stage(ground, QUICK if quick else Effort())
    started = time.monotonic()
    table: list[Row] = []
    for name, measurement in MEASUREMENTS.items():
        if not only or name in only:
            print(f"{name} …", flush=True)
            table.extend(measurement(stage))
    print(as_text(table))
    print(f"{time.monotonic() - started:.0f} s, load from {TOOL}")
    return 0
