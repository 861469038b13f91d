"""The desk's choice of the article that leads the front page."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from articles.models.articles import Article


def half_a_day_from_now() -> datetime:
    """To the minute, as the desk's form has it."""
    return (timezone.now() + timedelta(hours=12)).replace(second=0, microsecond=0)


class Lead(models.Model):
    """An article leads the front page until a time, or until a later choice, whichever comes first.

    Choices are kept: they say what led, and who chose it.
    """

    article = models.ForeignKey(
        Article,
        on_delete=models.CASCADE,
        related_name="leads",  # its index finds whether an article leads
    )
    until = models.DateTimeField(default=half_a_day_from_now)
    chosen_at = models.DateTimeField("chosen", default=timezone.now, editable=False)
    chosen_by = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name = "front page lead"
        ordering = ["-chosen_at", "-id"]
        indexes = [
            # The front page: the choices that have not ended.
            models.Index(fields=["until"], name="articles_lead_until"),
        ]

    def __str__(self) -> str:
        return self.article.headline
