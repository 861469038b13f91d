"""Webhooks: the events that there were, the endpoints that want to hear of them, and what was sent."""

import secrets
from base64 import b64encode

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from articles.ids import uuid7
from articles.sealed import SealedField

_SECRET_BYTES = 32
# Of what a receiver answered, as it is shown.
MOST_ANSWER = 4_096


class EventType(models.TextChoices):
    """What there is to hear of. Receivers ignore a type that they do not know: there will be more."""

    PUBLISHED = "article.published", "A story came out"
    UPDATED = "article.updated", "A public story has a new version without a correction"
    CORRECTED = "article.corrected", "A story was corrected"
    RETRACTED = "article.retracted", "A story was retracted, and is shown with its notice"
    UNPUBLISHED = "article.unpublished", "A story was taken off"
    KILLED = "article.killed", "A story was removed for good"
    MERGED = "article.merged", "A story was merged into another one"
    DELETED = "article.deleted", "A story was deleted"
    REACTIONS = "reactions.changed", "Counts changed"
    WAVE = "reactions.wave", "A wave of reactions is held"
    ALERT = "alert.raised", "An alert was raised"
    DISABLED = "webhook.disabled", "Another webhook was switched off"


# What *Send a test* sends. No endpoint subscribes to it.
TEST = "webhook.test"


def new_secret() -> str:
    """As Standard Webhooks writes one."""
    return f"whsec_{b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


class WebhookEvent(models.Model):
    """Something happened. Numbering gives it its position, which only rises in the order of commits.

    Counts have no event: they change all the time, and an endpoint gets those that the change feed has.
    """

    type = models.CharField(max_length=30, choices=EventType)
    article_id = models.UUIDField(null=True)
    data = models.JSONField()
    position = models.BigIntegerField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # What an endpoint has not got; the task that deletes old ones reads from its beginning.
            models.Index(fields=["position"], name="reactions_events"),
        ]


class WebhookEndpoint(models.Model):
    """An address of a receiver, and up to which positions it has messages."""

    url = models.CharField("address", max_length=2_000)
    description = models.CharField(max_length=200, blank=True)
    types = ArrayField(models.CharField(max_length=30, choices=EventType), verbose_name="hears of")
    interval = models.PositiveIntegerField(
        "seconds between counts",
        default=10,
        help_text="Changed counts are sent together, at most once in so many seconds.",
    )
    secret = SealedField(default=new_secret, editable=False)
    # Also valid, until then: both signatures are sent while the receiver changes its secret.
    old_secret = SealedField(blank=True, editable=False)
    old_secret_valid_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    active = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=300, blank=True, editable=False)

    events_to = models.BigIntegerField(default=0, editable=False)
    counts_to = models.BigIntegerField(default=0, editable=False)
    counts_due_at = models.DateTimeField(db_default=Now(), editable=False)
    # Its answer said so: nothing is sent before.
    not_before = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField("failing since", null=True, editable=False)
    warnings = models.SmallIntegerField(
        default=0, editable=False, help_text="Mails that were sent since it began to fail."
    )

    class Meta:
        verbose_name = "webhook"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.description or self.url


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


class WebhookDelivery(models.Model):
    """One message to one endpoint: the same id and the same bytes at each attempt."""

    # Sorts by when it was made, also those of one transaction, whose `created_at` is the same.
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    type = models.CharField(max_length=30)
    body = models.TextField()
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.WAITING)
    created_at = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    give_up_at = models.DateTimeField()
    # A process sends it until then; one that died leaves it to the next one.
    leased_until = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True)
    status = models.SmallIntegerField(null=True, help_text="Of the last answer.")
    answer = models.TextField(blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering = ["-id"]
        indexes = [
            # What is due, every second.
            models.Index(
                fields=["next_attempt_at"],
                name="reactions_deliveries_due",
                condition=models.Q(state=DeliveryState.WAITING),
            ),
            # The task that deletes old ones.
            models.Index(fields=["created_at"], name="reactions_deliveries_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.type} ({self.get_state_display()})"
