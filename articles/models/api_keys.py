"""API keys, and the stored answers of calls with an Idempotency-Key."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class ApiKey(models.Model):
    """A program's key. The secret is shown once, when it is issued; only its hash is stored."""

    name = models.CharField(max_length=100)
    prefix = models.CharField("begins with", max_length=12, editable=False)
    secret_hash = models.BinaryField(max_length=32, editable=False)
    # After a rotation: the secret that was replaced, and until when it is accepted beside the new one.
    old_secret_hash = models.BinaryField(max_length=32, null=True, editable=False)
    old_key_valid_until = models.DateTimeField(
        "old secret valid until", null=True, blank=True, editable=False
    )
    scopes = ArrayField(models.CharField(max_length=40), verbose_name="may")
    created_at = models.DateTimeField("issued", auto_now_add=True)
    expires_at = models.DateTimeField("expires", null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField("last used", null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]
        constraints = [
            # Every call with a key finds it by the part that is no secret.
            models.UniqueConstraint(fields=["prefix"], name="articles_apikey_prefix"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def state(self) -> str:
        """Valid, Expired or Revoked, now."""
        if self.revoked_at:
            return "Revoked"
        is_over = self.expires_at is not None and self.expires_at <= timezone.now()
        return "Expired" if is_over else "Valid"


class IdempotencyKey(models.Model):
    """The stored answer of a call, for the same call sent again. A key belongs to one program and one operation."""

    api_key = models.ForeignKey(
        ApiKey,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # the first column of articles_answer_per_operation serves it
    )
    # The method and route of the call, such as "POST api/v1/articles/".
    operation = models.CharField(max_length=200, default="", db_default="")
    key = models.CharField(max_length=255)
    request_hash = models.BinaryField(max_length=32)
    response_status = models.PositiveSmallIntegerField(default=0)
    response_headers = models.JSONField(default=dict, db_default={})
    response_body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # A call that carries an Idempotency-Key.
            models.UniqueConstraint(
                fields=["api_key", "operation", "key"], name="articles_answer_per_operation"
            ),
        ]
        indexes = [
            # purge_answers: the old ones.
            models.Index(fields=["created_at"], name="articles_answers_by_time"),
        ]
