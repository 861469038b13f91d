"""When a worker ends itself: with the real broker and PostgreSQL, and a clock that the test moves."""

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.db import connection
from django.utils import timezone

from articles.models import Article
from newsroom import watch
from newsroom.celery import app
from newsroom.watch import Watch
from reactions.counting.aggregate import aggregate
from reactions.models import AggregationRun, OutboxEntry

pytestmark = pytest.mark.django_db(transaction=True)

NOWHERE = "redis+socket:///nowhere/valkey.sock"


class Clock:
    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.passed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(watch, "time", made)
    return made


@pytest.fixture
def watched(clock: Clock, queue: "redis.Redis") -> Watch:
    return Watch(app)


def leave_entry(article: Article, *, ended_ago: float = 60) -> None:
    """An entry that has waited for a minute, and when an aggregation last ended, in whichever worker."""
    now = timezone.now()
    OutboxEntry.objects.create(
        article_id=article.id, reader_id=uuid4(), created_at=now - timedelta(minutes=1)
    )
    AggregationRun.objects.update_or_create(
        id=1, defaults={"ended_at": now - timedelta(seconds=ended_ago)}
    )


def is_stalled_after(watched: Watch, clock: Clock, *seconds: float) -> bool:
    for each in seconds:
        clock.passed = each
        is_stalled = watched.is_stalled()
    return is_stalled


def test_a_worker_that_does_not_aggregate_ends(
    watched: Watch, clock: Clock, article: Article
) -> None:
    leave_entry(article)

    assert [is_stalled_after(watched, clock, each) for each in (14, 16, 29, 31)] == [
        *(False, False, False),
        True,
    ]


def test_first_it_sends_the_task_itself(
    watched: Watch, clock: Clock, article: Article, queue: "redis.Redis"
) -> None:
    """Beat may be what is down."""
    leave_entry(article)

    is_stalled_after(watched, clock, 14)
    assert queue.llen("celery") == 0
    is_stalled_after(watched, clock, 16, 17, 18)
    assert queue.llen("celery") == 1


def test_a_worker_that_aggregates_does_not_end(
    watched: Watch, clock: Clock, article: Article
) -> None:
    leave_entry(article)
    watched._idle_since -= 100

    aggregate()

    assert not watched.is_stalled()


@pytest.mark.parametrize("ended_ago", [1, 60])
def test_it_does_not_end_where_others_aggregate_or_nothing_waits(
    watched: Watch, clock: Clock, article: Article, ended_ago: float
) -> None:
    leave_entry(article, ended_ago=ended_ago)
    if ended_ago == 60:
        OutboxEntry.objects.all().delete()

    assert not is_stalled_after(watched, clock, 16, 31, 60)


def test_it_does_not_end_where_the_broker_is_unreachable(
    watched: Watch, clock: Clock, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_entry(article)
    reachable = app.connection_for_write

    def unreachable(**options: Any) -> Any:
        return reachable(url=NOWHERE, **options)

    monkeypatch.setattr(app, "connection_for_write", unreachable)
    assert not is_stalled_after(watched, clock, 16, 31, 60)

    monkeypatch.undo()
    monkeypatch.setattr(watch, "time", clock)
    assert is_stalled_after(watched, clock, 76, 91)


def test_it_does_not_end_where_postgresql_is_unreachable(
    watched: Watch, clock: Clock, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_entry(article)
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")

    assert not is_stalled_after(watched, clock, 16, 31)
