"""Answers questions about figures: which, by what, of which stories, of which time, compared with which other time.

docs/statistics.md defines every figure. Figures are sums of buckets, so held and void reactions are in none of them, nor
are imported counts, which have no time. An article with two tags counts for both; totals count it once.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from reactions.kinds import BY_KEY, KINDS
from reactions.sql import figures as sql
from reactions.sql import rows, stream
from reactions.stats.days import summed_span
from reactions.stats.filters import Filters, read_filters
from reactions.stats.pace import SPAN, pace
from reactions.stats.scope import Scope
from reactions.stats.windows import (
    HOUR,
    QUARTER,
    STEPS,
    WEEKDAYS,
    Interval,
    Move,
    QueryRefused,
    Window,
    compared_with,
    floor,
    intervals,
    moved_edges,
)

METRICS = (
    *("came", "left", "net", "now", "share", "stories", "per_story"),
    *("views", "per_view", "last_hour", "against_usual"),
)
# Each of one kind, such as `came:love` and `share:love`.
METRICS_OF_KIND = ("came", "share")
TIMES = tuple(f"time:{step}" for step in STEPS)
DIMENSIONS = (
    *("kind", "article", "section", "section_at_event", "author", "tag"),
    *("source", "language", "site", *TIMES),
)
DIRECTIONS = ("asc", "desc")

MOST_METRICS = 30
MOST_DIMENSIONS = 3
MOST_ORDERS = 3
MOST_LIMIT = 10_000
MOST_OFFSET = 1_000_000
# Of a series with further dimensions, intervals without a change among them.
MOST_ROWS = 100_000
# An export may run longer than what a page waits for.
_EXPORT_MILLISECONDS = 120_000
_EXPORT_BATCH = 5_000
# For sorting and grouping, where PostgreSQL would use files: twice as fast on a year.
_EXPORT_MEMORY = "64MB"

Figure = int | float | None

_KINDS = {kind.bit: kind for kind in KINDS}
# Of nothing they are 0; the others are unknown.
_SUMS = {"came", "left", "net", "stories", "views", *(f"came:{key}" for key in BY_KEY)}
_AT_EVENT = "Of the section at the event: came, left, net, share, last_hour."
_NOT_BY_TIME = ("now", "last_hour", "against_usual")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for. `compare` and `filters` are as the API has them; see `compared_with` and `read_filters`.

    `published` is a second window: the stories that first came out in it, those without a reaction among them.
    `listed`: only those that the pages here list and that are not retracted.
    `order_by` has pairs of a metric or dimension, or `change` (of the first metric), and `asc` or `desc`.
    """

    metrics: Sequence[str]
    window: Window
    dimensions: Sequence[str] = ()
    compare: object = None
    filters: object = ()
    published: Window | None = None
    listed: bool = False
    order_by: Sequence[Sequence[str]] = ()
    limit: int = 100
    offset: int = 0
    totals: bool = True
    week_start: str = WEEKDAYS[0]

    @property
    def timezone(self) -> ZoneInfo:
        return self.window.timezone


