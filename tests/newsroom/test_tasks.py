"""What the task of every second does: with the real broker and PostgreSQL."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from kombu.pools import producers

from articles.models import Article, State
from newsroom.celery import app
from newsroom.tasks import every_second
from reactions.article_changes import note_article_change
from reactions.record import set_reactions
from reactions.tasks import refresh_articles_task
from tests.conftest import PublishArticle
from tests.reactions.crowds import LOVE
from tests.reactions.oracle import totals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("queue")]

NOWHERE = "redis+socket:///nowhere/valkey.sock"


def sent(queue: "redis.Redis") -> list[str]:
    messages: Any = queue.lrange("celery", 0, -1)
    return [json.loads(each)["headers"]["task"] for each in messages]


def leave_due(publish_article: PublishArticle) -> Article:
    due = timezone.now() - timedelta(seconds=1)
    return publish_article(state=State.SCHEDULED, publish_at=due)


def test_it_publishes_what_is_due_and_counts(
    article: Article, publish_article: PublishArticle, queue: "redis.Redis"
) -> None:
    due = leave_due(publish_article)
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)

    every_second()

    due.refresh_from_db()
    assert due.state == State.PUBLISHED
    assert totals(article.id) == {"love": 1}


def test_without_work_it_sends_nothing(article: Article, queue: "redis.Redis") -> None:
    every_second()

    assert sent(queue) == []


def test_cached_counts_that_may_be_wrong_are_refreshed_by_another_process(
    article: Article, queue: "redis.Redis"
) -> None:
    """A refresh may take half a second, and counting does not wait for it."""
    note_article_change(article.id)

    every_second()
    assert sent(queue) == ["reactions.refresh_articles"]
    refresh_articles_task()
    queue.delete("celery")
    every_second()

    assert sent(queue) == []


def test_where_the_broker_is_unreachable_it_publishes_and_counts_all_the_same(
    article: Article, publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = leave_due(publish_article)
    note_article_change(article.id)
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)
    unreachable = producers[app.connection_for_write(url=NOWHERE)]
    monkeypatch.setattr(app.amqp, "_producer_pool", unreachable)

    with pytest.raises(BrokerError):
        every_second()

    due.refresh_from_db()
    assert due.state == State.PUBLISHED
    assert totals(article.id) == {"love": 1}


def test_it_counts_before_it_publishes(
    article: Article, publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many articles that are due at once take seconds."""
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)
    counted: list[dict[str, int]] = []
    monkeypatch.setattr("newsroom.tasks.publish_due", lambda: counted.append(totals(article.id)))

    every_second()

    assert counted == [{"love": 1}]
