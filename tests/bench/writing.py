"""What a durable reaction costs, beside storing nothing and beside the textbook app."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from reactions.counting.aggregate import aggregate
from reactions.kinds import BY_KEY
from reactions.readers import page_token
from tests.bench.load_generator import CONNECTIONS, Choose, Load, Result, hot, line, spread
from tests.bench.table import Row, Samples, at_least, at_most, compared
from tests.bench.testbed import Server
from tests.bench.textbook.readers import COOKIE, sign
from tests.bench.verification import check
from tests.bench.workload import ARTICLES, Reader, Workload, make_readers

KIND_SETS = [f'{{"reactions": ["{kind}"]}}' for kind in BY_KEY]
KIND_BODIES = [f'{{"kind": "{kind}"}}' for kind in BY_KEY]

# More first reactions than a machine's web process takes in a second; a round fails that sends more.
MOST_A_SECOND = 12_000

ABSOLUTE = "what this machine gave, beside the ratios"


def measure(workload: Workload) -> Iterator[Row]:
    of_all, of_one = (make_readers(workload.effort.readers) for _ in range(2))
    spread_out, hot_spotted = (
        spread(workload.articles, len(of_all)),
        hot(workload.articles, len(of_one)),
    )
    fill(workload, of_all, spread_out)
    fill(workload, of_one, hot_spotted)
    fill_textbook(workload, of_all)
    ours, uncombined, contenders = workload.ours, workload.uncombined, workload.contenders
    # One load for all that the same readers send: each of them changes what is stored.
    changing, stores_nothing = returning(workload, of_all, spread_out), nothing(workload)
    warm(workload, ours, changing)
    warm(workload, uncombined, changing)
    warm(workload, contenders, stores_nothing)
    runs: dict[str, Callable[[], Result]] = {}
    # What is compared with each other, one after the other.
    for count in (1, 16, 32, 64):
        runs[f"spread, {count}"] = counted_round(workload, ours, changing, count)
        if count < 64:
            runs[f"uncombined, {count}"] = counted_round(workload, uncombined, changing, count)
        if count > 1:
            runs[f"nothing, {count}"] = one_round(workload, contenders, stores_nothing, count)
    one_hot = returning(workload, of_one, hot_spotted)
    runs |= {
        "new, 16": counted(workload, ours, new(workload, workload.articles)),
        "hot, 16": counted(workload, ours, one_hot),
        "textbook, 32": run(workload, contenders, textbook(workload, of_all), 32),
    }
    if not workload.effort.is_quick:
        runs["two workers, 32"] = counted(workload, workload.ours_twice, changing, 32)
    with workload.aggregating():
        found = workload.alternate(runs)
    yield from _rows(found)


def _rows(found: dict[str, list[Result]]) -> Iterator[Row]:
    rate = {name: rates(results) for name, results in found.items()}
    for name, count, least in (
        ("spread", 16, 1.4),
        ("new", 16, 1.4),
        ("spread", 32, 1.8),
        ("spread", 64, 2),
    ):
        yield compared(
            f"PUT / PUT that stores nothing, {count} connections, {_READERS[name]}",
            rate[f"{name}, {count}"],
            rate[f"nothing, {count}"],
            at_least(least),
        )
    yield compared(
        "PUT, one hot article / spread, 16 connections",
        rate["hot, 16"],
        rate["spread, 16"],
        at_least(0.9),
    )
    yield compared(
        "PUT / textbook app, 32 connections", rate["spread, 32"], rate["textbook, 32"], at_least(15)
    )
    yield from _beside_uncombined(found)
    log = [each.log_bytes / each.accepted for each in found["spread, 32"]]
    yield Row("PostgreSQL: log a PUT, counting included", Samples(log, "bytes"))
    if twice := rate.get("two workers, 32"):
        yield Row("PUT, two workers, 32 connections", twice, note=ABSOLUTE)


_READERS = {"spread": "spread", "new": "new readers"}


def _beside_uncombined(found: dict[str, list[Result]]) -> Iterator[Row]:
    """Beside the same product where each PUT has a commit of its own."""
    alone = "a commit for each"
    for where, cost, target in (
        ("web and PostgreSQL", all_cpu, at_most(0.35)),
        ("web process", cpu_per_thousand, None),
        ("PostgreSQL, counting included", database_cpu, None),
    ):
        yield compared(
            f"{where}: CPU per 1,000 PUTs, 32 connections / {alone}",
            cost(found["spread, 32"]),
            cost(found["uncombined, 32"]),
            target,
        )
    yield compared(
        f"web and PostgreSQL: CPU per 1,000 PUTs, 1 connection / {alone}",
        all_cpu(found["spread, 1"]),
        all_cpu(found["uncombined, 1"]),
    )
    for count, percentile, most in (
        (1, "p50", 1.05),
        (16, "p99", 0.7),
        (16, "p50", None),
        (32, "p99", None),
    ):
        yield compared(
            f"PUT, time to the answer, {_PARTS[percentile]}, {_connections(count)} / {alone}",
            milliseconds(found[f"spread, {count}"], percentile),
            milliseconds(found[f"uncombined, {count}"], percentile),
            at_most(most) if most else None,
        )


_PARTS = {"p50": "half of all", "p99": "99 of 100"}


def _connections(count: int) -> str:
    return f"{count} connection{'s' if count > 1 else ''}"


def rates(results: Sequence[Result]) -> Samples:
    return Samples([result.rate for result in results], "/s")


def cpu_per_thousand(results: Sequence[Result]) -> Samples:
    return Samples([1000 * result.cpu_seconds / result.accepted for result in results], "s")


def database_cpu(results: Sequence[Result]) -> Samples:
    return Samples([1000 * each.database_cpu_seconds / each.accepted for each in results], "s")


def all_cpu(results: Sequence[Result]) -> Samples:
    both = zip(cpu_per_thousand(results).values, database_cpu(results).values, strict=True)
    return Samples([web + database for web, database in both], "s")


def milliseconds(results: Sequence[Result], percentile: str) -> Samples:
    return Samples([1000 * getattr(result, percentile) for result in results], "ms")


def nothing(workload: Workload) -> Load:
    articles = spread(workload.articles, workload.effort.readers)
    return Load(
        workload.testbed.data,
        (line("PUT", f"/nothing/{article}/") for article in articles),
        KIND_SETS,
    )


def new(workload: Workload, articles: Sequence[str], choose: Choose = spread) -> Load:
    """First reactions of new readers, who have the article's page open and a token: each sends one."""
    most = MOST_A_SECOND * (workload.effort.seconds + workload.effort.warm_up_seconds)
    tokens = {article: page_token(UUID(article)) for article in articles}

    def lines() -> Iterator[str]:
        for reader, article in zip(make_readers(most), choose(articles, most), strict=True):
            yield line(
                "PUT",
                f"/api/v1/articles/{article}/reactions/mine/",
                Page_Token=tokens[article],
                Authorization=f"Reader {reader.token}",
            )

    return Load(workload.testbed.data, lines(), KIND_SETS, renew=lines)


