"""The rankings of the front page, from the buckets of the last day."""

import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.hooks import Rankings
from reactions.kinds import BY_KEY
from reactions.models import Bucket
from reactions.stats import rankings as module
from reactions.stats.rankings import LEAST_REACTIONS, clear_rankings, rankings
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db


def quarter() -> datetime:
    """The end of the span that is ranked now."""
    now = datetime.now(UTC) - timedelta(seconds=module._SETTLES)
    return now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)


def bucket(
    count: int,
    *,
    kind: str = "love",
    article_id: UUID | None = None,
    ago: timedelta = timedelta(minutes=15),
    removed: int = 0,
) -> UUID:
    """Reactions in the bucket that began so long before the end of the span."""
    article_id = article_id or uuid4()
    Bucket.objects.create(
        article_id=article_id,
        start=quarter() - ago,
        kind=BY_KEY[kind].bit,
        added=count,
        removed=removed,
    )
    return article_id


def test_what_most_readers_loved_is_first() -> None:
    second, first = bucket(20), bucket(30)
    sad = bucket(40, kind="sad")

    assert rankings() == Rankings(loved=(first, second), felt=(sad, first, second))


def test_reactions_that_were_taken_back_do_not_count() -> None:
    bucket(30, removed=30 - LEAST_REACTIONS + 1)

    assert rankings() == Rankings()


def test_a_few_reactions_are_no_ranking() -> None:
    enough = bucket(LEAST_REACTIONS)
    few = bucket(LEAST_REACTIONS - 1)
    bucket(LEAST_REACTIONS, kind="wow", article_id=few)

    assert rankings() == Rankings(loved=(enough,), felt=(few, enough))


def test_one_day_counts_and_neither_what_is_older_nor_the_quarter_that_goes_on() -> None:
    oldest = bucket(20, ago=timedelta(days=1))
    bucket(20, ago=timedelta(days=1, minutes=15))
    bucket(20, ago=timedelta(0))

    assert rankings().felt == (oldest,)


def test_a_ranking_is_read_once_a_quarter_of_an_hour(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    bucket(20)

    with django_assert_num_queries(1):
        first = rankings()
    bucket(50)

    assert rankings() is first


def test_equals_have_the_same_order_in_every_process() -> None:
    ids = sorted(bucket(20) for _ in range(5))

    first = rankings()
    clear_rankings()

    assert first == rankings()
    assert list(first.loved) == ids


def test_one_thread_reads_while_the_others_get_the_last_ranking() -> None:
    loved = bucket(20)
    found: list[Rankings] = []

    with module._reading:
        other = threading.Thread(target=lambda: found.append(rankings()))
        other.start()
        other.join(5)

    assert found == [Rankings()]
    assert rankings().loved == (loved,)


def test_the_last_ranking_stays_while_postgresql_cannot_be_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loved = bucket(20)
    assert rankings().loved == (loved,)
    later = time.time() + 900
    monkeypatch.setattr(time, "time", lambda: later)

    def refuse(*call: object) -> None:
        raise OperationalError

    with connection.execute_wrapper(refuse):
        assert rankings().loved == (loved,)
        assert rankings().loved == (loved,)  # the circuit breaker is open


def test_the_index_by_time_has_one_entry_for_many_pages() -> None:
    """So that the ranking leaves out the years before, at next to no cost for aggregation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'reactions_bucket_by_start'"
        )
        (definition,) = cursor.fetchone()

    assert "USING brin (start)" in definition


def test_the_front_page_shows_them(publish_article: PublishArticle, client: Client) -> None:
    from reactions.counting.cache_writer import write_stale_counts
    from reactions.models import ArticleCount

    for number in range(3):
        article = publish_article(headline=f"Story {number}")
        bucket(10 + number, article_id=article.id)
        ArticleCount.objects.create(article_id=article.id, kind=BY_KEY["love"].bit, count=10)
    write_stale_counts()

    page = client.get("/").content.decode()

    assert "Most loved today" in page
    assert page.index("Most loved today") < page.rindex("Story 2") < page.rindex("Story 0")
