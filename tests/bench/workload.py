"""The workload of a run: articles, readers, the product and its contenders, and how much is measured."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psutil
import psycopg
from django.utils import timezone

from articles.models import Article, State
from reactions.readers import new_reader
from tests.bench.testbed import THREADS, UNCOMBINED, Server, Testbed

ARTICLES = 1_000

Name = TypeVar("Name", int, str)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Effort:
    """How long and how often; a quick run trades spread for time."""

    is_quick: bool = False
    rounds: int = 5
    seconds: int = 2
    warm_up_seconds: int = 1
    readers: int = 20_000
    freshness_seconds: int = 40
    idle_seconds: int = 60
    events: int = 100_000
    networks: int = 10_000_000
    ledgers: tuple[int, ...] = (20_000, 20_000_000)  # rows


QUICK = Effort(
    is_quick=True,
    rounds=2,
    seconds=1,
    warm_up_seconds=0,
    readers=6_000,
    freshness_seconds=5,
    idle_seconds=20,
    events=20_000,
    networks=200_000,
    ledgers=(20_000, 200_000),
)


@dataclass
class Workload:
    """What every measurement shares. A contender starts when it is first used."""

    testbed: Testbed
    effort: Effort = field(default_factory=Effort)
    say: Callable[[str], None] = print

    @cached_property
    def articles(self) -> list[str]:
        """The ids of the product's articles."""
        return self.make_articles(ARTICLES)

    def make_articles(self, count: int) -> list[str]:
        """The ids of so many new ones."""
        now = timezone.now()
        made = Article.objects.bulk_create(
            Article(
                guid=f"tag:bench,2026:{name}",
                headline="An article",
                slug=name,
                body_markdown="Text.",
                body_html="<p>Text.</p>",
                state=State.PUBLISHED,
                first_published_at=now,
                published_at=now,
            )
            for name in (f"bench-{uuid4()}" for _ in range(count))
        )
        return [str(article.pk) for article in made]

    @cached_property
    def ours(self) -> Server:
        """One process of the product's web, with the Procfile's switches."""
        return self.testbed.product()

    @cached_property
    def uncombined(self) -> Server:
        """The same, where each PUT is a statement and a commit of its own."""
        return self.testbed.product(UNCOMBINED, threads=THREADS)

    @cached_property
    def ours_twice(self) -> Server:
        """As many processes as the Procfile starts."""
        return self.testbed.product(workers=2)

    @cached_property
    def contenders(self) -> Server:
        """The framework's ceilings and the textbook app, with their own database."""
        environment = {"DATABASE_URL": self.textbook_url}
        return self.testbed.contender("tests.bench.contenders.wsgi:application", environment)

    @cached_property
    def textbook_url(self) -> str:
        """The textbook app's database, with as many articles as ours."""
        url = self.testbed.make_database("textbook")
        settings = "tests.bench.contenders.settings"
        self.testbed.manage("migrate", "--run-syncdb", "-v0", settings=settings, DATABASE_URL=url)
        with psycopg.connect(url) as connection:
            connection.execute(
                "INSERT INTO textbook_article (id, headline, is_published)"
                " SELECT n, 'Story ' || n, true FROM generate_series(1, %s) n",
                [ARTICLES],
            )
        return url

    @contextmanager
    def aggregating(self) -> Iterator[None]:
        """While the product aggregates, as it does in production."""
        process = self.testbed.aggregating()
        try:
            yield
        finally:
            self.testbed.guard.stop(process)

    def alternate(
        self, measurements: Mapping[Name, Callable[[], Found]]
    ) -> dict[Name, list[Found]]:
        """Each measurement once a round, a round beginning with another each time."""
        found: dict[Name, list[Found]] = {name: [] for name in measurements}
        names = list(measurements)
        for number in range(self.effort.rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                found[name].append(measurements[name]())
        return found

    def query(self, sql: str, parameters: Any = None, url: str = "") -> list[Any]:
        """Rows of a statement, each on a connection of its own."""
        with psycopg.connect(url or self.testbed.database_url, autocommit=True) as connection:
            cursor = connection.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def database_effort(self) -> tuple[float, int]:
        """CPU seconds that PostgreSQL’s processes have used until now, and bytes of its log."""
        ((postmaster,),) = self.query(
            "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"
        )
        ((log,),) = self.query("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")
        seconds = 0.0
        for each in psutil.Process(int(postmaster)).children():
            with suppress(psutil.NoSuchProcess):  # a backend whose client has just left
                times = each.cpu_times()
                seconds += times.user + times.system
        return seconds, log

    def settle(self, seconds: float = 30) -> None:
        """Wait until every reaction is counted, so that no measurement pays for another's."""
        deadline = time.monotonic() + seconds
        while self.query("SELECT EXISTS (SELECT FROM reactions_outboxentry)")[0][0]:
            if time.monotonic() > deadline:
                raise RuntimeError("No process aggregates.")
            time.sleep(0.05)


@dataclass(frozen=True)
class Reader:
    """A reader: a token of ours, and an id in the textbook app."""

    id: UUID
    token: str
    other_id: UUID = field(default_factory=uuid4)


def make_readers(count: int) -> list[Reader]:
    return [Reader(made.id, made.token) for made in (new_reader() for _ in range(count))]
