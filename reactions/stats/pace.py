"""How fast articles usually gather reactions: what one of the same age is compared with.

An age is the time since the first publication. The comparable articles are the public ones of the last 28 days that
have reached the age: those of the section where there are 20, else those of the site where there are 20, else none.
"""

import threading
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from reactions.sql import rows
from reactions.sql.figures import LEAST_REACTIONS

SPAN = timedelta(days=28)
LEAST_ARTICLES = 20
# Quarters of an hour: each of the first day, then every hour of the first week, then every day.
AGES = (*range(1, 97), *range(100, 673, 4), *range(768, 28 * 96 + 1, 96))
# How long a process uses what it read; it is rebuilt every hour.
_FRESH_SECONDS = 60.0
# A pace that is younger is not rebuilt: its task is sent more often, so that a lost message costs little.
_REBUILD_AFTER = timedelta(minutes=50)


@dataclass(frozen=True, slots=True)
class Usual:
    """What comparable articles had at one age: reactions that came by then, and in the hour before.

    `quarter`, `median`, `three_quarters` and `high` are the percentiles 25, 50, 75 and 95.
    """

    of_section: bool
    articles: int
    quarter: float
    median: float
    three_quarters: float
    high: float
    hour_median: float
    hour_high: float

    def ratio(self, came: int) -> float | None:
        """What had come by this age, against the median; None where there is too little to compare."""
        return came / self.median if self.median and came >= LEAST_REACTIONS else None

    def is_top(self, came: int) -> bool:
        """Whether 95 of 100 comparable articles had less."""
        return came >= LEAST_REACTIONS and came > self.high


@dataclass(frozen=True, slots=True)
class Pace:
    """The percentiles by section and age; None is the whole site."""

    built_at: datetime | None
    ages: Mapping[int | None, Sequence[int]]
    steps: Mapping[int | None, Sequence[tuple[float, ...]]]

    def usual(self, section_id: int | None, age: timedelta) -> Usual | None:
        """What is usual at this age; None where too few articles are comparable, or the age is past 28 days."""
        minutes = age / timedelta(minutes=1)
        for section in dict.fromkeys((section_id, None)):
            found = self._at(section, minutes)
            if found and found[0] >= LEAST_ARTICLES:
                return Usual(section is not None, int(found[0]), *found[1:])
        return None

    def band(self, section_id: int | None, until: timedelta) -> list[tuple[int, Usual]]:
        """What is usual at each age of the grid until this one, with the age in minutes."""
        ages = [each for each in self.ages.get(None, ()) if timedelta(minutes=each) <= until]
        usual = [(age, self.usual(section_id, timedelta(minutes=age))) for age in ages]
        return [(age, each) for age, each in usual if each]

    def _at(self, section: int | None, minutes: float) -> Sequence[float] | None:
        """Between two ages of the grid, in proportion; before the first, from nothing."""
        ages, steps = self.ages.get(section, ()), self.steps.get(section, ())
        if not ages or minutes > ages[-1] or minutes < 0:
            return None
        after = min(bisect_right(ages, minutes), len(ages) - 1)
        high = steps[after]
        low = steps[after - 1] if after else (high[0], *(0.0 for _ in high[1:]))
        start = ages[after - 1] if after else 0
        part = (minutes - start) / (ages[after] - start)
        values = [a + (b - a) * part for a, b in zip(low[1:], high[1:], strict=True)]
        return [min(low[0], high[0]), *values]


_NOTHING = Pace(None, {}, {})
_last: tuple[float, Pace] = (float("-inf"), _NOTHING)
_reading = threading.Lock()


def pace() -> Pace:
    """The pace that was last built, at most a minute old in this process. Raises Django's database errors."""
    global _last
    with _reading:
        if time.monotonic() - _last[0] >= _FRESH_SECONDS:
            _last = (time.monotonic(), _read())
        return _last[1]


def clear_pace() -> None:
    """Forget what was read, for tests."""
    global _last
    _last = (float("-inf"), _NOTHING)


def rebuild_pace(*, now: datetime | None = None) -> int:
    """Build the pace from the articles of the last 28 days; returns how many. 0 where another rebuild runs."""
    now = now or datetime.now(UTC)
    with transaction.atomic():
        if rows("lock_pace") != [(True,)]:
            return 0
        rows("delete_pace")
        since = now - SPAN
        ((articles,),) = rows("rebuild_pace", {"now": now, "since": since, "ages": list(AGES)})
    clear_pace()
    return int(articles)


def refresh_pace() -> None:
    """Rebuild the pace where it is an hour old."""
    built_at = _read().built_at
    if built_at is None or datetime.now(UTC) - built_at > _REBUILD_AFTER:
        rebuild_pace()


def _read() -> Pace:
    ages: dict[int | None, list[int]] = {}
    steps: dict[int | None, list[tuple[float, ...]]] = {}
    built_at = None
    for section, age, built, *figures in rows("read_pace", repeatable=True):
        built_at = built
        ages.setdefault(section, []).append(age)
        steps.setdefault(section, []).append(tuple(figures))
    return Pace(built_at, ages, steps)
