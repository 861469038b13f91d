"""How cost grows, with readers at once and with articles: each beside the smallest of its kind. Rows: rows.py."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from reactions.counting.aggregate import aggregate
from tests.bench.counting import events_per_second
from tests.bench.load_generator import Load, Result
from tests.bench.reading import counts
from tests.bench.table import Row, Samples, compared
from tests.bench.workload import Workload
from tests.bench.writing import milliseconds, new, run

READERS = (1, 10, 100)  # connections at once
ARTICLES = (1, 100, 10_000)


def measure(workload: Workload) -> Iterator[Row]:
    yield from _readers(workload)
    yield from _articles(workload)


def _readers(workload: Workload) -> Iterator[Row]:
    put = new(workload, workload.articles)
    get = Load(workload.testbed.data, map(counts, workload.articles))

    def load(each: Load, count: int) -> Callable[[], Result]:
        return lambda: each.run(workload.ours, workload.effort.seconds, count)

    for name, each in (("PUT", put), ("GET counts", get)):
        found = workload.alternate({count: load(each, count) for count in READERS})
        times = {count: milliseconds(results, "p50") for count, results in found.items()}
        yield from beside_first(f"time of a {name}", times, "readers at once")
        aggregate()


def _articles(workload: Workload) -> Iterator[Row]:
    articles = workload.make_articles(ARTICLES[-1])
    few = {count: articles[:count] for count in ARTICLES}
    puts = workload.alternate(
        {count: run(workload, workload.ours, new(workload, some)) for count, some in few.items()}
    )
    aggregate()
    times = {count: milliseconds(results, "p50") for count, results in puts.items()}
    yield from beside_first("time of a PUT", times, "articles")
    aggregations = workload.alternate(
        {count: _aggregation(workload, some) for count, some in few.items()}
    )
    costs = {count: Samples(found, "µs") for count, found in aggregations.items()}
    yield from beside_first("time to count a reaction", costs, "articles")


def _aggregation(workload: Workload, articles: Sequence[str]) -> Callable[[], float]:
    return lambda: 1e6 / events_per_second(workload, articles, aggregate)


def beside_first(figure: str, found: Mapping[int, Samples], unit: str) -> Iterator[Row]:
    (first, smallest), *others = found.items()
    for count, samples in others:
        yield compared(f"{figure}, {count:,} {unit} / {first:,}", samples, smallest)
