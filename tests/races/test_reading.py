"""Thousands of reads, against real PostgreSQL and Redis: their queries, and that no count goes back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from articles.models import Article
from reactions.cache import limits, redis_keys
from reactions.cache import redis as redis_cache
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.counts import get_counts
from reactions.kinds import pack
from reactions.record import set_reactions
from tests.conftest import PublishArticle
from tests.races.rival import on_a_connection_of_its_own
from tests.reactions.crowds import from_anywhere

pytestmark = pytest.mark.django_db(transaction=True)

READERS, TIMES = 20, 50
LOVE = pack(["love"])


@pytest.fixture(autouse=True)
def _redis_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.redis_breaker.reset()


class Readers:
    """Twenty threads with a client each; every statement of theirs is recorded."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def ask(self, path: str) -> set[bytes]:
        """The distinct responses to a thousand requests."""
        with ThreadPoolExecutor(READERS) as pool:
            each = pool.map(
                lambda _: on_a_connection_of_its_own(lambda: self._ask(path)), range(READERS)
            )
            return set().union(*each)

    def _ask(self, path: str) -> set[bytes]:
        client = Client()
        with connection.execute_wrapper(self._note):
            return {client.get(path).content for _ in range(TIMES)}

    def _note(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        self.statements.append(sql)
        return execute(sql, *rest)


@pytest.fixture
def readers() -> Readers:
    return Readers()


def react(article: Article) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE, signals=from_anywhere())


def test_a_thousand_readers_of_an_article_in_no_cache_are_two_statements(
    article: Article, readers: Readers
) -> None:
    react(article)
    aggregate()
    redis_cache.client().delete(redis_keys.counts(article.id))

    answers = readers.ask(f"/api/v1/articles/{article.slug}/reactions/")

    assert len(answers) == 1
    assert b'"total":1' in answers.pop()
    # One for the slug, twice where the thousand take longer than a slug is cached; one for the counts.
    assert sum(sql.startswith("-- counts\n") for sql in readers.statements) == 1
    assert sum(not sql.startswith("-- counts\n") for sql in readers.statements) <= 10


def test_without_redis_a_thousand_readers_are_a_few_statements_a_second(
    article: Article, readers: Readers, settings: Settings
) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"

    answers = readers.ask(f"/api/v1/articles/{article.id}/reactions/")

    assert len(answers) == 1
    assert b'"total":0' in answers.pop()
    assert 1 <= len(readers.statements) <= 20


def test_a_thousand_readers_of_many_articles_in_no_cache_are_one_statement(
    publish_article: PublishArticle, readers: Readers
) -> None:
    ids = ",".join(str(publish_article().id) for _ in range(20))

    answers = readers.ask(f"/api/v1/reactions/?articles={ids}")

    assert len(answers) == 1
    assert len(readers.statements) == 1


def test_no_count_goes_back_while_others_react_and_aggregations_run(article: Article) -> None:
    def read(_: int) -> list[int]:
        return [version_of(article) for _ in range(100)]

    def keep_reacting() -> None:
        for _ in range(30):
            react(article)
            aggregate()

    with ThreadPoolExecutor(5) as pool:
        writing = pool.submit(on_a_connection_of_its_own, keep_reacting)
        reads = list(pool.map(lambda n: on_a_connection_of_its_own(lambda: read(n)), range(4)))
        writing.result()

    for versions in reads:
        assert versions == sorted(versions)
    assert version_of(article) == 30


def version_of(article: Article) -> int:
    found = get_counts(article.id)
    assert found is not None
    assert found.version is not None
    return found.version


def test_a_client_that_got_a_version_reads_no_older_one(article: Article) -> None:
    react(article)
    aggregate()
    before = version_of(article)
    react(article)
    aggregate_batch()  # committed, and not yet written to Redis

    react(article)  # the response has version 2

    assert (before, version_of(article)) == (1, 2)
    assert redis_cache.client().hget(redis_keys.counts(article.id), "version") == "2"
