"""Finds the article of each story and locks it."""

from collections import Counter
from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from articles.formats.story import Story, StoryError
from articles.ingest.context import IngestContext
from articles.models import Article, ArticleURL, Source

# The advisory lock that serialises ingest: "news" as a number.
INGEST_LOCK = 0x6E657773


def lock_ingest() -> None:
    """Without it, two calls with the same stories in another order could deadlock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [INGEST_LOCK])


def lock_articles(stories: Sequence[Story], context: IngestContext) -> list[Article | None]:
    """The article of each story, locked; None for a story that was not imported before.

    A slug that an article used to have finds it, too. Raises StoryError where two stories find the same article.
    """
    slugs = [story.slug for story in stories if not story.source_item_id]
    # Uses index: articles_former_slug.
    former = dict(ArticleURL.objects.filter(slug__in=slugs).values_list("slug", "article_id"))
    # Uses index: articles_article_slug, articles_article_guid, articles_once_from_source.
    wanted = Q(slug__in=slugs) | Q(pk__in=former.values())
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
        .prefetch_related("media_links__media")
        .filter(wanted)
        .order_by("slug")
    )
    by_slug = {article.slug: article for article in rows}
    by_id = {article.pk: article for article in rows}
    by_guid = {article.guid: article for article in rows} if context.feed_source is None else {}
    by_item = {(article.source_id, article.source_item_id): article for article in rows}

    def match(story: Story) -> Article | None:
        if not story.source_item_id:
            owner = former.get(story.slug)
            return by_slug.get(story.slug) or (by_id.get(owner) if owner else None)
        source = context.source_of(story)
        key = (source.pk if source else None, story.source_item_id)
        return (
            by_item.get(key) or by_guid.get(story.source_item_id) or _withdrawn(story, source, rows)
        )

    found = [match(story) for story in stories]
    _refuse_two_for_one(stories, found)
    return found


def _withdrawn(story: Story, source: Source | None, rows: Sequence[Article]) -> Article | None:
    """What a message without a source withdraws: the only article that has the id from any."""
    if story.pub_status == "usable" or source:
        return None
    found = [article for article in rows if article.source_item_id == story.source_item_id]
    return found[0] if len(found) == 1 else None


def _refuse_two_for_one(stories: Sequence[Story], found: Sequence[Article | None]) -> None:
    times = Counter(article.pk for article in found if article)
    mistakes = [
        story.origin.mistake(
            "slug", f"{story.slug!r} leads to the story that is now {article.slug!r}."
        )
        for story, article in zip(stories, found, strict=True)
        if article
        and times[article.pk] > 1
        and not story.source_item_id
        and story.slug != article.slug
    ]
    if mistakes:
        raise StoryError(mistakes)
