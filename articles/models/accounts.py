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
