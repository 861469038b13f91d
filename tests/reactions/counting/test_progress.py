"""Whether aggregation goes on, as PostgreSQL and the processes of one worker know it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article
from reactions.counting import progress
from reactions.counting.aggregate import aggregate
from reactions.counting.progress import aggregated_at, note_aggregation, read_progress
from reactions.models import AggregationRun, OutboxEntry
from tests.races.rival import Rival

LONG_AGO = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _nothing_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_noted_at", 0.0)


def leave_entry(article: Article) -> None:
    """An entry that has waited for minutes."""
    OutboxEntry.objects.create(
        article_id=article.id, reader_id=uuid4(), created_at=timezone.now() - LONG_AGO
    )


def note_run(ago: timedelta) -> None:
    AggregationRun.objects.update_or_create(id=1, defaults={"ended_at": timezone.now() - ago})


def test_an_aggregation_without_entries_is_noted_too(db: None) -> None:
    before = aggregated_at()

    aggregate()

    found = read_progress()
    assert found.idle_seconds is not None
    assert found.idle_seconds < 5
    assert aggregated_at() > before


def test_many_workers_write_it_once_a_second(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    note_run(timedelta(seconds=2))

    noted = []
    for _ in range(3):
        monkeypatch.setattr(progress, "_noted_at", 0.0)  # another worker
        note_aggregation()
        noted.append(AggregationRun.objects.get().ended_at)

    assert noted[0] > timezone.now() - timedelta(seconds=1)
    assert noted == noted[:1] * 3


def test_a_worker_asks_once_a_second(db: None) -> None:
    note_aggregation()

    with CaptureQueriesContext(connection) as queries:
        note_aggregation()

    assert not queries.captured_queries


@pytest.mark.parametrize("ended_ago", [LONG_AGO, None])
def test_waiting_entries_without_an_aggregation_are_a_stall(
    article: Article, ended_ago: timedelta | None
) -> None:
    leave_entry(article)
    if ended_ago:
        note_run(ended_ago)

    assert read_progress().is_stalled


def test_entries_left_by_a_running_aggregation_are_no_stall(article: Article) -> None:
    """Their rows are locked elsewhere, or their article is set aside."""
    leave_entry(article)
    note_run(timedelta(seconds=1))

    assert not read_progress().is_stalled


def test_an_empty_outbox_is_no_stall(db: None) -> None:
    note_run(LONG_AGO)

    assert not read_progress().is_stalled


def test_a_read_only_database_is_no_stall(article: Article) -> None:
    leave_entry(article)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")

    found = read_progress()

    assert found.is_read_only
    assert not found.is_stalled


@pytest.mark.django_db(transaction=True)
def test_a_locked_row_of_progress_delays_no_aggregation() -> None:
    note_run(LONG_AGO)
    with transaction.atomic():
        AggregationRun.objects.select_for_update().get()

        Rival().start(note_aggregation).result(timeout=30)

    assert timezone.now() - AggregationRun.objects.get().ended_at > LONG_AGO
