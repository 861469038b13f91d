"""What many rows cost: a write into a big ledger beside one into a small one, and reconciling the big one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import psycopg

from tests.bench.scaling import beside_first
from tests.bench.table import Row, Samples, at_least, at_most
from tests.bench.testbed import Server
from tests.bench.verification import reconcile
from tests.bench.workload import Workload
from tests.bench.writing import milliseconds, new, run


@dataclass(frozen=True)
class Ledger:
    """A database of so many rows, with a web process of its own."""

    server: Server
    environment: dict[str, str]


def measure(workload: Workload) -> Iterator[Row]:
    sizes = workload.effort.ledgers
    most = sizes[-1]
    workload.testbed.manage("migrate", "-v0", DATABASE_URL=workload.testbed.make_database("rows"))
    ledgers = {rows: make_ledger(workload, rows, number) for number, rows in enumerate(sizes, 1)}
    found = workload.alternate(
        {
            rows: run(workload, each.server, new(workload, workload.articles))
            for rows, each in ledgers.items()
        }
    )
    for ledger in ledgers.values():
        workload.testbed.stop(ledger.server)
        workload.testbed.manage("aggregate", **ledger.environment)
        reconcile(workload, ledger.environment)
    for row in beside_first(
        "time of a PUT",
        {rows: milliseconds(results, "p50") for rows, results in found.items()},
        "rows",
    ):
        yield replace(row, target=at_most(1.2))
    ((size,),) = workload.query(_SIZE, url=ledgers[most].environment["DATABASE_URL"])
    yield Row("reactions_reaction, a row with its indexes", Samples([size / most], "bytes"))
    rounds = range(workload.effort.rounds)
    rates = [most / reconcile(workload, ledgers[most].environment) / 1e6 for _ in rounds]
    unit = "million rows/s"
    yield Row(f"reconcile, {most:,} rows", Samples(rates, unit), target=at_least(1, unit))


def make_ledger(workload: Workload, rows: int, number: int) -> Ledger:
    """Our articles with so many reactions, all counted, in a database and a cache of their own."""
    url = workload.testbed.make_database(f"rows_{rows}", template="rows")
    environment = {"DATABASE_URL": url, "REDIS_URL": f"{workload.testbed.redis_url}?db={number}"}
    copy_articles(workload, url)
    with psycopg.connect(url, autocommit=True) as connection:
        fill(connection, rows)
    return Ledger(workload.testbed.product(environment), environment)


def copy_articles(workload: Workload, url: str) -> None:
    assert workload.articles, "They are made on first use."
    ((columns,),) = workload.query(_COLUMNS)
    with (
        psycopg.connect(workload.testbed.database_url) as ours,
        psycopg.connect(url) as theirs,
        ours.cursor().copy(_OURS.format(columns)) as source,
        theirs.cursor().copy(f"COPY articles_article ({columns}) FROM STDIN") as target,
    ):
        for piece in source:
            target.write(piece)


def fill(connection: psycopg.Connection, rows: int) -> None:
    """Rows in the order of time, so that those of one article lie apart; the indexes are built afterwards."""
    connection.execute("SET maintenance_work_mem = '512MB'")
    indexes = connection.execute(_INDEXES).fetchall()
    for statement, _ in indexes:
        connection.execute(statement)
    connection.execute(_FILL, {"rows": rows})
    for _, statement in reversed(indexes):
        connection.execute(statement)
    connection.execute(_TOTALS)
    connection.execute(_BUCKETS)
    connection.execute("VACUUM ANALYZE reactions_reaction")
    connection.execute("CHECKPOINT")


# Without the samples, whose sections only the first database has.
_OURS = "COPY (SELECT {} FROM articles_article WHERE slug LIKE 'bench-%') TO STDOUT"
_COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
 WHERE attrelid = 'articles_article'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
# What drops each index of the ledger, and what makes it again; the key last.
_INDEXES = """
SELECT 'DROP INDEX ' || indexrelid::regclass, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
  FROM pg_index WHERE indrelid = 'reactions_reaction'::regclass AND NOT indisprimary
UNION ALL
SELECT 'ALTER TABLE reactions_reaction DROP CONSTRAINT ' || conname,
       'ALTER TABLE reactions_reaction ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE conrelid = 'reactions_reaction'::regclass AND contype = 'p'
"""
_FILL = """
INSERT INTO reactions_reaction (article_id, reader_id, kinds, counted)
SELECT all_ids[n %% cardinality(all_ids) + 1], gen_random_uuid(), 1 << (n %% 7), 1 << (n %% 7)
  FROM (SELECT array_agg(id) AS all_ids FROM articles_article) articles, generate_series(1, %(rows)s) n
"""
_TOTALS = """
INSERT INTO reactions_articlecount (article_id, kind, count)
SELECT article_id, log(2, counted)::int, count(*) FROM reactions_reaction GROUP BY article_id, counted
"""
_BUCKETS = """
INSERT INTO reactions_bucket (article_id, start, kind, added, removed)
SELECT article_id, date_bin('15 minutes', now(), timestamptz '2000-01-01 00:00:00+00'), kind, count, 0
  FROM reactions_articlecount
"""
_SIZE = (
    "SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree('reactions_reaction')"
)