@dataclass(frozen=True, slots=True)
class Result:
    """One row: the values of the dimensions, what they are called, and the figures, in the order asked.

    A value is the key of a kind, the id of an article, a slug, a name, a language, or the start of an interval; None:
    those that have none. `complete` is of an interval.
    """

    dimensions: tuple[Any, ...]
    names: tuple[str | None, ...]
    metrics: tuple[Figure, ...]
    comparison: tuple[Figure, ...] | None = None
    complete: bool | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The answer. `every_row` is how many rows there are without limit and offset."""

    query: Query
    results: Sequence[Result]
    totals: tuple[Figure, ...] | None
    totals_comparison: tuple[Figure, ...] | None
    every_row: int
    as_of: datetime
    compared: Window | None

    @property
    def truncated(self) -> bool:
        return self.query.offset + len(self.results) < self.every_row


def run(query: Query, scope: Scope, *, now: datetime | None = None) -> Figures:
    """The figures of the articles of the scope. Raises QueryRefused, with the field that cannot be answered."""
    return _Question(query, scope, now or datetime.now(UTC)).answer()


def run_whole(query: Query, scope: Scope, *, now: datetime | None = None) -> Figures:
    """As `run`, with every row whatever the limit. Raises QueryRefused where there are more than MOST_ROWS."""
    question = _Question(query, scope, now or datetime.now(UTC), whole=True)
    return question.answer()


@dataclass(frozen=True, slots=True)
class Export:
    """Any number of rows as they are read: for each dimension its value and its name, then the figures.

    A kind is its bit there, an interval its number, from 1; those with another number are to be left out.
    """

    query: Query
    intervals: Sequence[Interval]
    rows: Iterator[Sequence[Any]]


def export(query: Query, scope: Scope, *, now: datetime | None = None) -> Export | None:
    """Every row, read with a cursor of the server; None where `run_whole` answers.

    That is a series with its empty intervals, and what is against usual. Raises QueryRefused.
    """
    question = _Question(query, scope, now or datetime.now(UTC))
    if "against_usual" in query.metrics or (question.step and "article" not in query.dimensions):
        return None
    return Export(query, question.intervals, question.exported())


class _Question:
    """A checked query. `whole`: every row whatever the limit."""

    def __init__(self, query: Query, scope: Scope, now: datetime, *, whole: bool = False) -> None:
        check_query(query)
        self.query = query
        self.whole = whole
        self.now = now
        self.scope = scope
        self.filters: Filters = read_filters(query.filters, scope)
        self.compared: Window | None = None
        move: Move | None = None
        if query.compare is not None:
            self.compared, move = compared_with(query.window, query.compare, now)
        self.step = next(
            (each.partition(":")[2] for each in query.dimensions if each in TIMES), None
        )
        self.intervals: list[Interval] = []
        self.other_edges: list[datetime] = []
        if self.step:
            self.intervals = intervals(query.window, self.step, week_start=query.week_start)
            if self.compared:
                self.other_edges = self._edges_compared(self.compared, move)
        self.summed: tuple[datetime, datetime] | None = None
        self.other_summed: tuple[datetime, datetime] | None = None
        self.composition = self._composition()
        if not self.step and not self.composition.of_sections:
            self._use_days()

    def _use_days(self) -> None:
        """Read the whole days of the windows from their sums: a series has days of a zone, and cannot."""
        self.summed = summed_span(self.query.window.start, self.query.window.end)
        if self.compared:
            self.other_summed = summed_span(self.compared.start, self.compared.end)
        self.composition = replace(
            self.composition,
            summed_days=self.summed is not None,
            other_summed_days=self.other_summed is not None,
        )

    # --- what is asked of PostgreSQL

    @property
    def edges(self) -> list[datetime]:
        window = self.query.window
        starts = [max(each.start, window.start) for each in self.intervals]
        return [*starts, window.end] if starts else [window.start, window.end]

    def _edges_compared(self, compared: Window, move: Move | None) -> list[datetime]:
        if move is not None:
            return moved_edges(self.edges, compared, move)
        assert self.step is not None  # noqa: S101  # the caller has seen it
        others = intervals(compared, self.step, week_start=self.query.week_start)
        return [*(max(each.start, compared.start) for each in others), compared.end]

    def _composition(self) -> sql.Composition:
        query, filters = self.query, self.filters
        dimensions = ["time" if each in TIMES else each for each in query.dimensions]
        needs_articles = (
            sql.OF_ARTICLES & {*dimensions}
            or {"stories", "per_story", "against_usual", *sql.OF_VIEWS} & {*query.metrics}
            or filters.of_articles
            or query.published
            or query.listed
            or self.scope.article_ids is not None
        )
        if needs_articles and ("section_at_event" in dimensions or filters.at_event):
            field = "dimensions" if "section_at_event" in dimensions else "filters"
            raise QueryRefused(
                field,
                "not_together",
                "The section at the event is known of the site as a whole: it goes with kinds and times alone.",
            )
        if filters.at_event and "now" in query.metrics:
            raise QueryRefused("metrics", "not_together", _AT_EVENT)
        lists = (
            query.published is not None and "kind" not in dimensions and "time" not in dimensions
        )
        return sql.Composition(
            metrics=query.metrics,
            dimensions=dimensions,
            of_sections=not needs_articles,
            compares=self.compared is not None,
            conditions=filters.conditions,
            kinds=filters.kinds is not None,
            bits={
                kind: BY_KEY[kind].bit
                for kind in (metric.partition(":")[2] for metric in query.metrics)
                if kind
            },
            articles=self.scope.article_ids is not None,
            published=query.published is not None,
            listed=query.listed,
            lists_articles=lists and bool(dimensions),
            order=self._order(dimensions),
        )

    def _order(self, dimensions: Sequence[str]) -> list[tuple[str, bool]]:
        if self.step:  # rows are put in order after the empty intervals are
            return []
        asked = [(name, direction == "desc") for name, direction in self.query.order_by]
        if not asked:
            return [(self.query.metrics[0], True)]
        if any(name == "against_usual" for name, _ in asked):
            return []
        return asked

    @property
    def _orders_here(self) -> bool:
        asked = self.query.order_by
        by_default = not asked and self.query.metrics[0] == "against_usual"
        return bool(self.step) or by_default or any(name == "against_usual" for name, _ in asked)

    def _parameters(self) -> dict[str, Any]:
        query, compared = self.query, self.compared
        hour_end = floor(self.now) + QUARTER
        own = self.scope.article_ids
        here = self._orders_here
        return {
            **self.filters.parameters,
            "start": query.window.start,
            "end": query.window.end,
            "edges": self.edges[:-1],
            "first_day": self.summed and self.summed[0],
            "last_day": self.summed and self.summed[1],
            "other_first_day": self.other_summed and self.other_summed[0],
            "other_last_day": self.other_summed and self.other_summed[1],
            "other_start": compared and compared.start,
            "other_end": compared and compared.end,
            "other_edges": self.other_edges[:-1],
            "hour_start": hour_end - HOUR,
            "hour_end": hour_end,
            "kinds": self.filters.kinds,
            "articles": None if own is None else list(own),
            "published_start": query.published and query.published.start,
            "published_end": query.published and query.published.end,
            "limit": MOST_ROWS + 1 if here or self.whole else query.limit,
            "offset": 0 if here or self.whole else query.offset,
        }

    # --- the answer

    def answer(self) -> Figures:
        query = self.query
        found = rows(
            "figures",
            self._parameters(),
            fragments=sql.compose(self.composition, totals=query.totals),
            unprepared=True,
            repeatable=True,
        )
        results = [result for row in found if row[0] is not None and (result := self._result(row))]
        every_row = found[0][1] or 0
        if "against_usual" in query.metrics:
            results = self._with_usual(results)
        if (self._orders_here or self.whole) and every_row > MOST_ROWS:
            raise _too_many_rows()
        if self._orders_here:
            results = self._ordered(self._filled(results) if self.step else results)
            every_row = len(results)
            if not self.whole:
                results = results[query.offset : query.offset + query.limit]
        totals, totals_comparison = self._totals(found[0]) if query.totals else (None, None)
        return Figures(
            query, results, totals, totals_comparison, every_row, self.now, self.compared
        )

    def exported(self) -> Iterator[Sequence[Any]]:
        composition = replace(self.composition, order=self._order_of_export())
        with transaction.atomic():
            rows(
                "begin_export",
                {"milliseconds": _EXPORT_MILLISECONDS, "memory": _EXPORT_MEMORY},
            )
            yield from stream(
                "figures_rows",
                self._parameters(),
                fragments=sql.compose_rows(composition),
                batch=_EXPORT_BATCH,
            )

    def _order_of_export(self) -> list[tuple[str, bool]]:
        """As asked; else by the dimensions alone."""
        return [
            ("time" if name in TIMES else name, direction == "desc")
            for name, direction in self.query.order_by
        ]

    def _result(self, row: Sequence[Any]) -> Result | None:
        """None for what has no place in the answer: a kind that is gone, an interval of a longer comparison."""
        number, place = len(self.query.metrics), 2 + 2 * len(self.query.dimensions)
        dimensions: list[Any] = []
        names: list[str | None] = []
        complete = None
        metrics = tuple(row[place : place + number])
        comparison = tuple(row[place + number : place + 2 * number]) if self.compared else None
        for dimension, value, name in zip(
            self.query.dimensions, row[2:place:2], row[3:place:2], strict=True
        ):
            if dimension in TIMES:
                if value > len(self.intervals):
                    return None
                interval = self.intervals[value - 1]
                if not self._is_compared(value - 1):
                    comparison = None
                value, complete = interval.start, interval.complete
            elif dimension == "kind":
                if value not in _KINDS:
                    return None
                kind = _KINDS[value]
                value, name = kind.key, kind.label
            dimensions.append(value)
            names.append(name)
        return Result(tuple(dimensions), tuple(names), metrics, comparison, complete)

    def _is_compared(self, number: int) -> bool:
        """Whether the interval of this number has one that it is compared with."""
        edges = self.other_edges
        return number + 1 < len(edges) and edges[number] < edges[number + 1]

    def _totals(self, row: Sequence[Any]) -> tuple[tuple[Figure, ...], tuple[Figure, ...] | None]:
        number = len(self.query.metrics)
        if self.compared:
            return tuple(row[-2 * number : -number]), tuple(row[-number:])
        return tuple(row[-number:]), None

    # --- against usual

    def _with_usual(self, results: Sequence[Result]) -> list[Result]:
        place = list(self.query.metrics).index("against_usual")
        of_article = list(self.query.dimensions).index("article")
        standings = standings_of([each.dimensions[of_article] for each in results], self.now)
        return [
            replace(
                each,
                metrics=(
                    *each.metrics[:place],
                    standing.ratio if standing else None,
                    *each.metrics[place + 1 :],
                ),
            )
            for each in results
            for standing in [standings.get(each.dimensions[of_article])]
        ]

    # --- series

    def _filled(self, results: Sequence[Result]) -> list[Result]:
        """With the intervals in which nothing changed; of single articles, which have few, without them."""
        if "article" in self.query.dimensions:
            return list(results)
        place = next(n for n, each in enumerate(self.query.dimensions) if each in TIMES)
        others: dict[tuple[Any, ...], tuple[str | None, ...]] = {}
        if len(self.query.dimensions) == 1:
            others[()] = ()
        found: dict[tuple[tuple[Any, ...], datetime], Result] = {}
        for each in results:
            other = _without(each.dimensions, place)
            others.setdefault(other, _without(each.names, place))
            found[other, each.dimensions[place]] = each
        if len(others) * len(self.intervals) > MOST_ROWS:
            raise _too_many_rows()
        return [
            found.get((other, interval.start))
            or Result(
                (*other[:place], interval.start, *other[place:]),
                (*names[:place], None, *names[place:]),
                self._nothing,
                self._nothing if self._is_compared(number) else None,
                interval.complete,
            )
            for number, interval in enumerate(self.intervals)
            for other, names in others.items()
        ]

    @property
    def _nothing(self) -> tuple[Figure, ...]:
        """The figures of an interval in which nothing changed."""
        return tuple(0 if each in _SUMS else None for each in self.query.metrics)

    def _ordered(self, results: list[Result]) -> list[Result]:
        """As asked; else by time, or by the first metric. Python's sort keeps the order of equal rows."""
        order = [(name, direction == "desc") for name, direction in self.query.order_by]
        if not order:
            time = [each for each in self.query.dimensions if each in TIMES]
            order = [(time[0], False)] if time else [(self.query.metrics[0], True)]
        for name, descends in reversed(order):
            key = self._sort_key(name)
            known = [each for each in results if key(each) is not None]
            unknown = [each for each in results if key(each) is None]
            results = [*sorted(known, key=key, reverse=descends), *unknown]
        return results

    def _sort_key(self, name: str) -> Any:
        if name == "change":
            return lambda each: _difference(each.metrics[0], (each.comparison or (None,))[0])
        if name in self.query.dimensions:
            place = list(self.query.dimensions).index(name)
            return lambda each: (
                each.names[place].lower() if each.names[place] else each.dimensions[place]
            )
        place = list(self.query.metrics).index(name)
        return lambda each: each.metrics[place]


