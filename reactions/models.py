"""The tables behind the counts.

No table here has a foreign key: writing a reaction must not lock the story's row, or the readers of
one story would queue behind one another.
"""

from typing import TypeAlias

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from articles.models import Article, Section, Tag

MOST_DAYS = 36_500  # a century: far beyond any newsroom, and within PostgreSQL's time


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
    previous = models.IntegerField(
        null=True, help_text="The set that `kinds` replaced; empty: this is the reader's first."
    )
    held = models.BooleanField(default=False, help_text="Kept, and left out of the counts.")
    wave_id = models.BigIntegerField(null=True, help_text="The wave it was held back with.")
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
            # The rows of one wave, when an editor decides it.
            models.Index(
                fields=["wave_id"],
                name="reactions_of_wave",
                condition=models.Q(wave_id__isnull=False),
            ),
        ]


class Mark(models.Model):
    """The outbox: "look at this row". Two of them are as good as one.

    That of a reader's first reaction to an article carries what it is judged by, for as long as it
    takes fold to come by: nothing of the visitor's is kept with the reaction itself.
    """

    article_id = models.UUIDField()
    reader_id = models.UUIDField()
    marked_at = models.DateTimeField(db_default=Now())
    is_first = models.BooleanField(db_default=False)
    network = models.BigIntegerField(
        null=True, help_text="The hash of reactions.moderation.client_network."
    )
    is_newcomer = models.BooleanField(db_default=False, help_text="Without any history.")
    has_read = models.BooleanField(db_default=False, help_text="Has seen the page of the story.")


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


class Baseline(models.Model):
    """What another system counted before us: added to the totals wherever they are shown, never to them.

    No row of the ledger stands behind it, so fold and reconcile leave it alone.
    """

    # The key serves the counts of an article, and the import of the same source again.
    pk = models.CompositePrimaryKey("article_id", "source", "kind")
    article_id = models.UUIDField()
    source = models.CharField(max_length=50, help_text="Which import it came by.")
    kind = models.SmallIntegerField()
    count = models.BigIntegerField()
    imported_at = models.DateTimeField(help_text="When an import last changed it.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="reactions_baseline_not_negative", condition=models.Q(count__gte=0)
            ),
        ]


