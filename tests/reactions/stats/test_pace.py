"""The pace of articles against a recomputation in plain Python."""

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from articles.models import Article, Section, State
from reactions.models import Bucket, Pace
from reactions.stats import pace as module
from reactions.stats.pace import AGES, LEAST_ARTICLES, pace, rebuild_pace, refresh_pace
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 3, 12, 7, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)

Buckets = dict[datetime, int]


def publish(publish_article: PublishArticle, age: timedelta, **fields: object) -> Article:
    return publish_article(first_published_at=NOW - age, published_at=NOW - age, **fields)


def bucket(article: Article, start: datetime, added: int, kind: int = 0) -> None:
    Bucket.objects.create(article_id=article.pk, start=start, kind=kind, added=added, removed=1)


def quarter_of(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def came_by(published: datetime, buckets: Buckets, quarters: int) -> float:
    """What came by an age: whole quarters, and the part of the one in which the article reaches the age."""
    reached = published + quarters * QUARTER
    part = (reached - quarter_of(reached)) / QUARTER
    whole = sum(added for start, added in buckets.items() if start < quarter_of(reached))
    return whole + part * buckets.get(quarter_of(reached), 0)


def in_hour(published: datetime, buckets: Buckets, quarters: int) -> int:
    """What came in the four quarters of an hour before the one in which an age is reached."""
    end = quarter_of(published) + quarters * QUARTER
    return sum(added for start, added in buckets.items() if end - HOUR <= start < end)


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def test_percentiles_equal_those_of_a_recomputation(publish_article: PublishArticle) -> None:
    random = Random(5)
    section = Section.objects.create(name="World", slug="world")
    found: list[tuple[Article, Buckets]] = []
    for number in range(45):
        age = timedelta(seconds=random.randrange(3_600, 9 * 86_400))
        article = publish(publish_article, age, section=section if number % 2 else None)
        starts = {
            quarter_of(NOW - age) + n * QUARTER
            for n in [0, *(random.randrange(0, 300) for _ in range(20))]
        }
        buckets = {start: random.randrange(1, 50) for start in starts if start < NOW}
        for start, added in buckets.items():
            bucket(article, start, added)
        found.append((article, buckets))

    assert rebuild_pace(now=NOW) == 45

    for section_id in (None, section.pk):
        for step in (1, 2, 5, 40, 96, 100, 192):
            compared = [
                (published, buckets)
                for article, buckets in found
                for published in [article.first_published_at or NOW]
                if section_id in (None, article.section_id) and published + step * QUARTER <= NOW
            ]
            values = [came_by(published, buckets, step) for published, buckets in compared]
            hours = [in_hour(published, buckets, step) for published, buckets in compared]
            row = Pace.objects.get(section_id=section_id, age=step * 15)
            assert row.articles == len(values)
            assert row.quarter == pytest.approx(percentile(values, 25))
            assert row.median == pytest.approx(percentile(values, 50))
            assert row.three_quarters == pytest.approx(percentile(values, 75))
            assert row.high == pytest.approx(percentile(values, 95))
            assert row.hour_median == pytest.approx(percentile(hours, 50))
            assert row.hour_high == pytest.approx(percentile(hours, 95))


def publish_many(
    publish_article: PublishArticle, count: int, added: int, **fields: object
) -> list[UUID]:
    """Articles of two days, each with so many reactions in its first quarter of an hour."""
    articles = [publish(publish_article, timedelta(days=2), **fields) for _ in range(count)]
    for article in articles:
        bucket(article, quarter_of(NOW - timedelta(days=2)), added)
    return [each.pk for each in articles]


def test_a_section_of_twenty_articles_is_compared_with_itself(
    publish_article: PublishArticle,
) -> None:
    large = Section.objects.create(name="World", slug="world")
    small = Section.objects.create(name="Chess", slug="chess")
    publish_many(publish_article, LEAST_ARTICLES, 40, section=large)
    publish_many(publish_article, LEAST_ARTICLES - 1, 2, section=small)
    rebuild_pace(now=NOW)

    of_large = pace().usual(large.pk, HOUR)
    of_small = pace().usual(small.pk, HOUR)

    assert of_large
    assert of_small
    assert (of_large.of_section, of_large.median) == (True, 40)
    assert (of_small.of_section, of_small.articles) == (False, 2 * LEAST_ARTICLES - 1)


def test_too_few_articles_have_no_pace(publish_article: PublishArticle) -> None:
    publish_many(publish_article, LEAST_ARTICLES - 1, 2)
    rebuild_pace(now=NOW)

    assert pace().usual(None, HOUR) is None
    assert pace().band(None, HOUR) == []


def test_between_two_ages_it_is_in_proportion(publish_article: PublishArticle) -> None:
    for article_id in publish_many(publish_article, LEAST_ARTICLES, 30):
        second = quarter_of(NOW - timedelta(days=2)) + QUARTER
        Bucket.objects.create(article_id=article_id, start=second, kind=0, added=60, removed=0)
    rebuild_pace(now=NOW)
    usual = pace().usual

    def median(minutes: float) -> float:
        found = usual(None, timedelta(minutes=minutes))
        assert found
        return found.median

    # Published seven and a half minutes after the quarter began: half of a bucket belongs to an age.
    assert median(15) == 30 + 60 / 2
    assert median(7.5) == median(15) / 2
    assert median(22.5) == (median(15) + median(30)) / 2
    assert [age for age, _ in pace().band(None, timedelta(minutes=50))] == [15, 30, 45]


def test_an_age_that_no_article_reached_has_no_pace(publish_article: PublishArticle) -> None:
    publish_many(publish_article, LEAST_ARTICLES, 30)
    rebuild_pace(now=NOW)

    assert pace().usual(None, timedelta(days=2)) is not None
    assert pace().usual(None, timedelta(days=3)) is None
    assert pace().usual(None, -HOUR) is None


def test_articles_that_are_not_public_or_old_are_left_out(publish_article: PublishArticle) -> None:
    publish(publish_article, timedelta(days=3), state=State.KILLED)
    publish(publish_article, timedelta(days=29))
    publish(publish_article, timedelta(days=27))

    assert rebuild_pace(now=NOW) == 1
    assert Pace.objects.get(section_id=None, age=AGES[0] * 15).articles == 1


def test_it_is_rebuilt_once_an_hour(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh_pace()  # no article: nothing is built
    publish_article(first_published_at=datetime.now(UTC) - HOUR)
    refresh_pace()
    first = pace().built_at
    assert first is not None

    refresh_pace()
    module.clear_pace()
    assert pace().built_at == first
    monkeypatch.setattr(module, "_REBUILD_AFTER", timedelta())
    refresh_pace()
    built_at = pace().built_at
    assert built_at is not None
    assert built_at > first
