"""Stories with reactions in given quarters of an hour, and the pace that they are compared with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from articles.models import Article
from reactions.kinds import BY_KEY
from reactions.models import Bucket, Pace
from reactions.stats.pace import AGES, clear_pace

NOW = datetime(2026, 3, 3, 12, 7, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def quarter(now: datetime = NOW, *, before: int = 0) -> datetime:
    """The start of the quarter of an hour of this moment, or of one so many quarters before."""
    start = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return start - before * QUARTER


def came(article: Article, kinds: Mapping[str, int], *, before: int = 0) -> None:
    """So many reactions of each kind in one quarter of an hour, that many quarters before now."""
    Bucket.objects.bulk_create(
        Bucket(
            article_id=article.pk,
            start=quarter(before=before),
            kind=BY_KEY[key].bit,
            added=count,
            removed=0,
        )
        for key, count in kinds.items()
    )


def set_pace(*, hour_median: float, hour_high: float, articles: int = 40) -> None:
    """The same at each age, for the whole site."""
    Pace.objects.bulk_create(
        Pace(
            age=step * 15,
            articles=articles,
            quarter=1,
            median=hour_median,
            three_quarters=hour_median,
            high=hour_high,
            hour_median=hour_median,
            hour_high=hour_high,
        )
        for step in AGES
    )
    clear_pace()
