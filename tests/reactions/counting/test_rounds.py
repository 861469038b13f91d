"""A run of the aggregation task: its rounds, on a clock that the test moves, and what a round without work costs."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article
from reactions.counting import rounds
from reactions.counting.aggregate import aggregate
from reactions.counting.progress import aggregated_at
from reactions.counting.rounds import aggregate_in_rounds, has_work
from reactions.models import CountVersion, SetAside, Wave
from reactions.record import set_reactions
from reactions.sql import statement
from tests.reactions.crowds import LOVE
from tests.reactions.oracle import totals

pytestmark = pytest.mark.django_db(transaction=True)

OTHERS = 2_000


class Clock:
    """Passes only while a run sleeps; `in_pause` is what happens in the pause of this number, from 1 on."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []
        self.in_pause: dict[int, Callable[[], object]] = {}

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)
        self.in_pause.get(len(self.pauses), lambda: None)()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Of a worker that has begun no run."""
    made = Clock()
    monkeypatch.setattr(rounds, "time", made)
    monkeypatch.setattr(rounds, "_done_at", 0.0)
    monkeypatch.setattr(rounds, "_at_once", 0)
    monkeypatch.setattr(rounds, "_full_at", made.now)
    rounds._write(rounds._ROUND_AT, 0)
    return made


def react(article: Article) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)


def test_a_run_counts_at_once_and_in_every_quarter_of_its_second(
    article: Article, clock: Clock
) -> None:
    seen = []

    def look_and_react() -> None:
        seen.append(totals(article.id).get("love"))
        react(article)

    clock.in_pause = dict.fromkeys((1, 2, 3), look_and_react)
    react(article)

    counted = aggregate_in_rounds()

    assert counted == 4
    assert seen == [1, 2, 3]
    assert totals(article.id) == {"love": 4}
    assert clock.pauses == [0.25] * 3


def test_a_message_during_a_run_prolongs_it_and_occupies_no_process(
    article: Article, clock: Clock
) -> None:
    clock.in_pause[3] = aggregate_in_rounds
    clock.in_pause[6] = lambda: react(article)

    assert aggregate_in_rounds() == 1
    assert clock.pauses == [0.25] * 6


def test_messages_without_end_prolong_a_run_to_ten_seconds(article: Article, clock: Clock) -> None:
    clock.in_pause = dict.fromkeys(range(1, 100), aggregate_in_rounds)

    aggregate_in_rounds()

    assert sum(clock.pauses) == pytest.approx(9.75)


def test_a_run_that_hangs_is_not_waited_for(article: Article, clock: Clock) -> None:
    """Its process is frozen or killed, or has much to count."""
    rounds._write(rounds._ROUND_AT, clock.now - 0.6)
    react(article)

    assert aggregate_in_rounds() == 1
    assert len(clock.pauses) == 3


def test_messages_that_waited_in_the_queue_are_worked_off_at_once(
    article: Article, clock: Clock
) -> None:
    """By a worker with one process, too. Two runs: a message that was a little late is not one of many."""
    for _ in range(20):
        aggregate_in_rounds()
    assert len(clock.pauses) == 6

    clock.now += 0.3
    aggregate_in_rounds()
    assert len(clock.pauses) == 9


def test_a_round_that_is_late_leaves_out_those_it_has_missed(
    article: Article, clock: Clock
) -> None:
    def take(seconds: float) -> Callable[[], None]:
        def work() -> None:
            clock.now += seconds

        return work

    clock.in_pause[1] = take(0.3)

    aggregate_in_rounds()

    assert clock.pauses == pytest.approx([0.25, 0, 0.25])


def test_a_round_without_work_costs_one_statement_and_shows_that_the_worker_works(
    article: Article,
) -> None:
    aggregate()
    before = aggregated_at()

    with CaptureQueriesContext(connection) as queries:
        aggregate_in_rounds()

    assert len(queries) == 4
    assert aggregated_at() > before


def test_an_aggregation_runs_every_ten_seconds_although_nothing_waits(
    article: Article, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It raises the watermark of the outbox, which falls back every hour."""
    monkeypatch.setattr(rounds, "_full_at", clock.now - 10.1)

    with CaptureQueriesContext(connection) as queries:
        aggregate_in_rounds()

    assert len(queries) > 4


def leave_entry(article: Article) -> None:
    react(article)


def leave_decision(article: Article) -> None:
    now = timezone.now()
    Wave.objects.create(
        article_id=article.id,
        rule="surge",
        started_at=now,
        last_at=now,
        size=1,
        network_count=1,
        is_applied=False,
    )


def leave_stale_counts(article: Article) -> None:
    CountVersion.objects.create(
        article_id=article.id, version=2, cached_version=1, counted_at=timezone.now()
    )


def leave_set_aside(article: Article) -> None:
    ago = timezone.now() - timedelta(minutes=5)
    SetAside.objects.create(article_id=article.id, since=ago, failures=3, retry_at=ago, error="")


@pytest.mark.parametrize(
    "leave", [leave_entry, leave_decision, leave_stale_counts, leave_set_aside]
)
def test_whatever_an_aggregation_would_find_is_work(
    article: Article, leave: Callable[[Article], None]
) -> None:
    assert not has_work()

    leave(article)

    assert has_work()


def test_the_look_for_work_reads_an_index_of_many_articles(article: Article) -> None:
    """PostgreSQL expects a third of them to be stale, and none is."""
    now = timezone.now()
    CountVersion.objects.bulk_create(
        CountVersion(article_id=uuid4(), version=3, cached_version=3, counted_at=now)
        for _ in range(OTHERS)
    )
    assert not CountVersion.objects.filter(version__gt=F("cached_version")).exists()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reactions_countversion")

    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(f"EXPLAIN {statement('has_work')}", {"after": 0})
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "reactions_stale_counts" in plan
    assert "Seq Scan on reactions_countversion" not in plan