def returning(workload: Workload, readers: Sequence[Reader], articles: Sequence[str]) -> Load:
    """Readers who change their reaction; each has a row."""
    lines = (
        line(
            "PUT",
            f"/api/v1/articles/{article}/reactions/mine/",
            Authorization=f"Reader {reader.token}",
        )
        for reader, article in zip(readers, articles, strict=True)
    )
    return Load(workload.testbed.data, lines, KIND_SETS)


def textbook(workload: Workload, readers: Sequence[Reader], counts: str = "yes") -> Load:
    lines = (
        line(
            "PUT",
            f"/textbook/articles/{number % ARTICLES + 1}/reaction/?counts={counts}",
            Cookie=f"{COOKIE}={sign(reader.other_id)}",
        )
        for number, reader in enumerate(readers)
    )
    return Load(workload.testbed.data, lines, KIND_BODIES)


def fill(workload: Workload, readers: Sequence[Reader], articles: Sequence[str]) -> None:
    """A row for each reader who returns."""
    workload.query(FILL, {"articles": list(articles), "readers": [reader.id for reader in readers]})
    aggregate()


def fill_textbook(workload: Workload, readers: Sequence[Reader]) -> None:
    others = {"articles": ARTICLES, "kinds": list(BY_KEY), "readers": [r.other_id for r in readers]}
    workload.query(FILL_TEXTBOOK, others, workload.textbook_url)


# Each row has the kind before the first that its reader will send, so that every one of them is a change.
FILL = """
WITH chosen AS (
  SELECT article, reader, 1 << ((number + 5) %% 7)::int AS kinds
    FROM unnest(%(articles)s::uuid[], %(readers)s::uuid[]) WITH ORDINALITY AS each (article, reader, number)
), written AS (
  INSERT INTO reactions_reaction (article_id, reader_id, kinds) SELECT article, reader, kinds FROM chosen
)
INSERT INTO reactions_outboxentry (article_id, reader_id) SELECT article, reader FROM chosen
"""
FILL_TEXTBOOK = """
INSERT INTO textbook_reaction (article_id, reader, kind, changed_at)
SELECT (number - 1) %% %(articles)s + 1, reader, (%(kinds)s::text[])[(number + 5) %% 7 + 1], now()
  FROM unnest(%(readers)s::uuid[]) WITH ORDINALITY AS each (reader, number)
"""


def warm(workload: Workload, server: Server, load: Load) -> None:
    load.check(server)
    if workload.effort.warm_up_seconds:
        load.run(server, workload.effort.warm_up_seconds)


def run(
    workload: Workload, server: Server, load: Load, connections: int = CONNECTIONS
) -> Callable[[], Result]:
    """A load that is checked once and warmed up before it is measured."""
    warm(workload, server, load)
    return one_round(workload, server, load, connections)


def one_round(
    workload: Workload, server: Server, load: Load, connections: int
) -> Callable[[], Result]:
    return lambda: load.run(server, workload.effort.seconds, connections)


def counted(
    workload: Workload, server: Server, load: Load, connections: int = CONNECTIONS
) -> Callable[[], Result]:
    """A load of ours that ends when all of it is aggregated, and the counts are right."""
    warm(workload, server, load)
    return counted_round(workload, server, load, connections)


def counted_round(
    workload: Workload, server: Server, load: Load, connections: int
) -> Callable[[], Result]:
    def measured() -> Result:
        workload.settle()
        since = workload.query("SELECT clock_timestamp()")[0][0]
        cpu, log = workload.database_effort()
        result = load.run(server, workload.effort.seconds, connections)
        workload.settle()
        cpu_after, log_after = workload.database_effort()
        check(workload, result, since)
        return replace(result, database_cpu_seconds=cpu_after - cpu, log_bytes=log_after - log)

    return measured
