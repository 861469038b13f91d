"""The tables behind the counts.

No table here has a foreign key to an article: recording a reaction must not lock the article's row, or the
readers of one article would wait for each other.
"""

from typing import TypeAlias

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from articles.models import Article, Section, Site, Tag

MOST_DAYS = 36_500  # a century: longer than any policy, and within PostgreSQL's time
MOST_NOTE = 1_000  # characters


class Reaction(models.Model):
    """The reactions of one reader to one article: the source of truth.

    The counts of an article are the sum of `counted` over its rows. Aggregation moves `counted` to `kinds`, or
    to nothing where `held`. Hash-partitioned by article, so that a hundred million rows stay manageable. A row
    with an empty set stays: it distinguishes a returning reader from a new one.
    """

    # The key serves the one row of a write, a reader's own reactions, and aggregation's look-up by outbox entry.
    pk = models.CompositePrimaryKey("article_id", "reader_id")
    article_id = models.UUIDField()
    reader_id = models.UUIDField()
    kinds = models.IntegerField()
    previous = models.IntegerField(
        null=True, help_text="The set that `kinds` replaced; null: this is the reader's first."
    )
    held = models.BooleanField(default=False, help_text="Kept out of the counts by moderation.")
    wave_id = models.BigIntegerField(null=True, help_text="The wave that it was held with.")
    counted = models.IntegerField(default=0, help_text="The part of this row in the counts.")
    was_counted = models.IntegerField(default=0, help_text="`counted` before the last aggregation.")
    erased = models.BooleanField(
        default=False, help_text="Its reader was erased; aggregation removes the row."
    )
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            # All rows of one reader: `readers/me/`.
            models.Index(fields=["reader_id"], name="reactions_by_reader"),
            # The few rows of erased readers, for aggregation to remove.
            models.Index(
                fields=["article_id"], name="reactions_erased", condition=models.Q(erased=True)
            ),
            # The rows of one wave, when an editor decides it.
            models.Index(
                fields=["wave_id"],
                name="reactions_of_wave",
                condition=models.Q(wave_id__isnull=False),
            ),
        ]


class OutboxEntry(models.Model):
    """A row of Reaction that changed and is not yet aggregated. Duplicates are harmless.

    The entry of a reader's first reaction to an article also carries the signals that the moderation rules evaluate.
    It is deleted when it is aggregated, so no signal is stored with the reaction.
    """

    article_id = models.UUIDField()
    reader_id = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())
    is_first = models.BooleanField(db_default=False)
    network = models.BigIntegerField(null=True, help_text="The keyed hash of the client network.")
    has_page_token = models.BooleanField(
        db_default=False, help_text="The client loaded the article's page."
    )


class CountVersion(models.Model):
    """The version of an article's public counts, and the newest version that Redis has.

    Two aggregations of one article serialise on this row.
    """

    article_id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField()
    cached_version = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Articles whose newest counts Redis does not have yet: the cache writer, those that changed last first.
            models.Index(
                fields=["-counted_at"],
                name="reactions_stale_counts",
                condition=models.Q(version__gt=models.F("cached_version")),
            ),
        ]


class SetAside(models.Model):
    """An article whose aggregation failed: left out until `retry_at`, so that the others are counted.

    Nearly always empty.
    """

    article_id = models.UUIDField(primary_key=True)
    since = models.DateTimeField()
    failures = models.IntegerField()
    retry_at = models.DateTimeField()
    error = models.TextField(help_text="What PostgreSQL said the last time.")


class KnownKind(models.Model):
    """The key that the bit of a kind had when it was first counted. Written by reactions.known_kinds only."""

    bit = models.SmallIntegerField(primary_key=True)
    key = models.CharField(max_length=30)


class ArticleCount(models.Model):
    """How many readers chose `kind` on an article. Written by aggregation and repair only; never below zero."""

    # The key serves the counts of an article.
    pk = models.CompositePrimaryKey("article_id", "kind")
    article_id = models.UUIDField()
    kind = models.SmallIntegerField()
    count = models.BigIntegerField()


