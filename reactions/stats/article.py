"""How readers took one article: its mix now, and what was added and removed through time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from reactions.counts import by_key, rfc3339
from reactions.kinds import KINDS
from reactions.sql import row

INTERVALS = ("15m", "hour", "day")


def _zeros() -> dict[str, int]:
    return dict.fromkeys((kind.key for kind in KINDS), 0)


@dataclass(frozen=True)
class Period:
    """What changed in the interval that begins at `start`: readers who came to each kind, and who left it."""

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
    *, article_id: UUID, interval: str, timezone: ZoneInfo
) -> ArticleStatistics | None:
    """The statistics of an article, also of one that is no longer public; None where there is none.

    `interval` is one of INTERVALS. Hours and days are those of `timezone`: a day on which clocks change
    has 23 or 25 hours. Intervals in which nothing changed are left out. Added less removed, summed over
    all intervals, is `current`; what was `imported` from another system has no time, and readers are shown
    the two added up. A reader who changes their mind between two folds leaves one change.
    """
    found = row(
        "article_statistics",
        {"article": article_id, "interval": interval, "tz": timezone.key},
    )
    if found is None:
        return None
    totals, as_of, changes, imported, imported_at = found
    return ArticleStatistics(
        article_id=article_id,
        interval=interval,
        timezone=timezone,
        as_of=as_of,
        current=by_key(totals),
        series=_periods(changes),
        imported=by_key(imported),
        imported_at=imported_at,
    )


def _periods(changes: Iterable[tuple[int, int, int, int]]) -> list[Period]:
    key_of = {kind.bit: kind.key for kind in KINDS}
    periods: dict[int, Period] = {}
    for start, kind, added, removed in changes:
        period = periods.setdefault(start, Period(datetime.fromtimestamp(start, UTC)))
        if kind in key_of:  # one that the site has forgotten is an error of the system check
            period.added[key_of[kind]] = added
            period.removed[key_of[kind]] = removed
    return list(periods.values())
