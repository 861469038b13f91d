"""What the desk knows of a user beside Django's account."""

from django.conf import settings
from django.db import models

from articles.models.authors import Author


class Account(models.Model):
    """The author that a user is, and the time zone and language in which the desk shows them times and numbers."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="account",
    )
    author = models.ForeignKey(
        Author,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="accounts",
        help_text="The author that this user is: they see the figures of that author’s stories.",
    )
    timezone = models.CharField("time zone", max_length=64, blank=True)
    language = models.CharField(max_length=10, blank=True)

    def __str__(self) -> str:
        return str(self.user)


class DeskSession(models.Model):
    """A browser that is signed in at the desk, as its user recognises it. It ends with its session."""

    session = models.OneToOneField(
        "sessions.Session",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="desk_session",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="desk_sessions"
    )
    browser = models.CharField(
        max_length=60, help_text="Such as “Firefox on Windows”; no address and no version is kept."
    )
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.browser