class Bucket(models.Model):
    """What was added to and removed from an article's counts in the 15 minutes from `start`.

    Quarters of an hour in UTC regroup exactly into the hours and days of every time zone in use.
    """

    # The key serves the statistics of an article.
    pk = models.CompositePrimaryKey("article_id", "start", "kind")
    article_id = models.UUIDField()
    start = models.DateTimeField()
    kind = models.SmallIntegerField()
    added = models.IntegerField()
    removed = models.IntegerField()

    class Meta:
        indexes = [
            # ranking.sql: the buckets of the last day. They are written in the order of time, so that an index with
            # one entry for many pages leaves out the older ones, at next to no cost for aggregation.
            BrinIndex(
                fields=["start"],
                name="reactions_bucket_by_start",
                autosummarize=True,
                pages_per_range=16,
            ),
        ]


class ImportedCount(models.Model):
    """A counter taken over from another system. It is added wherever counts are shown, never to ArticleCount.

    No row of Reaction belongs to it, so aggregation and reconcile leave it alone.
    """

    # The key serves the counts of an article, and a repeated import of the same source.
    pk = models.CompositePrimaryKey("article_id", "source", "kind")
    article_id = models.UUIDField()
    source = models.CharField(max_length=50, help_text="The name of the import that set it.")
    kind = models.SmallIntegerField()
    count = models.BigIntegerField()
    imported_at = models.DateTimeField(help_text="When an import last changed it.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reactions_importedcount_not_negative", condition=models.Q(count__gte=0)
            ),
        ]


class Reconciliation(models.Model):
    """What the last reconcile measured: one row, for the metrics."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    ran_at = models.DateTimeField()
    seconds = models.FloatField()
    rows_scanned = models.BigIntegerField()
    articles = models.BigIntegerField()
    drifted_articles = models.BigIntegerField()
    drift = models.BigIntegerField(help_text="Of the counts, summed over articles and kinds.")
    bucket_drift = models.BigIntegerField(help_text="Of the buckets, summed the same way.")
    missed_rows = models.BigIntegerField(
        help_text="Rows whose `counted` was stale without an outbox entry."
    )
    repaired = models.BigIntegerField(help_text="Pairs of article and kind.")
    site_bucket_drift = models.BigIntegerField(
        db_default=0, help_text="Of the buckets of sections, summed over kinds and quarters."
    )
    wrong_days = models.IntegerField(db_default=0, help_text="Days whose sums were wrong.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="reactions_reconciliation_once", condition=models.Q(id=1)),
        ]


class AggregationRun(models.Model):
    """When an aggregation last ran to its end, in any worker: one row, written once a second at most."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    ended_at = models.DateTimeField()
    watermark = models.BigIntegerField(db_default=0, help_text="Below it no outbox entry lives.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="reactions_aggregationrun_once", condition=models.Q(id=1)),
        ]


class PolicyState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed, counts shown"
    HIDDEN = "hidden", "Hidden"


class Policy(models.Model):
    """What editors set for one article itself. An empty field, or no row, leaves it to default policies and the site."""

    State: TypeAlias = PolicyState

    article_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=6, choices=PolicyState, null=True)  # noqa: DJ001  # null: not set
    allowed = models.IntegerField(null=True, help_text="The kinds that it accepts, a mask.")
    closes_at = models.DateTimeField(null=True)
    close_after_days = models.PositiveIntegerField(
        null=True, help_text="Days after the first publication; 0: never."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reactions_policy_closes_once",
                condition=models.Q(closes_at=None) | models.Q(close_after_days=None),
            ),
        ]


