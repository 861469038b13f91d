"""Makes the reports that are due, each once for a user, whatever number of workers run."""

import time as clock
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.template.loader import render_to_string

from articles.roles import written_by
from reactions.alerts.links import Unsubscribe, absolute, story_url
from reactions.alerts.mail import has_mail
from reactions.alerts.recipients import MORNING, sees_all, sees_any, zone_of
from reactions.alerts.report_figures import ReportFigures, Story, first_day_of, report_figures
from reactions.alerts.styles import with_styles
from reactions.alerts.texts import reactions
from reactions.kinds import KINDS
from reactions.models import Message, Report, ReportPeriod, Subscription
from reactions.sql import row

_RUN_SECONDS = 30.0
_KEPT = timedelta(days=90)
_MONDAY = 0
_MOODS = {"glad": "Loved", "angry": "Made angry", "sad": "Made sad"}


@dataclass(frozen=True)
class _Due:
    user: User
    period: ReportPeriod
    first_day: date
    zone: ZoneInfo


def subscribe(user: User, *, daily: bool, weekly: bool, alerts: bool) -> None:
    """Set which mails a user gets. A report that was due before they asked for it is not sent."""
    stored, _ = Subscription.objects.get_or_create(user=user)
    if (daily and not stored.daily) or (weekly and not stored.weekly):
        stored.since = datetime.now(UTC)
    stored.daily, stored.weekly, stored.alerts = daily, weekly, alerts
    stored.save(update_fields=["daily", "weekly", "alerts", "since"])


def make_reports(*, now: datetime | None = None, seconds: float = _RUN_SECONDS) -> int:
    """Make the reports that are due at this moment, with the messages that send them; returns how many.

    A report and its message are one transaction: a worker that dies before its commit has made neither, and the next run
    makes both. Any number at once: the row of a report is unique.
    """
    now = now or datetime.now(UTC)
    ends, made = clock.monotonic() + seconds, 0
    for due in _due(now):
        if clock.monotonic() >= ends:
            break
        made += _make(due)
    return made


def delete_old_reports(*, now: datetime | None = None) -> int:
    """Delete the reports of more than 90 days ago; returns how many."""
    before = (now or datetime.now(UTC)) - _KEPT
    return Report.objects.filter(made_at__lt=before).delete()[1].get("reactions.Report", 0)


def _due(now: datetime) -> Iterator[_Due]:
    """What is due since seven o'clock of today, in the zone of each user; what was missed on an earlier day never is."""
    wanted = Subscription.objects.exclude(daily=False, weekly=False).select_related("user")
    recent = Report.objects.filter(made_at__gt=now - timedelta(days=16))
    made = set(recent.values_list("user_id", "period", "first_day"))
    for each in wanted.order_by("user_id"):
        zone = zone_of(each.user_id)
        today = now.astimezone(zone).date()
        if not each.since < datetime.combine(today, MORNING, zone) <= now:
            continue
        for period in _periods(each, today):
            first_day = first_day_of(period, today)
            if (each.user_id, period, first_day) not in made:
                yield _Due(each.user, period, first_day, zone)


def _periods(wanted: Subscription, today: date) -> Iterator[ReportPeriod]:
    if wanted.daily:
        yield ReportPeriod.DAY
    if wanted.weekly and today.weekday() == _MONDAY:
        yield ReportPeriod.WEEK


def _make(due: _Due) -> bool:
    if not sees_any(due.user):
        return False
    with transaction.atomic():
        if row("lock_report", {"user": due.user.pk}) != (True,):
            return False
        once = {"user": due.user, "period": due.period, "first_day": due.first_day}
        if Report.objects.filter(**once).exists():
            return False
        report = Report.objects.create(**once, **_contents(due))
        if has_mail() and due.user.email:
            Message.objects.create(report=report, user=due.user)
    return True


def _contents(due: _Due) -> dict[str, str]:
    own = None if sees_all(due.user) else written_by(due.user).values_list("pk", flat=True)
    figures = report_figures(
        period=due.period, first_day=due.first_day, zone=due.zone, articles=own
    )
    mails = "daily" if due.period is ReportPeriod.DAY else "weekly"
    context = {
        **_words(due, figures),
        "figures": figures,
        "is_own": own is not None,
        "zone": due.zone.key,
        "site_name": settings.SITE_NAME,
        "desk_url": absolute("/desk/"),
        "unsubscribe_url": Unsubscribe(due.user.pk, mails).url,
    }
    return {
        "subject": f"{settings.SITE_NAME}: {context['when']}, {context['headline']}"[:200],
        "html": with_styles(render_to_string("reactions/mail/report.html", context)),
        "text": render_to_string("reactions/mail/report.txt", context),
    }


def _words(due: _Due, figures: ReportFigures) -> dict[str, Any]:
    """The figures in words, and the lists with their lines."""
    before = "the day before" if due.period is ReportPeriod.DAY else "the week before"
    return {
        "when": _when(due),
        "headline": reactions(figures.came),
        "change": _change(figures, before),
        "out": f"{_stories(figures.out)} came out, {figures.out_before:,} {before}.",
        "kinds": [
            (kind, count, round(100 * count / figures.came))
            for kind in KINDS
            if (count := figures.by_kind.get(kind.key, 0))
        ]
        if figures.came >= 20
        else [],
        "lists": [each for each in _lists(figures) if each["lines"]],
    }


def _when(due: _Due) -> str:
    first = due.first_day
    if due.period is ReportPeriod.DAY:
        return f"{first:%A}, {first.day} {first:%B %Y}"
    last = first + timedelta(days=6)
    return f"Week of {first.day} {first:%B} to {last.day} {last:%B %Y}"


def _change(figures: ReportFigures, before: str) -> str:
    if figures.percent is None:
        return f"{before[0].upper()}{before[1:]} there were none."
    if figures.percent == 0:
        return f"As many as {before} ({figures.came_before:,})."
    more = "more" if figures.percent > 0 else "less"
    return f"{abs(figures.percent):,} % {more} than {before} ({figures.came_before:,})."


def _stories(count: int) -> str:
    return f"{count:,} stor{'y' if count == 1 else 'ies'}"


def _lists(figures: ReportFigures) -> Iterator[dict[str, Any]]:
    yield _list(
        "Most reactions",
        figures.top,
        [each.figures.came for each in figures.top],
        [f"{each.figures.came:,}" for each in figures.top],
    )
    ratios = [each.figures.against_usual or 0.0 for each in figures.above_usual]
    yield _list(
        "Furthest above usual", figures.above_usual, ratios, [f"{each:,.1f}×" for each in ratios]
    )
    for mood, title in _MOODS.items():
        stories = figures.moods[mood]
        counts = [each.moods[mood] for each in stories]
        notes = [
            f"{count:,} ({round(100 * count / each.figures.came)} %)"
            for count, each in zip(counts, stories, strict=True)
        ]
        yield _list(title, stories, counts, notes)
    gains = [each.gain for each in figures.movers]
    yield _list("Older stories that gained", figures.movers, gains, [f"+{n:,}" for n in gains])


def _list(
    title: str, stories: Sequence[Story], values: Sequence[float], notes: Sequence[str]
) -> dict[str, Any]:
    """A list with a bar for each story: its length in per cent of the longest."""
    longest = max(values, default=0) or 1
    lines = [
        {
            "headline": each.figures.headline,
            "url": story_url(each.figures.article_id),
            "note": note,
            "percent": max(round(100 * value / longest), 1),
            "rest": 100 - max(round(100 * value / longest), 1),
        }
        for each, value, note in zip(stories, values, notes, strict=True)
    ]
    return {"title": title, "lines": lines}
