"""The article and its links to tags, authors, pictures and former slugs."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Coalesce, JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from articles.fields import MAX_LENGTH
from articles.formats.slugs import is_address_of_id
from articles.ids import uuid7
from articles.models.authors import Author
from articles.models.pictures import SHOWN_OF_MEDIA, Media
from articles.models.sites import Site
from articles.models.sources import Source
from articles.models.states import (
    EXPIRING_STATES,
    PUBLIC_STATES,
    WORKED_ON_STATES,
    ArticleType,
    PubStatus,
    State,
)
from articles.models.taxonomy import Section, Tag, validate_slug
from articles.offsets import at_offset


class ArticleQuerySet(models.QuerySet["Article"]):
    def public(self) -> Self:
        """What anyone may read."""
        return self.filter(state__in=PUBLIC_STATES)

    def listed(self) -> Self:
        """What the pages, feeds and lists of this installation show: all but articles of sites that are left out."""
        return self.public().filter(is_listed=True)

    def newest_first(self) -> Self:
        # The id settles ties, so that no page of a list skips or repeats an article.
        return self.order_by("-published_at", "-id")

    def with_parts(self) -> Self:
        """With section, source, site, picture and ordered tags, in two queries however many articles there are."""
        links = ArticleTag.objects.select_related("tag")
        return self.select_related("section", "source", "site", "lead_image").prefetch_related(
            models.Prefetch("tag_links", links)
        )

    def with_authors(self) -> Self:
        """With ordered authors, in one query more."""
        links = ArticleAuthor.objects.select_related("author")
        return self.prefetch_related(models.Prefetch("author_links", links))

    def in_full(self) -> Self:
        """With all that an article's page or its answer shows, in four queries."""
        return self.with_parts().with_authors().with_gallery().prefetch_related("corrections")

    def with_gallery(self) -> Self:
        """With the further pictures, without a further query."""
        links = ArticleMedia.objects.filter(article=models.OuterRef("pk")).order_by(
            "position", "id"
        )
        picture = JSONObject(**{name: f"media__{name}" for name in SHOWN_OF_MEDIA})
        return self.annotate(gallery_json=ArraySubquery(links.values(picture=picture)))

    def with_alternates(self) -> Self:
        """With every language of each article as `alternates`, without a further query."""
        original = Coalesce(models.OuterRef("translation_of_id"), models.OuterRef("pk"))
        family = Article.objects.public().filter(
            models.Q(pk=original) | models.Q(translation_of_id=original)
        )
        entry = JSONObject(language="language", slug="slug")
        return self.annotate(alternates=ArraySubquery(family.order_by("language").values(e=entry)))

    def at(self, address: str) -> "Article":
        """The article at an address, which is its UUID or its slug.

        Raises Article.DoesNotExist, also for an address that no article can have.
        """
        if is_address_of_id(address):
            return self.get(pk=UUID(address))
        if "\0" in address:  # PostgreSQL has no such text and says so with an error
            raise Article.DoesNotExist
        return self.get(slug=address)


def sections_with_articles() -> models.QuerySet[Section]:
    """The sections that have at least one listed article, by name."""
    return Section.objects.filter(
        models.Exists(Article.objects.listed().filter(section=models.OuterRef("pk")))
    )


