"""Writes a story into its article: columns, picture, links, state and times."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from articles import content
from articles.fields import Kind, names
from articles.formats.slugs import slug_of
from articles.formats.story import LeadImage, Story
from articles.ingest import fingerprints
from articles.ingest.context import IngestContext
from articles.media import pictures
from articles.models import Article, ArticleMedia, Media, State
from articles.offsets import offset_of


def apply(article: Article, story: Story, changed: set[str], context: IngestContext) -> None:
    """Set the changed columns, the section and the picture; the caller saves the article.

    HTML and the text of the dateline follow from other values and change only with them, so that another
    renderer or dateline style does not rewrite an article that was not edited.
    """
    values = fingerprints.of_story(story)
    for name in changed.difference(names(Kind.RELATION), {"pictures"}):
        setattr(article, name, values[name])
    if "body_markdown" in changed:
        article.body_html, article.word_count = story.body_html, story.word_count
    if any(name.startswith("dateline_") for name in changed):
        article.dateline_text = dateline_text(story)
    if "section" in changed:
        article.section = context.sections.get(slug_of(story.section))
    if "lead_image" in changed:
        _apply_lead_image(article, story.lead_image)
    _apply_time(article, story, changed)
    article.expires_at = story.expires_at or article.expires_at


def _apply_time(article: Article, story: Story, changed: set[str]) -> None:
    """The moment in UTC, and the offset that the file has; a file without one says nothing of it."""
    if story.published_at is None or article.published_at != story.published_at:
        return
    article.published_at = story.published_at.astimezone(UTC)
    offset = offset_of(story.published_at)
    if offset is not None or "published_at" in changed:
        article.published_offset = offset


def dateline_text(story: Story) -> str:
    """The line as its source printed it, else in the site's style."""
    line = story.dateline
    if not line:
        return ""
    return line.text or content.render_dateline(asdict(line), language=story.language)


def _apply_lead_image(article: Article, image: LeadImage | None) -> None:
    """A picture that is removed from the article stays in the library."""
    if image is None:
        article.lead_image = None
        return
    media = pictures.apply_description(article.lead_image or Media(), image)
    if article.lead_image:
        media.save()
    article.lead_image = media


def stamp(article: Article, story: Story, now: datetime) -> None:
    """Set state and version, and the times of a first publication."""
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
        # An article from an archive was first published at its own time, not at that of its import.
        article.first_published_at = article.published_at
        article.content_modified_at = article.published_at


def _stays_unpublished(article: Article, story: Story, now: datetime, *, new: bool) -> bool:
    """For an embargo of the source; and an update publishes no article that the desk has not published."""
    if article.is_public:
        return False
    if is_embargoed(story, now):
        article.state, article.embargoed_until = State.SCHEDULED, story.embargoed_until
        article.publish_at = None
        return True
    return bool(story.source_item_id) and not new and article.embargoed_until is None


def is_embargoed(story: Story, now: datetime) -> bool:
    return story.embargoed_until is not None and story.embargoed_until > now


def insert_links(pairs: Sequence[tuple[Article, Story]], context: IngestContext) -> None:
    """Tags and authors of articles that were just created, in two statements."""
    content.insert_tags((article, context.tags_of(story)) for article, story in pairs)
    content.insert_authors((article, context.authors_of(story)) for article, story in pairs)
    _insert_pictures([(article, story) for article, story in pairs if story.pictures])


def _insert_pictures(pairs: Sequence[tuple[Article, Story]]) -> None:
    """The further pictures of articles that have none, in two statements."""
    if not pairs:
        return
    media = [
        [pictures.apply_description(Media(), each) for each in story.pictures] for _, story in pairs
    ]
    Media.objects.bulk_create([each for row in media for each in row])
    ArticleMedia.objects.bulk_create(
        ArticleMedia(article=article, media=each, position=position)
        for (article, _), row in zip(pairs, media, strict=True)
        for position, each in enumerate(row, start=1)
    )
    pictures.prepare_on_commit()


def _replace_pictures(article: Article, story: Story) -> None:
    """Those that are still there keep their files; the others stay in the library."""
    links = list(article.media_links.select_related("media"))
    known = {link.media.source_url: link.media for link in links if link.media.source_url}
    ArticleMedia.objects.filter(article=article).delete()
    for position, image in enumerate(story.pictures, start=1):
        media = pictures.apply_description(known.pop(image.url, Media()), image)
        media.save()
        ArticleMedia.objects.create(article=article, media=media, position=position)
    pictures.prepare_on_commit()


def replace_links(
    article: Article, story: Story, changed: Collection[str], context: IngestContext
) -> None:
    if "tags" in changed:
        content.replace_tags(article, context.tags_of(story))
    if "authors" in changed:
        content.replace_authors(article, context.authors_of(story))
    if "pictures" in changed:
        _replace_pictures(article, story)
