"""The audit log: every act on what the desk manages, with who did it and what it changed."""

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone


class ActorKind(models.TextChoices):
    """What acted: a person at the desk, a program by the API, a command in a terminal, or a worker by itself."""

    USER = "user", "User"
    KEY = "key", "API key"
    COMMAND = "command", "Command"
    SYSTEM = "system", "System"


class AuditEntry(models.Model):
    """One act. `articles.audit` writes it, in the transaction of what it describes; a trigger refuses every change."""

    at = models.DateTimeField("when", default=timezone.now, db_default=models.functions.Now())
    actor_kind = models.CharField("kind of actor", max_length=10, choices=ActorKind)
    actor = models.CharField("who", max_length=150, blank=True)
    actor_id = models.CharField(
        max_length=150,
        blank=True,
        help_text="The id of the user, the prefix of the key, or the account of the machine.",
    )
    action = models.CharField("what was done", max_length=40)
    object_type = models.CharField("kind of object", max_length=40)
    object_id = models.CharField("id", max_length=64, blank=True)
    object_name = models.CharField("object", max_length=200, blank=True)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [
            # The history of one object, the last act first.
            models.Index(
                fields=["object_type", "object_id", "-id"], name="articles_audit_of_object"
            ),
            # What one actor did, and what one kind of act was done to.
            models.Index(fields=["actor", "-id"], name="articles_audit_of_actor"),
            models.Index(fields=["action", "-id"], name="articles_audit_of_action"),
            # A period, and what is older than the log is kept.
            models.Index(fields=["at"], name="articles_audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.actor or self.get_actor_kind_display()}: {self.action} {self.object_name}"

    @property
    def differences(self) -> list[tuple[str, Any, Any]]:
        """Each name with the value before and after; None where it had none."""
        names = sorted({**self.before, **self.after})
        return [(name, self.before.get(name), self.after.get(name)) for name in names]
