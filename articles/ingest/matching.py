"""Finds the article of each story and locks it."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from articles.formats.story import Story
from articles.ingest.context import IngestContext
from articles.models import Article

# The advisory lock that serialises ingest: "news" as a number.
INGEST_LOCK = 0x6E657773


def lock_ingest() -> None:
    """Without it, two calls with the same stories in another order could deadlock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [INGEST_LOCK])


def lock_articles(stories: Sequence[Story], context: IngestContext) -> list[Article | None]:
    """The article of each story, locked; None for a story that was not imported before."""
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

    def match(story: Story) -> Article | None:
        if not story.source_item_id:
            return by_slug.get(story.slug)
        source = context.source_of(story)
        key = (source.pk if source else None, story.source_item_id)
        return by_item.get(key) or by_guid.get(story.source_item_id)

    return [match(story) for story in stories]
