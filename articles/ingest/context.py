"""What the stories of one call of `ingest_stories` share: the time, the sources, sections, tags and authors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from articles.content import get_or_create_labels, names_by_slug
from articles.formats.slugs import slug_of
from articles.formats.story import Story
from articles.models import Author, Section, Source, Tag


@dataclass
class IngestContext:
    now: datetime
    feed_source: Source | None
    overwrite: bool
    sources: dict[str, Source] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    authors: dict[str, Author] = field(default_factory=dict)

    def source_of(self, story: Story) -> Source | None:
        return self.feed_source or self.sources.get(story.source)

    def tags_of(self, story: Story) -> list[Tag]:
        return [self.tags[slug_of(tag)] for tag in story.tags]

    def authors_of(self, story: Story) -> list[tuple[Author, str]]:
        return [(self.authors[slug_of(author.name)], author.role) for author in story.authors]


def load_labels(stories: Sequence[Story], context: IngestContext) -> None:
    """Get or create the sections, tags and authors of all stories, in at most three statements each."""
    sections = [story.section for story in stories if story.section]
    tags = [tag for story in stories for tag in story.tags]
    authors = [author.name for story in stories for author in story.authors]
    context.sections = get_or_create_labels(Section, names_by_slug(sections))
    context.tags = get_or_create_labels(Tag, names_by_slug(tags))
    context.authors = get_or_create_labels(Author, names_by_slug(authors))
    _give_titles(stories, context)


def _give_titles(stories: Sequence[Story], context: IngestContext) -> None:
    """Authors without a title get the one that a story has; a title that the desk has given stays."""
    titles = {
        slug_of(author.name): author.title
        for story in stories
        for author in story.authors
        if author.title
    }
    untitled = [
        author
        for slug, author in sorted(context.authors.items())
        if not author.job_title and slug in titles
    ]
    for author in untitled:
        author.job_title = titles[author.slug]
    if untitled:
        Author.objects.bulk_update(untitled, ["job_title"])
