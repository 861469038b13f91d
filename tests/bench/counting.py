"""How fast one worker counts, beside the bare statement; and how many statements a request costs."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg

from reactions.counting.aggregate import BATCH, aggregate
from tests.bench.table import Row, Samples, at_least, at_most, compared
from tests.bench.verification import reconcile
from tests.bench.workload import Workload
from tests.load import Api

BARE = Path(__file__).with_name("bare_aggregate.sql").read_text("utf-8")
_EXECUTED = re.compile(r"LOG:  (?:execute|statement)")
_REQUESTS = 40


def measure(workload: Workload) -> Iterator[Row]:
    found = workload.alternate(
        {
            "ours": lambda: events_per_second(workload, workload.articles, aggregate),
            "unmoderated": lambda: events_per_second(
                workload, workload.articles, aggregate, moderated=False
            ),
            "bare": lambda: events_per_second(workload, workload.articles, lambda: bare(workload)),
        }
    )
    ours, unmoderated, beside = (
        Samples(found[name], "events/s") for name in ("ours", "unmoderated", "bare")
    )
    target = at_least(40_000, "events/s")
    yield Row("aggregation, first reactions, each moderated, 1,000 articles", ours, target=target)
    yield Row("aggregation, changes, 1,000 articles", unmoderated, target=target)
    yield compared("aggregation, each moderated / the bare statement", ours, beside, at_least(0.6))
    yield compared("aggregation, changes / the bare statement", unmoderated, beside, at_least(0.6))
    reconcile(workload)
    yield from _statements(workload)


def events_per_second(
    workload: Workload,
    articles: Sequence[str],
    count: Callable[[], object],
    *,
    moderated: bool = True,
) -> float:
    """New reactions, spread over these articles and ten million networks, and left for `count` alone."""
    events = workload.effort.events
    workload.query(
        EVENTS_SQL, {"articles": list(articles), "events": events, "moderated": moderated}
    )
    # As autovacuum does on a site of this size.
    workload.query("ANALYZE reactions_reaction, reactions_outboxentry")
    started = time.perf_counter()
    count()
    seconds = time.perf_counter() - started
    if workload.query("SELECT count(*) FROM reactions_outboxentry") != [(0,)]:
        raise RuntimeError("Not all was counted.")
    return events / seconds


EVENTS_SQL = """
WITH written AS (
  INSERT INTO reactions_reaction (article_id, reader_id, kinds)
  SELECT (%(articles)s::uuid[])[n %% cardinality(%(articles)s::uuid[]) + 1], gen_random_uuid(), 1 << (n %% 7)
    FROM generate_series(1, %(events)s) n
  RETURNING article_id, reader_id
)
INSERT INTO reactions_outboxentry (article_id, reader_id, is_first, network, has_page_token)
SELECT article_id, reader_id, %(moderated)s::boolean, CASE WHEN %(moderated)s::boolean THEN (random() * 1e7)::bigint END, true
  FROM written
"""


def bare(workload: Workload) -> None:
    with psycopg.connect(workload.testbed.database_url, autocommit=True) as connection:
        while connection.execute(BARE, {"most": BATCH}).fetchone() == (BATCH,):
            pass


def _statements(workload: Workload) -> Iterator[Row]:
    """Statements that PostgreSQL logs while requests come in and no process aggregates."""
    article = workload.articles[0]
    with Api(workload.ours.url) as api:
        calls: dict[str, Callable[[], object]] = {
            "statements per PUT": lambda: api.react(article, "love"),
            "statements per GET counts, warm": lambda: api.total(article),
        }
        for (figure, call), most in zip(calls.items(), (1, 0), strict=True):
            yield Row(figure, Samples([statements(workload, call)]), target=at_most(most))


def statements(workload: Workload, call: Callable[[], object]) -> float:
    """How many statements one call costs."""
    call()
    log = workload.testbed.data / "log" / "postgresql.log"
    _log_statements(workload, "all")
    before = log.stat().st_size
    for _ in range(_REQUESTS):
        call()
    with log.open() as file:
        file.seek(before)
        logged = len(_EXECUTED.findall(file.read()))
    _log_statements(workload, "none")
    return logged / _REQUESTS


def _log_statements(workload: Workload, which: str) -> None:
    workload.query(f"ALTER SYSTEM SET log_statement = '{which}'")
    workload.query("SELECT pg_reload_conf()")
    # Backends read it at their next statement, the postmaster signals them within milliseconds.
    while workload.query("SHOW log_statement") != [(which,)]:
        time.sleep(0.01)
    time.sleep(0.2)
