"""How fast one worker counts, beside the bare statement; and how many statements a request costs."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg

from reactions.counting.aggregate import BATCH, aggregate
from tests.bench.table import Row, Samples, at_least, at_most, compared
from tests.bench.verification import reconcile
from tests.bench.workload import Stage
from tests.load import Api

BARE = Path(__file__).with_name("bare_aggregate.sql").read_text("utf-8")
_EXECUTED = re.compile(r"LOG:  (?:execute|statement)")
_REQUESTS = 40


def measure(stage: Stage) -> Iterator[Row]:
    found = stage.alternate(
        {
            "ours": lambda: events_per_second(stage, stage.articles, aggregate),
            "unjudged": lambda: events_per_second(stage, stage.articles, aggregate, judged=False),
            "bare": lambda: events_per_second(stage, stage.articles, lambda: bare(stage)),
        }
    )
    ours, unjudged, beside = (
        Samples(found[name], "events/s") for name in ("ours", "unjudged", "bare")
    )
    target = at_least(40_000, "events/s")
    yield Row("fold, first reactions, each judged, 1,000 stories", ours, target=target)
    yield Row("fold, changes of mind, 1,000 stories", unjudged, target=target)
    yield compared("fold, each judged / the bare statement", ours, beside, at_least(0.6))
    yield compared("fold, changes of mind / the bare statement", unjudged, beside, at_least(0.6))
    reconcile(stage)
    yield from _statements(stage)


def events_per_second(
    stage: Stage, articles: Sequence[str], count: Callable[[], object], *, judged: bool = True
) -> float:
    """New reactions, spread over these articles and ten million networks, and left for `count` alone."""
    events = stage.effort.events
    stage.query(EVENTS_SQL, {"stories": list(articles), "events": events, "judged": judged})
    # As autovacuum would have done long since on a site of this size.
    stage.query("ANALYZE reactions_reaction, reactions_outboxentry")
    started = time.perf_counter()
    count()
    seconds = time.perf_counter() - started
    if stage.query("SELECT count(*) FROM reactions_outboxentry") != [(0,)]:
        raise RuntimeError("Not all was counted.")
    return events / seconds


EVENTS_SQL = """
WITH written AS (
  INSERT INTO reactions_reaction (article_id, reader_id, kinds)
  SELECT (%(stories)s::uuid[])[n %% cardinality(%(stories)s::uuid[]) + 1], gen_random_uuid(), 1 << (n %% 7)
    FROM generate_series(1, %(events)s) n
  RETURNING article_id, reader_id
)
INSERT INTO reactions_outboxentry (article_id, reader_id, is_first, network, has_history, has_page_token)
SELECT article_id, reader_id, %(judged)s::boolean, CASE WHEN %(judged)s::boolean THEN (random() * 1e7)::bigint END, false, true
  FROM written
"""


def bare(stage: Stage) -> None:
    with psycopg.connect(stage.ground.database_url, autocommit=True) as connection:
        while connection.execute(BARE, {"most": BATCH}).fetchone() == (BATCH,):
            pass


def _statements(stage: Stage) -> Iterator[Row]:
    """Statements that PostgreSQL logs while requests come in, and nobody counts."""
    article = stage.articles[0]
    with Api(stage.ours.url) as api:
        calls: dict[str, Callable[[], object]] = {
            "statements per PUT": lambda: api.react(article, "love"),
            "statements per GET counts, warm": lambda: api.total(article),
        }
        for (figure, call), most in zip(calls.items(), (1, 0), strict=True):
            yield Row(figure, Samples([statements(stage, call)]), target=at_most(most))


def statements(stage: Stage, call: Callable[[], object]) -> float:
    """How many statements one call costs."""
    call()
    log = stage.ground.data / "log" / "postgresql.log"
    _log_statements(stage, "all")
    before = log.stat().st_size
    for _ in range(_REQUESTS):
        call()
    with log.open() as file:
        file.seek(before)
        logged = len(_EXECUTED.findall(file.read()))
    _log_statements(stage, "none")
    return logged / _REQUESTS


def _log_statements(stage: Stage, which: str) -> None:
    stage.query(f"ALTER SYSTEM SET log_statement = '{which}'")
    stage.query("SELECT pg_reload_conf()")
    # Backends read it at their next statement, the postmaster tells them within milliseconds.
    while stage.query("SHOW log_statement") != [(which,)]:
        time.sleep(0.01)
    time.sleep(0.2)
