"""Adds up the buckets of days that are over, so that a window of months reads a row a day and not one a quarter of an hour.

A day is added up two days after its end. An aggregation that changes a bucket older than one day, such as that of a
wave released later, leaves an entry that its day is stale, and the day is added up again. Until then figures of it come
from its buckets. So nothing waits, and no answer is wrong: an aggregation would have to last a day to be missed.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from reactions.sql import rows

DAY = timedelta(days=1)
# After the end of a day. More than the day after which an aggregation says that it changed one.
_AFTER = 2 * DAY
_BATCH = 30  # days of one run; one takes some ten milliseconds
# Shorter windows are read from the buckets.
LEAST_SPAN = 4 * DAY


def sum_days(*, now: datetime | None = None) -> int:
    """Add up what is due; returns how many days. 0 where another run does."""
    before = ((now or datetime.now(UTC)) - _AFTER).astimezone(UTC).date()
    with transaction.atomic():
        if rows("lock_days") != [(True,)]:
            return 0
        due = rows("days_to_sum", {"before": before, "most": _BATCH})
        for day, entries in due:
            rows("forget_day", {"day": day})
            rows("sum_day", {"day": day, "entries": entries})
    return len(due)


def summed_span(start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
    """The longest part of a window that is of days whose sums are right; None where it is too short to matter."""
    if end - start < LEAST_SPAN:
        return None
    first = start.astimezone(UTC).date() + (
        DAY if start.astimezone(UTC).time() != time() else 0 * DAY
    )
    last = end.astimezone(UTC).date()
    days = [day for (day,) in rows("summed_days", {"first": first, "last": last}, repeatable=True)]
    longest: tuple[date, date] | None = None
    begin = 0
    for number, day in enumerate(days):
        if number and day - days[number - 1] != DAY:
            begin = number
        if longest is None or day - days[begin] > longest[1] - longest[0]:
            longest = days[begin], day
    if longest is None:
        return None
    return _midnight(longest[0]), _midnight(longest[1] + DAY)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
