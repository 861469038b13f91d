"""The shapes of the calls for figures, for the API's OpenAPI description."""

from collections.abc import Callable, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers

from reactions.http.figures_requests import DEFAULT_RANGE, FILTERS, FORMATS, GROUPS
from reactions.http.schemas import KEY_OR_SESSION
from reactions.stats.query import DIMENSIONS, MOST_LIMIT
from reactions.stats.windows import COMPARISONS, NAMED_WINDOWS, STEPS, WEEKDAYS

_RANGE = (
    "Hours or days back from now, such as 24h or 7d; one of "
    + ", ".join(NAMED_WINDOWS)
    + "; or [from, to]: dates, of"
    " which the last belongs to it, or RFC 3339 times. Whole quarters of an hour, ten years at most."
)
_FIGURES = """- came: reactions that were added in the time.
- left: reactions that were taken back in it.
- net: came less left.
- now: the counts as they are, of all time, without imported ones.
- share: came, of what came of all kinds; null where that is less than 20.
- stories: articles to which at least one reaction came.
- per_story: came, for each of these; null where there is none.
- views: clients that opened an article, counted once for each half hour, about. Those without JavaScript, bots, and readers who opt out are not in them.
- per_view: came to articles with views in the time, for each view; null below 20 views.
- last_hour: what came in the quarter of an hour that runs and in the three before it.
- against_usual: what came by now of all time, for each one that is usual at the article's age; null where that is not known, or less than 20 came.
- came:love, share:love: of one kind."""

FORMAT = [
    OpenApiParameter(
        "format",
        str,
        enum=FORMATS,
        default="json",
        description="csv: every row, unless there is a limit; the last line is #end and the number of rows.",
    ),
    OpenApiParameter(
        "bom",
        str,
        enum=("0", "1"),
        default="0",
        description="1: CSV begins with a byte order mark.",
    ),
]


def or_csv(shape: Any) -> dict[tuple[int, str], Any]:
    """The answers of a call with `format`."""
    return {(200, "application/json"): shape, (200, "text/csv"): OpenApiTypes.STR}


SPAN = [
    OpenApiParameter("from", str, description="A date or an RFC 3339 time."),
    OpenApiParameter(
        "to", str, description="A date, which belongs to the range, or a time. Missing: until now."
    ),
]
_ZONE = OpenApiParameter("tz", str, description="An IANA time zone.")
_RANGES = [
    OpenApiParameter("date_range", str, default=DEFAULT_RANGE, description=_RANGE),
    *SPAN,
    OpenApiParameter("week_start", str, enum=WEEKDAYS, default=WEEKDAYS[0]),
]
_LIST = [
    OpenApiParameter(
        "compare",
        str,
        description=f"One of {', '.join(COMPARISONS)}, or two times with a comma between.",
    ),
    OpenApiParameter(
        "published",
        str,
        description="When the articles first came out: as date_range. Those without a reaction are listed too.",
    ),
    OpenApiParameter(
        "sort", str, description="A figure of the list, or change; with - before: descending."
    ),
    OpenApiParameter("limit", int, default=100, description=f"At most {MOST_LIMIT:,}."),
    OpenApiParameter("offset", int, default=0),
    *(
        OpenApiParameter(
            name,
            str,
            description={
                "kind": "Kinds, with commas between.",
                "article": "An id or slug.",
                "headline": "A part of it.",
                "language": "en is en-GB too.",
                "source": "A name.",
                "site": "A name.",
            }.get(name, "A slug."),
        )
        for name in FILTERS
    ),
]
SERIES = [
    OpenApiParameter("interval", str, enum=STEPS, default="day"),
    OpenApiParameter("by", str, enum=GROUPS, description="A second dimension."),
]


def described(
    operation_id: str,
    metrics: Sequence[str],
    *,
    has_range: bool = True,
    also: Sequence[OpenApiParameter] = (),
) -> Callable[[Any], Any]:
    """How OpenAPI describes a list call with these figures."""
    figures = ", ".join(each for each in metrics if not each.startswith("share:"))
    ranges = _RANGES if has_range else []

    def decorate(view: Any) -> Any:
        text = f"{view.__doc__}\n\n        Figures: {figures}, and the share of each kind. See `POST stats/query/`."
        return extend_schema(
            operation_id=operation_id,
            tags=["statistics"],
            auth=KEY_OR_SESSION,
            description="\n".join(line.strip() for line in text.splitlines()).strip(),
            parameters=[*also, _ZONE, *ranges, *_LIST, *FORMAT],
            responses=or_csv(Figures),
        )(view)

    return decorate


@extend_schema_field(OpenApiTypes.ANY)
class _Any(serializers.Field):  # type: ignore[type-arg]  # generic in the stubs alone
    pass