class Article(models.Model):
    """An article, with the five times that newsrooms keep apart.

    No reader's action ever writes to this row: its version and its dates are the desk's.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    guid = models.CharField(
        "permanent identifier",
        max_length=255,
        editable=False,
        help_text="A tag: URI; never changes.",
    )

    headline = models.CharField(max_length=MAX_LENGTH["headline"])
    subheadline = models.CharField(max_length=MAX_LENGTH["subheadline"], blank=True)
    short_headline = models.CharField(
        max_length=MAX_LENGTH["short_headline"],
        blank=True,
        help_text="For lists and push messages.",
    )
    slugline = models.CharField(
        max_length=MAX_LENGTH["slugline"], blank=True, help_text="Key words for the desk."
    )
    slug = models.CharField(max_length=MAX_LENGTH["slug"], validators=[validate_slug])
    abstract = models.TextField(blank=True)
    body_markdown = models.TextField(
        "text", help_text="The text as it was written or imported, in Markdown."
    )
    body_html = models.TextField(help_text="Sanitised; without the dateline.")
    word_count = models.PositiveIntegerField(default=0)
    byline = models.CharField(max_length=MAX_LENGTH["byline"], blank=True)
    authors = models.ManyToManyField(
        Author, through="ArticleAuthor", related_name="articles", blank=True
    )
    article_type = models.CharField(
        "type of story", max_length=MAX_LENGTH["article_type"], choices=ArticleType, blank=True
    )

    dateline_place = models.CharField(max_length=100, blank=True)
    dateline_region = models.CharField(max_length=100, blank=True)
    dateline_country = models.CharField(
        max_length=2, blank=True, help_text="Two letters, such as SY for Syria."
    )
    dateline_date = models.DateField(null=True, blank=True)
    dateline_source = models.CharField(max_length=50, blank=True)
    dateline_style = models.CharField(max_length=20, blank=True)
    dateline_text = models.TextField(
        blank=True,
        help_text="The rendered line; a later change of style does not change it.",
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
    subjects = ArrayField(
        models.CharField(max_length=MAX_LENGTH["subjects"]),
        default=list,
        blank=True,
        help_text="IPTC media topics, the most important first.",
    )
    language = models.CharField(
        max_length=MAX_LENGTH["language"], default="en", help_text="A code such as en, en-GB or ar."
    )
    # Its index finds the other languages of an article.
    translation_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="translations"
    )
    lead_image = models.ForeignKey(
        Media,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",  # its index finds the articles whose picture arrived
    )
    media = models.ManyToManyField(
        Media, through="ArticleMedia", related_name="+", blank=True, help_text="Further pictures."
    )

    source = models.ForeignKey(
        Source,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="articles",
        db_index=False,  # articles_once_from_source serves it
    )
    source_item_id = models.CharField(
        max_length=MAX_LENGTH["source_item_id"],
        blank=True,
        help_text="The story's id at its source.",
    )
    source_version = models.CharField(max_length=MAX_LENGTH["source_version"], blank=True)
    source_modified_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the source made the version that was imported last.",
    )
    source_url = models.URLField(max_length=MAX_LENGTH["source_url"], blank=True)
    source_hash = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Hash of the content at the last import; differs after an edit at the desk.",
    )
    canonical_url = models.URLField(
        "address of the original",
        max_length=MAX_LENGTH["canonical_url"],
        blank=True,
        help_text="The address of the original, where another site published it first.",
    )
    site = models.ForeignKey(
        Site,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="articles",
        db_index=False,  # articles_by_site serves it
        help_text="The site that publishes it; empty: this installation.",
    )
    site_item_id = models.CharField(
        max_length=MAX_LENGTH["source_item_id"],
        blank=True,
        db_default="",
        editable=False,
        help_text="The article’s id at its site, which stays when its address changes.",
    )
    is_listed = models.BooleanField(
        default=True,
        db_default=True,
        editable=False,
        help_text="On the pages and in the feeds of this installation; off for articles of most sites.",
    )
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="merged",
        help_text="The article that has its addresses and reactions.",
    )
    copyright_holder = models.CharField(max_length=MAX_LENGTH["copyright_holder"], blank=True)
    copyright_notice = models.TextField(blank=True)
    usage_terms = models.TextField(blank=True)
    credit_line = models.CharField(max_length=MAX_LENGTH["credit_line"], blank=True)

    urgency = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="From 1, a flash, to 9, in no hurry."
    )
    ed_note = models.TextField("note for the desk", blank=True, help_text="For editors only.")
    editor_note = models.TextField("note to readers", blank=True, help_text="For readers.")

    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    pub_status = models.CharField(
        "use by others", max_length=20, choices=PubStatus, default=PubStatus.USABLE
    )

    first_created_at = models.DateTimeField("first written", default=timezone.now, editable=False)
    version_created_at = models.DateTimeField("saved", default=timezone.now, editable=False)
    first_published_at = models.DateTimeField(
        "first published", null=True, blank=True, editable=False
    )
    published_at = models.DateTimeField(
        "time of publication",
        null=True,
        blank=True,
        help_text="Shown to readers; lists are in its order.",
    )
    published_offset = models.SmallIntegerField(
        "offset of that time",
        null=True,
        blank=True,
        editable=False,
        help_text="Minutes east of UTC, as the time was filed; empty where that is not known.",
    )
    content_modified_at = models.DateTimeField(
        "changed for readers",
        null=True,
        blank=True,
        editable=False,
        help_text="The last change that readers would notice.",
    )
    updated_at = models.DateTimeField("last change of the record", auto_now=True)
    publish_at = models.DateTimeField("scheduled for", null=True, blank=True)
    embargoed_until = models.DateTimeField(
        "embargo until",
        null=True,
        blank=True,
        help_text="The source allows no publication before this time.",
    )
    expires_at = models.DateTimeField(
        "unpublish at", null=True, blank=True, help_text="When the story is unpublished."
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    # Its index serves "mine" in the desk's list.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The author of the draft; empty where a program created it.",
    )
    preview_generation = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="A higher number invalidates all earlier preview links.",
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = "story"
        verbose_name_plural = "stories"
        db_table = "articles_article"
        permissions = [
            ("publish_article", "Can publish, schedule, correct, retract and unpublish stories"),
            ("kill_article", "Can kill, spike and unspike stories"),
            ("restore_article", "Can restore old versions of stories"),
        ]
        constraints = [
            # The article page, `{article}` in every API call, and publishing by slug.
            models.UniqueConstraint(fields=["slug"], name="articles_article_slug"),
            # Publishing a file that carries its guid.
            models.UniqueConstraint(fields=["guid"], name="articles_article_guid"),
            models.CheckConstraint(
                name="articles_public_has_times",
                condition=~models.Q(state__in=PUBLIC_STATES)
                | models.Q(first_published_at__isnull=False, published_at__isnull=False),
            ),
            # Ingest, which finds the article that it created for a source's item; and one article for each item.
            models.UniqueConstraint(
                fields=["source", "source_item_id"],
                name="articles_once_from_source",
                condition=~models.Q(source_item_id=""),
            ),
            # One article for each item of a site.
            models.UniqueConstraint(
                fields=["site", "site_item_id"],
                name="articles_once_from_site",
                condition=~models.Q(site_item_id=""),
            ),
            models.CheckConstraint(
                name="articles_merged_into_another",
                condition=models.Q(state=State.MERGED, merged_into__isnull=False)
                | (~models.Q(state=State.MERGED) & models.Q(merged_into=None)),
            ),
            models.CheckConstraint(
                name="articles_embargo_or_schedule",
                condition=models.Q(publish_at=None) | models.Q(embargoed_until=None),
            ),
            models.CheckConstraint(
                name="articles_urgency_1_to_9",
                condition=models.Q(urgency=None) | models.Q(urgency__range=(1, 9)),
            ),
        ]
        indexes = [
            # The front page and the list call: public articles, newest first, from a position on.
            models.Index(
                fields=["-published_at", "-id"],
                name="articles_by_time",
                condition=models.Q(state__in=PUBLIC_STATES, is_listed=True),
            ),
            # The same for one section.
            models.Index(
                fields=["section", "-published_at", "-id"],
                name="articles_by_section",
                condition=models.Q(state__in=PUBLIC_STATES),
            ),
            # The filter `site` of the list call, and the articles of a site whose policy changed.
            models.Index(
                fields=["site", "-published_at", "-id"],
                name="articles_by_site",
                condition=models.Q(site__isnull=False),
            ),
            # publish_due, every second: scheduled and embargoed articles whose time has come.
            models.Index(
                Coalesce("publish_at", "embargoed_until"),
                name="articles_by_due",
                condition=models.Q(state=State.SCHEDULED),
            ),
            # What waits for an editor.
            models.Index(
                fields=["id"],
                name="articles_in_review",
                condition=models.Q(state=State.IN_REVIEW),
            ),
            # The list call by state: drafts and the like, the newest made first.
            models.Index(
                fields=["id"],
                name="articles_worked_on",
                condition=models.Q(state__in=WORKED_ON_STATES),
            ),
            # publish_due, every second: articles whose time is over.
            models.Index(
                fields=["expires_at"],
                name="articles_by_expiry",
                condition=models.Q(expires_at__isnull=False, state__in=EXPIRING_STATES),
            ),
        ]

    def __str__(self) -> str:
        return self.headline

    def get_absolute_url(self) -> str:
        return reverse("articles:article", args=[self.slug])

    @property
    def url(self) -> str:
        """Where readers find the article, from anywhere: on this installation, or on the site that publishes it."""
        if self.site_id is not None:
            return self.canonical_url
        return f"{settings.SITE_URL}{self.get_absolute_url()}"

    @property
    def is_public(self) -> bool:
        return self.state in PUBLIC_STATES

    def as_filed(self, when: datetime) -> datetime:
        """The moment in the offset in which the time of publication was filed; in UTC where that is not known."""
        return at_offset(when, self.published_offset)

    @property
    def was_modified(self) -> bool:
        """Whether readers of the first publication would notice a difference."""
        modified_at = self.content_modified_at
        return modified_at is not None and modified_at != self.first_published_at

    @property
    def due_at(self) -> datetime | None:
        """When a scheduled article goes out."""
        return self.publish_at or self.embargoed_until

    @property
    def ordered_tags(self) -> list[Tag]:
        return [link.tag for link in self.tag_links.all()]

    @cached_property
    def gallery(self) -> list[Media]:
        """The further pictures; for showing, never for saving."""
        loaded: list[dict[str, Any]] | None = getattr(self, "gallery_json", None)
        if loaded is not None:
            return [Media(**each) for each in loaded]
        return [link.media for link in self.media_links.select_related("media")]

    @property
    def ordered_authors(self) -> list[Author]:
        return [link.author for link in self.author_links.all()]


class ArticleTag(models.Model):
    """A tag at its place in an article's list of tags."""

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
            # The tags of an article, and no tag twice.
            models.UniqueConstraint(fields=["article", "tag"], name="articles_tag_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.tag}"


class ArticleAuthor(models.Model):
    """An author at their place in an article's byline."""

    article = models.ForeignKey(
        Article,
        on_delete=models.CASCADE,
        related_name="author_links",
        db_index=False,  # the first column of articles_author_once serves it
    )
    # Its index serves the author page and the filter `author` of the list call.
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="article_links")
    role = models.CharField(max_length=40, default="author")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            # The authors of an article, and no author twice.
            models.UniqueConstraint(fields=["article", "author"], name="articles_author_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.author}"


class ArticleMedia(models.Model):
    """A further picture at its place in an article's gallery."""

    article = models.ForeignKey(
        Article,
        on_delete=models.CASCADE,
        related_name="media_links",
        db_index=False,  # the first column of articles_media_once serves it
    )
    # Its index finds the articles whose picture arrived.
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["position"]
        verbose_name = "further picture"
        constraints = [
            # The pictures of an article, and none twice.
            models.UniqueConstraint(fields=["article", "media"], name="articles_media_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.media}"


class ArticleURL(models.Model):
    """A former slug of an article; it redirects to the present one."""

    slug = models.CharField(max_length=MAX_LENGTH["slug"])
    # Its index shows the desk where an article used to be.
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="former_urls")
    ceased_to_be_canonical_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "former URL"
        constraints = [
            # The article page and the API, for an address that no article has any more.
            models.UniqueConstraint(fields=["slug"], name="articles_former_slug"),
        ]

    def __str__(self) -> str:
        return self.slug
