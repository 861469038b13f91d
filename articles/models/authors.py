"""Who writes articles."""

from django.db import models
from django.urls import reverse

from articles.fields import SLUG_LENGTH
from articles.models.taxonomy import validate_slug


class Author(models.Model):
    """A person who writes articles, with a page of their own."""

    slug = models.CharField(max_length=SLUG_LENGTH, validators=[validate_slug])
    name = models.CharField(max_length=100)
    job_title = models.CharField(max_length=100, blank=True)
    about = models.TextField(blank=True, help_text="Plain text, for the author's page.")
    url = models.URLField("website", blank=True, help_text="The author's site or profile.")

    class Meta:
        ordering = ["name"]
        constraints = [
            # The author page, the filter `author` of the list call, and writing by name.
            models.UniqueConstraint(fields=["slug"], name="articles_author_slug"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("articles:author", args=[self.slug])
