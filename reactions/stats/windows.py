"""The time that figures are of: windows, what each is compared with, and the intervals of a series, in a time zone.

Everything is an instant in UTC, in whole quarters of an hour, because the buckets are. Local time only decides which
instants: two local hours of one name, when clocks go back, are two intervals; a day has 23, 24 or 25 hours and begins
at its first moment, which is 01:00 where clocks skip midnight.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

from reactions.stats.article import timezones

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

NAMED_WINDOWS = ("today", "yesterday", "this_week")
COMPARISONS = ("previous_period", "previous_week", "previous_year")
STEPS = ("15m", "hour", "day", "week", "month")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

MOST_DAYS = 3_660  # ten years
# A year of quarters of an hour, and a month more.
MOST_INTERVALS = 40_000
_FIRST_YEAR, _LAST_YEAR = 1970, 2199

_SPAN = re.compile(r"([0-9]{1,6})([hd])")
# A space for the plus sign is what a query string makes of it.
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[-+ ][0-9]{2}:[0-9]{2})"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class QueryRefused(Exception):
    """What was asked for cannot be answered: which field, a code, and a sentence."""

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Window:
    """The quarters of an hour that begin from `start` on and before `end`.

    `start` is the beginning of a quarter; so is `end`, unless the window is `running`: then it ends now.
    `step` is how far before it the previous period begins: local days, or a span; None: as long as the window.
    """

    start: datetime
    end: datetime
    timezone: ZoneInfo
    running: bool = False
    step: int | timedelta | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """One interval of a series. `complete`: the window has all of it, and it is over."""

    start: datetime
    end: datetime
    complete: bool


# What a window, or a moment in it, is compared with.
Move = Callable[[datetime], datetime]


def read_timezone(name: object, *, field: str = "timezone") -> ZoneInfo:
    """Raises QueryRefused for what is no IANA time zone."""
    if not isinstance(name, str) or name not in timezones():
        raise QueryRefused(field, "unknown", "This is no IANA time zone, such as Europe/Berlin.")
    return ZoneInfo(name)


def read_window(
    value: object,
    zone: ZoneInfo,
    now: datetime,
    *,
    week_start: str = WEEKDAYS[0],
    field: str = "date_range",
) -> Window:
    """The window that a text or a pair of texts asks for. Raises QueryRefused.

    `24h` and `7d` reach back from now, days by the local clock; `today`, `yesterday`, `this_week` are days of the
    zone; `[from, to]` are dates, of which the last belongs to it, or RFC 3339 times. None goes past now.
    """
    if isinstance(value, str):
        return _named(value, zone, now, week_start, field)
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return _between(value[0], value[1], zone, now, field)
    raise QueryRefused(
        field,
        "unknown",
        f"A range is such as 24h or 7d, one of {', '.join(NAMED_WINDOWS)}, or [from, to].",
    )


def _named(value: str, zone: ZoneInfo, now: datetime, week_start: str, field: str) -> Window:
    today = now.astimezone(zone).date()
    match value:
        case "today":
            return Window(first_moment(today, zone), now, zone, running=True, step=1)
        case "yesterday":
            before = today - timedelta(days=1)
            return Window(first_moment(before, zone), first_moment(today, zone), zone, step=1)
        case "this_week":
            monday = _week_of(today, week_start)
            return Window(first_moment(monday, zone), now, zone, running=True, step=7)
    found = _SPAN.fullmatch(value)
    if found is None or int(found[1]) == 0:
        return read_window(None, zone, now, field=field)  # says what a range is
    number = int(found[1])
    if number > MOST_DAYS * (24 if found[2] == "h" else 1):
        raise _too_long(field)
    if found[2] == "h":
        span = number * HOUR
        return Window(floor(now - span), now, zone, running=True, step=span)
    return Window(floor(moved_days(now, zone, -number)), now, zone, running=True, step=number)


def _between(first: object, last: object, zone: ZoneInfo, now: datetime, field: str) -> Window:
    """From a date or time until another; a last date belongs to the window, a last time does not."""
    start = read_moment(first, zone, f"{field}.0", days=0)
    end = read_moment(last, zone, f"{field}.1", days=1)
    if end <= start:
        raise QueryRefused(field, "ends_before_it_begins", "The range ends before it begins.")
    if end - start > timedelta(days=MOST_DAYS + 1):
        raise _too_long(field)
    if start >= now:
        raise QueryRefused(field, "future", "The range begins in the future.")
    step = _step_between(start, end, zone)
    if end > now:
        return Window(floor(start), now, zone, running=True, step=step)
    if floor(end) <= floor(start):
        raise QueryRefused(field, "too_short", "A range has a quarter of an hour at least.")
    return Window(floor(start), floor(end), zone, step=step)


def _step_between(start: datetime, end: datetime, zone: ZoneInfo) -> int | timedelta:
    """Whole local days where the window begins and ends at the same local time, or with a day."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    are_days = all(first_moment(each.date(), zone) == each for each in (first, last))
    if are_days or first.time() == last.time():
        return (last.date() - first.date()).days or end - start
    return end - start


