"""The figures of a report: how a day or a week was, against the one before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from reactions.counts import by_key
from reactions.kinds import MOODS
from reactions.models import ReportPeriod
from reactions.sql import row, rows
from reactions.sql.figures import LEAST_REACTIONS
from reactions.stats.pace import pace
from reactions.stats.today import Figures, day_start

MOST_TOP, MOST_OTHER = 10, 5
# Stories with the most reactions, among which those that were furthest above usual are sought.
_CANDIDATES = 300
_NOON = time(12)
_DAYS = {ReportPeriod.DAY: 1, ReportPeriod.WEEK: 7}


@dataclass(frozen=True)
class Story:
    """A story in a report: its figures, what came in the period before, and how much was of each mood."""

    figures: Figures
    before: int
    moods: Mapping[str, int]

    @property
    def gain(self) -> int:
        return self.figures.came - self.before


@dataclass(frozen=True)
class ReportFigures:
    """What a report shows. `moods` are the stories with most of each mood."""

    since: datetime
    until: datetime
    came: int
    came_before: int
    by_kind: Mapping[str, int]
    out: int
    out_before: int
    top: Sequence[Story]
    above_usual: Sequence[Story]
    moods: Mapping[str, Sequence[Story]]
    movers: Sequence[Story]

    @property
    def percent(self) -> int | None:
        """The change against the period before; None where nothing came in it."""
        return round(100 * (self.came / self.came_before - 1)) if self.came_before else None


def first_day_of(period: ReportPeriod, today: date) -> date:
    """The first day of the last whole period before a day; a week begins on Monday."""
    if period is ReportPeriod.DAY:
        return today - timedelta(days=1)
    return today - timedelta(days=today.weekday() + 7)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day in a zone, also where clocks change at midnight."""
    return day_start(datetime.combine(day, _NOON, zone).astimezone(UTC), zone)


def report_figures(
    *,
    period: ReportPeriod,
    first_day: date,
    zone: ZoneInfo,
    articles: Collection[UUID] | None = None,
) -> ReportFigures:
    """The figures of a period from its first day on. Days are those of the zone: some have 23 or 25 hours."""
    days = timedelta(days=_DAYS[period])
    since, until = start_of(first_day, zone), start_of(first_day + days, zone)
    window = {
        "before": start_of(first_day - days, zone),
        "since": since,
        "until": until,
        "articles": None if articles is None else list(articles),
    }
    totals = row("report_totals", window)
    assert totals is not None  # noqa: S101  # the statement returns one row
    kinds, came, came_before, out, out_before = totals
    stories = _stories(window, until)
    enough = [each for each in stories if each.figures.came >= LEAST_REACTIONS]
    return ReportFigures(
        since=since,
        until=until,
        came=came,
        came_before=came_before,
        by_kind=by_key(kinds),
        out=out,
        out_before=out_before,
        top=stories[:MOST_TOP],
        above_usual=_above_usual(stories),
        moods={mood: _most(enough, mood) for mood in MOODS},
        movers=_movers(enough, since),
    )


def _stories(window: Mapping[str, object], until: datetime) -> list[Story]:
    parameters = {
        **window,
        **MOODS,
        "least": LEAST_REACTIONS,
        "candidates": _CANDIDATES,
        "most": MOST_OTHER,
    }
    usual = pace().usual
    found = []
    for article, headline, section_id, section, published, kinds, came, before, *more in rows(
        "report_stories", parameters
    ):
        *moods, by_end = more
        figures = Figures(
            article_id=article,
            headline=headline,
            section=section,
            first_published_at=published,
            came=came,
            by_kind=by_key(kinds),
            last_hour=0,
            by_now=by_end,
            usual=usual(section_id, until - published),
        )
        found.append(Story(figures, before, dict(zip(MOODS, moods, strict=True))))
    return found


def _above_usual(stories: Sequence[Story]) -> list[Story]:
    above = [each for each in stories if (each.figures.against_usual or 0) > 1]
    return sorted(above, key=lambda each: -(each.figures.against_usual or 0))[:MOST_OTHER]


def _most(stories: Sequence[Story], mood: str) -> list[Story]:
    found = [each for each in stories if each.moods[mood]]
    return sorted(found, key=lambda each: -each.moods[mood])[:MOST_OTHER]


def _movers(stories: Sequence[Story], since: datetime) -> list[Story]:
    """Those that were out before and gained most. What falls is left out: nearly every story does, from its first day on."""
    older = [each for each in stories if each.figures.first_published_at < since and each.gain > 0]
    return sorted(older, key=lambda each: -each.gain)[:MOST_OTHER]
