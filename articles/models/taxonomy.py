"""What articles are filed under: sections and tags."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from articles.fields import SLUG_LENGTH
from articles.formats.slugs import slug_of


def validate_slug(slug: str) -> None:
    """For forms: files have been checked by their format."""
    if slug != slug_of(slug):
        raise ValidationError(f"{slug!r} is not a slug; {slug_of(slug)!r} may be one.")


class Section(models.Model):
    """A part of the paper: World, Science, Local."""

    slug = models.CharField(max_length=SLUG_LENGTH, validators=[validate_slug])
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["name"]
        constraints = [
            # The section page, the filter `section` of the list call, and publishing by name.
            models.UniqueConstraint(fields=["slug"], name="articles_section_slug"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("articles:section", args=[self.slug])


class Tag(models.Model):
    """A keyword that articles share."""

    slug = models.CharField(max_length=SLUG_LENGTH, validators=[validate_slug])
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["name"]
        constraints = [
            # The filter `tag` of the list call, and publishing by name.
            models.UniqueConstraint(fields=["slug"], name="articles_tag_slug"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("articles:tag", args=[self.slug])