def _too_long(field: str) -> QueryRefused:
    return QueryRefused(field, "too_long", f"A range has {MOST_DAYS:,} days at most.")


def read_moment(value: object, zone: ZoneInfo, field: str, *, days: int) -> datetime:
    """The first moment of a date, `days` later; or a time."""
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            day = date.fromisoformat(value)
            _check_year(day.year, field)
            return first_moment(day + timedelta(days=days), zone)
        if isinstance(value, str) and _TIME.fullmatch(value):
            moment = datetime.fromisoformat(f"{value[:19]}{value[19:].replace(' ', '+')}".upper())
            _check_year(moment.year, field)
            return moment.astimezone(UTC)
    except ValueError:  # such as 30 February
        pass
    raise QueryRefused(
        field, "no_time", "A date such as 2026-03-29, or a time such as 2026-03-29T14:00:00+02:00."
    )


def _check_year(year: int, field: str) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise QueryRefused(
            field, "out_of_range", f"The years are {_FIRST_YEAR} to {_LAST_YEAR}, not {year}."
        )


# --- comparison


def compared_with(
    window: Window, comparison: object, now: datetime, *, field: str = "compare"
) -> tuple[Window, Move | None]:
    """The window that another is compared with, and how a moment of the one becomes one of the other.

    The period before, the same weekdays a week before, or the same dates a year before: until the same local time,
    where the window is running. `[from, to]` is any other window, and has no such move. Raises QueryRefused.
    """
    zone = window.timezone
    if isinstance(comparison, (list, tuple)):
        return read_window(comparison, zone, now, field=field), None
    match comparison:
        case "previous_period":
            step = window.step or window.end - window.start
            move = _move_by(-step, zone)
        case "previous_week":
            move = _move_by(-7, zone)
        case "previous_year":

            def move(moment: datetime) -> datetime:
                return _moved_year(moment, zone)

        case _:
            raise QueryRefused(field, "unknown", f"One of {', '.join(COMPARISONS)}, or [from, to].")
    return Window(floor(move(window.start)), floor(move(window.end)), zone), move


def _move_by(step: int | timedelta, zone: ZoneInfo) -> Move:
    if isinstance(step, int):
        return lambda moment: moved_days(moment, zone, step)
    return lambda moment: moment + step


def moved_days(moment: datetime, zone: ZoneInfo, days: int) -> datetime:
    """The moment at the same local time so many days later."""
    local = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    return at_local_time(local + timedelta(days=days), zone)


