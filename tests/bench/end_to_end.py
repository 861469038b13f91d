"""The whole product as `make run` starts it: how soon a reaction is public, and how much memory and CPU all of it takes."""

import shutil
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import psutil

from tests.bench.table import Row, Samples, at_most
from tests.bench.workload import Workload
from tests.load import Api, Load, publish
from tests.servers import RunningStack, open_folder

RATE = 300  # reactions a second by others
IDLE_AFTER_SECONDS = 5  # until what the load left is done, such as an autovacuum

WORKER = "celery --quiet -A newsroom.celery worker --concurrency 2"


def measure(workload: Workload) -> Iterator[Row]:
    folder = open_folder("bench-product")
    stack = RunningStack(folder, environment={"TRUSTED_PROXY_HOPS": "1"})
    stack.start()
    try:
        stack.wait_until_up()
        yield from _fresh(stack, workload.effort.freshness_seconds)
        # After the load: a process that has just started is smaller than one that has worked.
        yield from _memory(stack)
        yield _idle_cpu(stack, workload.effort.idle_seconds)
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _fresh(stack: RunningStack, seconds: float) -> Iterator[Row]:
    slugs = [f"bench-{number}" for number in range(20)]
    publish(stack, [*slugs, "probe"])
    with Load(stack.url, slugs, rate=RATE) as load:
        waits = freshness(stack.url, "probe", seconds)
        rate = load.rate
    with Api(stack.url) as api:
        counted = settled(api, slugs, load.acknowledged)
    if counted != load.acknowledged:
        raise RuntimeError(f"{load.acknowledged} acknowledged, {counted} counted.")
    note = f"{len(waits)} probes while others react {rate:.0f} times a second"
    for percent, limit in ((50, 0.5), (99, 1.0)):
        figure = f"public after, {percent} of 100 reactions"
        yield Row(
            figure,
            Samples([percentile(waits, percent)], "s"),
            target=at_most(limit, "s"),
            note=note,
        )


def freshness(url: str, slug: str, seconds: float) -> list[float]:
    """Seconds from an acknowledged reaction to the public count that holds it, once per probe."""
    waits = []
    with Api(url) as api:
        shown = api.total(slug)
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            api.react(slug, "love")
            acknowledged = time.perf_counter()
            # Less than before, too: from the other web process, whose copy is a quarter of a second older.
            while api.total(slug) <= shown:
                time.sleep(0.005)
            waits.append(time.perf_counter() - acknowledged)
            shown += 1
    return waits


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def settled(api: Api, slugs: Sequence[str], expected: int) -> int:
    """The sum of all counts once it is as expected, or after ten seconds."""
    deadline = time.perf_counter() + 10
    while (found := sum(map(api.total, slugs))) != expected and time.perf_counter() < deadline:
        time.sleep(0.1)
    return found


def _memory(stack: RunningStack) -> Iterator[Row]:
    everything = stack.family()
    aggregations = stack.process_of(WORKER).children()
    webs = stack.process_of("granian").children()
    note = "proportional: what processes share is shared out among them"
    yield Row("memory of a web worker", _megabytes(webs), target=at_most(95, "MB"), note=note)
    yield Row("memory of a Celery worker", _megabytes(aggregations), target=at_most(110, "MB"))
    total = Samples([sum(_megabytes(everything).values)], "MB")
    yield Row(
        f"memory of all {len(everything)} processes of `make run`", total, target=at_most(680, "MB")
    )


def _idle_cpu(stack: RunningStack, seconds: float) -> Row:
    """Percent of a core that all processes need together while no one asks for anything."""
    time.sleep(IDLE_AFTER_SECONDS)
    before, began = _cpu_seconds(stack), time.perf_counter()
    time.sleep(seconds)
    used, took = _cpu_seconds(stack) - before, time.perf_counter() - began
    return Row(
        "CPU of all of them without readers",
        Samples([100 * used / took], "% of a core"),
        target=at_most(4, "% of a core"),
        note=f"over {took:.0f} s, with processes that ended meanwhile",
    )


def _cpu_seconds(stack: RunningStack) -> float:
    """Of every process; those that have ended, such as a session of PostgreSQL, count for their parent."""
    seconds = 0.0
    for process in stack.family():
        with suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])  # user, system, and both of its children
    return seconds


def _megabytes(processes: Sequence[psutil.Process]) -> Samples:
    sizes = [process.memory_full_info() for process in processes]
    # Where the system does not know shares, what is a process's own.
    return Samples([getattr(size, "pss", size.uss) / 2**20 for size in sizes], "MB")
