"""The views of one story, and how many reactions came for each."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Min

from reactions.models import ViewBucket
from reactions.stats.query import Query, run
from reactions.stats.scope import Scope
from reactions.stats.windows import Window


@dataclass(frozen=True)
class Views:
    """Since the first one: reactions of an earlier time, when none was counted, would be too many for each view."""

    since: datetime
    views: int
    per_view: float | None  # None where there are too few views


def views_of_article(article_id: UUID, now: datetime, zone: ZoneInfo) -> Views | None:
    """None where there is no view."""
    # Uses: the key of reactions_viewbucket.
    buckets = ViewBucket.objects.filter(article_id=article_id, moved__gt=-F("views"))
    since = buckets.aggregate(since=Min("start"))["since"]
    if since is None or since >= now:
        return None
    window = Window(since, now, zone, running=True)
    query = Query(metrics=("views", "per_view"), window=window)
    totals = run(query, Scope(frozenset([article_id])), now=now).totals
    assert totals is not None  # noqa: S101  # it is asked for
    return Views(since, int(totals[0] or 0), totals[1])
