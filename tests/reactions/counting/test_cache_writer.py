"""Counts in Redis: versions never go back, a lost key is read again, an unreachable Redis loses nothing."""

from uuid import UUID, uuid4

import pytest
from django.db import OperationalError
from pytest_django import Settings

from articles.models import Article
from reactions import counts
from reactions.cache import limits, redis_keys
from reactions.cache import redis as redis_cache
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.counts import Counts, get_counts, put_counts, read_counts
from reactions.kinds import pack
from reactions.record import set_reactions

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
