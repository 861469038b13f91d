"""A Valkey at its memory limit: counts that were only read make room, messages stay, counts stay right."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import redis
from celery import Celery
from django.core.checks import Warning as CheckWarning
from kombu import Connection
from pytest_django import Settings

from articles.models import Article
from newsroom.stack.environment import broker_url_of
from newsroom.stack.valkey import Valkey
from reactions import counts
from reactions.cache import redis_keys
from reactions.cache.redis import client
from reactions.checks import check_eviction
from reactions.counting.aggregate import aggregate
from reactions.counts import Answer, Counts, get_counts
from reactions.kinds import KINDS, pack
from reactions.record import set_reactions
from tests.reactions.servers import own_valkey

ARTICLES = 20_000  # read once, three times what fits


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with own_valkey(memory="6mb") as started:
        yield started


@pytest.fixture
def small(valkey: Valkey, settings: Settings) -> "redis.Redis":
    settings.REDIS_URL = valkey.url
    settings.CELERY_BROKER_URL = broker_url_of(valkey.url)
    found = client()
    found.flushall()
    return found


def read_archive() -> None:
    """What the cache stores for articles that a crawler reads."""
    zero = {kind.key: 0 for kind in KINDS}
    for _ in range(ARTICLES // 500):
        read = [
            Counts(uuid4(), "open", tuple(zero), zero, 0, "2024-12-08T09:23:00.000Z")
            for _ in range(500)
        ]
        counts._put_answers({each.article_id.int: Answer.of(each) for each in read})


def lifetime(article_id: UUID) -> int:
    return int(client().ttl(redis_keys.counts(article_id)))


def test_reads_that_fill_it_evict_no_message_and_no_article_that_readers_react_to(
    small: "redis.Redis", article: Article, settings: Settings
) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["love"]))
    aggregate()
    app = Celery(broker=settings.CELERY_BROKER_URL, set_as_current=False)
    app.send_task("reactions.aggregate", ["before"])

    read_archive()
    app.send_task("reactions.aggregate", ["after"])

    assert small.info("stats")["evicted_keys"] > ARTICLES / 3
    with Connection(app.conf.broker_url) as connection:
        received = [connection.SimpleQueue("celery").get(timeout=2) for _ in range(2)]
    assert [message.payload[0] for message in received] == [["before"], ["after"]]
    assert small.hget(redis_keys.counts(article.id), "version") == "1"
    counts.clear_counts()
    found = get_counts(article.id)
    assert found
    assert found.total == 1


def test_what_only_a_read_stored_lives_shorter(small: "redis.Redis", article: Article) -> None:
    get_counts(article.id)

    assert 0 < lifetime(article.id) <= redis_keys.READ_TTL_SECONDS

    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["love"]))
    aggregate()

    assert lifetime(article.id) > redis_keys.READ_TTL_SECONDS


def test_a_read_shortens_no_lifetime(small: "redis.Redis", article: Article) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["love"]))
    aggregate()
    counts.clear_counts()
    small.hset(redis_keys.counts(article.id), "made_for", "other settings")

    get_counts(article.id)

    assert small.hget(redis_keys.counts(article.id), "made_for") == counts._made_for()
    assert lifetime(article.id) > redis_keys.READ_TTL_SECONDS


@pytest.mark.parametrize(
    ("policy", "word"), [("noeviction", "refuses"), ("allkeys-lru", "evict"), ("volatile-ttl", "")]
)
def test_check_says_what_a_full_redis_does(
    small: "redis.Redis", settings: Settings, policy: str, word: str
) -> None:
    small.config_set("maxmemory-policy", policy)

    found = check_eviction(databases=["default"])

    small.config_set("maxmemory-policy", "volatile-ttl")
    assert [type(each) for each in found] == [CheckWarning] * bool(word)
    assert not word or word in found[0].msg
    settings.CELERY_BROKER_URL = "amqp://rabbit"
    assert check_eviction(databases=["default"]) == []
    assert check_eviction(databases=None) == []
