"""The statistics of one article: its counts now, and what was added and removed through time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from reactions.counts import by_key, rfc3339
from reactions.kinds import KINDS
from reactions.sql import row

INTERVALS = ("15m", "hour", "day")


@cache
def timezones() -> frozenset[str]:
    """The IANA time zones, without files that are none: `localtime` is whatever the machine has, and differs by machine."""
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})


def _zeros() -> dict[str, int]:
    return dict.fromkeys((kind.key for kind in KINDS), 0)


@dataclass(frozen=True)
class Period:
    """The interval that begins at `start`: how many readers chose each kind, and how many took it back."""

    start: datetime
    added: dict[str, int] = field(default_factory=_zeros)
    removed: dict[str, int] = field(default_factory=_zeros)


@dataclass(frozen=True)
class ArticleStatistics:
    article_id: UUID
    interval: str
    timezone: ZoneInfo
    as_of: datetime
    current: dict[str, int]
    series: Sequence[Period]
    imported: dict[str, int]
    imported_at: datetime | None

    @property
    def total(self) -> int:
        return sum(self.current.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "article": str(self.article_id),
            "timezone": self.timezone.key,
            "as_of": rfc3339(self.as_of),
            "current": self.current,
            "series": [
                {"start": rfc3339(each.start), "added": each.added, "removed": each.removed}
                for each in self.series
            ],
            "imported": self.imported,
            "imported_at": rfc3339(self.imported_at),
        }


def article_statistics(
    *,
    article_id: UUID,
    interval: str,
    timezone: ZoneInfo,
    start: datetime | None = None,
    end: datetime | None = None,
) -> ArticleStatistics | None:
    """The statistics of an article, also of one that is no longer public; None where there is no such article.

    `interval` is one of INTERVALS. Hours and days are those of `timezone`: a day on which clocks change has 23 or 25
    hours, and begins at the first of two midnights. Intervals without a change are left out. Added minus removed,
    summed over all intervals, is `current`; with a `start` or `end` the series has the quarters of an hour between.
    `imported` counts have no time; readers see the sum of the two. Two changes of one reader between two
    aggregations are one change.
    """
    found = row(
        "article_statistics",
        {
            "article": article_id,
            "interval": interval,
            "tz": timezone.key,
            "start": start,
            "end": end,
        },
    )
    if found is None:
        return None
    counts, as_of, changes, imported, imported_at = found
    return ArticleStatistics(
        article_id=article_id,
        interval=interval,
        timezone=timezone,
        as_of=as_of,
        current=by_key(counts),
        series=_periods(changes),
        imported=by_key(imported),
        imported_at=imported_at,
    )


def _periods(changes: Iterable[tuple[int, int, int, int]]) -> list[Period]:
    key_of = {kind.bit: kind.key for kind in KINDS}
    periods: dict[int, Period] = {}
    for start, kind, added, removed in changes:
        period = periods.setdefault(start, Period(datetime.fromtimestamp(start, UTC)))
        if kind in key_of:  # a kind that is gone is an error of the system check
            period.added[key_of[kind]] = added
            period.removed[key_of[kind]] = removed
    return list(periods.values())
