"""Finds our copy of each story and locks it."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from articles.formats.story import Story
from articles.ingest.context import IngestContext
from articles.models import Article

# The advisory lock that makes publishers follow one another: "news" as a number.
PUBLISHERS = 0x6E657773


def lock_ingest() -> None:
    """Two publishers with the same stories in another order would wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHERS])


def lock_articles(stories: Sequence[Story], context: IngestContext) -> list[Article | None]:
    """Our copy of each story, locked."""
    # Uses index: articles_article_slug, articles_article_guid, articles_once_from_source.
    wanted = Q(slug__in=[story.slug for story in stories if not story.source_item_id])
    item_ids = [story.source_item_id for story in stories if story.source_item_id]
    if item_ids:
        wanted |= Q(source_item_id__in=item_ids)
    if context.feed_source is None:
        wanted |= Q(guid__in=item_ids)
    rows = list(
        Article.objects.select_for_update(of=("self",))
        .select_related("source")
        .with_parts()
        .with_authors()
        .filter(wanted)
        .order_by("slug")
    )
    by_slug = {article.slug: article for article in rows}
    by_guid = {article.guid: article for article in rows} if context.feed_source is None else {}
    by_item = {(article.source_id, article.source_item_id): article for article in rows}

    def ours(story: Story) -> Article | None:
        if not story.source_item_id:
            return by_slug.get(story.slug)
        source = context.source_of(story)
        key = (source.pk if source else None, story.source_item_id)
        return by_item.get(key) or by_guid.get(story.source_item_id)

    return [ours(story) for story in stories]
