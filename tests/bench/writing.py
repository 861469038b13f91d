"""What a durable reaction costs, beside storing nothing and beside the textbook app."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from reactions.counting.aggregate import aggregate
from reactions.kinds import BY_KEY
from reactions.readers import page_token
from tests.bench.load_generator import Choose, Load, Result, hot, line, spread
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
    changing = returning(workload, of_all, spread_out)
    runs = {
        "nothing": run(workload, workload.contenders, nothing(workload)),
        "ours new": counted(workload, workload.ours, new(workload, workload.articles)),
        "ours": counted(workload, workload.ours, changing),
        "ours hot": counted(workload, workload.ours, returning(workload, of_one, hot_spotted)),
        "textbook": run(workload, workload.contenders, textbook(workload, of_all)),
    }
    if not workload.effort.is_quick:
        runs |= {
            "ours new hot": counted(workload, workload.ours, new(workload, workload.articles, hot)),
            "textbook, no counts": run(
                workload, workload.contenders, textbook(workload, of_all, counts="no")
            ),
            "ours, two workers": counted(workload, workload.ours_twice, changing),
        }
    with workload.aggregating():
        found = workload.alternate(runs)
    yield from _rows(found)


def _rows(found: dict[str, list[Result]]) -> Iterator[Row]:
    rate = {name: rates(results) for name, results in found.items()}
    target = at_least(0.6)
    yield compared(
        "PUT, readers who return, spread / PUT that stores nothing",
        rate["ours"],
        rate["nothing"],
        target,
    )
    yield compared(
        "PUT, new readers, spread / PUT that stores nothing",
        rate["ours new"],
        rate["nothing"],
        target,
    )
    yield compared("PUT, one hot article / spread", rate["ours hot"], rate["ours"], at_least(0.9))
    if new_hot := rate.get("ours new hot"):
        yield compared(
            "PUT, new readers, one hot article / spread", new_hot, rate["ours new"], at_least(0.9)
        )
    yield compared(
        "PUT / textbook app, which answers with the counts, as ours",
        rate["ours"],
        rate["textbook"],
        at_least(4),
    )
    if simpler := rate.get("textbook, no counts"):
        yield compared("PUT / textbook app, which answers without", rate["ours"], simpler)
    cpu = {name: cpu_per_thousand(found[name]) for name in ("ours", "nothing")}
    yield compared(
        "web process: CPU per 1,000 PUTs / that store nothing",
        cpu["ours"],
        cpu["nothing"],
        at_most(1.6),
    )
    database = [1000 * each.database_cpu_seconds / each.accepted for each in found["ours"]]
    yield Row("PostgreSQL: CPU per 1,000 PUTs, counting included", Samples(database, "s"))
    log = [each.log_bytes / each.accepted for each in found["ours"]]
    yield Row("PostgreSQL: log a PUT, counting included", Samples(log, "bytes"))
    if twice := rate.get("ours, two workers"):
        yield Row("PUT, two workers of four threads", twice, note=ABSOLUTE)
    yield Row("PUT, time to the answer, half of all", milliseconds(found["ours"], "p50"))
    yield Row("PUT, time to the answer, 99 of 100", milliseconds(found["ours"], "p99"))


def rates(results: Sequence[Result]) -> Samples:
    return Samples([result.rate for result in results], "/s")


def cpu_per_thousand(results: Sequence[Result]) -> Samples:
    return Samples([1000 * result.cpu_seconds / result.accepted for result in results], "s")


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


def run(workload: Workload, server: Server, load: Load) -> Callable[[], Result]:
    """A load that is checked once and warmed up before it is measured."""
    warm(workload, server, load)
    return lambda: load.run(server, workload.effort.seconds)


def counted(workload: Workload, server: Server, load: Load) -> Callable[[], Result]:
    """A load of ours that ends when all of it is aggregated, and the counts are right."""
    warm(workload, server, load)

    def one_round() -> Result:
        workload.settle()
        since = workload.query("SELECT clock_timestamp()")[0][0]
        cpu, log = workload.database_effort()
        result = load.run(server, workload.effort.seconds)
        workload.settle()
        cpu_after, log_after = workload.database_effort()
        check(workload, result, since)
        return replace(result, database_cpu_seconds=cpu_after - cpu, log_bytes=log_after - log)

    return one_round
