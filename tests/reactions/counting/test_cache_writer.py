"""Counts in Redis: versions never go back, a lost key is read again, an unreachable Redis loses nothing."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from articles.models import Article
from reactions import counts
from reactions.cache import limits, redis_keys
from reactions.cache import redis as redis_cache
from reactions.counting import cache_writer
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.counting.cache_writer import write_counts
from reactions.counts import Counts, get_counts, put_counts, read_counts
from reactions.kinds import pack
from reactions.models import CountVersion
from reactions.record import set_reactions
from tests.conftest import PublishArticle

LOVE = pack(["love"])


def react(article: Article) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)


def in_redis(article_id: UUID) -> str | None:
    version = redis_cache.client().hget(redis_keys.counts(article_id), "version")
    return version if version is None else str(version)


@pytest.fixture(autouse=True)
def _nothing_failed_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.redis_breaker.reset()


@pytest.fixture
def no_redis(settings: Settings) -> None:
    """A Redis that does not answer."""
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"


def test_an_aggregation_writes_the_cache(article: Article) -> None:
    react(article)

    aggregate()

    assert in_redis(article.id) == "1"
    assert (
        0 < redis_cache.client().ttl(redis_keys.counts(article.id)) <= redis_keys.COUNTS_TTL_SECONDS
    )


def test_an_older_version_never_replaces_a_newer_one(article: Article) -> None:
    react(article)
    aggregate_batch()
    (older,) = read_counts([article.id])
    react(article)
    aggregate()

    put_counts([older])

    assert in_redis(article.id) == "2"
    counts.clear_counts()
    found = get_counts(article.id)
    assert found is not None
    assert found.total == 2


def test_every_change_extends_the_lifetime(article: Article) -> None:
    react(article)
    aggregate()
    redis_cache.client().expire(redis_keys.counts(article.id), 5)

    react(article)
    aggregate()

    assert redis_cache.client().ttl(redis_keys.counts(article.id)) > 5


def test_a_flushed_redis_is_filled_by_the_next_reader(article: Article) -> None:
    react(article)
    aggregate()
    redis_cache.client().delete(redis_keys.counts(article.id))
    counts.clear_counts()

    found = get_counts(article.id)

    assert found is not None
    assert found.total == 1
    assert in_redis(article.id) == "1"


@pytest.mark.usefixtures("no_redis")
def test_unknown_counts_are_null_and_not_zero(
    article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> list[Counts]:
        raise OperationalError("the database does not answer")

    monkeypatch.setattr(counts, "read_counts", gone)

    found = get_counts(article.id)

    assert found == Counts(article.id)
    answer = found.as_json()
    assert (answer["total"], answer["counts"]["love"], answer["version"]) == (None, None, None)


@pytest.mark.usefixtures("no_redis")
def test_a_redis_that_failed_is_left_alone_for_a_while(
    article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_counts(article.id)
    counts.clear_counts()

    def touched() -> None:
        raise AssertionError("Redis was asked again at once")

    monkeypatch.setattr(redis_cache, "client", touched)

    assert get_counts(article.id) is not None


def leave_stale(articles: list[Article]) -> None:
    """Count a reaction to each, in this order, while no writer runs."""
    for article in articles:
        react(article)
        aggregate_batch()


def test_what_was_just_counted_is_written_first(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before what a refresh of many articles raises at that moment."""
    monkeypatch.setattr(cache_writer, "_BATCH", 2)
    bulk, counted = [publish_article() for _ in range(3)], publish_article()
    leave_stale(bulk)
    CountVersion.objects.update(counted_at=timezone.now() + timedelta(seconds=5))
    react(counted)

    aggregate()

    assert in_redis(counted.id) == "1"
    assert sorted(str(in_redis(each.id)) for each in bulk) == ["1", "None", "None"]


def test_what_was_left_is_written_by_the_last_change_first(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_writer, "_BATCH", 1)
    left = [publish_article() for _ in range(3)]
    leave_stale(left)

    aggregate()
    first = [in_redis(each.id) for each in left]
    aggregate()

    assert first == [None, None, "1"]
    assert [in_redis(each.id) for each in left] == [None, "1", "1"]


def test_an_article_that_was_deleted_does_not_stop_the_others(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_writer, "_BATCH", 1)
    article = publish_article()
    leave_stale([article])

    write_counts([uuid4(), article.id])

    assert in_redis(article.id) == "1"


@pytest.mark.usefixtures("no_redis")
def test_a_version_that_redis_was_not_given_is_not_confirmed(article: Article) -> None:
    react(article)

    aggregate()

    assert CountVersion.objects.get().cached_version == 0


def test_the_same_version_under_other_settings_is_replaced(
    article: Article, settings: Settings
) -> None:
    """Its body says until when the article is open."""
    react(article)
    aggregate()
    settings.REACTIONS_CLOSE_AFTER_DAYS = 1
    counts.clear_counts()

    found = get_counts(article.id)

    assert found
    assert found.state == "closed"
    body = redis_cache.client().hget(redis_keys.counts(article.id), "body")
    assert json.loads(str(body))["state"] == "closed"


def test_a_version_that_was_raised_meanwhile_is_not_confirmed(
    article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what Redis was given is confirmed, not what is the newest by then."""
    react(article)

    def put_and_count_another(found: list[Counts], **numbers: int) -> int | None:
        monkeypatch.setattr(cache_writer, "put_counts", put_counts)
        stored = put_counts(found, **numbers)
        react(article)
        aggregate_batch()
        return stored

    monkeypatch.setattr(cache_writer, "put_counts", put_and_count_another)
    aggregate_batch()
    write_counts([article.id])

    version = CountVersion.objects.get()
    assert (version.version, version.cached_version) == (2, 1)
