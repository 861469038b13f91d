"""Days that are over are added up, and every answer is that of the buckets."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.kinds import BY_KEY, pack
from reactions.models import (
    Bucket,
    DayBucket,
    DayView,
    OutboxEntry,
    Reaction,
    SiteBucket,
    StaleDay,
    ViewBucket,
)
from reactions.sql import rows
from reactions.stats.days import DAY, sum_days, summed_span
from reactions.stats.query import Figures, Query, run
from reactions.stats.scope import EVERYTHING
from reactions.stats.windows import Window
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 20, 12, 7, tzinfo=UTC)
LOVE = BY_KEY["love"].bit


def bucket(article: Article, start: datetime, added: int, kind: int = LOVE) -> None:
    Bucket.objects.create(article_id=article.pk, start=start, kind=kind, added=added, removed=1)
    SiteBucket.objects.create(start=start, kind=kind, added=added, removed=1)


def figures(start: datetime, end: datetime, **options: object) -> Figures:
    query = Query(
        metrics=["came", "left", "stories", "share:love"],
        dimensions=["article"],
        window=Window(start, end, ZoneInfo("UTC")),
        **options,  # type: ignore[arg-type]  # of any field
    )
    return run(query, EVERYTHING, now=NOW)


def test_figures_are_the_same_with_sums_and_without(publish_article: PublishArticle) -> None:
    random = Random(3)
    articles = [publish_article() for _ in range(4)]
    moments = {
        (random.choice(articles), NOW.replace(minute=0) - timedelta(minutes=15 * n), kind)
        for n in random.sample(range(30 * 96), 300)
        for kind in (LOVE, BY_KEY["sad"].bit)
    }
    for article, start, kind in moments:
        bucket(article, start, random.randrange(1, 40), kind)
    windows = [
        (NOW - random.random() * 30 * DAY, NOW - random.random() * 2 * DAY) for _ in range(12)
    ]
    windows = [(min(each), max(each)) for each in windows if each[0] != each[1]]
    windows = [
        tuple(at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0) for at in each)  # type: ignore[misc]
        for each in windows
    ]
    before = [figures(*each, compare="previous_period") for each in windows]

    assert sum_days(now=NOW) == 28
    after = [figures(*each, compare="previous_period") for each in windows]

    assert any(summed_span(*each) for each in windows)
    assert [(each.results, each.totals) for each in before] == [
        (each.results, each.totals) for each in after
    ]
    assert reconcile(dry_run=True).wrong_days == 0


def test_days_are_added_up_two_days_after_their_end(publish_article: PublishArticle) -> None:
    bucket(publish_article(), datetime(2026, 3, 16, 23, 45, tzinfo=UTC), 5)
    bucket(publish_article(), datetime(2026, 3, 18, 23, 45, tzinfo=UTC), 5)

    assert sum_days(now=datetime(2026, 3, 18, 23, 59, tzinfo=UTC)) == 0
    assert sum_days(now=datetime(2026, 3, 19, 0, 0, tzinfo=UTC)) == 1
    assert sum_days(now=datetime(2026, 3, 20, 23, 0, tzinfo=UTC)) == 1
    assert [each.day for each in DayBucket.objects.all()] == [date(2026, 3, 16)]
    assert sum_days(now=datetime(2026, 3, 20, 23, 0, tzinfo=UTC)) == 0


def test_a_late_change_makes_its_day_stale_until_it_is_added_up_again(article: Article) -> None:
    old = datetime.now(UTC) - 5 * DAY
    for day in range(9):
        bucket(article, (old - day * DAY + 2 * DAY).replace(minute=0, second=0, microsecond=0), 10)
    sum_days()
    start, end = (old - 6 * DAY).replace(minute=0, second=0, microsecond=0), datetime.now(UTC)
    before = figures(start, end).totals
    reader = uuid4()
    Reaction.objects.create(
        article_id=article.pk, reader_id=reader, kinds=pack(["love"]), previous=None, changed_at=old
    )
    OutboxEntry.objects.create(
        article_id=article.pk, reader_id=reader, created_at=old, is_first=True, has_page_token=True
    )

    aggregate()

    assert [each.day for each in StaleDay.objects.all()] == [old.date()]
    while_stale = figures(start, end).totals
    assert sum_days() == 1
    assert not StaleDay.objects.exists()
    assert before is not None
    assert while_stale is not None
    assert while_stale[0] == before[0] + 1  # type: ignore[operator]  # a sum
    assert figures(start, end).totals == while_stale


def test_the_longest_run_of_right_days_is_used(publish_article: PublishArticle) -> None:
    article = publish_article()
    for day in range(20):
        bucket(article, datetime(2026, 3, 1, 1, 0, tzinfo=UTC) + day * DAY, 1)
    sum_days(now=NOW)
    StaleDay.objects.create(day=date(2026, 3, 6))
    midnight = datetime(2026, 3, 1, tzinfo=UTC)

    assert summed_span(midnight, NOW) == (midnight + 6 * DAY, midnight + 17 * DAY)
    assert summed_span(midnight + timedelta(hours=1), midnight + 5 * DAY) == (
        midnight + DAY,
        midnight + 5 * DAY,
    )
    assert summed_span(midnight + 5 * DAY, midnight + 8 * DAY) is None
    assert summed_span(NOW, NOW + 10 * DAY) is None


def test_reconcile_has_wrong_days_added_up_again(publish_article: PublishArticle) -> None:
    bucket(publish_article(), datetime(2026, 3, 1, 1, 0, tzinfo=UTC), 5)
    sum_days(now=NOW)
    DayBucket.objects.update(added=50)

    found = reconcile(dry_run=True)
    reconcile()

    assert (found.wrong_days, found.is_clean) == (1, False)
    assert sum_days(now=NOW) == 1
    assert DayBucket.objects.get().added == 5


def test_the_views_of_a_day_are_added_up_and_again_after_a_late_copy_or_a_merge(
    publish_article: PublishArticle,
) -> None:
    article, other = publish_article(), publish_article()
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for day in range(2, 9):
        bucket(article, noon - day * DAY, 10)
        ViewBucket.objects.create(article_id=article.pk, start=noon - day * DAY, views=100)
    sum_days()
    old = noon - 5 * DAY

    def views() -> list[tuple[object, ...]]:
        query = Query(
            metrics=["views", "per_view"],
            dimensions=["article"],
            window=Window(noon - 9 * DAY, noon, ZoneInfo("UTC")),
        )
        return [each.metrics for each in run(query, EVERYTHING).results]

    assert views() == [(700, 0.1)]
    assert DayView.objects.count() == 6
    rows("copy_views", {"articles": [article.pk], "starts": [old], "views": [170]})
    assert [each.day for each in StaleDay.objects.all()] == [old.date()]
    assert views() == [(770, pytest.approx(70 / 770))]
    assert sum_days() == 1
    assert views() == [(770, pytest.approx(70 / 770))]

    rows("move_views", {"article": article.pk, "into": other.pk})
    while_stale = views()
    assert sum_days() == 6  # and the one that is to be added up tomorrow waits
    assert while_stale == views() == [(770, 0.0), (0, None)]
    assert {each.article_id for each in DayView.objects.all()} == {other.pk}


def test_reconcile_has_wrong_views_of_days_added_up_again(article: Article) -> None:
    start = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
    bucket(article, start, 5)
    ViewBucket.objects.create(article_id=article.pk, start=start, views=40, moved=2)
    sum_days(now=NOW)
    assert reconcile(dry_run=True).wrong_days == 0
    for wrong in ({"views": 50}, {"article_id": uuid4()}):
        DayView.objects.update(**wrong)

        assert reconcile(dry_run=True).wrong_days == 1
        reconcile()
        assert sum_days(now=NOW) == 1
        assert DayView.objects.get().views == 42
