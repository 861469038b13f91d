"""Reads what a call for figures asks for, from a query string or a JSON body, and names what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict

from reactions.http.requests import invalid
from reactions.stats.query import DIMENSIONS, Query
from reactions.stats.windows import (
    STEPS,
    WEEKDAYS,
    QueryRefused,
    Window,
    floor,
    read_moment,
    read_timezone,
    read_window,
)

FORMATS = ("json", "csv")
DEFAULT_RANGE = "7d"
# Parameters of a query string that choose stories: each one value, and the dimension of its filter.
FILTERS = {
    **{each: each for each in ("kind", "article", "section", "section_at_event", "author", "tag")},
    **{each: each for each in ("source", "language", "site")},
    "headline": "headline",
}
OF_FORMAT = {"format", "bom"}
OF_RANGE = {"date_range", "from", "to", "week_start"}
OF_LISTS = {
    "tz",
    "compare",
    "published",
    "sort",
    "limit",
    "offset",
    *FILTERS,
    *OF_RANGE,
    *OF_FORMAT,
}
# By which groups a series may be asked for.
GROUPS = tuple(each for each in DIMENSIONS if ":" not in each)

_BODY = {
    *("metrics", "dimensions", "date_range", "timezone", "compare", "filters", "published"),
    *("order_by", "limit", "offset", "totals", "week_start"),
}


@dataclass(frozen=True)
class Format:
    """How the answer is written."""

    is_csv: bool
    with_bom: bool
    has_limit: bool = False


@contextmanager
def named(names: Mapping[str, str] | None = None) -> Iterator[None]:
    """Answers 400 for a QueryRefused, with the field in the caller's own words."""
    try:
        yield
    except QueryRefused as refused:
        field = refused.field
        for known, name in (names or {}).items():
            if field == known or field.startswith(f"{known}."):
                field = name
                break
        raise invalid(field, refused.code, refused.detail) from None


def read_format(query: QueryDict) -> Format:
    """`?format=` and `?bom=`. Raises ValidationError."""
    if query.get("format", "json") not in FORMATS:
        raise invalid("format", "unknown", f"One of {', '.join(FORMATS)}.")
    if query.get("bom", "0") not in {"0", "1"}:
        raise invalid("bom", "unknown", "0 or 1.")
    return Format(query.get("format") == "csv", query.get("bom") == "1", "limit" in query)


def read_list(
    query: QueryDict,
    *,
    metrics: Sequence[str],
    dimensions: Sequence[str],
    now: datetime,
    compare: str | None = None,
    sort: str | None = None,
    window: Window | None = None,
    has_groups: bool = False,
) -> tuple[Query, Mapping[str, str]]:
    """The query of a list call, and what its fields are called there. Raises ValidationError."""
    filters, names = _filters(query)
    names |= {
        "timezone": "tz",
        "order_by": "sort",
        "filters": "section_at_event",
        "dimensions": "by" if has_groups else "dimensions",
    }
    with named({"timezone": "tz", "date_range.0": "from", "date_range.1": "to"}):
        zone = read_timezone(query.get("tz", settings.TIME_ZONE))
        found = Query(
            metrics=metrics,
            dimensions=dimensions,
            window=window or _range(query, zone, now),
            compare=_pair(query.get("compare", compare)),
            filters=filters,
            published=_published(query, zone, now),
            order_by=_sort(query.get("sort", sort), metrics, compare=query.get("compare", compare)),
            limit=_number(query, "limit", 100),
            offset=_number(query, "offset", 0),
            week_start=query.get("week_start", WEEKDAYS[0]),
        )
    return found, names


def _filters(query: QueryDict) -> tuple[list[Any], dict[str, str]]:
    """The filters, and which parameter each of them is."""
    filters: list[Any] = []
    names: dict[str, str] = {}
    for parameter, dimension in FILTERS.items():
        if parameter in query:
            names[f"filters.{len(filters)}"] = parameter
            operator = "contains" if dimension == "headline" else "is"
            value = query.get(parameter, "")
            values = value.split(",") if parameter == "kind" else [value]
            filters.append([operator, dimension, values])
    return filters, names


