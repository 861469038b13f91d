"""Whom articles come from, and the addresses that are polled for them."""

from django.db import models
from django.utils import timezone


class Source(models.Model):
    """The origin of an article: an agency, a partner, the newsroom itself."""

    class Category(models.TextChoices):
        """ANS's six words for where an article comes from."""

        STAFF = "staff", "Staff"
        WIRES = "wires", "Wires"
        FREELANCE = "freelance", "Freelance"
        STOCK = "stock", "Stock"
        HANDOUT = "handout", "Handout"
        OTHER = "other", "Other"

    class Indexing(models.TextChoices):
        """Whether search engines may list the copy here beside the original."""

        INDEX = "index", "Index"
        NOINDEX = "noindex", "Do not index"

    name = models.CharField(max_length=100)
    credit = models.CharField(
        max_length=50, blank=True, help_text="As a dateline prints it, such as AFP."
    )
    category = models.CharField(max_length=20, choices=Category, default=Category.WIRES)
    dateline_style = models.CharField(max_length=20, blank=True, help_text="Empty: the site's.")
    indexing = models.CharField(max_length=20, choices=Indexing, default=Indexing.INDEX)

    schedules = models.BooleanField(
        "future times are embargoes",
        default=False,
        db_default=False,
        help_text="Its stories with a future time of publication wait until then; those of other sources are refused.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            # Importing by name, and the filter `source` of the list call.
            models.UniqueConstraint(fields=["name"], name="articles_source_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Feed(models.Model):
    """An address that is polled for articles of one source."""

    url = models.URLField("address", max_length=1000)
    # A key of articles.formats.READERS; empty: recognised by the content.
    format = models.CharField(
        max_length=20, blank=True, help_text="Empty: detected from the content."
    )
    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        related_name="feeds",
        db_index=False,  # no query selects the feeds of a source
    )
    active = models.BooleanField(default=True)
    interval_seconds = models.PositiveIntegerField("seconds between two polls", default=300)

    etag = models.TextField(blank=True, editable=False)
    last_modified = models.TextField(blank=True, editable=False)
    next_poll_at = models.DateTimeField("next poll", default=timezone.now)
    polled_at = models.DateTimeField("last poll", null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField("failures in a row", default=0, editable=False)
    last_error = models.TextField("last problem", blank=True, editable=False)

    class Meta:
        ordering = ["url"]
        constraints = [
            # No address is polled twice.
            models.UniqueConstraint(fields=["url"], name="articles_feed_url"),
        ]
        indexes = [
            # poll_due, every minute: the feeds whose time has come.
            models.Index(
                fields=["next_poll_at"],
                name="articles_feeds_due",
                condition=models.Q(active=True),
            ),
        ]

    def __str__(self) -> str:
        return self.url
