"""Windows, what they are compared with, and intervals, over clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactions.stats.windows import (
    HOUR,
    QUARTER,
    Interval,
    QueryRefused,
    Window,
    compared_with,
    first_moment,
    intervals,
    moved_edges,
    read_timezone,
    read_window,
)
from tests.profiles import examples

NOW = datetime(2026, 11, 26, 14, 22, 31, 5, tzinfo=UTC)
BERLIN, HAVANA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Havana")
LORD_HOWE, NEW_YORK = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/New_York")


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]


def day_of(zone: ZoneInfo, day: str) -> Window:
    return read_window([day, day], zone, NOW)


# --- windows


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("1h", (2026, 11, 26, 14, 15), None),
        ("24h", (2026, 11, 25, 15, 15), None),
        ("7d", (2026, 11, 19, 15, 15), None),
        ("365d", (2025, 11, 26, 15, 15), None),
        ("today", (2026, 11, 26), None),
        ("yesterday", (2026, 11, 25), (2026, 11, 26)),
        ("this_week", (2026, 11, 23), None),
        (["2026-11-01", "2026-11-03"], (2026, 11, 1), (2026, 11, 4)),
        (["2026-11-01", "2026-12-31"], (2026, 11, 1), None),
        (
            ["2026-11-01T10:07:00+01:00", "2026-11-01T11:59:59Z"],
            (2026, 11, 1, 10),
            (2026, 11, 1, 12, 45),
        ),
        (["2026-11-01T10:07:00.5 01:00", "2026-11-02"], (2026, 11, 1, 10), (2026, 11, 3)),
    ],
)
def test_a_window_is_whole_quarters_of_an_hour_of_the_zone(
    asked: Any, start: tuple[int, ...], end: tuple[int, ...] | None
) -> None:
    window = read_window(asked, BERLIN, NOW)

    assert window.start == local(BERLIN, *start)
    assert window.end == (local(BERLIN, *end) if end else NOW)
    assert window.running == (end is None)


def test_a_week_begins_on_the_day_that_is_set() -> None:
    window = read_window("this_week", BERLIN, NOW, week_start="sunday")

    assert window.start == local(BERLIN, 2026, 11, 22)


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ("soon", "date_range", "unknown"),
        ("0d", "date_range", "unknown"),
        ("\u0667d", "date_range", "unknown"),
        (None, "date_range", "unknown"),
        (7, "date_range", "unknown"),
        (["2026-11-01"], "date_range", "unknown"),
        ("36500d", "date_range", "too_long"),
        ("876000h", "date_range", "too_long"),
        (["1990-01-01", "2026-01-01"], "date_range", "too_long"),
        (["2026-11-03", "2026-11-02"], "date_range", "ends_before_it_begins"),
        (["2026-11-27", "2026-11-28"], "date_range", "future"),
        (["2026-11-01T10:01:00Z", "2026-11-01T10:02:00Z"], "date_range", "too_short"),
        (["2026-02-30", "2026-03-02"], "date_range.0", "no_time"),
        (["2026-02-01", "2026-02-01T10:00:00"], "date_range.1", "no_time"),
        (["2026-02-01", 5], "date_range.1", "no_time"),
        (["0001-01-01", "2026-03-02"], "date_range.0", "out_of_range"),
        (["2026-01-01", "9999-12-31T23:59:59-12:00"], "date_range.1", "out_of_range"),
    ],
)
def test_a_range_that_is_none_is_refused_by_its_field(asked: Any, field: str, code: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        read_window(asked, BERLIN, NOW)

    assert (refused.value.field, refused.value.code) == (field, code)


def test_an_unknown_zone_is_refused() -> None:
    assert read_timezone("Asia/Kathmandu").key == "Asia/Kathmandu"
    for name in ("Mars/Olympus", "localtime", "../etc/passwd", "", None, 5):
        with pytest.raises(QueryRefused):
            read_timezone(name)


# --- comparison


@pytest.mark.parametrize(
    ("asked", "comparison", "start", "end"),
    [
        ("today", "previous_period", (2026, 11, 25), (2026, 11, 25, 15, 15)),
        ("today", "previous_week", (2026, 11, 19), (2026, 11, 19, 15, 15)),
        ("today", "previous_year", (2025, 11, 26), (2025, 11, 26, 15, 15)),
        ("this_week", "previous_period", (2026, 11, 16), (2026, 11, 19, 15, 15)),
        ("24h", "previous_period", (2026, 11, 24, 15, 15), (2026, 11, 25, 15, 15)),
        ("7d", "previous_period", (2026, 11, 12, 15, 15), (2026, 11, 19, 15, 15)),
        # 25 October has 25 hours: the days before are days, and hours are hours.
        (["2026-10-25", "2026-10-25"], "previous_period", (2026, 10, 24), (2026, 10, 25)),
        (["2026-10-26", "2026-10-26"], "previous_period", (2026, 10, 25), (2026, 10, 26)),
        (["2024-02-29", "2024-02-29"], "previous_year", (2023, 2, 28), (2023, 3, 1)),
        # Until the same time, where the month has not ended.
        (["2026-11-01", "2026-11-30"], "previous_period", (2026, 10, 2), (2026, 10, 27, 15, 15)),
        (
            ["2026-10-26T00:00:00+01:00", "2026-10-27T00:00:00+01:00"],
            "previous_period",
            (2026, 10, 25),
            (2026, 10, 26),
        ),
        (
            ["2026-11-01T10:00:00+01:00", "2026-11-01T12:00:00+01:00"],
            "previous_period",
            (2026, 11, 1, 8),
            (2026, 11, 1, 10),
        ),
        ("today", ["2026-01-01", "2026-01-02"], (2026, 1, 1), (2026, 1, 3)),
    ],
)
def test_the_window_before_is_of_the_same_local_times(
    asked: Any, comparison: Any, start: tuple[int, ...], end: tuple[int, ...]
) -> None:
    window = read_window(asked, BERLIN, NOW)

    other, _ = compared_with(window, comparison, NOW)

    assert (other.start, other.end) == (local(BERLIN, *start), local(BERLIN, *end))


def test_a_window_of_no_kind_is_compared_with_its_own_length_before() -> None:
    other, _ = compared_with(Window(NOW - 2 * HOUR, NOW, BERLIN), "previous_period", NOW)

    assert other.end == other.start + 2 * HOUR


@pytest.mark.parametrize("comparison", ["last_year", 5, {}, ["2026-01-02", "2026-01-01"]])
def test_an_unknown_comparison_is_refused(comparison: Any) -> None:
    with pytest.raises(QueryRefused) as refused:
        compared_with(day_of(BERLIN, "2026-11-01"), comparison, NOW)

    assert refused.value.field == "compare"


# --- intervals


@pytest.mark.parametrize(
    ("zone", "day", "hours", "quarters", "odd"),
    [
        (NEW_YORK, "2026-03-08", 23, 92, []),
        (NEW_YORK, "2026-11-01", 25, 100, []),
        (HAVANA, "2026-03-08", 23, 92, []),
        (HAVANA, "2026-11-01", 25, 100, []),
        (LORD_HOWE, "2026-04-05", 25, 98, [30]),
        (LORD_HOWE, "2026-10-04", 24, 94, [30]),
        (ZoneInfo("Asia/Kathmandu"), "2026-04-05", 24, 96, []),
        (ZoneInfo("America/Santiago"), "2026-04-04", 25, 100, []),
    ],
)
def test_a_day_has_the_hours_that_its_clocks_show(
    zone: ZoneInfo, day: str, hours: int, quarters: int, odd: list[int]
) -> None:
    window = day_of(zone, day)

    found = intervals(window, "hour")

    assert len(found) == hours
    assert len(intervals(window, "15m")) == quarters
    assert intervals(window, "day") == [Interval(window.start, window.end, complete=True)]
    lengths = [(each.end - each.start) // timedelta(minutes=1) for each in found]
    assert [each for each in lengths if each != 60] == odd
    starts = [each.start.astimezone(zone) for each in found]
    assert len({(each.hour, each.utcoffset()) for each in starts}) == hours


def test_a_day_without_a_midnight_begins_when_clocks_skip_it() -> None:
    assert first_moment(date(2026, 3, 8), HAVANA) == local(HAVANA, 2026, 3, 8, 1)
    assert first_moment(date(2012, 10, 7), ZoneInfo("America/Asuncion")) == datetime(
        2012, 10, 7, 4, tzinfo=UTC
    )


def test_a_time_that_clocks_skip_is_the_moment_at_which_they_do() -> None:
    """Half past two on the night of 29 March, a week before, and a day after it."""
    window = read_window(["2026-04-05T02:30:00+02:00", "2026-04-05T03:30:00+02:00"], BERLIN, NOW)

    other, _ = compared_with(window, "previous_week", NOW)

    assert other.start == local(BERLIN, 2026, 3, 29, 3)
    assert other.end == local(BERLIN, 2026, 3, 29, 3, 30)


def test_a_day_that_a_zone_left_out_is_no_interval() -> None:
    apia = ZoneInfo("Pacific/Apia")
    start, end = first_moment(date(2011, 12, 29), apia), first_moment(date(2012, 1, 1), apia)

    found = intervals(Window(start, end, apia), "day")

    assert [each.start.astimezone(apia).day for each in found] == [29, 31]


def test_the_first_and_the_running_interval_are_not_complete() -> None:
    found = intervals(read_window("7d", BERLIN, NOW), "day")

    assert [each.start for each in found] == [local(BERLIN, 2026, 11, day) for day in range(19, 27)]
    assert [each.complete for each in found] == [False, *[True] * 6, False]


def test_weeks_and_months_begin_where_the_zone_and_the_week_start_say() -> None:
    window = read_window(["2026-10-20", "2026-11-10"], BERLIN, NOW)

    weeks = intervals(window, "week", week_start="sunday")
    months = intervals(window, "month")

    assert [each.start for each in weeks] == [
        local(BERLIN, *each)
        for each in ((2026, 10, 18), (2026, 10, 25), (2026, 11, 1), (2026, 11, 8))
    ]
    assert [each.start for each in months] == [
        local(BERLIN, 2026, 10, 1),
        local(BERLIN, 2026, 11, 1),
    ]
    assert months[-1].end == local(BERLIN, 2026, 12, 1)


def test_more_intervals_than_can_be_answered_are_refused() -> None:
    with pytest.raises(QueryRefused, match="more than 40,000"):
        intervals(read_window("3660d", BERLIN, NOW), "15m")


@examples(0.5)
@given(
    zone=st.sampled_from([BERLIN, HAVANA, LORD_HOWE, NEW_YORK, ZoneInfo("Pacific/Chatham")]),
    day=st.dates(date(2025, 9, 1), date(2026, 11, 20)),
    days=st.integers(1, 40),
    step=st.sampled_from(["15m", "hour", "day", "week", "month"]),
    comparison=st.sampled_from(["previous_period", "previous_week", "previous_year"]),
)
def test_intervals_cover_the_window_without_gap_and_so_do_those_compared(
    zone: ZoneInfo, day: date, days: int, step: str, comparison: str
) -> None:
    last = day + timedelta(days=days)
    window = read_window([day.isoformat(), last.isoformat()], zone, NOW)
    other, move = compared_with(window, comparison, NOW)

    found = intervals(window, step)

    assert found[0].start <= window.start
    assert found[-1].end >= window.end
    assert all(one.end == two.start for one, two in pairwise(found))
    assert all(each.start < each.end and each.start.minute % 15 == 0 for each in found)
    assert move is not None
    edges = moved_edges(
        [window.start, *(each.start for each in found[1:]), window.end], other, move
    )
    assert edges == sorted(edges)
    assert (edges[0], edges[-1]) == (other.start, other.end)


def test_today_at_each_quarter_of_a_night_of_change_has_no_gap() -> None:
    """At every moment of both nights, today and its hours reach from midnight until then."""
    for night in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)):
        for number in range(4 * 6):
            now = night + number * QUARTER + timedelta(minutes=1)
            window = read_window("today", BERLIN, now)
            hours = intervals(window, "hour")
            midnight = datetime.combine(night, time.min, BERLIN).astimezone(UTC)
            assert window.start == hours[0].start == midnight
            assert hours[-1].start <= now < hours[-1].end
            assert not hours[-1].complete
            assert (
                sum((each.end - each.start for each in hours), timedelta()) < now - midnight + HOUR
            )
