"""The statistics page of one article: the figures of stats/article.py as a chart and a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone as django_timezone

from articles.models import Article
from reactions.kinds import KINDS, Kind
from reactions.stats.article import (
    INTERVALS,
    ArticleStatistics,
    Period,
    article_statistics,
    timezones,
)

_INTERVAL_NAMES = {"15m": "15 minutes", "hour": "Hour", "day": "Day"}
_SPAN = {"15m": timedelta(minutes=15), "hour": timedelta(hours=1), "day": timedelta(days=1)}

# The chart in the units of its viewBox.
_WIDTH, _HEIGHT = 960, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 8, 10, 28
_WIDEST_COLUMN = 48
_WIDEST_LABEL = 80


@dataclass(frozen=True)
class Share:
    """One kind's share of the counts now, and its imported count."""

    kind: Kind
    count: int
    percent: float
    imported: int


@dataclass(frozen=True)
class Block:
    """One kind's part of a column."""

    kind: Kind
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    """Everything added in one interval, stacked by kind."""

    x: float
    width: float
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Tick:
    position: float
    label: str


@dataclass(frozen=True)
class Line:
    """One row of the table: an interval, and what was added and removed of each kind."""

    start: str
    cells: Sequence[tuple[int, int]]
    total: int


def statistics_context(request: HttpRequest, article: Article) -> dict[str, Any]:
    """The context of the template. An unknown interval or time zone falls back to the default."""
    interval = request.GET.get("interval", "")
    zone = request.GET.get("tz", "")
    statistics = article_statistics(
        article_id=article.pk,
        interval=interval if interval in INTERVALS else "hour",
        timezone=ZoneInfo(zone if zone in timezones() else settings.TIME_ZONE),
    )
    assert statistics is not None  # noqa: S101  # the caller has just read the article
    return {
        "title": f"Reactions: {article.headline}",
        "article": article,
        "statistics": statistics,
        "as_of": django_timezone.localtime(statistics.as_of, statistics.timezone),
        "kinds": KINDS,
        "mix": _mix(statistics),
        "imported_at": statistics.imported_at
        and django_timezone.localtime(statistics.imported_at, statistics.timezone),
        "chart": _chart(statistics) if statistics.series else None,
        "lines": [_line(each, statistics) for each in reversed(statistics.series)],
        "intervals": _INTERVAL_NAMES.items(),
        "zones": sorted(timezones()),
    }


def _mix(statistics: ArticleStatistics) -> list[Share]:
    total = statistics.total or 1
    return [
        Share(kind, count, round(100 * count / total, 1), statistics.imported[kind.key])
        for kind in KINDS
        for count in [statistics.current[kind.key]]
    ]


def _line(period: Period, statistics: ArticleStatistics) -> Line:
    cells = [(period.added[kind.key], period.removed[kind.key]) for kind in KINDS]
    return Line(
        start=_label(period, statistics),
        cells=cells,
        total=sum(added - removed for added, removed in cells),
    )


def _label(period: Period, statistics: ArticleStatistics) -> str:
    local = period.start.astimezone(statistics.timezone)
    return f"{local:%Y-%m-%d}" if statistics.interval == "day" else f"{local:%Y-%m-%d %H:%M}"


def _chart(statistics: ArticleStatistics) -> dict[str, Any]:
    """Stacked columns of what was added, at their place in time; the axes' ticks."""
    series = statistics.series
    highest = _round_up(max((sum(each.added.values()) for each in series), default=0))
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "left": _LEFT,
        "right": _WIDTH - _RIGHT,
        "bottom": _HEIGHT - _BOTTOM,
        "columns": _columns(statistics, highest),
        "levels": [
            Tick(_y(highest * step / 4, highest), f"{highest * step / 4:g}") for step in range(5)
        ],
        "times": _times(statistics),
    }


def _columns(statistics: ArticleStatistics, highest: int) -> list[Column]:
    return [
        Column(
            x=round(_x(period, statistics), 2),
            width=_column_width(statistics),
            title=f"{_label(period, statistics)}: {sum(period.added.values())} added",
            blocks=_blocks(period, highest),
        )
        for period in statistics.series
    ]


def _blocks(period: Period, highest: int) -> list[Block]:
    blocks, below = [], 0
    for kind in KINDS:
        count = period.added[kind.key]
        if count:
            top = _y(below + count, highest)
            blocks.append(Block(kind, round(top, 2), round(_y(below, highest) - top, 2)))
        below += count
    return blocks


def _times(statistics: ArticleStatistics) -> list[Tick]:
    """At most eight labels, each beginning at the interval that it names; none that would not fit."""
    series = statistics.series
    every = -(-len(series) // 8)
    shape = "%d %b" if statistics.interval == "day" else "%d %b %H:%M"
    return [
        Tick(x, period.start.astimezone(statistics.timezone).strftime(shape))
        for period in series[::every]
        if (x := round(_x(period, statistics), 2)) < _WIDTH - _WIDEST_LABEL
    ]


def _x(period: Period, statistics: ArticleStatistics) -> float:
    since_first = period.start - statistics.series[0].start
    return _LEFT + _step(statistics) * (since_first / _SPAN[statistics.interval])


def _y(count: float, highest: int) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - count / highest)


def _step(statistics: ArticleStatistics) -> float:
    """How wide one interval is drawn."""
    series = statistics.series
    spans = (series[-1].start - series[0].start) / _SPAN[statistics.interval] + 1
    return (_WIDTH - _LEFT - _RIGHT) / max(spans, _WIDTH / _WIDEST_COLUMN / 2)


def _column_width(statistics: ArticleStatistics) -> float:
    return round(max(min(_step(statistics) * 0.8, _WIDEST_COLUMN), 1), 2)


def _round_up(count: int) -> int:
    """The least of 4, 8, 12, 16, 20, 24, 32, 40, 80, … that is not less: four even steps make an axis."""
    power = 1
    while True:
        for step in (4, 8, 12, 16, 20, 24, 32):
            if step * power >= count:
                return step * power
        power *= 10
