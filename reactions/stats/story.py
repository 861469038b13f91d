"""One story through time: its quarters of an hour regrouped, and its first day beside comparable ones."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from reactions.kinds import BY_KEY
from reactions.stats.article import ArticleStatistics
from reactions.stats.pace import Usual, pace
from reactions.stats.windows import QUARTER, Interval, Window, intervals

Counts = Mapping[str, int]

# What an interval may be, each longer than the one before.
STEPS = ("15m", "hour", "day", "week", "month")
MOST_INTERVALS = 100
_SPANS = {
    "15m": timedelta(minutes=15),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=28),
}
_DAY_MINUTES = 24 * 60
# The ages at which the first day is compared in words, in minutes.
_AGES = (60, 180, 360, 720, 1_440)


@dataclass(frozen=True)
class Slice:
    """An interval with what came and what left, by kind."""

    interval: Interval
    came: Counts
    left: Counts


@dataclass(frozen=True)
class AtAge:
    """What had come by an age, in minutes, and what is usual then."""

    minutes: int
    came: int
    usual: Usual


def fitting_step(span: timedelta, wanted: str = "") -> str:
    """The interval that is wanted, or a longer one where there would be too many; the shortest that fits without a wish."""
    fitting = [each for each in STEPS if span / _SPANS[each] <= MOST_INTERVALS] or [STEPS[-1]]
    return wanted if wanted in fitting else fitting[0]


def slices(statistics: ArticleStatistics, window: Window, step: str) -> list[Slice]:
    """The quarters of an hour of `statistics` that are in the window, by interval; intervals without a change among them."""
    every = intervals(window, step)
    starts = [each.start for each in every]
    came: list[dict[str, int]] = [dict.fromkeys(BY_KEY, 0) for _ in every]
    left: list[dict[str, int]] = [dict.fromkeys(BY_KEY, 0) for _ in every]
    for period in statistics.series:
        if window.start <= period.start < window.end:
            place = bisect_right(starts, period.start) - 1
            for key in BY_KEY:
                came[place][key] += period.added[key]
                left[place][key] += period.removed[key]
    return [Slice(*each) for each in zip(every, came, left, strict=True)]


def came_in(statistics: ArticleStatistics, since: datetime) -> int:
    """What came since the beginning of a quarter of an hour."""
    return sum(sum(each.added.values()) for each in statistics.series if each.start >= since)


def first_day(
    statistics: ArticleStatistics, published: datetime, now: datetime
) -> list[tuple[float, int]]:
    """The story's line: (minutes since the publication, what had come by then), for a day.

    What came in a quarter of an hour comes evenly in it; what came before the publication is there from the start.
    """
    until = min(now, published + timedelta(days=1))
    line, came = [(0.0, 0)], 0
    for period in statistics.series:
        if period.start >= until:
            break
        for moment in (period.start, min(period.start + QUARTER, until)):
            age = max((moment - published) / timedelta(minutes=1), line[-1][0])
            line.append((age, came))
            came += sum(period.added.values()) if moment == period.start else 0
    line.append(((until - published) / timedelta(minutes=1), came))
    return line


def band(section_id: int | None) -> list[tuple[int, Usual]]:
    """What is usual in the first day, by age in minutes."""
    return pace().band(section_id, timedelta(minutes=_DAY_MINUTES))


def at_ages(
    line: Sequence[tuple[float, int]], section_id: int | None, reached: float
) -> list[AtAge]:
    """The story's first day at some ages that it has reached, where something is usual."""
    found = []
    for minutes in _AGES:
        usual = pace().usual(section_id, timedelta(minutes=minutes))
        if minutes <= reached and usual:
            came = [value for age, value in line if age <= minutes]
            found.append(AtAge(minutes, came[-1] if came else 0, usual))
    return found


def whole_window(
    statistics: ArticleStatistics, published: datetime | None, now: datetime, zone: ZoneInfo
) -> Window:
    """From the publication, or an earlier reaction, until the last quarter with a change, a day at least, or now."""
    starts = [each.start for each in statistics.series]
    first = min([*starts[:1], *([published] if published else [])], default=now)
    last = starts[-1] + QUARTER if starts else now
    begin = first.replace(minute=first.minute // 15 * 15, second=0, microsecond=0).astimezone(UTC)
    end = min(max(last, begin + timedelta(days=1)), now)
    return Window(begin, max(end, begin + QUARTER), zone, running=end == now)
