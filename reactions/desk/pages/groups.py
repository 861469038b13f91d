"""Sections, authors, tags and sources at the desk: what came to each, against another time, how, and for how many stories."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from reactions.desk import charts
from reactions.desk.pages.base import (
    UnknownZone,
    desk_page,
    refuse,
    refuse_zone,
    zone_of,
)
from reactions.desk.pages.lists import NAMES, Asked, csv_address, list_context
from reactions.kinds import KINDS
from reactions.sql.figures import LEAST_REACTIONS
from reactions.stats.choices import FILTERS
from reactions.stats.query import Figure, Query, Result, run
from reactions.stats.scope import Scope, scope_of
from reactions.stats.windows import QueryRefused

PAGE = 50


@dataclass(frozen=True)
class Group:
    """By what a page groups stories, in the words of the page."""

    dimension: str
    title: str
    one: str
    many: str
    none: str  # what stories without one are called
    note: str = ""


GROUPS = {
    "sections": Group("section", "Sections", "section", "sections", "No section"),
    "authors": Group(
        "author",
        "Authors",
        "author",
        "authors",
        "No author",
        "A story of two authors counts for both, and once in the sum of all.",
    ),
    "tags": Group(
        "tag",
        "Tags",
        "tag",
        "tags",
        "No tag",
        "A story with two tags counts for both, and once in the sum of all.",
    ),
    "sources": Group("source", "Sources", "source", "sources", "Our own"),
}
COMPARISONS = {
    "previous_period": "The period before",
    "previous_week": "A week before",
    "previous_year": "A year before",
}
_METRICS = (
    *("came", "stories", "per_story"),
    *(f"came:{kind.key}" for kind in KINDS),
    *(f"share:{kind.key}" for kind in KINDS),
)
_COLUMNS = {"came": "Came", "change": "Change", "stories": "Stories", "per_story": "Per story"}
# Where views are counted.
_VIEWS = {"views": "Views, approximate", "per_view": "Per 100 views"}
_NAMES = {*NAMES, "compare"}


@dataclass(frozen=True)
class Row:
    """One group, or the sum of all of them."""

    name: str
    address: str  # of its stories; empty: there is no such list
    came: int
    before: int
    stories: int
    per_story: float | None
    mix: Sequence[charts.Part]
    shares: Sequence[int | None]
    views: int
    per_hundred_views: float | None

    @property
    def change(self) -> float | None:
        """In per cent; None where there were too few before."""
        if self.before < LEAST_REACTIONS:
            return None
        return round(100 * (self.came - self.before) / self.before)


def groups(request: HttpRequest, name: str) -> HttpResponse:
    """The page of `sections`, `authors`, `tags` or `sources`."""
    group = GROUPS[name]
    scope = scope_of(request.user)
    if scope is None:
        raise PermissionDenied
    try:
        zone = zone_of(request)
        return desk_page(request, "groups.html", _context(request, name, scope, zone))
    except UnknownZone:
        return refuse_zone(request, group.title)
    except QueryRefused as refused:
        return refuse(request, group.title, str(refused))


def _context(request: HttpRequest, name: str, scope: Scope, zone: Any) -> dict[str, Any]:
    group, now = GROUPS[name], datetime.now(UTC)
    asked = Asked.of(request, _NAMES)
    columns = _COLUMNS | (_VIEWS if settings.REACTIONS_COUNT_VIEWS else {})
    sorts = {each: each for each in columns} | {kind.key: f"share:{kind.key}" for kind in KINDS}
    sort, descends = asked.order(sorts)
    compare = asked["compare"] or "previous_period"
    figures = run(
        Query(
            metrics=[*_METRICS, *(each for each in columns if each in _VIEWS)],
            dimensions=[group.dimension],
            window=asked.window(zone, now),
            compare=compare,
            filters=asked.filters,
            order_by=[[sorts[sort], "desc" if descends else "asc"]],
            limit=PAGE,
            offset=PAGE * (min(asked.page, 1_000) - 1),
        ),
        scope,
        now=now,
    )
    assert figures.compared is not None  # noqa: S101  # a comparison is asked for
    kept = {**asked.kept(*FILTERS), "compare": compare}
    return {
        **list_context(asked, figures, per_page=PAGE),
        "title": group.title,
        "group": group,
        "pages": [(each, GROUPS[each].title, each == name) for each in GROUPS],
        "comparisons": COMPARISONS,
        "choices": asked.choices(without=group.dimension),
        "columns": columns.items(),
        "counts_views": settings.REACTIONS_COUNT_VIEWS,
        "sorts": asked.headers(sorts),
        "other_begin": figures.compared.start.astimezone(zone),
        "other_end": figures.compared.end.astimezone(zone),
        "rows": [_row(each, group, asked) for each in figures.results],
        "total": _figures_row("All", "", figures.totals or (), figures.totals_comparison or ()),
        "every_row": figures.every_row,
        "kinds": KINDS,
        "least": LEAST_REACTIONS,
        "is_own": scope.article_ids is not None,
        "csv": csv_address(f"stats-{name}", figures, kept),
    }


def _row(result: Result, group: Group, asked: Asked) -> Row:
    value, name = result.dimensions[0], result.names[0]
    kept = asked.kept("range", "from", "to", "tz", *FILTERS)
    address = ""
    if value is not None:
        address = f"{reverse('desk:stories')}?{urlencode({**kept, group.dimension: value})}"
    return _figures_row(name or group.none, address, result.metrics, result.comparison or ())


def _figures_row(
    name: str, address: str, metrics: Sequence[Figure], comparison: Sequence[Figure]
) -> Row:
    counts = {kind.key: int(metrics[_METRICS.index(f"came:{kind.key}")] or 0) for kind in KINDS}
    shares = [metrics[_METRICS.index(f"share:{kind.key}")] for kind in KINDS]
    views, per_view = metrics[len(_METRICS) :] or (None, None)
    return Row(
        name=name,
        address=address,
        came=int(metrics[0] or 0),
        before=int(comparison[0] or 0),
        stories=int(metrics[1] or 0),
        per_story=metrics[2],
        mix=charts.mix(counts),
        shares=[None if each is None else round(100 * each) for each in shares],
        views=int(views or 0),
        per_hundred_views=None if per_view is None else 100 * per_view,
    )
