"""Pictures: what a desk says about them, the file that was verified, and its renditions."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from articles.storage import picture_storage

# The columns of a picture that pages, feeds and the API show.
SHOWN_OF_MEDIA = (
    *("id", "caption", "alt_text", "credit", "copyright_notice"),
    *("file", "content_type", "byte_size", "width", "height", "focal_x", "focal_y", "rendered"),
)

PART = [MinValueValidator(0), MaxValueValidator(1)]


@dataclass(frozen=True, slots=True)
class Rendition:
    """A smaller or cropped copy of a picture."""

    name: str
    file: str
    content_type: str
    width: int
    height: int
    byte_size: int

    @property
    def path(self) -> str:
        """Its address on this site's pages."""
        return picture_storage().url(self.file)

    @property
    def url(self) -> str:
        """Its absolute address."""
        return absolute(self.path)


class Media(models.Model):
    """A picture as a desk describes it, with its file where there is one."""

    caption = models.TextField(blank=True)
    alt_text = models.TextField(
        "alternative text",
        blank=True,
        help_text="Describes the picture to readers who do not see it.",
    )
    decorative = models.BooleanField(
        default=False, help_text="Adds nothing to the story, so that it needs no alternative text."
    )
    credit = models.CharField(max_length=200, blank=True)
    copyright_notice = models.TextField(blank=True)
    source_url = models.CharField(
        "fetched from",
        max_length=1000,
        blank=True,
        help_text="The address that an import gave; empty for an upload.",
    )

    file = models.FileField(storage=picture_storage, max_length=200, blank=True, editable=False)
    content_type = models.CharField(max_length=20, blank=True, editable=False)
    content_hash = models.CharField(
        max_length=64, blank=True, editable=False, help_text="SHA-256 of the file."
    )
    byte_size = models.PositiveIntegerField(default=0, editable=False)
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    focal_x = models.FloatField(
        default=0.5, validators=PART, help_text="0 is the left edge, 1 the right one."
    )
    focal_y = models.FloatField(
        default=0.5, validators=PART, help_text="0 is the upper edge, 1 the lower one."
    )
    # A column and not a table: showing the picture needs no further query, and a worker
    # replaces all at once (docs/decisions/0010-pictures.md).
    rendered = models.JSONField(default=list, blank=True, editable=False)

    due_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When a worker fetches or renders it; empty where there is nothing to do.",
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    last_error = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = "picture"
        constraints = [
            models.CheckConstraint(
                name="articles_media_focal_point",
                condition=models.Q(focal_x__range=(0, 1), focal_y__range=(0, 1)),
            ),
        ]
        indexes = [
            # prepare_due: pictures that wait for a worker.
            models.Index(
                fields=["due_at"],
                name="articles_media_due",
                condition=models.Q(due_at__isnull=False),
            ),
            # delete_unused_files: whether any row still names a file.
            models.Index(
                fields=["content_hash"],
                name="articles_media_by_hash",
                condition=~models.Q(content_hash=""),
            ),
        ]

    def __str__(self) -> str:
        return self.caption or self.alt_text or f"Picture {self.pk}"

    @property
    def path(self) -> str:
        """The address of the full-size picture on this site's pages."""
        return picture_storage().url(str(self.file.name))

    @property
    def url(self) -> str:
        """The absolute address; empty where there is only a description."""
        return absolute(self.path) if self.file else ""

    @cached_property
    def renditions(self) -> list[Rendition]:
        """Each file once: earlier releases listed the widest renditions of a large picture twice."""
        return list({each["file"]: Rendition(**each) for each in self.rendered}.values())

    @property
    def full_size(self) -> Rendition:
        """The picture itself as one more rendition; it can be shown before there are others."""
        return Rendition(
            "original",
            str(self.file.name),
            self.content_type,
            self.width,
            self.height,
            self.byte_size,
        )

    def list_whole(self, content_type: str) -> list[Rendition]:
        """Those that show all of the picture, the narrowest first."""
        return [
            each
            for each in self.renditions
            if each.content_type == content_type and "x" not in each.name
        ]

    def list_crops(self, shape: str, content_type: str = "image/jpeg") -> list[Rendition]:
        """Those of a shape such as 16x9, the narrowest first."""
        return [
            each
            for each in self.renditions
            if each.content_type == content_type and each.name.startswith(f"{shape}-")
        ]

    def within(self, width: int, height: int | None = None) -> Rendition:
        """The largest whole JPEG that fits; the smallest there is where none does."""
        found = self.list_whole("image/jpeg") or [self.full_size]
        fitting = [r for r in found if r.width <= width and (height is None or r.height <= height)]
        return fitting[-1] if fitting else found[0]


def largest(renditions: Iterable[Rendition], otherwise: Rendition) -> Rendition:
    return max(renditions, key=lambda each: each.width, default=otherwise)


def absolute(path: str) -> str:
    """A storage elsewhere gives whole addresses, our own only paths."""
    return f"{settings.SITE_URL}{path}" if path.startswith("/") else path
