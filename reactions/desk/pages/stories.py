"""Stories at the desk: what readers did with each in a window, filtered, sorted and searched; saved as views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from articles.models import Article
from articles.pages.search import find
from reactions.desk import charts
from reactions.desk.pages.base import (
    UnknownZone,
    desk_page,
    refuse,
    refuse_zone,
    user_id,
    zone_of,
)
from reactions.desk.pages.lists import NAMES, RANGES, Asked, csv_address, list_context
from reactions.kinds import KINDS
from reactions.models import SavedView
from reactions.sql.figures import LEAST_REACTIONS
from reactions.stats.choices import FILTERS
from reactions.stats.query import Figures, Query, Result, Standing, run, standings_of
from reactions.stats.scope import Scope, scope_of
from reactions.stats.windows import QueryRefused, read_window

PAGE = 40
MOST_FOUND = 2_000  # stories that a search looks at
MOST_VIEWS = 50
_MOST_NAME = 60

PUBLISHED = {"": "Any time", **RANGES}
_METRICS = (
    "came",
    "left",
    "last_hour",
    *(f"came:{kind.key}" for kind in KINDS),
    *(f"share:{kind.key}" for kind in KINDS),
)
# Where views are counted.
_VIEWS = ("views", "per_view")
# What may sort the list: the name in the address, and the metric.
_SORTS = {
    "came": "came",
    "left": "left",
    "last_hour": "last_hour",
    "against_usual": "against_usual",
    **{kind.key: f"share:{kind.key}" for kind in KINDS},
}
_NAMES = {*NAMES, "published", "q"}


@dataclass(frozen=True)
class Row:
    """One story of the list, with its mix in the window."""

    article: Article
    result: Result
    mix: Sequence[charts.Part]
    shares: Sequence[int | None]
    standing: Standing | None
    views: int
    per_hundred_views: float | None

    @property
    def came(self) -> int:
        return int(self._figure("came") or 0)

    @property
    def left(self) -> int:
        return int(self._figure("left") or 0)

    @property
    def last_hour(self) -> int:
        return int(self._figure("last_hour") or 0)

    def _figure(self, name: str) -> float | None:
        return self.result.metrics[_METRICS.index(name)]


def stories(request: HttpRequest) -> HttpResponse:
    """The page; a POST saves the view that the address describes, or deletes one."""
    scope = scope_of(request.user)
    if scope is None:
        raise PermissionDenied
    if request.method == "POST":
        return _change_views(request)
    try:
        zone = zone_of(request)
        return desk_page(request, "stories.html", _context(request, scope, zone))
    except UnknownZone:
        return refuse_zone(request, "Stories")
    except QueryRefused as refused:
        return refuse(request, "Stories", str(refused))


def _context(request: HttpRequest, scope: Scope, zone: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    asked = Asked.of(request, _NAMES)
    published = asked["published"]
    views = _VIEWS if settings.REACTIONS_COUNT_VIEWS else ()
    sorts = _SORTS | {each: each for each in views}
    sort, descends = asked.order(sorts)
    query = Query(
        metrics=[*_METRICS, *views, *(["against_usual"] if sort == "against_usual" else [])],
        dimensions=["article"],
        window=asked.window(zone, now),
        filters=asked.filters,
        published=read_window(published, zone, now, field="published") if published else None,
        order_by=[[sorts[sort], "desc" if descends else "asc"]],
        limit=PAGE,
        offset=PAGE * (asked.page - 1),
    )
    found, is_cut = _search(asked["q"], scope)
    figures = run(query, found, now=now)
    return {
        **list_context(asked, figures, per_page=PAGE),
        "title": "Stories",
        "published_ranges": PUBLISHED,
        "sorts": asked.headers(sorts),
        "counts_views": bool(views),
        "rows": _rows(figures, now),
        "every_row": figures.every_row,
        "totals": figures.totals,
        "is_cut": is_cut,
        "choices": asked.choices(),
        "kinds": KINDS,
        "least": LEAST_REACTIONS,
        "is_own": scope.article_ids is not None,
        "csv": csv_address("stats-articles", figures, asked.kept("published", *FILTERS)),
        "views": SavedView.objects.filter(user_id=user_id(request), page="stories"),
    }


def _search(text: str, scope: Scope) -> tuple[Scope, bool]:
    """The scope of the stories that the site's own search finds; whether it found more than are looked at."""
    if not text:
        return scope, False
    found = find(Article.objects.filter(first_published_at__isnull=False), text)
    newest = found.order_by("-first_published_at").values_list("pk", flat=True)
    ids = list(newest[: MOST_FOUND + 1])
    return scope.within(ids[:MOST_FOUND]), len(ids) > MOST_FOUND


def _rows(figures: Figures, now: datetime) -> list[Row]:
    articles = (
        Article.objects.select_related("section")
        .only("headline", "slug", "first_published_at", "state", "section__name")
        .in_bulk([each.dimensions[0] for each in figures.results])
    )
    standings = standings_of([each.dimensions[0] for each in figures.results], now)
    first_kind = _METRICS.index(f"came:{KINDS[0].key}")
    first_share = _METRICS.index(f"share:{KINDS[0].key}")
    rows = []
    for each in figures.results:
        came = each.metrics[first_kind : first_kind + len(KINDS)]
        counts = {kind.key: int(count or 0) for kind, count in zip(KINDS, came, strict=True)}
        shares = [
            None if share is None else round(100 * share)
            for share in each.metrics[first_share : first_share + len(KINDS)]
        ]
        views = dict(zip(figures.query.metrics, each.metrics, strict=True))
        per_view = views.get("per_view")
        if article := articles.get(each.dimensions[0]):
            rows.append(
                Row(
                    article,
                    each,
                    charts.mix(counts),
                    shares,
                    standings.get(article.pk),
                    int(views.get("views") or 0),
                    None if per_view is None else 100 * per_view,
                )
            )
    return rows


def _change_views(request: HttpRequest) -> HttpResponse:
    views = SavedView.objects.filter(user_id=user_id(request), page="stories")
    if "delete" in request.POST:
        number = request.POST["delete"]
        if number.isdecimal() and len(number) < 19:
            views.filter(pk=number).delete()
        return redirect(request.get_full_path())
    name = request.POST.get("name", "").replace("\0", "").strip()[:_MOST_NAME]
    kept = {key: request.GET[key] for key in sorted(_NAMES - {"page"}) if request.GET.get(key)}
    query = urlencode(kept)
    if not name or len(query) > 2_000:
        messages.error(request, "Name the view to save it.")
    elif views.count() >= MOST_VIEWS and not views.filter(name=name).exists():
        messages.error(request, f"You have {MOST_VIEWS} views: delete one first.")
    else:
        views.update_or_create(
            name=name,
            defaults={"query": query},
            create_defaults={"query": query, "user_id": user_id(request), "page": "stories"},
        )
        messages.success(request, f"The view “{name}” is saved.")
    return redirect(request.get_full_path())
