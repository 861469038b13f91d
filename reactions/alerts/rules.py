"""The rules of alerts: what a story's figures must be for editors to be notified, each with its thresholds.

Pure functions over figures. An hour is the running quarter of an hour and the three before it. Held and void reactions
are in no figure; a wave is a rule of its own. docs/decisions/0041-alerts-and-reports.md has the measurements.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from typing import Any
from uuid import UUID

from reactions.models import AlertRule
from reactions.stats.pace import Pace, Usual

# After an alert the same rule is silent about the same story for so long; of mood turns, about the same kind.
SILENT = timedelta(hours=12)

# A spike: more in the hour than 95 of 100 stories of the age have in theirs, and
SPIKE_LEAST = 20  # reactions: one more or less is no news below
SPIKE_LEAST_PART = 0.02  # of the hour of the whole site: a site of many readers has 20 anywhere

# A mood turn: one kind's share of the hour against its share of all before.
MOOD_LEAST = 30  # reactions in the hour
MOOD_LEAST_BEFORE = 20  # reactions: below there is no share, here as on every page
MOOD_LEAST_POINTS = 0.20
MOOD_LEAST_Z = 3.0  # of the two-proportion test: one in 700 by chance

# A wave: reactions held.
WAVE_LEAST = 20

# Pages are opened in bursts when a story comes out: a younger one is compared with this age.
_YOUNGEST = timedelta(minutes=15)
# The pace has 28 days, and few articles have reached the last ones. An older story is compared with the oldest of
# these ages that enough have reached: readers who find an old story again are news.
_OLDEST = (timedelta(days=21), timedelta(days=14), timedelta(days=7))


@dataclass(frozen=True, slots=True)
class ArticleHour:
    """What the rules read of one story: what came in the hour and before, by the bit of the kind."""

    article_id: UUID
    section_id: int | None
    age: timedelta
    hour: Mapping[int, int]
    before: Mapping[int, int]
    site_hour: int

    @property
    def total(self) -> int:
        return sum(self.hour.values())


@dataclass(frozen=True, slots=True)
class Finding:
    """That a rule found something: the figures, by name, and the kind of a mood turn."""

    rule: AlertRule
    figures: Mapping[str, Any]
    kind: int | None = None

    @property
    def silenced_by(self) -> str:
        """What an earlier alert about the story is called that makes this one no news: one turn to love hides none to anger."""
        return str(self.rule) if self.kind is None else f"{self.rule}:{self.kind}"


def find_spike(story: ArticleHour, pace: Pace) -> Finding | None:
    """More in the hour than usual; None also where too few stories are comparable."""
    came = story.total
    if came < SPIKE_LEAST or came < SPIKE_LEAST_PART * story.site_hour:
        return None
    usual = usual_hour(story, pace)
    if usual is None or came <= usual.hour_high:
        return None
    figures = {
        "hour": came,
        "site_hour": story.site_hour,
        "usual": round(usual.hour_median, 1),
        "high": round(usual.hour_high, 1),
        "of_section": usual.of_section,
    }
    return Finding(AlertRule.SPIKE, figures)


def usual_hour(story: ArticleHour, pace: Pace) -> Usual | None:
    """What is usual for a story of this age, or of the nearest age that enough stories have reached."""
    age = max(story.age, _YOUNGEST)
    ages = [age, *(each for each in _OLDEST if each < age)]
    found = (pace.usual(story.section_id, each) for each in ages)
    return next((usual for usual in found if usual), None)


def find_mood_turn(story: ArticleHour) -> Finding | None:
    """The kind whose share grew most, where it grew by enough to be no chance."""
    hour, before = story.total, sum(story.before.values())
    if hour < MOOD_LEAST or before < MOOD_LEAST_BEFORE:
        return None
    grown = max(story.hour, key=lambda kind: _growth(story, kind, hour, before))
    in_hour, in_before = story.hour[grown], story.before.get(grown, 0)
    z = two_proportion_z(in_hour, hour, in_before, before)
    if _growth(story, grown, hour, before) < MOOD_LEAST_POINTS or z <= MOOD_LEAST_Z:
        return None
    figures = {"hour": hour, "of_kind": in_hour, "before": before, "of_kind_before": in_before}
    return Finding(AlertRule.MOOD, figures, grown)


def is_wave(held: int) -> bool:
    return held >= WAVE_LEAST


def two_proportion_z(a: int, of_a: int, b: int, of_b: int) -> float:
    """How many standard errors the share `a / of_a` is above `b / of_b`, were both samples of one share."""
    both = (a + b) / (of_a + of_b)
    error = sqrt(both * (1 - both) * (1 / of_a + 1 / of_b))
    return (a / of_a - b / of_b) / error if error else 0.0


def _growth(story: ArticleHour, kind: int, hour: int, before: int) -> float:
    return story.hour[kind] / hour - story.before.get(kind, 0) / before
