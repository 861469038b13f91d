"""A simulated time: stories with launches and honest nights, and what is planted among them; evaluated as the worker does."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from articles.models import Article
from reactions import traffic
from reactions.alerts.raising import raise_alerts
from reactions.kinds import BY_KEY
from reactions.models import Alert, Bucket, Wave
from reactions.stats.pace import rebuild_pace
from reactions.traffic import make_traffic

QUARTER = timedelta(minutes=15)
# Quarters between two rebuilds of the pace, which takes longest; the product has four.
_REBUILT = 48
# From midnight until six in the morning, in the zone of the site, which is UTC here.
_NIGHT = range(6)
_LAUNCH = timedelta(hours=3)


@dataclass
class Month:
    """What was planted: by the rule that should find it, the story and the moment."""

    until: datetime
    planted: list[tuple[str, UUID, datetime]] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)

    def evaluate(self, *, days: int) -> list[Alert]:
        """Every quarter of an hour of the last days, at its last minute, with the pace as it is rebuilt meanwhile."""
        now = self.until - timedelta(days=days) + timedelta(minutes=14)
        alerts: list[Alert] = []
        steps = 0
        while now < self.until:
            if steps % _REBUILT == 0:
                rebuild_pace(now=now)
            for wave in [each for each in self.waves if each.started_at <= now]:
                self.waves.remove(wave)
                wave.save()
            alerts += raise_alerts(now=now)
            steps += 1
            now += QUARTER
        return alerts

    @property
    def stories(self) -> set[UUID]:
        return {story for _, story, _ in self.planted}

    def missed(self, alerts: Collection[Alert]) -> list[tuple[str, UUID, datetime]]:
        """What was planted and not found within an hour and a half."""
        found = [(alert.rule, alert.article_id, alert.raised_at) for alert in alerts]
        return [
            (rule, story, at)
            for rule, story, at in self.planted
            if not any(
                (r, s) == (rule, story) and timedelta() <= raised - at <= timedelta(minutes=90)
                for r, s, raised in found
            )
        ]

    def false_at_night(self, alerts: Collection[Alert]) -> list[str]:
        """Alerts about stories in whose nights nothing was planted. A large story that comes out at night is news."""
        published = dict(Article.objects.values_list("pk", "first_published_at"))
        return [
            f"{alert.rule} at {alert.raised_at}, out at {published[alert.article_id]}: {alert.figures}"
            for alert in alerts
            if alert.raised_at.astimezone(UTC).hour in _NIGHT
            and alert.article_id not in self.stories
            and alert.raised_at - (published[alert.article_id] or alert.raised_at) > _LAUNCH
        ]


def simulate(*, stories: int, reactions: int, days: int, planted_days: int, seed: int) -> Month:
    """Traffic of so many days; in the last ones, each day: a brigade that presses at night, a wave of it that is held, and a mood turn by day."""
    until = datetime(2026, 3, 3, tzinfo=UTC)
    with honest():
        make_traffic(stories=stories, reactions=reactions, days=days, seed=seed, until=until)
    month, source = Month(until), Random(seed)
    for day in range(planted_days):
        midnight = until - timedelta(days=planted_days - day)
        _brigade(month, _story(source, midnight - timedelta(days=2)), midnight + timedelta(hours=3))
        _mood_turn(month, _story(source, midnight), midnight + timedelta(hours=18), source)
    return month


@contextmanager
def honest() -> Iterator[None]:
    """Without what the traffic has of its own to be found: what is planted here alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_FOUND_AGAIN", "_TURNING", "_BRIGADE"):
            patch.setattr(traffic, name, 0)
        yield


def _story(source: Random, day: datetime) -> UUID:
    """A story that came out in the first half of this day."""
    found = Article.objects.filter(
        first_published_at__gte=day, first_published_at__lt=day + timedelta(hours=14)
    )
    return source.choice(list(found.order_by("pk").values_list("pk", flat=True)))


def _brigade(month: Month, story: UUID, at: datetime) -> None:
    """A hundred and twenty presses in an hour on a story of two days ago, and three hundred that are held."""
    for number in range(4):
        _press(story, at + number * QUARTER, {"dislike": 30})
    month.waves.append(
        Wave(
            article_id=story,
            rule="surge",
            started_at=at,
            last_at=at + timedelta(hours=1),
            size=300,
            network_count=80,
            is_open=False,
        )
    )
    month.planted += [("spike", story, at), ("wave", story, at)]


def _mood_turn(month: Month, story: UUID, at: datetime, source: Random) -> None:
    """Some hundred and seventy readers in an hour who are angry, about a story that a hundred had loved."""
    _press(story, at - timedelta(hours=3), {"love": 100})
    for number in range(4):
        _press(story, at + number * QUARTER, {"angry": 40 + source.randrange(9), "love": 3})
    month.planted.append(("mood", story, at))


def _press(story: UUID, start: datetime, kinds: dict[str, int]) -> None:
    for key, count in kinds.items():
        bucket, _ = Bucket.objects.get_or_create(
            article_id=story,
            start=start,
            kind=BY_KEY[key].bit,
            defaults={"added": 0, "removed": 0},
        )
        Bucket.objects.filter(pk=bucket.pk).update(added=bucket.added + count)