class DefaultPolicy(models.Model):
    """The policy of a section's or site's articles, or of those with a tag, where an article's own policy sets nothing.

    Where several apply to an article the strictest wins. Written by reactions.default_policies only, which also
    refreshes the cached counts of the articles.
    """

    name = models.CharField(max_length=100)
    section = models.ForeignKey(
        Section,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # reactions_defaultpolicy_section serves it
    )
    tag = models.ForeignKey(
        Tag,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # reactions_defaultpolicy_tag serves it
    )
    site = models.ForeignKey(
        Site,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # reactions_defaultpolicy_site serves it
    )
    state = models.CharField(max_length=6, choices=PolicyState, default=PolicyState.OPEN)
    allowed = models.IntegerField(
        null=True, blank=True, help_text="The kinds that they accept; empty: every kind."
    )
    close_after_days = models.PositiveIntegerField(
        "closes after (days)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text="Days after a story’s first publication. Empty: the site’s setting applies.",
    )

    class Meta:
        verbose_name_plural = "default policies"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="reactions_defaultpolicy_name"),
            models.UniqueConstraint(
                fields=["section"],
                name="reactions_defaultpolicy_section",
                violation_error_message="This section already has a default policy.",
            ),
            models.UniqueConstraint(
                fields=["tag"],
                name="reactions_defaultpolicy_tag",
                violation_error_message="This tag already has a default policy.",
            ),
            models.UniqueConstraint(
                fields=["site"],
                name="reactions_defaultpolicy_site",
                violation_error_message="This site already has a default policy.",
            ),
            models.CheckConstraint(
                name="reactions_defaultpolicy_for_one",
                condition=models.Q(section__isnull=False, tag=None, site=None)
                | models.Q(section=None, tag__isnull=False, site=None)
                | models.Q(section=None, tag=None, site__isnull=False),
                violation_error_message="A default policy is for a section, a tag or a site.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyRefresh(models.Model):
    """An outbox: the cached counts of a section's, tag's or site's articles are to be refreshed, for a policy changed.

    `refreshed_to` is the last article done.
    """

    section_id = models.BigIntegerField(null=True)
    tag_id = models.BigIntegerField(null=True)
    site_id = models.BigIntegerField(null=True)
    refreshed_to = models.UUIDField(null=True)


class ArticleChange(models.Model):
    """An outbox: an article itself changed, so that its cached counts may be wrong. Duplicates are harmless."""

    article_id = models.UUIDField()


class ArticleMerge(models.Model):
    """An article whose reactions were moved to another one, and where to; calls that name it lead there.

    A reader's action that was under way may still add a row to it: until `settled` a worker moves such rows.
    """

    article_id = models.UUIDField(primary_key=True)
    into_id = models.UUIDField()
    merged_at = models.DateTimeField(db_default=Now())
    settled = models.BooleanField(default=False)

    class Meta:
        indexes = [
            # A merge into an article that itself is merged later.
            models.Index(fields=["into_id"], name="reactions_merges_into"),
            # Every second: those that may still receive rows.
            models.Index(
                fields=["article_id"],
                name="reactions_merges_to_settle",
                condition=models.Q(settled=False),
            ),
        ]


class CacheState(models.Model):
    """What Redis is known to have: one row.

    Each write of counts has a number, which Redis stores too. A Redis that has a lower one than `writes` came back old,
    and what changed within a day is written again, those that changed last first.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    writes = models.BigIntegerField(
        default=0, help_text="The highest number that Redis has confirmed."
    )
    rewrite_before = models.DateTimeField(
        null=True, help_text="Articles that changed before are yet to be written again; null: none."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="reactions_cachestate_once", condition=models.Q(id=1)),
        ]


class Salt(models.Model):
    """The key of one day's network hashes. Once it is deleted, no hash can be computed again."""

    day = models.DateField(primary_key=True)
    salt = models.BinaryField(max_length=32)


class NetworkRate(models.Model):
    """Recent first reactions from one network to one article: all that moderation remembers of a network.

    Unlogged: it is in no backup and on no replica, and a crash of the database empties it. Then each network may
    bring one more hour's limit.
    """

    # The key serves the hourly limit of a network on an article, and its minute over all articles.
    pk = models.CompositePrimaryKey("network", "article_id")
    network = models.BigIntegerField()
    article_id = models.UUIDField()
    hour_started_at = models.DateTimeField(help_text="When the hour began that `in_hour` counts.")
    in_hour = models.IntegerField(help_text="First reactions in that hour, held ones included.")
    day_started_at = models.DateTimeField(
        db_default=Now(), help_text="When the day began that `in_day` counts."
    )
    in_day = models.IntegerField(
        db_default=0, help_text="First reactions in that day, held ones included."
    )
    minute = models.DateTimeField()
    in_minute = models.IntegerField()


class ArticleRate(models.Model):
    """Recent first reactions to an article. Unlogged, as NetworkRate is."""

    article_id = models.UUIDField(primary_key=True)
    hour = models.DateTimeField()
    counted = models.IntegerField(help_text="First reactions counted in this hour.")
    counted_before = models.IntegerField(help_text="Those of the hour before.")
    without_page = models.IntegerField(
        help_text="Those of `counted` without history and without a page token."
    )
    without_page_before = models.IntegerField()
    day = models.DateField(db_default=Now())
    in_day = models.IntegerField(db_default=0, help_text="First reactions counted on this day.")
    in_day_before = models.IntegerField(db_default=0, help_text="Those of the day before.")
    minute = models.DateTimeField()
    in_minute = models.IntegerField(
        help_text="First reactions without page counted in this minute."
    )
    usual = models.FloatField(help_text="Moving average of `in_minute`.")


class Wave(models.Model):
    """First reactions to one article that one moderation rule held, for an editor to release or void.

    A wave accepts further reactions until an hour passed without any, or until it is decided.
    """

    class State(models.TextChoices):
        HELD = "held", "Held"
        RELEASED = "released", "Released"
        VOID = "void", "Void"

    article_id = models.UUIDField()
    rule = models.CharField(max_length=20, help_text="The `name` of a moderation rule.")
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    is_open = models.BooleanField(default=True, help_text="Accepts further reactions.")
    is_applied = models.BooleanField(default=True, help_text="Its rows are as `state` says.")
    started_at = models.DateTimeField()
    last_at = models.DateTimeField()
    size = models.IntegerField("reactions", help_text="Reactions held.")
    network_count = models.IntegerField("networks", help_text="1,000 is a thousand or more.")
    networks = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="Their hashes, a thousand at most, for 48 hours.",
    )

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            # moderate.sql: the wave that a rule adds to.
            models.UniqueConstraint(
                fields=["article_id", "rule"],
                name="reactions_open_wave",
                condition=models.Q(is_open=True),
            ),
        ]
        indexes = [
            # The desk's list, newest first.
            models.Index(fields=["-last_at"], name="reactions_waves_by_time"),
            # What waits for an editor.
            models.Index(
                fields=["id"], name="reactions_waves_held", condition=models.Q(state="held")
            ),
            # list_unapplied_waves.sql, before every aggregation: decisions whose rows are not changed yet.
            models.Index(
                fields=["id"], name="reactions_waves_to_do", condition=models.Q(is_applied=False)
            ),
        ]

    def __str__(self) -> str:
        return f"Wave of {self.size:,} {'reaction' if self.size == 1 else 'reactions'}"


class WaveDecision(models.Model):
    """Who released or voided a wave, when and why. Never changed and never removed."""

    wave = models.ForeignKey(Wave, on_delete=models.PROTECT, related_name="decisions")
    decision = models.CharField(max_length=10, choices=Wave.State)
    editor = models.CharField(max_length=150)
    note = models.TextField(blank=True)
    size = models.IntegerField(help_text="Reactions in the wave at that moment.")
    decided_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-decided_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} by {self.editor}"


class ReactedArticle(Article):
    """An article as the desk lists it: with its counts."""

    class Meta:
        proxy = True
        verbose_name = "story"
        verbose_name_plural = "stories"
