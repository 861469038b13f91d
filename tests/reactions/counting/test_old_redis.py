"""A Redis that comes back old, from a file or as a replica that was promoted: what it lost is written again."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from pytest_django import Settings
from redis import RedisError

from articles.models import Article
from newsroom.stack.valkey import Valkey
from reactions.cache import limits, redis_keys
from reactions.cache.redis import client
from reactions.counting import cache_writer
from reactions.counting.aggregate import aggregate
from reactions.counting.cache_writer import rewrite_counts
from reactions.counts import put_counts
from reactions.kinds import pack
from reactions.models import CacheState, CountVersion
from reactions.record import set_reactions
from reactions.sql import row
from tests.conftest import PublishArticle
from tests.reactions.servers import own_valkey


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with own_valkey(memory="16mb") as started:
        yield started


@pytest.fixture(autouse=True)
def own(valkey: Valkey, settings: Settings) -> None:
    settings.REDIS_URL = valkey.url
    client().flushall()


def react(*articles: Article) -> None:
    for article in articles:
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["love"]))
        aggregate()


def come_back_old(valkey: Valkey, *lost: Article) -> None:
    """Each of these gets one more reaction after Valkey has saved its file; then it dies and reads the file."""
    client().save()
    react(*lost)
    with suppress(RedisError):
        client().shutdown(nosave=True)
    valkey.stop()
    valkey.start()
    limits.redis_breaker.reset()


def versions_in_redis(*articles: Article) -> list[object]:
    return [client().hget(redis_keys.counts(each.id), "version") for each in articles]


def test_what_it_lost_is_written_again_without_another_reaction(
    article: Article, valkey: Valkey
) -> None:
    react(article)
    come_back_old(valkey, article)
    assert versions_in_redis(article) == ["1"]

    rewritten = rewrite_counts()

    assert (rewritten, versions_in_redis(article)) == (1, ["2"])
    assert rewrite_counts() == 0


def test_a_write_before_that_does_not_hide_it(
    publish_article: PublishArticle, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    lost, other = publish_article(), publish_article()
    react(lost, other)
    come_back_old(valkey, lost)

    react(other)
    rewrite_counts()

    assert versions_in_redis(lost, other) == ["2", "2"]
    assert caplog.text.count("Redis came back old") == 1


def test_a_process_killed_when_it_notices_changes_nothing(
    article: Article, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    react(article)
    come_back_old(valkey, article)

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(cache_writer, "rows", die)
        with pytest.raises(KeyboardInterrupt):
            rewrite_counts()
    rewrite_counts()

    assert versions_in_redis(article) == ["2"]


def test_it_continues_where_it_was_killed_and_begins_with_what_changed_last(
    publish_article: PublishArticle, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_writer, "_BATCH", 1)
    articles = [publish_article() for _ in range(3)]
    react(*articles)
    come_back_old(valkey, *articles)

    seen = []
    for _ in range(4):
        rewrite_counts(seconds=0)
        seen.append(versions_in_redis(*articles))

    assert seen[:3] == [["1", "1", "2"], ["1", "2", "2"], ["2", "2", "2"]]
    assert CacheState.objects.get().rewrite_before is None


def test_what_expired_meanwhile_is_not_written(
    publish_article: PublishArticle, valkey: Valkey
) -> None:
    old, recent = publish_article(), publish_article()
    react(old, recent)
    come_back_old(valkey, recent)
    CountVersion.objects.filter(article_id=old.id).update(
        counted_at=F("counted_at") - timedelta(seconds=redis_keys.COUNTS_TTL_SECONDS + 1)
    )

    assert rewrite_counts() == 1


def test_an_empty_redis_is_left_to_its_readers(article: Article) -> None:
    react(article)
    client().flushall()

    assert rewrite_counts() == 0
    react(article)
    assert rewrite_counts() == 0
    assert CacheState.objects.get().rewrite_before is None
    assert versions_in_redis(article) == ["2"]


def test_writers_that_overtake_each_other_are_no_old_redis(article: Article) -> None:
    react(article)
    slow, fast = row("begin_cache_write"), row("begin_cache_write")
    assert slow
    assert fast

    stored = [
        put_counts([], number=number, confirmed=confirmed) for number, confirmed in (fast, slow)
    ]

    assert stored[0] is not None
    assert stored[0] >= fast[1]
    assert stored[1] == fast[0] > slow[0] > slow[1]


def test_the_number_has_no_lifetime(article: Article) -> None:
    """It would be evicted first."""
    react(article)

    assert client().ttl(redis_keys.WRITES) == -1
