"""Evaluates the alert rules, and stores each alert with its messages in one transaction: none is raised twice."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction

from reactions.alerts import rules
from reactions.alerts.recipients import recipients_of
from reactions.alerts.rules import ArticleHour, Finding
from reactions.changes.events import Event, note_events
from reactions.kinds import KINDS
from reactions.models import Alert, AlertRule, EventType, Message
from reactions.sql import row, rows
from reactions.stats.pace import Pace, pace
from reactions.stats.today import last_hour_since

# A wave that grew no more for so long is no news: it was there when the rules were evaluated for the first time.
_WAVE_SINCE = timedelta(days=1)


def raise_alerts(*, now: datetime | None = None) -> list[Alert]:
    """Store the alerts of this moment and the messages about them; returns them.

    Any number at once: one evaluates, the others return nothing. A worker that dies meanwhile has stored nothing.
    """
    now = now or datetime.now(UTC)
    usual = pace()  # before the transaction: it may wait for another thread
    with transaction.atomic():
        if row("lock_alerts") != (True,):
            return []
        alerts = [*_about_stories(now, usual), *_about_waves(now)]
        Alert.objects.bulk_create(alerts)
        Message.objects.bulk_create(_messages(alerts, now))
        note_events(_events(alerts))
    return alerts


def _about_stories(now: datetime, usual: Pace) -> Iterator[Alert]:
    found = rows(
        "alert_figures",
        {
            "now": now,
            "hour_since": last_hour_since(now),
            "silent_since": now - rules.SILENT,
            "least": min(rules.SPIKE_LEAST, rules.MOOD_LEAST),
        },
    )
    for article_id, section_id, published, hour, before, site_hour, silent in found:
        age = now - published if published else timedelta()
        story = ArticleHour(
            article_id, section_id, age, _by_kind(hour), _by_kind(before or ()), site_hour
        )
        for finding in (rules.find_spike(story, usual), rules.find_mood_turn(story)):
            if finding and finding.silenced_by not in silent:
                yield _alert(story, finding, now)


def _by_kind(figures: Iterable[Sequence[int]]) -> dict[int, int]:
    return {kind: added for kind, added in figures}  # noqa: C416  # of lists, not of pairs


def _alert(story: ArticleHour, finding: Finding, now: datetime) -> Alert:
    return Alert(
        article_id=story.article_id,
        rule=finding.rule,
        kind=finding.kind,
        figures=dict(finding.figures),
        raised_at=now,
    )


def _about_waves(now: datetime) -> Iterator[Alert]:
    found = rows("waves_to_alert", {"least": rules.WAVE_LEAST, "since": now - _WAVE_SINCE})
    for wave_id, article_id, rule, held, networks in found:
        figures = {"held": held, "networks": networks, "rule": rule}
        yield Alert(
            article_id=article_id,
            rule=AlertRule.WAVE,
            wave_id=wave_id,
            figures=figures,
            raised_at=now,
        )


def _events(alerts: Iterable[Alert]) -> Iterator[Event]:
    for alert in alerts:
        if alert.rule == AlertRule.WAVE:
            yield EventType.WAVE, alert.article_id, {"wave": alert.wave_id, **alert.figures}
        data = {
            "alert": alert.pk,
            "rule": alert.rule,
            "kind": _key(alert.kind),
            "figures": alert.figures,
        }
        yield EventType.ALERT, alert.article_id, data


def _key(bit: int | None) -> str | None:
    return next((kind.key for kind in KINDS if kind.bit == bit), None)


def _messages(alerts: Iterable[Alert], now: datetime) -> Iterator[Message]:
    for alert in alerts:
        for user_id in recipients_of(alert, now=now):
            yield Message(alert=alert, user_id=user_id)