class Reconciliation(models.Model):
    """What the last reconcile found: one row, for the metrics."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    ran_at = models.DateTimeField()
    seconds = models.FloatField()
    rows_scanned = models.BigIntegerField()
    articles = models.BigIntegerField()
    drifted_articles = models.BigIntegerField()
    drift = models.BigIntegerField(help_text="Of the totals, summed over articles and kinds.")
    drift_of_buckets = models.BigIntegerField()
    forgotten = models.BigIntegerField(help_text="Rows to be counted that nobody had marked.")
    healed = models.BigIntegerField(help_text="Pairs of article and kind.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="reactions_reconciliation_once", condition=models.Q(id=1)),
        ]


class PolicyState(models.TextChoices):
    OPEN = "open"
    CLOSED = "closed", "closed, counts shown"
    HIDDEN = "hidden"


class Policy(models.Model):
    """What the desk says of one article. What it leaves empty, or no row, is left to presets and the site."""

    State: TypeAlias = PolicyState

    article_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=6, choices=PolicyState, null=True)  # noqa: DJ001  # null: unsaid
    allowed = models.IntegerField(null=True, help_text="The set it takes.")
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


class Preset(models.Model):
    """What the stories of a section, or those with a tag, take where they do not say otherwise themselves.

    Where several apply to a story the strictest wins. Written by reactions.default_policies alone, which has the
    stories told anew.
    """

    name = models.CharField(max_length=100)
    section = models.ForeignKey(
        Section,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # reactions_preset_section serves it
    )
    tag = models.ForeignKey(
        Tag,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # reactions_preset_tag serves it
    )
    state = models.CharField(max_length=6, choices=PolicyState, default=PolicyState.OPEN)
    allowed = models.IntegerField(
        null=True, blank=True, help_text="The set they take; empty: every kind."
    )
    close_after_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text="Days after a story’s first publication. Empty: left to the site.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="reactions_preset_name"),
            models.UniqueConstraint(
                fields=["section"],
                name="reactions_preset_section",
                violation_error_message="This section has a preset.",
            ),
            models.UniqueConstraint(
                fields=["tag"],
                name="reactions_preset_tag",
                violation_error_message="This tag has a preset.",
            ),
            models.CheckConstraint(
                name="reactions_preset_section_or_tag",
                condition=models.Q(section=None) ^ models.Q(tag=None),
                violation_error_message="A preset is for a section or for a tag.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Renewal(models.Model):
    """An outbox: the stories of this section or tag are to be told anew, for their preset has changed.

    `told_to` is the last of them that has been.
    """

    section_id = models.BigIntegerField(null=True)
    tag_id = models.BigIntegerField(null=True)
    told_to = models.UUIDField(null=True)


class Salt(models.Model):
    """What keys the hash of networks on one day. Nobody can tell a hash from a guess once it is gone."""

    day = models.DateField(primary_key=True)
    salt = models.BinaryField(max_length=32)


class NetworkPace(models.Model):
    """What one network did on one story lately: judging remembers no more of it than this.

    Unlogged: it is in no backup and on no replica, and a crash of the database forgets it. The worst that
    comes of it is that every network may bring one more ceiling's worth.
    """

    # The key serves the ceiling of a network on a story, and what a network did in a minute anywhere.
    pk = models.CompositePrimaryKey("network", "article_id")
    network = models.BigIntegerField()
    article_id = models.UUIDField()
    since = models.DateTimeField(help_text="When the hour began of which `seen` tells.")
    seen = models.IntegerField(help_text="First reactions in that hour, held ones included.")
    minute = models.DateTimeField()
    seen_in_minute = models.IntegerField()


class StoryPace(models.Model):
    """How fast readers come to a story. Unlogged, as NetworkPace is."""

    article_id = models.UUIDField(primary_key=True)
    hour = models.DateTimeField()
    passed = models.IntegerField(help_text="First reactions that were counted in this hour.")
    passed_before = models.IntegerField(help_text="And in the hour before.")
    unread = models.IntegerField(help_text="Those of `passed` who never saw the page.")
    unread_before = models.IntegerField()
    minute = models.DateTimeField()
    newcomers = models.IntegerField(help_text="Those without history, in this minute.")
    usual = models.FloatField(help_text="Newcomers a minute, a moving average.")


class Wave(models.Model):
    """First reactions to one story that one rule held back, for an editor to release or to void.

    It takes what comes until an hour passed without any, or until it is decided.
    """

    class Rule(models.TextChoices):
        NETWORK_STORY = "network_story", "Many from one network on one story"
        NETWORK_MINUTE = "network_minute", "Many from one network within a minute"
        SURGE = "surge", "A rush of clients that never saw the page"
        UNREAD = "unread", "More clients that never saw the page than readers who did"

    class State(models.TextChoices):
        HELD = "held", "Held"
        RELEASED = "released", "Released"
        VOID = "void", "Void"

    article_id = models.UUIDField()
    rule = models.CharField(max_length=20, choices=Rule)
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    is_open = models.BooleanField(default=True, help_text="Takes more of its kind.")
    is_applied = models.BooleanField(default=True, help_text="Its rows are as `state` says.")
    started_at = models.DateTimeField()
    last_at = models.DateTimeField()
    size = models.IntegerField(help_text="Reactions held back.")
    network_count = models.IntegerField("networks")
    networks = ArrayField(
        models.BigIntegerField(), default=list, help_text="Their hashes, for 48 hours."
    )

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            # fold.sql: the wave that takes what a rule holds back.
            models.UniqueConstraint(
                fields=["article_id", "rule"],
                name="reactions_open_wave",
                condition=models.Q(is_open=True),
            ),
        ]
        indexes = [
            # The desk's list, newest first.
            models.Index(fields=["-last_at"], name="reactions_waves_by_time"),
            # list_undone.sql, on every tick: what was decided and is not yet done.
            models.Index(
                fields=["id"], name="reactions_waves_to_do", condition=models.Q(is_applied=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_rule_display()}: {self.size}"


MOST_NOTE = 1_000  # characters


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
    """An article as the desk lists it: with what readers feel about it."""

    class Meta:
        proxy = True
        verbose_name = "reacted article"
        verbose_name_plural = "reactions"
