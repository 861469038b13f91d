"""Every figure against a slow recomputation in plain Python from what readers did, for random questions."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import combinations, product
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from articles.models import Article
from reactions.stats.days import sum_days
from reactions.stats.query import Figure, Query, Result, run_whole
from reactions.stats.scope import EVERYTHING
from reactions.stats.windows import WEEKDAYS, read_window
from tests.conftest import PublishArticle
from tests.profiles import examples
from tests.reactions.stats.night import NOW, Change, Facts, View, make_facts

QUARTER = timedelta(minutes=15)
ZONES = ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana", "America/New_York"]
SUMMED = (
    *("came", "left", "net", "share", "stories", "per_story", "came:love", "share:love"),
    *("views", "per_view"),
)
# Those that are the same for every window, and not of one before.
TIMELESS = ("now", "last_hour")
OF_VIEWS = {"views", "per_view"}
Group = tuple[Any, ...]
Fact = TypeVar("Fact", Change, View)


@pytest.fixture(params=[False, True], ids=["from buckets", "from sums of days"])
def facts(publish_article: PublishArticle, request: pytest.FixtureRequest) -> Facts:
    found = make_facts(publish_article)
    while request.param and sum_days(now=NOW):
        pass
    return found


# --- the recomputation


@dataclass(frozen=True)
class Span:
    """Quarters from a first on and before a last one."""

    start: datetime
    end: datetime

    def __contains__(self, quarter: datetime) -> bool:
        return self.start <= quarter < self.end


EVER = Span(datetime(2000, 1, 1, tzinfo=UTC), NOW)
HOUR_START = datetime(2026, 11, 20, 13, 30, tzinfo=UTC)


def quarter_of(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def first_quarter(local: datetime, zone: ZoneInfo) -> datetime:
    """The quarter of an hour in which a local time is first there or skipped, found by looking at every quarter."""
    moment = quarter_of(local.replace(tzinfo=UTC)) - timedelta(hours=26)
    while True:
        after = moment + QUARTER
        if after.astimezone(zone).replace(tzinfo=None) > local:
            here = moment.astimezone(zone).replace(tzinfo=None)
            return moment if here <= local < here + QUARTER else after
        moment = after


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return first_quarter(datetime.combine(day, time.min), zone)


def span_of(asked: Any, zone: ZoneInfo) -> tuple[Span, timedelta | int]:
    """What a range means, and how far before it the period before begins: local days or a span."""
    here = NOW.astimezone(zone)
    if asked == "today":
        return Span(midnight(here.date(), zone), NOW), 1
    if asked == "yesterday":
        before = here.date() - timedelta(days=1)
        return Span(midnight(before, zone), midnight(here.date(), zone)), 1
    if asked == "this_week":
        return Span(midnight(here.date() - timedelta(days=here.weekday()), zone), NOW), 7
    if isinstance(asked, str):
        number = int(asked[:-1])
        if asked.endswith("h"):
            return Span(quarter_of(NOW - timedelta(hours=number)), NOW), timedelta(hours=number)
        local = here.replace(tzinfo=None) - timedelta(days=number)
        return Span(quarter_of(first_quarter(local, zone)), NOW), number
    first, last = (date.fromisoformat(each) for each in asked)
    end = midnight(last + timedelta(days=1), zone)
    return Span(midnight(first, zone), min(end, NOW)), (last - first).days + 1


def moved(moment: datetime, step: timedelta | int, zone: ZoneInfo) -> datetime:
    if isinstance(step, timedelta):
        return quarter_of(moment - step)
    local = moment.astimezone(zone).replace(tzinfo=None, fold=0) - timedelta(days=step)
    return first_quarter(local, zone)


def span_before(span: Span, asked: Any, step: timedelta | int, zone: ZoneInfo) -> Span:
    if asked == "previous_week":
        step = 7
    return Span(moved(span.start, step, zone), moved(span.end, step, zone))


@cache
def label(quarter: datetime, interval: str, zone: ZoneInfo, week_start: str) -> Any:
    """What makes two quarters one interval."""
    local = quarter.astimezone(zone)
    match interval:
        case "time:15m":
            return quarter
        case "time:hour":
            return local.date(), local.hour, local.utcoffset()
        case "time:day":
            return local.date()
        case "time:month":
            return local.year, local.month
    back = (local.weekday() - WEEKDAYS.index(week_start)) % 7
    return local.date() - timedelta(days=back)


class Recomputation:
    """Answers a query by looking at every change."""

    def __init__(self, facts: Facts, query: Query) -> None:
        self.facts = facts
        self.query = query
        self.changes = kept_by(facts, query, facts.changes)
        self.views = kept_by(facts, query, facts.views if OF_VIEWS & {*query.metrics} else [])
        self.kinds = kinds_of(query)
        self.kind = query.dimensions.index("kind") if "kind" in query.dimensions else None

    def groups(self, fact: Change | View) -> list[Group]:
        """A change and a view count for each tag and author of the story."""
        return [*product(*(self.values(fact, each) for each in self.query.dimensions))]

    def values(self, change: Change | View, dimension: str) -> Iterable[Any]:
        if dimension == "kind":
            assert isinstance(change, Change)
            return [change.kind]
        if dimension in TIMES:
            return [label(change.quarter, dimension, self.query.timezone, self.query.week_start)]
        return values_of(self.facts, change.article, dimension)

    def by_group(self, span: Span) -> dict[Group, list[Change]]:
        """What happened in the span, by group."""
        found: dict[Group, list[Change]] = {}
        for change in self.changes:
            for group in self.groups(change) if change.quarter in span else []:
                found.setdefault(group, []).append(change)
        return found

    def views_in(self, span: Span) -> list[View]:
        return [each for each in self.views if each.quarter in span]

    def figures(self, span: Span) -> dict[Group, list[Figure]]:
        """The figures of each group with a change or a view."""
        groups, ever = self.by_group(span), self.by_group(EVER)
        opened = {each.article.pk for each in self.views_in(span)}
        views: dict[Group, list[View]] = {}
        for each in self.views_in(span):
            for group in self.groups(each):
                views.setdefault(group, []).append(each)
                groups.setdefault(group, [])
        every = Counter[Group]()
        for group, changes in groups.items():
            every[drop(group, self.kind)] += sum(each.added for each in changes)
        return {
            group: self.row(
                changes,
                every[drop(group, self.kind)],
                ever.get(group, []),
                views.get(group, []),
                opened,
            )
            for group, changes in groups.items()
        }

    def shown(self, span: Span) -> set[Group]:
        """The groups with a change of the kinds that are asked for, by a filter or a figure."""
        loves = any("love" in metric for metric in self.query.metrics)
        return {
            group
            for group, changes in self.by_group(span).items()
            if any(
                each.kind in self.kinds or (loves and each.added and each.kind == "love")
                for each in changes
            )
        }

    def total(self, span: Span) -> list[Figure]:
        changes = [each for each in self.changes if each.quarter in span]
        views = self.views_in(span)
        opened = {each.article.pk for each in views}
        every = sum(each.added for each in changes)
        return self.row(changes, every, self.changes, views, opened)

    def row(
        self,
        changes: Sequence[Change],
        every: int,
        ever: Sequence[Change] = (),
        views: Sequence[View] = (),
        opened: Collection[UUID] = (),
    ) -> list[Figure]:
        viewed = sum(each.number for each in views)
        mine = [each for each in ever if each.kind in self.kinds]
        came = [each for each in changes if each.added and each.kind in self.kinds]
        left = [each for each in changes if not each.added and each.kind in self.kinds]
        loves = sum(each.added and each.kind == "love" for each in changes)
        stories = len({each.article.pk for each in came})
        known: dict[str, Figure] = {
            "came": len(came),
            "left": len(left),
            "net": len(came) - len(left),
            "stories": stories,
            "per_story": len(came) / stories if stories else None,
            "views": viewed,
            "per_view": (
                sum(each.article.pk in opened for each in came) / viewed if viewed >= 20 else None
            ),
            "now": sum(1 if each.added else -1 for each in mine),
            "last_hour": sum(each.added and each.quarter >= HOUR_START for each in mine),
            "came:love": loves,
            "share": len(came) / every if every >= 20 else None,
            "share:love": loves / every if every >= 20 else None,
        }
        return [known[metric] for metric in self.query.metrics]


def values_of(facts: Facts, article: Article, dimension: str) -> set[Any]:
    known: dict[str, set[Any]] = {
        "article": {article.pk},
        "section": {article.section.slug if article.section else None},
        "section_at_event": {article.section.slug if article.section else None},
        "source": {article.source.name if article.source else None},
        "site": {None},
        "language": {article.language},
        "tag": {*facts.tags[article.pk]} or {None},
        "author": {*facts.authors[article.pk]} or {None},
    }
    return known[dimension]


def drop(group: Group, place: int | None) -> Group:
    return group if place is None else (*group[:place], *group[place + 1 :])


def kinds_of(query: Query) -> set[str]:
    kinds = {"like", "dislike", "love", "funny", "angry", "sad", "wow"}
    filters: Any = query.filters
    for operator, dimension, values in filters:
        if dimension == "kind":
            kinds = kinds & set(values) if operator == "is" else kinds - set(values)
    return kinds


def kept_by(facts: Facts, query: Query, among: Sequence[Fact]) -> list[Fact]:
    """Those of the stories that the filters choose."""
    filters: Any = query.filters
    return [
        each
        for each in among
        if is_published(query, each.article)
        and all(keeps(facts, each.article, asked) for asked in filters if asked[1] != "kind")
    ]


def is_published(query: Query, article: Article) -> bool:
    published, at = query.published, article.first_published_at
    return published is None or (at is not None and published.start <= at < published.end)


def keeps(facts: Facts, article: Article, asked: Any) -> bool:
    operator, dimension, values = asked
    if operator == "contains":
        return any(str(each).lower() in article.headline.lower() for each in values)
    found = values_of(facts, article, dimension)
    if dimension == "language":
        found |= {article.language.partition("-")[0]}
    if dimension == "article":
        found = {str(article.pk)}
    return bool(found & {*values}) is (operator == "is")


# --- the questions


@st.composite
def ranges(draw: st.DrawFn) -> Any:
    named = ["today", "yesterday", "this_week", "1h", "24h", "25h", "7d", "28d", "400d", "13d"]
    if draw(st.booleans()):
        return draw(st.sampled_from(named))
    nights = [
        date(2026, 3, 8),
        date(2026, 4, 5),
        date(2026, 10, 4),
        date(2026, 11, 1),
        date(2026, 11, 20),
    ]
    first = draw(st.sampled_from(nights)) - timedelta(days=draw(st.integers(0, 9)))
    return [first.isoformat(), (first + timedelta(days=draw(st.integers(0, 12)))).isoformat()]


GROUPS = ["kind", "article", "section", "author", "tag", "source", "language", "site"]
TIMES = ["time:15m", "time:hour", "time:day", "time:week", "time:month"]
# Drawn as a whole, so that each is drawn as often as another.
AT_EVENT: list[tuple[str, ...]] = [("section_at_event",), ("section_at_event", "kind")]
TOGETHER: list[tuple[str, ...]] = [
    *[(), (), *((each,) for each in GROUPS), *combinations(GROUPS, 2)],
    *(AT_EVENT * 4),
]
VALUES: dict[str, list[Any]] = {
    "kind": ["like", "love", "dislike"],
    "section": ["world", "town", None],
    "source": ["AFP", "dpa", None],
    "tag": ["river", "rail", None],
    "author": ["ann", "ben", None],
    "language": ["en", "de", "en-GB"],
    "site": [None],
    "article": [],
    "headline": ["dge 1", "100%", "o_p", "%"],
}


@st.composite
def filters(draw: st.DrawFn, facts: Facts) -> list[Any]:
    found = []
    for dimension in draw(st.lists(st.sampled_from([*VALUES]), max_size=3)):
        known = VALUES[dimension] or [str(each.pk) for each in facts.articles[:4]]
        operator = st.sampled_from(["is", "is_not"])
        values = draw(st.lists(st.sampled_from(known), min_size=1, max_size=2, unique=True))
        found.append(["contains" if dimension == "headline" else draw(operator), dimension, values])
    return found


@st.composite
def questions(draw: st.DrawFn, facts: Facts) -> tuple[Query, Any]:
    asked = draw(ranges())
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    groups = draw(st.sampled_from(TOGETHER))
    times = [each for each in TIMES if asked not in ("400d", "28d") or each not in TIMES[:2]]
    time = draw(st.sampled_from([None, *times]))
    at_event = "section_at_event" in groups
    metrics = [
        each
        for each in (*SUMMED, *(() if time or at_event else TIMELESS))
        if not (":" in each and "kind" in groups)
        and not (at_event and ("stor" in each or each in OF_VIEWS))
        and not (each in OF_VIEWS and ("kind" in groups or time == "time:15m"))
    ]
    is_published = not at_event and draw(st.sampled_from([False, False, False, True]))
    query = Query(
        metrics=draw(st.lists(st.sampled_from(metrics), min_size=1, max_size=4, unique=True)),
        window=read_window(asked, zone, NOW),
        dimensions=[*groups, *([time] if time else [])],
        compare=draw(st.sampled_from([None, "previous_period", "previous_week"])),
        filters=[] if at_event else draw(filters(facts)),
        published=read_window(draw(ranges()), zone, NOW) if is_published else None,
        week_start=draw(st.sampled_from(["monday", "sunday"])),
    )
    return query, asked


@examples(0.4, HealthCheck.function_scoped_fixture)
@given(data=st.data())
def test_every_figure_is_the_recomputed_one(facts: Facts, data: st.DataObject) -> None:
    query, asked = data.draw(questions(facts))

    with transaction.atomic():
        answer = run_whole(query, EVERYTHING, now=NOW)

    zone = query.timezone
    span, step = span_of(asked, zone)
    expected = Recomputation(facts, query)
    assert (query.window.start, query.window.end) == (span.start, span.end)
    assert answer.totals == pytest.approx(expected.total(span))
    figures, others, shown = expected.figures(span), {}, expected.shown(span)
    if query.compare:
        other = span_before(span, query.compare, step, zone)
        assert answer.totals_comparison == pytest.approx(
            without_timeless(query, expected.total(other))
        )
    has_time = bool(query.dimensions) and query.dimensions[-1] in TIMES
    if query.compare and not has_time:  # else these have the labels of the other time
        others = expected.figures(other)
        shown |= expected.shown(other)
    found = {group_of(each, query): each for each in answer.results}
    assert len(found) == len(answer.results)
    assert {*found} >= shown if query.dimensions else True
    nothing = expected.row([], 0)
    for group, each in found.items():
        wanted = figures.get(group)
        if wanted is None and {*TIMELESS} & {*query.metrics}:
            wanted = expected.row([], 0, expected.by_group(EVER).get(group, []))
        assert each.metrics == pytest.approx(wanted or nothing), group
        assert (
            group in figures
            or group in others
            or has_time
            or query.published
            or not query.dimensions
        )
        if query.compare and not has_time:
            compared = without_timeless(query, others.get(group) or nothing)
            assert each.comparison == pytest.approx(compared), group


def without_timeless(query: Query, figures: Sequence[Figure]) -> list[Figure]:
    """As a comparison has them."""
    return [
        None if metric in TIMELESS else figure
        for metric, figure in zip(query.metrics, figures, strict=True)
    ]


def group_of(result: Result, query: Query) -> Group:
    """With the label of its interval in place of its start."""
    *others, last = result.dimensions or [None]
    if isinstance(last, datetime):
        moment = max(last, query.window.start)
        last = label(moment, query.dimensions[-1], query.timezone, query.week_start)
    return (*others, last) if result.dimensions else ()
