"""The tables behind the counts.

No table here has a foreign key: writing a reaction must not lock the story's row, or the readers of
one story would queue behind one another.
"""

from django.db import models
from django.db.models.functions import Now

from articles.models import Article


class Reaction(models.Model):
    """What one reader feels about one article: the ledger, and the truth.

    The totals of an article are the sum of `counted` over its rows, and `counted` is on its way to
    `kinds`, or to nothing where `held`. Hash-partitioned by article, so that a hundred million rows
    stay manageable. An empty set stays as a row: its reader may come back.
    """

    # The key serves the one row of a write, a reader's own reactions, and fold's look at a marked row.
    pk = models.CompositePrimaryKey("article_id", "reader_id")
    article_id = models.UUIDField()
    reader_id = models.UUIDField()
    kinds = models.IntegerField()
    previous = models.IntegerField(default=0, help_text="The set that `kinds` replaced.")
    held = models.BooleanField(default=False, help_text="Kept, and left out of the counts.")
    counted = models.IntegerField(default=0, help_text="What of this row the totals hold.")
    was_counted = models.IntegerField(
        default=0, help_text="What `counted` was before the last fold."
    )
    erased = models.BooleanField(default=False, help_text="Its reader left; fold removes the row.")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # All rows of one reader: `readers/me/`.
            models.Index(fields=["reader_id"], name="reactions_by_reader"),
            # The few rows of readers who left, for fold to remove.
            models.Index(
                fields=["article_id"], name="reactions_erased", condition=models.Q(erased=True)
            ),
        ]


class Mark(models.Model):
    """The outbox: "look at this row". It says nothing else, so two of them are as good as one."""

    article_id = models.UUIDField()
    reader_id = models.UUIDField()
    marked_at = models.DateTimeField(db_default=Now())


class Tally(models.Model):
    """How often the public answer of an article has changed, and how much of that Redis has been told.

    Its row is what two folds of one article queue behind.
    """

    article_id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField()
    published_version = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        indexes = [
            # What Redis has yet to be told: publishing.
            models.Index(
                fields=["article_id"],
                name="reactions_unpublished",
                condition=models.Q(version__gt=models.F("published_version")),
            ),
        ]


class Total(models.Model):
    """How many readers feel `kind` about an article. Written by fold alone; never below zero."""

    # The key serves the counts of an article.
    pk = models.CompositePrimaryKey("article_id", "kind")
    article_id = models.UUIDField()
    kind = models.SmallIntegerField()
    count = models.BigIntegerField()


class Bucket(models.Model):
    """What was added to and removed from an article's totals in the quarter of an hour from `start`.

    Quarters of an hour in UTC regroup exactly into the hours and days of every time zone in use.
    """

    # The key serves the statistics of an article.
    pk = models.CompositePrimaryKey("article_id", "start", "kind")
    article_id = models.UUIDField()
    start = models.DateTimeField()
    kind = models.SmallIntegerField()
    added = models.IntegerField()
    removed = models.IntegerField()


class Policy(models.Model):
    """Which reactions an article takes. No row: it is open to all of them."""

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed", "closed, counts shown"
        HIDDEN = "hidden"

    article_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    allowed = models.IntegerField(null=True, help_text="The set it takes; empty: every kind.")


class ReactedArticle(Article):
    """An article as the desk lists it: with what readers feel about it."""

    class Meta:
        proxy = True
        verbose_name = "reacted article"
        verbose_name_plural = "reactions"