@dataclass(frozen=True, slots=True)
class Standing:
    """What came to an article by now, against comparable ones of its age: the ratio, and whether it is among the best."""

    ratio: float
    is_top: bool


def standings_of(article_ids: Collection[UUID], now: datetime) -> dict[UUID, Standing]:
    """The standings of those articles of which the usual is known; none of fewer than 20 reactions."""
    known = pace()
    found = {}
    for article_id, section_id, published, came in rows(
        "came_by_now",
        {"articles": list(article_ids), "since": now - SPAN, "least": sql.LEAST_REACTIONS},
        repeatable=True,
    ):
        usual = known.usual(section_id, now - published)
        if usual and (ratio := usual.ratio(int(came))) is not None:
            found[article_id] = Standing(ratio, usual.is_top(int(came)))
    return found


def check_query(query: Query) -> None:
    """Raises QueryRefused for names that are unknown, repeated or do not go together, and for numbers out of range."""
    _check_names("metrics", query.metrics, _is_metric, METRICS, MOST_METRICS)
    if not query.metrics:
        raise QueryRefused("metrics", "required", f"Name metrics: {', '.join(METRICS)}.")
    _check_names(
        "dimensions", query.dimensions, DIMENSIONS.__contains__, DIMENSIONS, MOST_DIMENSIONS
    )
    if query.week_start not in WEEKDAYS:
        raise QueryRefused("week_start", "unknown", f"One of {', '.join(WEEKDAYS)}.")
    _check_number("limit", query.limit, 1, MOST_LIMIT)
    _check_number("offset", query.offset, 0, MOST_OFFSET)
    _check_together(query)
    _check_order(query)


