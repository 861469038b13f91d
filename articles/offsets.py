"""The offset in which a time was filed: which one a file states, and a moment in it.

An offset of zero is none: RFC 9557 (2.2) has `Z` for a time whose local offset is not known, RFC 5322 (3.3) `-0000`, and
most programs that write feeds give `+0000` or `GMT` for every time, wherever it was filed.
"""

from datetime import UTC, datetime, timedelta, timezone

# Minutes east of UTC: from Baker Island to the Line Islands. Others are mistakes.
_WEST, _EAST = -12 * 60, 14 * 60


def offset_of(moment: datetime) -> int | None:
    """The offset that the time was given with, in minutes east of UTC; None for zero, and for one that no clock has."""
    offset = moment.utcoffset() or timedelta(0)
    minutes, rest = divmod(offset, timedelta(minutes=1))
    return minutes if minutes and not rest and _WEST <= minutes <= _EAST else None


def at_offset(moment: datetime, minutes: int | None) -> datetime:
    """The same moment as clocks with this offset show it; None: in UTC."""
    return moment.astimezone(UTC if minutes is None else timezone(timedelta(minutes=minutes)))


def as_filed(moment: datetime) -> datetime:
    """The same moment in its own offset where that says something, else in UTC."""
    return at_offset(moment, offset_of(moment))


def written(minutes: int) -> str:
    """`+03:00`, as RFC 3339 writes an offset."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
