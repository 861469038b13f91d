"""Today, the desk's first page: how readers take the stories of the day, what rises, and what waits for editors."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from articles.roles import PUBLISHES
from reactions.desk import charts
from reactions.desk.pages.base import UnknownZone, desk_page, refuse_zone, zone_of
from reactions.kinds import KINDS
from reactions.sql.figures import LEAST_REACTIONS
from reactions.stats import today as figures
from reactions.stats.scope import scope_of
from reactions.stats.windows import floor

# The windows of what moved readers: their name in the address, and in words.
WINDOWS = {"today": "Today", "24h": "24 hours", "7d": "7 days"}


def today(request: HttpRequest) -> HttpResponse:
    """The page. `window` chooses what moved readers; a user without figures sees the admin's own first page."""
    user = request.user
    scope = scope_of(user)
    if scope is None:
        return admin.site.index(request)
    try:
        zone = zone_of(request)
    except UnknownZone:
        return refuse_zone(request, "Today")
    window = request.GET.get("window", "")
    window = window if window in WINDOWS else "today"
    now = datetime.now(UTC)
    context = _context(now=now, zone=zone, window=window, own=scope.article_ids)
    if user.has_perm(PUBLISHES):
        tomorrow = figures.day_start(now, zone, days_before=-1)
        context["waiting"] = figures.waiting(until=tomorrow)
    return desk_page(request, "today.html", context)


def _context(*, now: datetime, zone: ZoneInfo, window: str, own: Any) -> dict[str, Any]:
    start = figures.day_start(now, zone)
    since = {
        "today": start,
        "24h": floor(now) - timedelta(days=1),
        "7d": floor(now) - timedelta(days=7),
    }[window]
    out, out_count = figures.out_today(since=start, now=now, articles=own)
    return {
        "title": "Today",
        "zone": zone,
        "now": now.astimezone(zone),
        "window": window,
        "windows": WINDOWS.items(),
        "is_own": own is not None,
        "out_count": out_count,
        "out": [
            {
                "figures": each.figures,
                "mix": charts.mix(each.figures.by_kind),
                "spark": charts.spark(each.hours, _words(each.hours)),
                "published_at": each.figures.first_published_at.astimezone(zone),
            }
            for each in out
        ],
        "comparison": None if own is not None else figures.compare_today(now=now, zone=zone),
        "came": sum(each.figures.came for each in out),
        "moved": figures.moved(since=since, now=now, articles=own),
        "kinds": KINDS,
        "least": LEAST_REACTIONS,
    }


def _words(hours: Any) -> str:
    most = max(hours, default=0)
    return f"By the hour since midnight, at most {most:,}, in the last hour {hours[-1]:,}"
