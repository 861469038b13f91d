"""Stories at the desk: what readers did with each in a window, filtered, sorted and searched; saved as views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

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
from reactions.kinds import KINDS
from reactions.models import SavedView
from reactions.sql.figures import LEAST_REACTIONS
from reactions.stats.choices import FILTERS, filter_choices
from reactions.stats.query import Figures, Query, Result, run
from reactions.stats.scope import Scope, scope_of
from reactions.stats.windows import QueryRefused, read_window

PAGE = 40
MOST_FOUND = 2_000  # stories that a search looks at
MOST_VIEWS = 50
_MOST_NAME = 60

RANGES = {
    "today": "Today",
    "24h": "24 hours",
    "7d": "7 days",
    "28d": "28 days",
    "90d": "90 days",
    "400d": "400 days",
}
PUBLISHED = {"": "Any time", **RANGES}
_METRICS = (
    "came",
    "left",
    "last_hour",
    "against_usual",
    *(f"came:{kind.key}" for kind in KINDS),
    *(f"share:{kind.key}" for kind in KINDS),
)
# What may sort the list: the name in the address, and the metric.
_SORTS = {
    "came": "came",
    "left": "left",
    "last_hour": "last_hour",
    "against_usual": "against_usual",
    **{kind.key: f"share:{kind.key}" for kind in KINDS},
}
_NAMES = {"range", "published", "from", "to", "sort", "page", "q", "tz", *FILTERS}


@dataclass(frozen=True)
class Row:
    """One story of the list, with its mix in the window."""

    article: Article
    result: Result
    mix: Sequence[charts.Part]
    shares: Sequence[int | None]

    @property
    def came(self) -> int:
        return int(self._figure("came") or 0)

    @property
    def left(self) -> int:
        return int(self._figure("left") or 0)

    @property
    def last_hour(self) -> int:
        return int(self._figure("last_hour") or 0)

    @property
    def against_usual(self) -> float | None:
        return self._figure("against_usual")

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
        return refuse(request, "Stories", f"{refused.field}: {refused}")


def _context(request: HttpRequest, scope: Scope, zone: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    asked = {name: request.GET.get(name, "").strip() for name in _NAMES}
    chosen = asked["range"] or "7d"
    between = [asked["from"], asked["to"]]
    window = read_window(between if all(between) else chosen, zone, now, field="range")
    published = (
        read_window(asked["published"], zone, now, field="published")
        if asked["published"]
        else None
    )
    sort, descends = asked["sort"].removeprefix("-") or "came", not asked["sort"].startswith("-")
    if sort not in _SORTS:
        raise QueryRefused("sort", "unknown", f"One of {', '.join(_SORTS)}.")
    filters = [["is", name, [asked[name]]] for name in FILTERS if asked[name]]
    page = int(asked["page"]) if asked["page"].isdecimal() and len(asked["page"]) < 6 else 1
    query = Query(
        metrics=_METRICS,
        dimensions=["article"],
        window=window,
        filters=filters,
        published=published,
        order_by=[[_SORTS[sort], "desc" if descends else "asc"]],
        limit=PAGE,
        offset=PAGE * (max(page, 1) - 1),
    )
    found, is_cut = _search(asked["q"], scope)
    figures = run(query, found, now=now)
    return {
        "title": "Stories",
        "asked": asked,
        "range": "" if all(between) else chosen,
        "ranges": RANGES if chosen in RANGES else {**RANGES, chosen: chosen},
        "published_ranges": PUBLISHED,
        "sort": sort,
        "descends": descends,
        "sorts": _headers(sort, descends=descends),
        "zone": zone,
        "now": now.astimezone(zone),
        "begin": window.start.astimezone(zone),
        "end": window.end.astimezone(zone),
        "rows": _rows(figures),
        "every_row": figures.every_row,
        "page": max(page, 1),
        "has_next": figures.truncated,
        "totals": figures.totals,
        "is_cut": is_cut,
        "choices": choices_of(asked),
        "kinds": KINDS,
        "least": LEAST_REACTIONS,
        "is_own": scope.article_ids is not None,
        "csv": _csv_address(asked, figures),
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


def _rows(figures: Figures) -> list[Row]:
    articles = (
        Article.objects.select_related("section")
        .only("headline", "slug", "first_published_at", "state", "section__name")
        .in_bulk([each.dimensions[0] for each in figures.results])
    )
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
        if article := articles.get(each.dimensions[0]):
            rows.append(Row(article, each, charts.mix(counts), shares))
    return rows


def _headers(sort: str, *, descends: bool) -> dict[str, dict[str, str]]:
    """By name of a sort: the value that its header leads to, and `aria-sort`."""
    return {
        name: {
            "value": f"-{name}" if name == sort and descends else name,
            "aria": ("descending" if descends else "ascending") if name == sort else "",
        }
        for name in _SORTS
    }


def choices_of(asked: Mapping[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What each filter offers, what is chosen among it: (value, name)."""
    found = []
    for name, known in filter_choices().items():
        chosen = asked[name]
        is_known = not chosen or chosen in {value for value, _ in known}
        found.append((name, [*([] if is_known else [(chosen, chosen)]), *known]))
    return found


def _csv_address(asked: Mapping[str, str], figures: Figures) -> str:
    """The same stories as a file, of the API; all of them, whatever the search."""
    window = figures.query.window
    kept = {name: asked[name] for name in ("published", *FILTERS) if asked[name]}
    between = {"from": window.start.isoformat()}
    if not window.running:
        between["to"] = window.end.isoformat()
    parameters = {**between, **kept, "tz": window.timezone.key, "format": "csv", "bom": "1"}
    return f"{reverse('stats-articles')}?{urlencode(parameters)}"


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
