"""The tables behind the desk's figures: what aggregation writes beside the buckets, and what editors add."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

MOST_TEXT = 200  # characters


class SiteBucket(models.Model):
    """What one aggregation added to and removed from the counts of a section's articles, in the 15 minutes from `start`.

    Rows are only ever inserted, so that two aggregations never wait for each other; a task adds up those of the past.
    The section is the one that the article had when it was counted; null: none.
    """

    start = models.DateTimeField()
    section_id = models.BigIntegerField(null=True)
    kind = models.SmallIntegerField()
    added = models.BigIntegerField()
    removed = models.BigIntegerField()
    summed = models.BooleanField(db_default=False, help_text="Added up by the task.")

    class Meta:
        indexes = [
            # Figures of the whole site and of sections, from the index alone.
            models.Index(
                fields=["start"],
                include=["section_id", "kind", "added", "removed"],
                name="reactions_sitebucket_by_start",
            ),
            # The task that adds them up.
            models.Index(
                fields=["start"],
                name="reactions_sitebucket_to_sum",
                condition=models.Q(summed=False),
            ),
        ]


class DayBucket(models.Model):
    """The buckets of one article and kind, added up for a whole day in UTC that is over: for windows of weeks."""

    pk = models.CompositePrimaryKey("day", "article_id", "kind")
    day = models.DateField()
    article_id = models.UUIDField()
    kind = models.SmallIntegerField()
    added = models.IntegerField()
    removed = models.IntegerField()


class ViewBucket(models.Model):
    """How many clients opened an article in the half hour from `start`, about: the figure is `views` and `moved` together.

    `views` is copied from Redis, and only grows. A merge moves the sum to the other article, and takes it off here.
    """

    # The key serves the views of an article.
    pk = models.CompositePrimaryKey("article_id", "start")
    article_id = models.UUIDField()
    start = models.DateTimeField()
    views = models.IntegerField()
    moved = models.IntegerField(
        db_default=0, help_text="By merges: those that came, less those that left."
    )

    class Meta:
        indexes = [
            # The views of a window. No index has what changes every minute, so that PostgreSQL updates rows in place.
            BrinIndex(
                fields=["start"],
                name="reactions_views_by_start",
                autosummarize=True,
                pages_per_range=16,
            ),
        ]


class DayView(models.Model):
    """The views of one article, added up for a whole day in UTC that is over: as a DayBucket is."""

    pk = models.CompositePrimaryKey("day", "article_id")
    day = models.DateField()
    article_id = models.UUIDField()
    views = models.IntegerField()


class SummedDay(models.Model):
    """A day whose DayBuckets and DayViews are there. They are right unless a StaleDay names it."""

    day = models.DateField(primary_key=True)


class StaleDay(models.Model):
    """An outbox: an aggregation or a merge changed buckets of a day that was over. Duplicates are harmless."""

    day = models.DateField()


class Pace(models.Model):
    """How many reactions the articles of the last 28 days had at one age: percentiles over them. Rebuilt every hour."""

    section_id = models.BigIntegerField(null=True, help_text="Null: the whole site.")
    age = models.IntegerField(help_text="Minutes since the first publication.")
    articles = models.IntegerField(help_text="That have reached this age.")
    quarter = models.FloatField(help_text="25 of 100 articles had no more.")
    median = models.FloatField()
    three_quarters = models.FloatField()
    high = models.FloatField(help_text="95 of 100 articles had no more.")
    hour_median = models.FloatField(help_text="In the hour that ends at this age.")
    hour_high = models.FloatField(help_text="95 of 100 had no more in that hour.")
    built_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # The pace of a section at an age.
            models.UniqueConstraint(
                fields=["section_id", "age"], name="reactions_pace_once", nulls_distinct=False
            ),
        ]


class Annotation(models.Model):
    """A note of an editor at a moment, on the charts of one article or of the whole site."""

    article_id = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField("when")
    text = models.CharField(max_length=MOST_TEXT)
    editor = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            # The notes of one article, and of the site, in a period.
            models.Index(fields=["article_id", "at"], name="reactions_annotations"),
        ]

    def __str__(self) -> str:
        return self.text


class SavedView(models.Model):
    """A page of the desk with its range, filters and order, under a name."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # reactions_savedview_once serves it
    )
    page = models.CharField(max_length=20)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2_000, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page", "name"], name="reactions_savedview_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
