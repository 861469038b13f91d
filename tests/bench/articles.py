"""Articles in and out: importing and feeds, each run in a process with servers of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator

from tests.bench.table import Row, Samples, at_least, at_most
from tests.bench.workload import Workload
from tests.servers import PROJECT


def measure(workload: Workload) -> Iterator[Row]:
    rounds = 1 if workload.effort.is_quick else 3
    found = [_once(workload) for _ in range(rounds)]
    imported, ratio, feeds = (
        Samples(each, unit) for each, unit in zip(zip(*found, strict=True), UNITS, strict=True)
    )
    yield Row(
        "1,000 ninjs articles imported, one core", imported, target=at_least(150, "articles/s")
    )
    yield Row(
        "the same, CPU, in times of reading the JSON and cleaning the bodies",
        ratio,
        target=at_most(40, "x"),
    )
    yield Row(
        "a feed of 100 articles, CPU, the slowest of three forms", feeds, target=at_most(40, "ms")
    )


UNITS = ("articles/s", "x", "ms")


def _once(workload: Workload) -> list[float]:
    answer = workload.testbed.data / "importing.json"
    # Its exit code says whether the targets are met; the table has that, too.
    subprocess.run(
        [sys.executable, "-m", "tests.bench.importing", str(answer)],
        cwd=PROJECT,
        check=False,
        timeout=180,
        stdout=subprocess.DEVNULL,
    )
    return [float(value) for value in json.loads(answer.read_text())]
