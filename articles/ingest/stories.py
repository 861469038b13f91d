"""Creates or updates the articles of parsed stories; the same story twice changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from articles.announce import announce_many
from articles.content import get_or_create_sources
from articles.formats.story import Mistake, Story, StoryError
from articles.ingest.context import IngestContext, load_labels
from articles.ingest.create import create_all
from articles.ingest.mapping import is_embargoed
from articles.ingest.matching import lock_articles, lock_ingest
from articles.ingest.results import Action, IngestResult
from articles.ingest.update import update
from articles.media import pictures
from articles.models import Source
from articles.revisions import record_revisions


def ingest_stories(
    stories: Sequence[Story], *, source: Source | None = None, overwrite: bool = False
) -> list[IngestResult]:
    """Create or update each story and publish it: all of them or, with StoryError, none.

    A story with a source's id is matched by source and id, any other by its slug. `source` is the one that
    was polled: what such a story states about itself cannot match another source's articles.

    May be repeated: a story that equals the last import changes neither the version nor a date. An article
    that the desk edited is not overwritten without `overwrite`. Calls are serialised, and each locks its
    articles until its transaction ends. The results are in the order of the stories.
    """
    context = IngestContext(timezone.now(), source, overwrite)
    stories = [_after_embargo(story) for story in _with_embargoes(stories, context)]
    mistakes = [*first_of_each(stories, source)[1], *_list_early(stories, context.now)]
    with transaction.atomic():
        lock_ingest()
        if source is None:
            names = {story.source for story in stories if story.source}
            context.sources = get_or_create_sources(names)
        # Before sections and tags are created: an editor's transaction locks in this order, too.
        articles = lock_articles(stories, context)
        load_labels(stories, context)
        outcomes: list[IngestResult | None] = []
        for story, article in zip(stories, articles, strict=True):
            try:
                outcomes.append(update(article, story, context) if article else None)
            except StoryError as refused:
                mistakes += refused.mistakes
        if mistakes:
            raise StoryError(mistakes)
        missing = [number for number, outcome in enumerate(outcomes) if outcome is None]
        created = create_all([stories[number] for number in missing], context)
        for number, outcome in zip(missing, created, strict=True):
            outcomes[number] = outcome
        done = [outcome for outcome in outcomes if outcome]
        _record_revisions(done)
        if new := [one.article.pk for one in done if one.action == Action.CREATED]:
            announce_many(new)
    return done


def first_of_each(
    stories: Sequence[Story], source: Source | None = None
) -> tuple[list[Story], list[Mistake]]:
    """The stories without those that name themselves as one before them, and the mistakes of these."""
    first: dict[tuple[str, str], Story] = {}
    mistakes: list[Mistake] = []
    for story in stories:
        item_id = story.source_item_id
        owner = source.name if source else story.source
        key = (owner, item_id) if item_id else ("slug of", story.slug)
        if key in first:
            about, value = ("id", item_id) if item_id else ("slug", story.slug)
            text = f"{value!r} is taken by {first[key].origin.name}."
            mistakes.append(story.origin.mistake(about, text))
        first.setdefault(key, story)
    return list(first.values()), mistakes


def _list_early(stories: Sequence[Story], now: datetime) -> Iterator[Mistake]:
    for story in stories:
        if _is_early(story, now):
            stated = f" It is the file’s {story.origin.time}." if story.origin.time else ""
            yield story.origin.mistake("published_at", f"lies in the future.{stated}")


def _with_embargoes(stories: Sequence[Story], context: IngestContext) -> list[Story]:
    """A future time of publication is an embargo, where its source is trusted with them."""
    early = [story for story in stories if _is_early(story, context.now)]
    if not early:
        return list(stories)
    names = {story.source for story in early if story.source}
    trusted = set(
        Source.objects.filter(schedules=True, name__in=names).values_list("name", flat=True)
    )
    all_are = context.feed_source is not None and context.feed_source.schedules
    return [
        replace(story, embargoed_until=story.published_at)
        if _is_early(story, context.now)
        and (all_are or (context.feed_source is None and story.source in trusted))
        else story
        for story in stories
    ]


def _is_early(story: Story, now: datetime) -> bool:
    is_future = story.published_at is not None and story.published_at > now
    return is_future and not is_embargoed(story, now)


def _after_embargo(story: Story) -> Story:
    """An article cannot have been published before its embargo ended."""
    if story.embargoed_until is None:
        return story
    return replace(
        story, published_at=max(story.published_at or story.embargoed_until, story.embargoed_until)
    )


def _record_revisions(outcomes: Sequence[IngestResult]) -> None:
    written = {Action.CREATED, Action.UPDATED}
    articles = [one.existing for one in outcomes if one.existing and one.action in written]
    if articles:
        record_revisions(articles, kind="import")
    if any(article.lead_image and article.lead_image.due_at for article in articles):
        pictures.prepare_on_commit()
