"""Creates the articles of stories that were not imported before, in a handful of statements for any number."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import IntegrityError, transaction

from articles.fields import SLUG_LENGTH
from articles.formats.story import Mistake, Story, StoryError
from articles.ids import tag_uri
from articles.ingest import fingerprints
from articles.ingest.context import IngestContext
from articles.ingest.mapping import apply, insert_links, stamp
from articles.ingest.results import Action, IngestResult
from articles.models import Article, ArticleURL, Media


def create_all(stories: Sequence[Story], context: IngestContext) -> list[IngestResult]:
    """Create and publish an article for each story, in a handful of statements for any number."""
    wanted = [story for story in stories if not _skip_reason(story, context.now)]
    slugs = _free_slugs(wanted)
    drafts = [_new(story, slug, context) for story, slug in zip(wanted, slugs, strict=True)]
    claim(drafts, wanted)
    insert_links(list(zip(drafts, wanted, strict=True)), context)
    created = iter(drafts)
    return [
        IngestResult(None, action, story.slug, _reason(story))
        if (action := _skip_reason(story, context.now))
        else IngestResult(next(created), Action.CREATED)
        for story in stories
    ]


def _skip_reason(story: Story, now: datetime) -> Action | None:
    """Why no article is created for the story; None where one is."""
    if story.pub_status == "withheld":
        return Action.WITHHELD
    if story.pub_status == "canceled" or (story.expires_at and story.expires_at <= now):
        return Action.IGNORED
    return None


def _reason(story: Story) -> str:
    if story.pub_status == "withheld":
        return "withheld by its source"
    if story.pub_status == "canceled":
        return "canceled by its source, and not here"
    return f"expired {story.expires_at:%Y-%m-%d}"


def _free_slugs(stories: Sequence[Story]) -> list[str]:
    """A slug for each: a story with a source's id gets a suffix where its slug is taken."""
    wanted = [story.slug for story in stories if story.source_item_id]
    taken = {
        *Article.objects.filter(slug__in=wanted).values_list("slug", flat=True),
        *ArticleURL.objects.filter(slug__in=wanted).values_list("slug", flat=True),
        *(story.slug for story in stories if not story.source_item_id),
    }
    slugs = []
    for story in stories:
        slug = story.slug
        if story.source_item_id and slug in taken:
            suffix = sha256(f"{story.source}\n{story.source_item_id}".encode()).hexdigest()[:10]
            slug = f"{slug[: SLUG_LENGTH - 11].rstrip('-')}-{suffix}"
        taken.add(slug)
        slugs.append(slug)
    return slugs


def _new(story: Story, slug: str, context: IngestContext) -> Article:
    article = Article(slug=slug, first_created_at=context.now)
    article.guid = story.guid or _own_guid(article, story, context)
    article.source = context.source_of(story)
    article.source_item_id, article.source_version = story.source_item_id, story.source_version
    article.source_modified_at, article.source_url = story.modified_at, story.source_url
    if context.feed_source:
        article.canonical_url = story.source_url
    values = fingerprints.of_story(story)
    article.source_hash = fingerprints.hash_of(values)
    apply(article, story, set(values) - {"pictures"}, context)
    stamp(article, story, context.now)
    return article


def _own_guid(article: Article, story: Story, context: IngestContext) -> str:
    """A new one, or the guid of this site that comes back with a story from elsewhere."""
    guid = tag_uri(site_url=settings.SITE_URL, article_id=article.pk, minted_at=context.now)
    authority = guid.partition(",")[0] + ","
    item_id = story.source_item_id
    return item_id if context.feed_source is None and item_id.startswith(authority) else guid


def claim(drafts: Sequence[Article], stories: Sequence[Story]) -> None:
    """Insert the articles. Raises StoryError where an editor has just taken a slug or guid.

    ON CONFLICT DO NOTHING waits for a concurrent insert that is not committed yet, and raises no error.
    """
    pictured = [draft for draft in drafts if draft.lead_image]
    Media.objects.bulk_create([draft.lead_image for draft in pictured if draft.lead_image])
    for draft in pictured:
        draft.lead_image = draft.lead_image  # stores the id that the insert gave the picture
    ordered = sorted(drafts, key=lambda draft: draft.slug)
    try:
        with transaction.atomic():
            Article.objects.bulk_create(ordered, ignore_conflicts=True, batch_size=500)
    except IntegrityError:
        taken = set(
            ArticleURL.objects.filter(slug__in=[draft.slug for draft in drafts]).values_list(
                "slug", flat=True
            )
        )
        lost = [story for draft, story in zip(drafts, stories, strict=True) if draft.slug in taken]
        if not lost:
            raise
        raise StoryError([_lost(story) for story in lost]) from None
    claimed = set(
        Article.objects.filter(pk__in=[draft.pk for draft in drafts]).values_list("pk", flat=True)
    )
    lost = [story for draft, story in zip(drafts, stories, strict=True) if draft.pk not in claimed]
    if lost:
        raise StoryError([_lost(story) for story in lost])


def _lost(story: Story) -> Mistake:
    if story.guid and Article.objects.filter(guid=story.guid).exists():
        return story.origin.mistake("guid", f"{story.guid!r} is taken by another story.")
    return story.origin.mistake("slug", f"{story.slug!r} was taken a moment ago; try again.")
