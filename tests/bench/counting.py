"""How fast workers count, beside the bare statement; and how many statements a request costs."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from reactions.counting.aggregate import BATCH, aggregate
from tests.bench.table import Row, Samples, at_least, at_most, compared
from tests.bench.verification import reconcile
from tests.bench.workload import Workload
from tests.load import Api
from tests.servers import PROJECT

BARE = Path(__file__).with_name("bare_aggregate.sql").read_text("utf-8")
_EXECUTED = re.compile(r"LOG:  (?:execute|statement)")
_REQUESTS = 40


def measure(workload: Workload) -> Iterator[Row]:
    assert workload.articles, "They are made on first use."
    networks = workload.effort.networks
    fill_networks(workload, networks)
    with workers(workload, 2) as both:
        found = workload.alternate(
            {
                "moderated": lambda: events_per_second(workload, workload.articles, aggregate),
                "two workers": lambda: events_per_second(
                    workload, workload.articles, lambda: aggregate_at_once(both)
                ),
                "unmoderated": lambda: events_per_second(
                    workload, workload.articles, aggregate, moderated=False
                ),
                "bare": lambda: events_per_second(
                    workload, workload.articles, lambda: bare(workload)
                ),
            }
        )
    # What is measured after this has a table of its own size again.
    workload.query("TRUNCATE reactions_networkrate")
    moderated, twice, unmoderated, beside = (
        Samples(found[name], "events/s")
        for name in ("moderated", "two workers", "unmoderated", "bare")
    )
    target = at_least(40_000, "events/s")
    figure = "aggregation, first reactions, each moderated, 1,000 articles"
    yield Row(f"{figure}, {networks:,} networks", moderated, target=target, note=EITHER)
    yield compared(f"{figure}, two workers / one", twice, moderated, at_least(1.7), EITHER)
    yield Row("aggregation, changes, 1,000 articles", unmoderated, target=target)
    yield compared("aggregation, each moderated / the bare statement", moderated, beside)
    yield compared("aggregation, changes / the bare statement", unmoderated, beside, at_least(0.6))
    reconcile(workload)
    yield from _statements(workload)


EITHER = "the rate of one worker, or the gain by a second one"


@contextmanager
def workers(workload: Workload, count: int) -> Iterator[list["subprocess.Popen[str]"]]:
    """Processes that aggregate when they are asked to, as Celery's are."""
    with ExitStack() as stack:
        started = []
        for _ in range(count):
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.aggregator"],
                cwd=PROJECT,
                env=workload.testbed.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            # It ends at the end of its input, which comes also where this process is killed.
            stack.enter_context(process)
            started.append(process)
        for process in started:
            _read(process)
        yield started


def aggregate_at_once(started: Sequence["subprocess.Popen[str]"]) -> None:
    """Aggregation by these workers at once, until the outbox is empty."""
    for process in started:
        assert process.stdin
        process.stdin.write("aggregate\n")
        process.stdin.flush()
    for process in started:
        _read(process)


def _read(process: "subprocess.Popen[str]") -> None:
    assert process.stdout
    if not process.stdout.readline():
        raise RuntimeError("A worker has ended.")


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


def fill_networks(workload: Workload, networks: int) -> None:
    """The rates of networks as a busy day leaves them: each reacted once within 24 hours, in no order of their keys."""
    with psycopg.connect(workload.testbed.database_url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("TRUNCATE reactions_networkrate")
        connection.execute(f"ALTER TABLE reactions_networkrate DROP CONSTRAINT {_KEY}")
        connection.execute(_NETWORKS_SQL, {"networks": networks})
        # Its pages are as full as after so many single rows.
        connection.execute(
            f"ALTER TABLE reactions_networkrate ADD CONSTRAINT {_KEY}"
            " PRIMARY KEY (network, article_id) WITH (fillfactor = 70)"
        )
        connection.execute("VACUUM ANALYZE reactions_networkrate")


_KEY = "reactions_networkrate_pkey"
# The multiplier has no factor in common with a power of ten: each network comes once.
_NETWORKS_SQL = """
INSERT INTO reactions_networkrate
       (network, article_id, hour_started_at, in_hour, day_started_at, in_day, minute, in_minute)
SELECT n * 7368787 %% %(networks)s::bigint, all_ids[n %% cardinality(all_ids) + 1],
       moment, 1, moment, 1, date_trunc('minute', moment), 1
  FROM (SELECT array_agg(id) AS all_ids FROM articles_article) articles
 CROSS JOIN generate_series(1, %(networks)s::bigint) n
 CROSS JOIN LATERAL (SELECT now() - interval '1 day' * (1 - n::float / %(networks)s) AS moment) reaction
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