def _range(query: QueryDict, zone: ZoneInfo, now: datetime) -> Window:
    week_start = query.get("week_start", WEEKDAYS[0])
    if week_start not in WEEKDAYS:
        raise QueryRefused("week_start", "unknown", f"One of {', '.join(WEEKDAYS)}.")
    if "from" in query or "to" in query:
        if "date_range" in query:
            raise QueryRefused("date_range", "not_together", "Either date_range, or from and to.")
        last = query.get("to") or (now + timedelta(minutes=1)).isoformat()  # until now
        if "from" not in query:
            raise QueryRefused("from", "required", "A range has a beginning.")
        try:
            return read_window([query["from"], last], zone, now)
        except QueryRefused as refused:
            field = "to" if refused.field == "date_range" else refused.field
            raise QueryRefused(field, refused.code, refused.detail) from None
    asked = query.get("date_range", DEFAULT_RANGE)
    return read_window(asked, zone, now, week_start=week_start)


def _published(query: QueryDict, zone: ZoneInfo, now: datetime) -> Window | None:
    if "published" not in query:
        return None
    with named({"published": "published"}):
        return read_window(_pair(query.get("published")), zone, now, field="published")


def _pair(value: str | None) -> str | list[str] | None:
    """A name, or two times with a comma between."""
    return value.split(",") if value and "," in value else value


def _sort(value: str | None, metrics: Sequence[str], *, compare: str | None) -> list[list[str]]:
    if value is None:
        return []
    name = value.removeprefix("-")
    known = [*metrics, *(["change"] if compare else [])]
    if name not in known:
        raise QueryRefused(
            "sort", "unknown", f"One of {', '.join(known)}; with - before: descending."
        )
    return [[name, "desc" if value.startswith("-") else "asc"]]


def _number(query: QueryDict, name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise QueryRefused(name, "not_a_number", "A whole number is needed.")
    return int(value)


def read_span(query: QueryDict, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """`?from=` and `?to=` where either may be missing. Raises ValidationError."""
    names = {"date_range.0": "from", "date_range.1": "to", "date_range": "to"}
    with named(names):
        if "from" in query:
            window = _range(query, zone, datetime.now(UTC))
            return window.start, window.end
        if "to" in query:
            return None, floor(read_moment(query["to"], zone, "to", days=1))
    return None, None


def read_step(query: QueryDict) -> str:
    step = query.get("interval", "day")
    if step not in STEPS:
        raise invalid("interval", "unknown", f"One of {', '.join(STEPS)}.")
    return f"time:{step}"


def read_group(query: QueryDict) -> list[str]:
    """`?by=`, which may be missing."""
    if "by" in query and query["by"] not in GROUPS:
        raise invalid("by", "unknown", f"One of {', '.join(GROUPS)}.")
    return [query.get("by", "")] if "by" in query else []


def read_body(body: Any) -> Query:
    """The query of a JSON body. Raises ValidationError, QueryRefused."""
    if not isinstance(body, dict):
        raise invalid("", "not_an_object", 'The body is an object: {"metrics": ["came"]}.')
    if unknown := sorted(set(body) - _BODY):
        raise invalid(unknown[0][:100], "unknown", "There is no such field.")
    totals = body.get("totals", True)
    if not isinstance(totals, bool):
        raise invalid("totals", "not_a_boolean", "true or false.")
    week_start = body.get("week_start", WEEKDAYS[0])
    if not isinstance(week_start, str) or week_start not in WEEKDAYS:
        raise invalid("week_start", "unknown", f"One of {', '.join(WEEKDAYS)}.")
    now = datetime.now(UTC)
    zone = read_timezone(body.get("timezone", settings.TIME_ZONE))
    published = body.get("published")
    return Query(
        metrics=body.get("metrics", []),
        dimensions=body.get("dimensions", []),
        window=read_window(body.get("date_range", DEFAULT_RANGE), zone, now, week_start=week_start),
        compare=body.get("compare"),
        filters=body.get("filters", []),
        published=None
        if published is None
        else read_window(published, zone, now, field="published"),
        order_by=body.get("order_by", []),
        limit=body.get("limit", 100),
        offset=body.get("offset", 0),
        totals=totals,
        week_start=week_start,
    )
