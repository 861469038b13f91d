"""The tables of alerts and reports: what was raised, what a user wants to get, and every message that was sent."""

from typing import TypeAlias

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

MOST_ERROR = 200  # characters


class AlertRule(models.TextChoices):
    """What an alert is raised for; reactions/alerts/rules.py has the thresholds."""

    SPIKE = "spike", "Spike"
    MOOD = "mood", "Mood turn"
    WAVE = "wave", "Wave"


class ReportPeriod(models.TextChoices):
    DAY = "day", "Daily report"
    WEEK = "week", "Weekly report"


class Alert(models.Model):
    """What one rule found in one story, with the figures that it was raised for. Written once and never changed."""

    Rule: TypeAlias = AlertRule

    article_id = models.UUIDField()
    rule = models.CharField(max_length=5, choices=AlertRule)
    wave_id = models.BigIntegerField(null=True, help_text="Of an alert about a wave.")
    kind = models.SmallIntegerField(null=True, help_text="Of a mood turn: the kind that grew.")
    figures = models.JSONField(help_text="What was measured, and what is usual.")
    raised_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-raised_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["wave_id"],
                name="reactions_alert_of_wave",
                condition=models.Q(wave_id__isnull=False),
            ),
        ]
        indexes = [
            # Whether an article was silent since; the alerts of a story.
            models.Index(fields=["article_id", "-raised_at"], name="reactions_alerts_of_article"),
            # The desk's page and its bell, newest first.
            models.Index(fields=["-raised_at"], name="reactions_alerts_by_time"),
        ]


class Subscription(models.Model):
    """Which mails a user gets, and what they have seen of the alerts. Without a row: no mail."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="subscription",
    )
    alerts = models.BooleanField(default=False)
    daily = models.BooleanField(default=False)
    weekly = models.BooleanField(default=False)
    since = models.DateTimeField(
        db_default=Now(), help_text="A report that was due before is not sent."
    )
    seen_alert = models.BigIntegerField(default=0, help_text="The last alert that was shown.")


class Mute(models.Model):
    """Alerts that a user does not want, or that the chat does not get (no user): of an article, of a rule, or all."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # reactions_mute_once serves it
    )
    article_id = models.UUIDField(null=True)
    rule = models.CharField(max_length=5, choices=AlertRule, blank=True)
    until = models.DateTimeField(null=True, help_text="Null: until it is taken back.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            # The mutes of a user; one press is one mute.
            models.UniqueConstraint(
                fields=["user", "article_id", "rule"],
                name="reactions_mute_once",
                nulls_distinct=False,
            ),
        ]


class Report(models.Model):
    """A report as it was made for one user: one for each day or week, whatever number of workers make it."""

    Period: TypeAlias = ReportPeriod

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # reactions_report_once serves it
    )
    period = models.CharField(max_length=4, choices=ReportPeriod)
    first_day = models.DateField(help_text="In the zone of the user.")
    subject = models.CharField(max_length=200)
    html = models.TextField()
    text = models.TextField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            # One report of a period for a user.
            models.UniqueConstraint(
                fields=["user", "period", "first_day"], name="reactions_report_once"
            ),
        ]
        indexes = [
            # The task that deletes old ones.
            models.Index(fields=["made_at"], name="reactions_reports_by_time"),
        ]


class MessageState(models.TextChoices):
    """From WAITING a worker makes it SENDING before the first byte leaves, and SENT afterwards.

    One that stays SENDING was left by a worker that died meanwhile: it may have been sent, and is not sent again.
    """

    WAITING = "waiting", "waiting"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    FAILED = "failed", "not sent"


class Message(models.Model):
    """One alert or report on its way to one recipient, by mail or, without a user, to the chat."""

    State: TypeAlias = MessageState

    alert = models.ForeignKey(
        Alert,
        null=True,
        on_delete=models.CASCADE,
        related_name="messages",
        db_index=False,  # reactions_message_of_alert serves it
    )
    report = models.OneToOneField(
        Report, null=True, on_delete=models.CASCADE, related_name="message"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(max_length=7, choices=MessageState, default=MessageState.WAITING)
    failures = models.IntegerField(default=0)
    retry_at = models.DateTimeField(db_default=Now())
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=MOST_ERROR, blank=True)

    class Meta:
        constraints = [
            # One message of an alert to a recipient.
            models.UniqueConstraint(
                fields=["alert", "user"],
                name="reactions_message_of_alert",
                condition=models.Q(alert__isnull=False),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="reactions_message_of_one",
                condition=models.Q(alert__isnull=False, report=None)
                | models.Q(alert=None, report__isnull=False),
            ),
        ]
        indexes = [
            # The task that sends them; nearly always none.
            models.Index(
                fields=["retry_at"],
                name="reactions_messages_to_send",
                condition=models.Q(state=MessageState.WAITING),
            ),
        ]
