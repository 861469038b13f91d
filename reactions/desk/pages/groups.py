"""Sections, authors, tags and sources at the desk: what came to each, against another time, how, and for how many stories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

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
from reactions.desk.pages.stories import RANGES, choices_of
from reactions.kinds import KINDS
from reactions.sql.figures import LEAST_REACTIONS
from reactions.stats.choices import FILTERS
from reactions.stats.query import Figure, Figures, Query, Result, run
from reactions.stats.scope import Scope, scope_of
from reactions.stats.windows import QueryRefused, read_window

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
_SORTS = {
    **{each: each for each in _COLUMNS},
    **{kind.key: f"share:{kind.key}" for kind in KINDS},
}
_NAMES = {"range", "from", "to", "compare", "sort", "page", "tz", *FILTERS}


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
    asked = {each: request.GET.get(each, "").strip() for each in _NAMES}
    between = [asked["from"], asked["to"]]
    chosen = asked["range"] or "7d"
    sort = asked["sort"].removeprefix("-")
    sort, descends = (sort, not asked["sort"].startswith("-")) if sort in _SORTS else ("came", True)
    page = max(int(asked["page"]), 1) if asked["page"].isascii() and asked["page"].isdigit() else 1
    figures = run(
        Query(
            metrics=_METRICS,
            dimensions=[group.dimension],
            window=read_window(between if all(between) else chosen, zone, now),
            compare=asked["compare"] or "previous_period",
            filters=[["is", each, [asked[each]]] for each in FILTERS if asked[each]],
            order_by=[[_SORTS[sort], "desc" if descends else "asc"]],
            limit=PAGE,
            offset=PAGE * (min(page, 1_000) - 1),
        ),
        scope,
        now=now,
    )
    assert figures.compared is not None  # noqa: S101  # a comparison is asked for
    return {
        "title": group.title,
        "group": group,
        "pages": [(each, GROUPS[each].title, each == name) for each in GROUPS],
        "asked": asked,
        "range": "" if all(between) else chosen,
        "ranges": RANGES if chosen in RANGES else {**RANGES, chosen: chosen},
        "comparisons": COMPARISONS,
        "choices": choices_of(asked),
        "columns": _COLUMNS.items(),
        "sorts": _headers(sort, descends=descends),
        "zone": zone,
        "begin": figures.query.window.start.astimezone(zone),
        "end": figures.query.window.end.astimezone(zone),
        "other_begin": figures.compared.start.astimezone(zone),
        "other_end": figures.compared.end.astimezone(zone),
        "rows": [_row(each, group, asked) for each in figures.results],
        "total": _figures_row("All", "", figures.totals or (), figures.totals_comparison or ()),
        "every_row": figures.every_row,
        "page": page,
        "has_next": figures.truncated,
        "kinds": KINDS,
        "least": LEAST_REACTIONS,
        "is_own": scope.article_ids is not None,
        "csv": _csv_address(name, asked, figures),
    }


def _row(result: Result, group: Group, asked: Mapping[str, str]) -> Row:
    value, name = result.dimensions[0], result.names[0]
    kept = {each: asked[each] for each in ("range", "from", "to", "tz", *FILTERS) if asked[each]}
    address = ""
    if value is not None:
        address = f"{reverse('desk:stories')}?{urlencode({**kept, group.dimension: value})}"
    return _figures_row(name or group.none, address, result.metrics, result.comparison or ())


def _figures_row(
    name: str, address: str, metrics: Sequence[Figure], comparison: Sequence[Figure]
) -> Row:
    counts = {kind.key: int(metrics[_METRICS.index(f"came:{kind.key}")] or 0) for kind in KINDS}
    shares = [metrics[_METRICS.index(f"share:{kind.key}")] for kind in KINDS]
    return Row(
        name=name,
        address=address,
        came=int(metrics[0] or 0),
        before=int(comparison[0] or 0),
        stories=int(metrics[1] or 0),
        per_story=metrics[2],
        mix=charts.mix(counts),
        shares=[None if each is None else round(100 * each) for each in shares],
    )


def _headers(sort: str, *, descends: bool) -> dict[str, dict[str, str]]:
    """By name of a sort: the value that its header leads to, and `aria-sort`."""
    return {
        name: {
            "value": f"-{name}" if name == sort and descends else name,
            "aria": ("descending" if descends else "ascending") if name == sort else "",
        }
        for name in _SORTS
    }


def _csv_address(name: str, asked: Mapping[str, str], figures: Figures) -> str:
    """The same rows as a file, of the API."""
    window = figures.query.window
    start, end = window.start.isoformat(), window.end.isoformat()
    between = {"from": start} if window.running else {"from": start, "to": end}
    kept = {each: asked[each] for each in FILTERS if asked[each]}
    compare = asked["compare"] or "previous_period"
    parameters = {**between, **kept, "compare": compare, "tz": window.timezone.key}
    return f"{reverse(f'stats-{name}')}?{urlencode({**parameters, 'format': 'csv', 'bom': '1'})}"
