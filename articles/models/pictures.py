"""Pictures as a desk describes them."""

from django.db import models


class Media(models.Model):
    """A picture as a desk describes it."""

    caption = models.TextField(blank=True)
    alt_text = models.TextField(blank=True)
    credit = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "media"

    def __str__(self) -> str:
        return self.caption or self.alt_text or f"Media {self.pk}"
