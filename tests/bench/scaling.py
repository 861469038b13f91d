"""How cost grows, with readers at once and with articles: each beside the smallest of its kind. Rows: rows.py."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from reactions.counting.aggregate import aggregate
from tests.bench.counting import events_per_second
from tests.bench.load_generator import Load, Result
from tests.bench.reading import counts
from tests.bench.table import Row, Samples, compared
from tests.bench.workload import Stage
from tests.bench.writing import milliseconds, new, run

READERS = (1, 10, 100)  # connections at once
ARTICLES = (1, 100, 10_000)


def measure(stage: Stage) -> Iterator[Row]:
    yield from _readers(stage)
    yield from _articles(stage)


def _readers(stage: Stage) -> Iterator[Row]:
    put = new(stage, stage.articles)
    get = Load(stage.ground.data, map(counts, stage.articles))

    def load(each: Load, count: int) -> Callable[[], Result]:
        return lambda: each.run(stage.ours, stage.effort.seconds, count)

    for name, each in (("PUT", put), ("GET counts", get)):
        found = stage.alternate({count: load(each, count) for count in READERS})
        times = {count: milliseconds(results, "p50") for count, results in found.items()}
        yield from beside_first(f"time of a {name}", times, "readers at once")
        aggregate()


def _articles(stage: Stage) -> Iterator[Row]:
    articles = stage.make_articles(ARTICLES[-1])
    few = {count: articles[:count] for count in ARTICLES}
    puts = stage.alternate(
        {count: run(stage, stage.ours, new(stage, some)) for count, some in few.items()}
    )
    aggregate()
    times = {count: milliseconds(results, "p50") for count, results in puts.items()}
    yield from beside_first("time of a PUT", times, "stories")
    folds = stage.alternate({count: _fold(stage, some) for count, some in few.items()})
    costs = {count: Samples(found, "µs") for count, found in folds.items()}
    yield from beside_first("time to count a reaction", costs, "stories")


def _fold(stage: Stage, articles: Sequence[str]) -> Callable[[], float]:
    return lambda: 1e6 / events_per_second(stage, articles, aggregate)


def beside_first(figure: str, found: Mapping[int, Samples], unit: str) -> Iterator[Row]:
    (first, smallest), *others = found.items()
    for count, samples in others:
        yield compared(f"{figure}, {count:,} {unit} / {first:,}", samples, smallest)