class FiguresQuery(serializers.Serializer[None]):
    metrics = serializers.ListField(child=serializers.CharField(), help_text=_FIGURES, min_length=1)
    dimensions = serializers.ListField(
        child=serializers.ChoiceField(DIMENSIONS),
        required=False,
        max_length=3,
        help_text="An article with two tags counts for both; totals count it once. section, author, tag and source are"
        " those that the article has now; section_at_event is the one that it had.",
    )
    date_range = _Any(required=False, help_text=_RANGE)
    timezone = serializers.CharField(required=False, help_text="An IANA time zone.")
    compare = _Any(
        required=False,
        help_text=f"One of {', '.join(COMPARISONS)}, or [from, to]. Until the same local time, where the range runs.",
    )
    filters = serializers.ListField(
        child=_Any(),
        required=False,
        max_length=20,
        help_text='All hold: ["is" or "is_not", dimension, [values]]; ["contains", "headline", [texts]].',
    )
    published = _Any(required=False, help_text="When the articles first came out: as date_range.")
    order_by = serializers.ListField(
        child=_Any(),
        required=False,
        max_length=3,
        help_text='Such as ["came", "desc"]; a metric or dimension that is asked for, or change.',
    )
    limit = serializers.IntegerField(required=False, default=100, max_value=MOST_LIMIT)
    offset = serializers.IntegerField(required=False, default=0)
    totals = serializers.BooleanField(required=False, default=True)
    week_start = serializers.ChoiceField(WEEKDAYS, required=False, default=WEEKDAYS[0])


class FiguresAsked(serializers.Serializer[None]):
    """The query as it was understood."""

    metrics = serializers.ListField(child=serializers.CharField())
    dimensions = serializers.ListField(child=serializers.CharField())
    date_range = serializers.ListField(
        child=serializers.DateTimeField(), help_text="With the offset of the zone."
    )
    running = serializers.BooleanField(help_text="The range ends now.")
    compare = serializers.ListField(child=serializers.DateTimeField(), allow_null=True)
    published = serializers.ListField(child=serializers.DateTimeField(), allow_null=True)
    timezone = serializers.CharField()
    week_start = serializers.CharField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class FiguresRow(serializers.Serializer[None]):
    dimensions = serializers.ListField(
        child=serializers.CharField(allow_null=True),
        help_text="A key, id, slug, name or the start of an interval, which has the offset of the zone at that instant: an "
        "hour that clocks show twice is two rows, one that they skip is none. null: those that have none.",
    )
    names = serializers.ListField(
        child=serializers.CharField(allow_null=True), help_text="What they are called."
    )
    metrics = serializers.ListField(child=serializers.FloatField(allow_null=True))
    comparison = serializers.ListField(
        child=serializers.FloatField(allow_null=True), allow_null=True, required=False
    )
    complete = serializers.BooleanField(
        required=False,
        help_text="Of an interval: it is over, and the range has all of it.",
    )


class FiguresTotals(serializers.Serializer[None]):
    metrics = serializers.ListField(child=serializers.FloatField(allow_null=True))
    comparison = serializers.ListField(
        child=serializers.FloatField(allow_null=True), allow_null=True
    )


class Figures(serializers.Serializer[None]):
    query = FiguresAsked()
    as_of = serializers.DateTimeField()
    results = FiguresRow(many=True)
    totals = FiguresTotals(allow_null=True, help_text="Of all rows, each article once.")
    rows = serializers.IntegerField(help_text="Without limit and offset.")
    truncated = serializers.BooleanField(help_text="There are rows after these.")


EXAMPLES = [
    OpenApiExample(
        "Sections of the week, against the week before",
        value={
            "metrics": ["came", "per_story", "share:love"],
            "dimensions": ["section"],
            "date_range": "this_week",
            "compare": "previous_period",
            "timezone": "Europe/Berlin",
        },
        request_only=True,
    ),
    OpenApiExample(
        "One article, by the hour and kind",
        value={
            "metrics": ["came", "left"],
            "dimensions": ["time:hour", "kind"],
            "date_range": "24h",
            "filters": [["is", "article", ["the-bridge-is-open"]]],
        },
        request_only=True,
    ),
    OpenApiExample(
        "Sections of the week, against the week before",
        value={
            "query": {
                "metrics": ["came", "per_story", "share:love"],
                "dimensions": ["section"],
                "date_range": ["2026-11-23T00:00:00+01:00", "2026-11-26T14:22:31+01:00"],
                "running": True,
                "compare": ["2026-11-16T00:00:00+01:00", "2026-11-19T14:15:00+01:00"],
                "published": None,
                "timezone": "Europe/Berlin",
                "week_start": "monday",
                "limit": 100,
                "offset": 0,
            },
            "as_of": "2026-11-26T13:22:31.000Z",
            "results": [
                {
                    "dimensions": ["town"],
                    "names": ["Town"],
                    "metrics": [431, 35.9, 0.42],
                    "comparison": [390, 30.0, 0.4],
                }
            ],
            "totals": {"metrics": [431, 35.9, 0.42], "comparison": [390, 30.0, 0.4]},
            "rows": 1,
            "truncated": False,
        },
        response_only=True,
    ),
]
