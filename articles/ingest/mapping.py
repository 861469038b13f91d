"""Puts what a story says into our copy of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from articles import dateline
from articles.formats.slugs import slug_of
from articles.formats.story import LeadImage, Story
from articles.ingest import fingerprints
from articles.ingest.context import IngestContext
from articles.media import pictures
from articles.models import Article, ArticleAuthor, ArticleTag, Media, State

PARTS = {"section", "tags", "authors", "lead_image"}


def apply(article: Article, story: Story, changed: set[str], context: IngestContext) -> None:
    """Give the article what the story says.

    Only what was filed is compared. HTML and dateline follow from it and stay as they were
    published, so that a different renderer or house style does not rewrite what nobody edited.
    """
    content = fingerprints.of_story(story)
    for name in changed - PARTS:
        setattr(article, name, content[name])
    if "body_markdown" in changed:
        article.body_html, article.word_count = story.body_html, story.word_count
    if any(name.startswith("dateline_") for name in changed):
        article.dateline_text = dateline_text(story)
    if "section" in changed:
        article.section = context.sections.get(slug_of(story.section))
    if "lead_image" in changed:
        _apply_lead_image(article, story.lead_image)
    article.expires_at = story.expires_at or article.expires_at


def dateline_text(story: Story) -> str:
    """As its source printed it, else as the house does."""
    filed = story.dateline
    if not filed or filed.text:
        return filed.text if filed else ""
    return dateline.render(
        place=filed.place,
        region=filed.region,
        country=filed.country,
        date=filed.date,
        source=filed.source,
        style=filed.style,
        language=story.language,
    )


def _apply_lead_image(article: Article, image: LeadImage | None) -> None:
    """A picture that is taken off a story stays in the library."""
    if image is None:
        article.lead_image = None
        return
    media = pictures.describe(article.lead_image or Media(), image)
    if article.lead_image:
        media.save()
    article.lead_image = media


def stamp(article: Article, story: Story, now: datetime, *, substantial: bool) -> None:
    """State, version, and those of the five times that this publication moves."""
    new = article._state.adding
    article.version_created_at = now
    if not new:
        article.version += 1
    if _stays_unpublished(article, story, now, new=new):
        return
    if not article.is_public:
        article.state = State.PUBLISHED
        article.publish_at = article.embargoed_until = None
    article.published_at = article.published_at or now
    if article.first_published_at is None:
        # A story from an archive was first published when it says so, not on the day it came in.
        article.first_published_at = article.published_at
        article.content_modified_at = article.published_at
    elif substantial:
        article.content_modified_at = now


def _stays_unpublished(article: Article, story: Story, now: datetime, *, new: bool) -> bool:
    """A source's embargo is ours; and what the desk keeps for later, no later version brings out."""
    if article.is_public:
        return False
    if is_embargoed(story, now):
        article.state, article.embargoed_until = State.SCHEDULED, story.embargoed_until
        article.publish_at = None
        return True
    return bool(story.source_item_id) and not new and article.embargoed_until is None


def is_embargoed(story: Story, now: datetime) -> bool:
    return story.embargoed_until is not None and story.embargoed_until > now


def write_links(
    pairs: Sequence[tuple[Article, Story]],
    context: IngestContext,
    changed: Iterable[str] | None = None,
) -> None:
    """Tags and authors of new articles, or of those of an article that `changed`."""
    wanted = set(PARTS if changed is None else changed)
    if "tags" in wanted:
        if changed is not None:
            ArticleTag.objects.filter(article__in=[article for article, _ in pairs]).delete()
        ArticleTag.objects.bulk_create(
            ArticleTag(article=article, tag=context.tags[slug_of(tag)], position=position)
            for article, story in pairs
            for position, tag in enumerate(story.tags, start=1)
        )
    if "authors" in wanted:
        if changed is not None:
            ArticleAuthor.objects.filter(article__in=[article for article, _ in pairs]).delete()
        ArticleAuthor.objects.bulk_create(
            ArticleAuthor(
                article=article,
                author=context.authors[slug_of(author.name)],
                role=author.role,
                position=position,
            )
            for article, story in pairs
            for position, author in enumerate(story.authors, start=1)
        )
