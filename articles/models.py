"""The story as it is kept: what it says, where and when it was filed, where it stands in the workflow."""

from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone

from articles.formats.slugs import SLUG_LENGTH, is_address_of_id, slug_of
from articles.identity import uuid7


def validate_slug(slug: str) -> None:
    """For forms: files have been checked by their format."""
    if slug != slug_of(slug):
        raise ValidationError(f"{slug!r} is not a slug; {slug_of(slug)!r} may be one.")


class State(models.TextChoices):
    """Where a story stands in the workflow."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    SCHEDULED = "scheduled", "Scheduled"
    PUBLISHED = "published", "Published"
    CORRECTED = "corrected", "Corrected"
    UNPUBLISHED = "unpublished", "Unpublished"
    RETRACTED = "retracted", "Retracted"
    KILLED = "killed", "Killed"
    SPIKED = "spiked", "Spiked"


# What anyone may read. A retracted story stays, with its notice; a killed one does not.
PUBLIC_STATES = (State.PUBLISHED, State.CORRECTED, State.RETRACTED)


class PubStatus(models.TextChoices):
    """What receivers of our copy may do with it: IPTC's three words."""

    USABLE = "usable", "Usable"
    WITHHELD = "withheld", "Withheld"
    CANCELED = "canceled", "Canceled"


class SectionQuerySet(models.QuerySet["Section"]):
    def with_stories(self) -> Self:
        """The sections that have something to read."""
        stories = Article.objects.public().filter(section=models.OuterRef("pk"))
        return self.filter(models.Exists(stories))


class Section(models.Model):
    """A part of the paper: World, Science, Local."""

    slug = models.CharField(max_length=SLUG_LENGTH, validators=[validate_slug])
    name = models.CharField(max_length=100)

    objects = SectionQuerySet.as_manager()

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
    """A keyword that stories share."""

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


class Media(models.Model):
    """A picture as a desk describes it."""

    caption = models.TextField(blank=True)
    alt_text = models.TextField(blank=True)
    credit = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "media"

    def __str__(self) -> str:
        return self.caption or self.alt_text or f"Media {self.pk}"


class ArticleQuerySet(models.QuerySet["Article"]):
    def public(self) -> Self:
        """What anyone may read."""
        return self.filter(state__in=PUBLIC_STATES)

    def newest_first(self) -> Self:
        # The id settles ties, so that no page of a list skips or repeats a story.
        return self.order_by("-published_at", "-id")

    def with_parts(self) -> Self:
        """With section, picture and ordered tags, in two queries however many stories there are."""
        links = ArticleTag.objects.select_related("tag")
        return self.select_related("section", "lead_image").prefetch_related(
            models.Prefetch("tag_links", links)
        )

    def at(self, address: str) -> "Article":
        """The story at an address, which is its UUID or its slug.

        Raises Article.DoesNotExist, also for an address that no story can have.
        """
        if is_address_of_id(address):
            return self.get(pk=UUID(address))
        if "\0" in address:  # PostgreSQL has no such text and says so with an error
            raise Article.DoesNotExist
        return self.get(slug=address)


class Article(models.Model):
    """A story, with the five times that newsrooms keep apart.

    No reader's action ever writes to this row: its version, its dates and its ETag are the desk's.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    guid = models.CharField(max_length=255, editable=False, help_text="A tag: URI; never changes.")

    headline = models.CharField(max_length=300)
    slug = models.CharField(max_length=SLUG_LENGTH, validators=[validate_slug])
    abstract = models.TextField(blank=True)
    body_markdown = models.TextField(help_text="As filed.")
    body_html = models.TextField(help_text="Sanitised; without the dateline.")
    word_count = models.PositiveIntegerField(default=0)
    byline = models.CharField(max_length=200, blank=True)

    dateline_place = models.CharField(max_length=100, blank=True)
    dateline_region = models.CharField(max_length=100, blank=True)
    dateline_country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2.")
    dateline_date = models.DateField(null=True, blank=True)
    dateline_source = models.CharField(max_length=50, blank=True)
    dateline_style = models.CharField(max_length=20, blank=True)
    dateline_text = models.TextField(
        blank=True,
        help_text="Frozen at publishing, so that a change of style does not rewrite history.",
    )

    section = models.ForeignKey(
        Section,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="articles",
        db_index=False,  # articles_by_section serves it
    )
    tags = models.ManyToManyField(Tag, through="ArticleTag", related_name="articles", blank=True)
    language = models.CharField(max_length=35, default="en", help_text="BCP 47.")
    lead_image = models.ForeignKey(
        Media,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # nobody asks which stories show a picture
    )

    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    pub_status = models.CharField(max_length=20, choices=PubStatus, default=PubStatus.USABLE)

    first_created_at = models.DateTimeField(default=timezone.now, editable=False)
    version_created_at = models.DateTimeField(default=timezone.now, editable=False)
    first_published_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Set once."
    )
    published_at = models.DateTimeField(
        null=True, blank=True, help_text="Shown to readers; orders lists."
    )
    content_modified_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="The last change that readers would notice.",
    )
    updated_at = models.DateTimeField(auto_now=True, help_text="The row, whatever changed.")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        db_table = "articles_article"
        constraints = [
            # The story page, `{article}` in every API call, and publishing by slug.
            models.UniqueConstraint(fields=["slug"], name="articles_article_slug"),
            # Publishing a file that carries its guid.
            models.UniqueConstraint(fields=["guid"], name="articles_article_guid"),
            models.CheckConstraint(
                name="articles_public_has_times",
                condition=~models.Q(state__in=PUBLIC_STATES)
                | models.Q(first_published_at__isnull=False, published_at__isnull=False),
            ),
        ]
        indexes = [
            # The front page and the list call: public stories, newest first, from a position on.
            models.Index(
                fields=["-published_at", "-id"],
                name="articles_by_time",
                condition=models.Q(state__in=PUBLIC_STATES),
            ),
            # The same for one section.
            models.Index(
                fields=["section", "-published_at", "-id"],
                name="articles_by_section",
                condition=models.Q(state__in=PUBLIC_STATES),
            ),
        ]

    def __str__(self) -> str:
        return self.headline

    def get_absolute_url(self) -> str:
        return reverse("articles:story", args=[self.slug])

    @property
    def url(self) -> str:
        """Where readers find the story, from anywhere."""
        return f"{settings.SITE_URL}{self.get_absolute_url()}"

    @property
    def is_public(self) -> bool:
        return self.state in PUBLIC_STATES

    @property
    def was_modified(self) -> bool:
        """Whether readers of the first publication would notice a difference."""
        modified_at = self.content_modified_at
        return modified_at is not None and modified_at != self.first_published_at

    @property
    def ordered_tags(self) -> list[Tag]:
        return [link.tag for link in self.tag_links.all()]


class ArticleTag(models.Model):
    """A tag at its place in a story's list of tags."""

    article = models.ForeignKey(
        Article,
        on_delete=models.CASCADE,
        related_name="tag_links",
        db_index=False,  # the first column of articles_tag_once serves it
    )
    # Its index serves the filter `tag` of the list call.
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="article_links")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            # The tags of a story, and no tag twice.
            models.UniqueConstraint(fields=["article", "tag"], name="articles_tag_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.tag}"


class ApiKey(models.Model):
    """A program's key. The secret is shown once, when it is issued; only its hash is kept."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, editable=False)
    secret_hash = models.BinaryField(max_length=32, editable=False)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]
        constraints = [
            # Every call with a key finds it by the part that is no secret.
            models.UniqueConstraint(fields=["prefix"], name="articles_apikey_prefix"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
