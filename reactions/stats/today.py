"""What the desk's first page shows: the stories of today, what moved readers, and what is rising."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from reactions.counts import by_key
from reactions.kinds import MOODS
from reactions.sql import row, rows
from reactions.sql.figures import LEAST_REACTIONS
from reactions.stats.days import summed_span
from reactions.stats.pace import Usual, pace
from reactions.stats.windows import QUARTER, first_moment, floor, moved_days

# Articles of each list.
MOST_MOVING = 5
MOST_OUT = 30
# Weeks before, with whose same day today is compared.
_WEEKS = 4
# How old the numbers of the menu may be.
_WAITING_SECONDS = 5.0
# Of what usually comes in an hour at this age: what comes more often is no news.
_RISING = 2.0


@dataclass(frozen=True)
class Figures:
    """What readers did with an article in a window; what came in its last hour, and by now; what is usual at its age."""

    article_id: UUID
    headline: str
    section: str
    first_published_at: datetime
    came: int
    by_kind: Mapping[str, int]
    last_hour: int
    by_now: int
    usual: Usual | None

    @property
    def against_usual(self) -> float | None:
        """By now against the median at this age; None where there is too little to compare."""
        return self.usual.ratio(self.by_now) if self.usual else None

    @property
    def is_top(self) -> bool:
        """Whether 95 of 100 comparable articles had less at this age."""
        return self.usual is not None and self.usual.is_top(self.by_now)

    @property
    def hour_against_usual(self) -> float | None:
        """The last hour against the median of that hour; where that is less than one reaction, against one."""
        if self.usual is None or self.last_hour < LEAST_REACTIONS:
            return None
        return self.last_hour / max(self.usual.hour_median, 1)


@dataclass(frozen=True)
class Moving:
    """An article that made readers glad, angry or sad: how many of the reactions in the window are of this mood."""

    figures: Figures
    count: int

    @property
    def percent(self) -> int:
        return round(100 * self.count / self.figures.came)


@dataclass(frozen=True)
class Out:
    """An article that came out today, with what came in each hour since the day began."""

    figures: Figures
    hours: Sequence[int]


@dataclass(frozen=True)
class Waiting:
    """What waits for an editor: articles in review, articles due today, held waves with their reactions."""

    in_review: int
    scheduled: int
    waves: int
    held: int


@dataclass(frozen=True)
class Moved:
    """The articles that moved readers most in a window, by mood, and those that rise now."""

    glad: Sequence[Moving]
    angry: Sequence[Moving]
    sad: Sequence[Moving]
    rising: Sequence[Figures]


@dataclass(frozen=True)
class Comparison:
    """What came to the site since the day began, and on the same weekday until this hour: the median of four weeks."""

    came: int
    usual: float | None

    @property
    def percent(self) -> int | None:
        """How much more or less; None where there is nothing to compare with."""
        return round(100 * (self.came / self.usual - 1)) if self.usual else None


def last_hour_since(now: datetime) -> datetime:
    """The last hour is the running quarter of an hour and the three before it."""
    return floor(now) - 3 * QUARTER


def day_start(now: datetime, zone: ZoneInfo, *, days_before: int = 0) -> datetime:
    """When the day began, or the one so many days before: the first moment of its date in this zone."""
    date = now.astimezone(zone).date() - timedelta(days=days_before)
    return first_moment(date, zone)


def moved(*, since: datetime, now: datetime, articles: Collection[UUID] | None = None) -> Moved:
    """What moved readers since a moment. `articles` limits it to these."""
    first_day, last_day = summed_span(since, now) or (None, None)
    found = rows(
        "top_articles",
        {
            "since": since,
            "first_day": first_day,
            "last_day": last_day,
            "hour": last_hour_since(now),
            "least": LEAST_REACTIONS,
            "most": MOST_MOVING,
            "articles": None if articles is None else list(articles),
            **MOODS,
        },
        repeatable=True,
    )
    of_moods: dict[str, list[Moving]] = {mood: [] for mood in MOODS}
    rising = []
    for article, headline, section_id, section, published, kinds, *moods, hour, by_now in found:
        figures = _figures(
            now, article, headline, section_id, section, published, kinds, hour, by_now
        )
        if figures.came >= LEAST_REACTIONS:
            for mood, count in zip(MOODS, moods, strict=True):
                if count:
                    of_moods[mood].append(Moving(figures, count))
        if (figures.hour_against_usual or 0) >= _RISING:
            rising.append(figures)
    rising.sort(key=lambda each: -(each.hour_against_usual or 0))
    return Moved(
        **{
            mood: sorted(each, key=lambda one: -one.count)[:MOST_MOVING]
            for mood, each in of_moods.items()
        },
        rising=rising[:MOST_MOVING],
    )


def out_today(
    *, since: datetime, now: datetime, articles: Collection[UUID] | None = None
) -> tuple[list[Out], int]:
    """The articles first published since the day began, those with most reactions first; and how many there are."""
    found = rows(
        "out_since",
        {
            "since": since,
            "hour": last_hour_since(now),
            "most": MOST_OUT,
            "articles": None if articles is None else list(articles),
        },
        repeatable=True,
    )
    hours = int((now - since) / timedelta(hours=1)) + 1
    out = []
    for article, headline, section_id, section, published, kinds, by_hour, last, came, _ in found:
        figures = _figures(
            now, article, headline, section_id, section, published, kinds, last, came
        )
        of_hours = dict(by_hour)
        out.append(Out(figures, [of_hours.get(hour, 0) for hour in range(hours)]))
    return out, found[0][-1] if found else 0


def compare_today(*, now: datetime, zone: ZoneInfo) -> Comparison:
    """What came to the whole site today, against the same weekday of four weeks until the same time of day."""
    starts = [day_start(now, zone, days_before=7 * week) for week in range(_WEEKS + 1)]
    ends = [
        now,
        *(floor(moved_days(now, zone, -7 * week)) for week in range(1, _WEEKS + 1)),
    ]
    came, *before = (each for (each,) in rows("site_came", {"since": starts, "until": ends}))
    known = [each for each in before if each]
    return Comparison(came, median(known) if known else None)


def waiting(*, until: datetime | None = None) -> Waiting:
    """What waits for an editor now; scheduled articles until this moment."""
    found = row("waiting", {"until": until})
    assert found is not None  # noqa: S101  # the statement returns one row
    return Waiting(*found)


_waiting: tuple[float, Waiting | None] = (float("-inf"), None)


def recently_waiting() -> Waiting:
    """The same for the menu of every page, some seconds old in this process."""
    global _waiting
    read_at, found = _waiting
    if found is None or time.monotonic() - read_at > _WAITING_SECONDS:
        found = waiting()
        _waiting = time.monotonic(), found
    return found


def clear_waiting() -> None:
    """Forget what was read, for tests."""
    global _waiting
    _waiting = float("-inf"), None


def _figures(
    now: datetime,
    article: UUID,
    headline: str,
    section_id: int | None,
    section: str,
    published: datetime,
    kinds: Sequence[Sequence[Any]],
    hour: int,
    by_now: int,
) -> Figures:
    by_kind = by_key((int(kind), int(count)) for kind, count in kinds)
    return Figures(
        article_id=article,
        headline=headline,
        section=section,
        first_published_at=published,
        came=sum(by_kind.values()),
        by_kind=by_kind,
        last_hour=hour,
        by_now=by_now,
        usual=pace().usual(section_id, now - published),
    )
