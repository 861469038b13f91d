"""What the desk's pages of figures cost: queries, bytes, CPU of the process and the time that PostgreSQL takes.

`python -m tests.bench.desk --stories 20000 --reactions 10000000 --days 400`, on servers of its own. The last line is the
same question asked of the rows, and of the buckets.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

ROUNDS = 5
# Targets: milliseconds of own CPU, queries, bytes; milliseconds of PostgreSQL by page.
MOST_CPU, MOST_QUERIES, MOST_BYTES = 60, 12, 120 * 1_024
PAGES = {
    "Today": ("/desk/", 40),
    "Today, 7 days": ("/desk/?window=7d", 40),
    "Stories, 7 days": ("/desk/stories/", 100),
    "Stories, 90 days": ("/desk/stories/?range=90d", 100),
    "Stories, 400 days": ("/desk/stories/?range=400d", 250),
    "Sections, 90 days": ("/desk/sections/?range=90d", 100),
    "Sections, 400 days": ("/desk/sections/?range=400d", 250),
    "Authors, 400 days": ("/desk/authors/?range=400d", 250),
    "Alerts": ("/desk/alerts/", 40),
}
FEWEST_TIMES = 50  # of the buckets' time, the same question asked of the rows
_OF_ROWS = """
SELECT article_id, count(*) FROM reactions_reaction
 WHERE changed_at >= %s AND counted <> 0 GROUP BY article_id ORDER BY count(*) DESC LIMIT 10
"""


@dataclass(frozen=True)
class Cost:
    """One request: milliseconds of own CPU and of PostgreSQL, queries, bytes."""

    cpu: float
    database: float
    queries: int
    size: int


class _Timed:
    """Adds up what statements take."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.queries = 0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.seconds += time.perf_counter() - started
            self.queries += 1


def cost_of(client: Any, path: str) -> Cost:
    from django.db import connection

    timed = _Timed()
    cpu = time.process_time()
    with connection.execute_wrapper(timed):
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return Cost(
        cpu=1_000 * (time.process_time() - cpu),
        database=1_000 * timed.seconds,
        queries=timed.queries,
        size=len(answer.content),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stories", type=int, default=2_000)
    parser.add_argument("--reactions", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=400)
    arguments = parser.parse_args()

    from tests.servers import SERVERS

    SERVERS.start()
    try:
        SERVERS.wait_for_static_files()
        return _run(arguments)
    finally:
        SERVERS.stop()


def _run(arguments: argparse.Namespace) -> int:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    call_command(
        "make_traffic",
        stories=arguments.stories,
        reactions=arguments.reactions,
        days=arguments.days,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.create_superuser("bench"))
    missed = 0
    print("| page | CPU, ms | PostgreSQL, ms | queries | KiB |\n|---|---|---|---|---|")
    for name, (path, most_database) in PAGES.items():
        costs = [cost_of(client, path) for _ in range(ROUNDS + 1)][1:]
        best = Cost(
            cpu=min(each.cpu for each in costs),
            database=min(each.database for each in costs),
            queries=max(each.queries for each in costs),
            size=max(each.size for each in costs),
        )
        is_met = (
            best.cpu <= MOST_CPU
            and best.database <= most_database
            and best.queries <= MOST_QUERIES
            and best.size <= MOST_BYTES
        )
        missed += not is_met
        print(
            f"| {name} | {best.cpu:.0f} | {best.database:.0f} (≤ {most_database}) | {best.queries}"
            f" | {best.size / 1_024:.0f} |{'' if is_met else ' missed'}"
        )
    return 1 if _compare_with_rows() < FEWEST_TIMES or missed else 0


def _compare_with_rows() -> float:
    """How much longer the rows take to say which stories had most reactions in a day."""
    from django.db import connection

    from reactions.stats.query import Query, run
    from reactions.stats.scope import EVERYTHING
    from reactions.stats.windows import read_timezone, read_window

    now = datetime.now(UTC)
    query = Query(
        metrics=["came"],
        dimensions=["article"],
        window=read_window("24h", read_timezone("UTC"), now),
        limit=10,
        totals=False,
    )

    def of_rows() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_OF_ROWS, [now - timedelta(days=1)])
            cursor.fetchall()

    times = []
    for ask in (of_rows, lambda: run(query, EVERYTHING, now=now)):
        taken = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            ask()
            taken.append(time.perf_counter() - started)
        times.append(min(taken))
    ratio = times[0] / times[1]
    print(f"\nThe rows take {ratio:.0f} times as long as the buckets (≥ {FEWEST_TIMES}).")
    return ratio


if __name__ == "__main__":
    sys.exit(main())
