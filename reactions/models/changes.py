"""The change feed: what changed since a position, by article."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class ChangePart(models.IntegerChoices):
    """What of an article changed. The values are the order within one step of numbering."""

    CONTENT = 0
    COUNTS = 1


class ChangeNote(models.Model):
    """An outbox: an article changed, in the transaction that changed it. Duplicates are harmless."""

    article_id = models.UUIDField()
    part = models.SmallIntegerField(choices=ChangePart)
    created_at = models.DateTimeField(db_default=Now())


class Change(models.Model):
    """The latest change of a part of an article, with its position in the feed. Written by numbering only.

    Positions are given in one step at a time, after the commit of what they number, so that no reader is ever handed a
    position below which another one is still to come. The row of the content stays when the article is gone, as a
    tombstone that says why.
    """

    pk = models.CompositePrimaryKey("article_id", "part")
    article_id = models.UUIDField()
    part = models.SmallIntegerField(choices=ChangePart)
    position = models.BigIntegerField()
    at = models.DateTimeField(help_text="When it got its position.")
    version = models.BigIntegerField(help_text="Of the article. Of counts 0: the counts have it.")
    state = models.CharField(max_length=20, blank=True, help_text="Of the article, by then.")
    gone = models.CharField(max_length=20, blank=True, help_text="Why; empty: it is public.")
    into_id = models.UUIDField(null=True, help_text="The article that it was merged into.")
    facets = ArrayField(
        models.TextField(), help_text="What filters find: `listed`, `section:3`, `language:de` …"
    )
    seen_facets = ArrayField(
        models.TextField(), help_text="All that it ever had: readers by these have to hear of it."
    )

    class Meta:
        constraints = [
            # Each page of the feed reads from a position on.
            models.UniqueConstraint(fields=["position"], name="reactions_change_position"),
        ]
        indexes = [
            # The tombstones that are old.
            models.Index(fields=["at"], name="reactions_tombstones", condition=~models.Q(gone="")),
        ]


class ChangeFeed(models.Model):
    """The state of the feed: one row. The process that locks it numbers.

    `position` is the last one that was given, `forgotten` the last one of a tombstone that was deleted: a cursor below
    it has expired. Another `epoch` ends all cursors.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)
    forgotten = models.BigIntegerField(default=0)
    epoch = models.UUIDField()