def _is_metric(name: str) -> bool:
    metric, colon, kind = name.partition(":")
    if colon:
        return metric in METRICS_OF_KIND and kind in BY_KEY
    return metric in METRICS


def _check_names(
    field: str, names: object, is_known: Callable[[str], bool], known: Sequence[str], most: int
) -> None:
    if not isinstance(names, (list, tuple)):
        raise QueryRefused(field, "not_a_list", "A list is needed.")
    if len(names) > most:
        raise QueryRefused(field, "too_many", f"At most {most} {field}.")
    for place, each in enumerate(names):
        if not isinstance(each, str) or not is_known(each):
            raise QueryRefused(f"{field}.{place}", "unknown", f"One of {', '.join(known)}.")
    if len(set(names)) < len(names):
        raise QueryRefused(field, "duplicate", "The list names one twice.")


def _check_number(field: str, value: object, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise QueryRefused(field, "out_of_range", f"A whole number from {least} to {most:,}.")


def _check_together(query: Query) -> None:
    metrics, dimensions = {*query.metrics}, {*query.dimensions}
    of_kind = {each for each in metrics if ":" in each}
    refused = [
        (len(dimensions & {*TIMES}) > 1, "dimensions", "One interval of time at most."),
        (
            bool(dimensions & {*TIMES}) and bool(metrics & {*_NOT_BY_TIME}),
            "metrics",
            f"Not by time: {', '.join(_NOT_BY_TIME)}.",
        ),
        (
            "section_at_event" in dimensions
            and bool(metrics & {"now", "stories", "per_story", "against_usual", *sql.OF_VIEWS}),
            "metrics",
            _AT_EVENT,
        ),
        (
            "against_usual" in metrics and "article" not in dimensions,
            "metrics",
            "against_usual needs the dimension article.",
        ),
        (
            bool(metrics & sql.OF_VIEWS) and bool(dimensions & {"kind", "time:15m"}),
            "metrics",
            "A view has no kind, and is of a half hour: views and per_view go with neither kind nor time:15m.",
        ),
        (
            bool(of_kind) and "kind" in dimensions,
            "metrics",
            "Figures of one kind do not go with the dimension kind.",
        ),
    ]
    for is_refused, field, detail in refused:
        if is_refused:
            raise QueryRefused(field, "not_together", detail)


def _check_order(query: Query) -> None:
    order = query.order_by
    if not isinstance(order, (list, tuple)) or len(order) > MOST_ORDERS:
        raise QueryRefused("order_by", "too_many", f"A list of {MOST_ORDERS} at most.")
    known = [*query.metrics, *query.dimensions, *(["change"] if query.compare is not None else [])]
    for place, each in enumerate(order):
        if not isinstance(each, (list, tuple)) or len(each) != 2:
            raise QueryRefused(
                f"order_by.{place}", "not_a_pair", 'A pair such as ["came", "desc"] is needed.'
            )
        name, direction = each
        if name not in known:
            raise QueryRefused(
                f"order_by.{place}.0", "unknown", f"One of those asked for: {', '.join(known)}."
            )
        if direction not in DIRECTIONS:
            raise QueryRefused(f"order_by.{place}.1", "unknown", "asc or desc.")


def _too_many_rows() -> QueryRefused:
    return QueryRefused(
        "dimensions",
        "too_many",
        f"More than {MOST_ROWS:,} rows: ask for a shorter range, longer intervals or fewer dimensions.",
    )


def _without(values: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return (*values[:place], *values[place + 1 :])


def _difference(now: Figure, then: Figure) -> Figure:
    return None if now is None or then is None else now - then
