"""What the stories of one call share: the time, and the sources and labels they name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from articles.formats.slugs import slug_of
from articles.formats.story import Story
from articles.models import Author, Section, Source, Tag

Label = TypeVar("Label", Section, Tag, Author)


@dataclass
class IngestContext:
    """One call of `ingest_stories`: what its stories share, looked up once."""

    now: datetime
    feed_source: Source | None
    overwrite: bool
    sources: dict[str, Source] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    authors: dict[str, Author] = field(default_factory=dict)

    def source_of(self, story: Story) -> Source | None:
        return self.feed_source or self.sources.get(story.source)


def load_sources(stories: Sequence[Story]) -> dict[str, Source]:
    names = {story.source for story in stories if story.source}
    if not names:
        return {}
    known = Source.objects.filter(name__in=names)
    have = {source.name: source for source in known}
    if missing := sorted(names - have.keys()):
        Source.objects.bulk_create([Source(name=name) for name in missing], ignore_conflicts=True)
        have = {source.name: source for source in known.all()}
    return have


def load_labels(stories: Sequence[Story], context: IngestContext) -> None:
    context.sections = _take_labels(Section, [story.section for story in stories if story.section])
    context.tags = _take_labels(Tag, [tag for story in stories for tag in story.tags])
    names = [author.name for story in stories for author in story.authors]
    context.authors = _take_labels(Author, names)


def _take_labels(model: type[Label], names: Sequence[str]) -> dict[str, Label]:
    """The sections, tags or authors of these names; those that do not exist are made.

    The first spelling stays. Made in the order of their slugs, so that no two writers wait for
    each other.
    """
    wanted = {slug_of(name): name for name in reversed(names)}
    have = {label.slug: label for label in model.objects.filter(slug__in=wanted)} if wanted else {}
    if missing := sorted(wanted.keys() - have.keys()):
        model.objects.bulk_create(
            [model(slug=slug, name=wanted[slug]) for slug in missing], ignore_conflicts=True
        )
        have |= {label.slug: label for label in model.objects.filter(slug__in=missing)}
    return have
