"""How fast reconcile reads the ledger: fills one with rows, and times the measuring of its drift.

Alone: `python -m tests.bench.ledger --rows 1000000`, on servers of its own or on TEST_DATABASE_URL.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

TARGET = 1_000_000  # rows of the ledger a second
_ROWS_A_ARTICLE = 2_000  # on average; the most read article has some hundred times the usual
_BATCH = 500_000

# As in a newsroom's ledger: some articles have most of the readers, most react on the first of two days, no set
# is empty, and everything is counted. Sorted by article, so that ten million take minutes.
_REACTIONS = """
INSERT INTO reactions_reaction (article_id, reader_id, kinds, counted, changed_at)
SELECT md5(article::text)::uuid, md5(%(start)s + number || ' reads')::uuid, 1 << kind, 1 << kind,
       timestamptz '2024-12-08' + article * interval '1 minute' + interval '2 days' * spread
  FROM (SELECT number, floor(%(articles)s * power(random(), 3))::int AS article,
               floor(7 * power(random(), 2))::int AS kind,
               power(random(), 4) AS spread
          FROM generate_series(1, %(rows)s) AS number) reaction
 ORDER BY article
"""
# The kind is worked out of the few sums, for `log` is slow.
_TOTALS = """
INSERT INTO reactions_articlecount (article_id, kind, count)
SELECT article_id, log(2, counted), readers
  FROM (SELECT article_id, counted, count(*) AS readers FROM reactions_reaction GROUP BY 1, 2) sums
"""
_BUCKETS = """
INSERT INTO reactions_bucket (article_id, start, kind, added, removed)
SELECT article_id, start, log(2, counted), readers, 0
  FROM (SELECT article_id, counted, count(*) AS readers,
               date_bin('15 minutes', changed_at, timestamptz '2000-01-01 00:00:00+00') AS start
          FROM reactions_reaction GROUP BY 1, 2, 4) sums
 ORDER BY article_id, start
"""
_SITE_BUCKETS = """
INSERT INTO reactions_sitebucket (start, kind, added, removed, summed)
SELECT start, kind, sum(added), sum(removed), true FROM reactions_bucket GROUP BY start, kind
"""
_COUNT_VERSIONS = """
INSERT INTO reactions_countversion (article_id, version, cached_version, counted_at)
SELECT DISTINCT article_id, 1, 1, now() FROM reactions_articlecount
"""
# Rebuilt at the end, one key after the other, instead of row by row at random places.
_INDEX = "CREATE INDEX reactions_by_reader ON reactions_reaction (reader_id)"
_TABLES = (
    "reactions_reaction",
    "reactions_articlecount",
    "reactions_bucket",
    "reactions_sitebucket",
    "reactions_daybucket",
    "reactions_summedday",
    "reactions_staleday",
    "reactions_countversion",
)


@dataclass(frozen=True)
class Measured:
    """One reconcile without repair. `rate` is rows of the ledger a second."""

    rows: int
    seconds: float
    drift: int

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


def fill(rows: int, say: Callable[[str], None] = lambda line: None) -> None:
    """Put so many counted rows into the ledger of the database in use, instead of what is there."""
    from django.db import connection

    articles = max(rows // _ROWS_A_ARTICLE, 1)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE reactions_outboxentry, {', '.join(_TABLES)}")
        cursor.execute("DROP INDEX reactions_by_reader")
        for start in range(0, rows, _BATCH):
            batch = min(_BATCH, rows - start)
            cursor.execute(_REACTIONS, {"start": start, "rows": batch, "articles": articles})
            say(f"{start + batch:,} rows")
        for statement in (_INDEX, _TOTALS, _BUCKETS, _SITE_BUCKETS, _COUNT_VERSIONS):
            cursor.execute(statement)
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(_TABLES)}")


def measure() -> Measured:
    """Measure the drift of the ledger in use, as the daily reconcile does, and repair nothing."""
    from reactions.counting.reconcile import reconcile

    found = reconcile(dry_run=True)
    return Measured(
        rows=found.rows,
        seconds=found.seconds,
        drift=found.drift + found.bucket_drift + found.site_bucket_drift + found.missed_rows,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    arguments = parser.parse_args()

    from tests.servers import SERVERS

    SERVERS.start()
    try:
        SERVERS.wait_for_static_files()
        return _run(arguments.rows)
    finally:
        SERVERS.stop()


def _run(rows: int) -> int:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    fill(rows, print)
    print(f"filled in        {time.perf_counter() - started:.1f} s")
    runs = [measure() for _ in range(3)]
    best = max(runs, key=lambda run: run.rate)
    print(f"rows scanned     {best.rows:,}")
    print(f"drift            {best.drift}")
    print(f"reconcile        {', '.join(f'{run.seconds:.2f}' for run in runs)} s")
    print(f"rows a second    {best.rate:,.0f} (target: {TARGET:,})")
    return 0 if best.rate >= TARGET and not best.drift else 1


if __name__ == "__main__":
    sys.exit(main())
