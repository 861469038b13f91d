"""What is written beside an article and never changed: its corrections and its versions."""

from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from articles.models.articles import Article
from articles.models.states import PUBLIC_STATES

# What editors read for the `kind` of a version: a transition, or one of the ways in which content is written.
WHAT_WAS_DONE = {
    "create": "written",
    "edit": "edited",
    "import": "imported",
    "restore": "restored from an older version",
    "register": "registered when a reader saw its page",
    "move": "moved to another address",
    "merge": "merged",
    "submit": "submitted for review",
    "send_back": "sent back",
    "schedule": "scheduled",
    "deschedule": "taken off the schedule",
    "lift_embargo": "embargo lifted",
    "publish": "published",
    "correct": "corrected",
    "unpublish": "unpublished",
    "retract": "retracted",
    "kill": "killed",
    "spike": "spiked",
    "unspike": "unspiked",
}


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def public(self) -> Self:
        """Those of articles that the pages of this installation show."""
        return self.filter(article__state__in=PUBLIC_STATES, article__is_listed=True)


class Correction(models.Model):
    """A notice to readers about a change to an article that they may have read."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", pgettext_lazy("notice", "Correction")
        CLARIFICATION = "clarification", pgettext_lazy("notice", "Clarification")
        UPDATE = "update", pgettext_lazy("notice", "Update")
        EDITORS_NOTE = "editors_note", pgettext_lazy("notice", "Editor’s note")
        RETRACTION = "retraction", pgettext_lazy("notice", "Retraction")

    class Placement(models.TextChoices):
        TOP = "top", "Above the story"
        BOTTOM = "bottom", "Below the story"

    article = models.ForeignKey(
        Article,
        on_delete=models.CASCADE,
        related_name="corrections",
        db_index=False,  # articles_corrections_of_story serves it
    )
    kind = models.CharField("kind of notice", max_length=20, choices=Kind, default=Kind.CORRECTION)
    text = models.TextField(help_text="Plain text.")
    placement = models.CharField(max_length=10, choices=Placement, default=Placement.TOP)
    published_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(help_text="The version of the story with the correction.")
    editor = models.CharField(max_length=150, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["published_at", "id"]
        indexes = [
            # The notices of one article, in their order.
            models.Index(
                fields=["article", "published_at", "id"], name="articles_corrections_of_story"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}"


class ArticleRevision(models.Model):
    """A version of an article in full, as one write left it. Never changed and never removed."""

    article = models.ForeignKey(
        Article,
        on_delete=models.CASCADE,
        related_name="revisions",
        db_index=False,  # the first column of articles_revision_once serves it
    )
    version = models.PositiveIntegerField()
    snapshot = models.JSONField(encoder=DjangoJSONEncoder)
    kind = models.CharField("what was done", max_length=20)
    note = models.TextField(blank=True)
    editor = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField("saved", default=timezone.now)

    class Meta:
        verbose_name = "version"
        verbose_name_plural = "versions"
        ordering = ["-version"]
        constraints = [
            # The history of an article, one version of it, and no version twice.
            models.UniqueConstraint(fields=["article", "version"], name="articles_revision_once"),
        ]

    def __str__(self) -> str:
        return f"Version {self.version}: {self.what_was_done}"

    @property
    def what_was_done(self) -> str:
        return WHAT_WAS_DONE.get(self.kind) or self.kind.replace("_", " ")