def _moved_year(moment: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    try:
        before = local.replace(year=local.year - 1)
    except ValueError:  # 29 February
        before = local.replace(year=local.year - 1, day=28)
    return at_local_time(before, zone)


# --- intervals


def intervals(window: Window, step: str, *, week_start: str = WEEKDAYS[0]) -> list[Interval]:
    """The intervals of the zone that the window touches, in order: the first and the last may reach past it.

    Raises QueryRefused where there are more than MOST_INTERVALS.
    """
    shortest = {"15m": QUARTER, "hour": HOUR}.get(step, DAY)
    if (window.end - window.start) / shortest > MOST_INTERVALS:
        raise QueryRefused(
            "date_range", "too_many", f"The range has more than {MOST_INTERVALS:,} such intervals."
        )
    edges = _edges(window, step, week_start)
    return [
        Interval(start, end, complete=start >= window.start and end <= window.end)
        for start, end in pairwise(edges)
        if end > window.start and start < window.end
    ]


def _edges(window: Window, step: str, week_start: str) -> list[datetime]:
    if step == "15m":
        return _quarters(window)
    if step == "hour":
        return _hours(window)
    return _days(window, step, week_start)


def _quarters(window: Window) -> list[datetime]:
    count = -(-(window.end - window.start) // QUARTER)
    return [window.start + number * QUARTER for number in range(count + 1)]


def _hours(window: Window) -> list[datetime]:
    """Where a local hour begins, and where clocks change: an hour that is there twice is two intervals."""
    edges = []
    for start, end, offset in _segments(
        window.start - 2 * HOUR, window.end + 2 * HOUR, window.timezone
    ):
        edges.append(floor(start))
        local = start + offset
        into = timedelta(minutes=local.minute, seconds=local.second)
        first = start + (HOUR - into)
        edges += [floor(first + number * HOUR) for number in range(-(-(end - first) // HOUR))]
    begin = bisect_right(edges, window.start) - 1
    return edges[begin:]


def _segments(
    start: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The parts of a span in which clocks do not change, each with its offset."""
    begin, offset = start, _offset(start, zone)
    moment = start
    while moment < end:
        after = min(moment + DAY, end)
        if _offset(after, zone) != offset:
            after = _change_between(moment, after, zone)
            yield begin, after, offset
            begin, offset = after, _offset(after, zone)
        moment = after
    if begin < end:
        yield begin, end, offset


def _days(window: Window, step: str, week_start: str) -> list[datetime]:
    """The first moments of days, weeks or months; a day that a zone left out has none."""
    zone = window.timezone
    day = window.start.astimezone(zone).date()
    last = window.end.astimezone(zone).date()
    if step == "week":
        day = _week_of(day, week_start)
    elif step == "month":
        day = day.replace(day=1)
    edges = [first_moment(day, zone)]
    while day <= last:
        day = _next(day, step)
        edges.append(first_moment(day, zone))
    return list(dict.fromkeys(edges))


def _next(day: date, step: str) -> date:
    if step == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if step == "week" else 1)


def _week_of(day: date, week_start: str) -> date:
    return day - timedelta(days=(day.weekday() - WEEKDAYS.index(week_start)) % 7)


def moved_edges(edges: Sequence[datetime], other: Window, move: Move) -> list[datetime]:
    """The edges of a window's intervals in the one that it is compared with: in order, first to last edge of that."""
    inner = (min(max(floor(move(each)), other.start), other.end) for each in edges[1:-1])
    return list(accumulate([other.start, *inner, other.end], max))


# --- local time


def floor(moment: datetime) -> datetime:
    """The beginning of the quarter of an hour."""
    moment = moment.astimezone(UTC)
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def first_moment(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins, to the quarter of an hour: at the first of two midnights, or after a midnight that is skipped."""
    return floor(at_local_time(datetime.combine(day, time.min), zone))


def at_local_time(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant at a local time: the first of two; where clocks skip it, the moment at which they do."""
    found = local.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return found
    return _change_between(local.replace(tzinfo=zone, fold=1).astimezone(UTC), found, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second from which on the clock is the one of `after`."""
    offset = _offset(before, zone)
    low, high = math.floor(before.timestamp()), math.ceil(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, UTC), zone) == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101  # the moment is aware
    return offset
