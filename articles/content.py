"""The rules that every writer of an article shares: labels, links, datelines, and what counts as a change.

`articles.editing` writes one article, `articles.ingest` any number with a handful of statements; both call these
functions, so that a change has the same effect whichever way it comes in.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from articles import dateline
from articles.fields import DATELINE_PARTS, SUBSTANTIAL
from articles.formats.slugs import slug_of
from articles.models import Article, ArticleAuthor, ArticleTag, Author, Section, Source, Tag

Label = TypeVar("Label", Section, Tag, Author)


def move_content_modified_at(article: Article, *, changed: Iterable[str], now: datetime) -> None:
    """Set the time of the last change that readers would notice, where the article was ever published.

    `changed` names fields or columns. The caller saves the article.
    """
    if article.first_published_at and not SUBSTANTIAL.isdisjoint(changed):
        article.content_modified_at = now


def names_by_slug(names: Sequence[str]) -> dict[str, str]:
    """Of names with the same slug, the first."""
    return {slug_of(name): name for name in reversed(names)}


def get_or_create_labels(model: type[Label], names: Mapping[str, str]) -> dict[str, Label]:
    """The sections, tags or authors of these slugs, created where missing with the given name.

    An existing label keeps its name. Created in the order of the slugs, so that two writers cannot deadlock.
    """
    labels = _labels(model, names)
    if missing := sorted(names.keys() - labels.keys()):
        new = [model(slug=slug, name=names[slug]) for slug in missing]
        model.objects.bulk_create(new, ignore_conflicts=True)
        labels |= _labels(model, missing)
    return labels


def _labels(model: type[Label], slugs: Iterable[str]) -> dict[str, Label]:
    return {label.slug: label for label in model.objects.filter(slug__in=list(slugs))}


def get_or_create_sources(names: Collection[str]) -> dict[str, Source]:
    """The sources of these names, created where missing in the order of the names."""
    sources = {source.name: source for source in Source.objects.filter(name__in=names)}
    if missing := sorted(set(names) - sources.keys()):
        Source.objects.bulk_create([Source(name=name) for name in missing], ignore_conflicts=True)
        sources |= {source.name: source for source in Source.objects.filter(name__in=missing)}
    return sources


def insert_tags(tags: Iterable[tuple[Article, Sequence[Tag]]]) -> None:
    """Link articles that have no tags to these, in this order; one statement."""
    ArticleTag.objects.bulk_create(
        ArticleTag(article=article, tag=tag, position=position)
        for article, ordered in tags
        for position, tag in enumerate(ordered, start=1)
    )


def replace_tags(article: Article, tags: Sequence[Tag]) -> None:
    ArticleTag.objects.filter(article=article).delete()
    insert_tags([(article, tags)])


def insert_authors(authors: Iterable[tuple[Article, Sequence[tuple[Author, str]]]]) -> None:
    """Link articles that have no authors to these, in this order, each with a role; one statement."""
    ArticleAuthor.objects.bulk_create(
        ArticleAuthor(article=article, author=author, role=role, position=position)
        for article, ordered in authors
        for position, (author, role) in enumerate(ordered, start=1)
    )


def replace_authors(article: Article, authors: Sequence[tuple[Author, str]]) -> None:
    ArticleAuthor.objects.filter(article=article).delete()
    insert_authors([(article, authors)])


def render_dateline(parts: Mapping[str, Any], *, language: str) -> str:
    """The line in its style. Stored with the article, so that a change of style does not rewrite it."""
    return dateline.render(**{part: parts[part] for part in DATELINE_PARTS}, language=language)
