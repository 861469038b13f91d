"""Articles as records that another installation reads: the export and the import of all of them.

A record is an article with all that belongs to it, sections and the like by their names, so that it needs no number of
a row. It leaves out what is of the installation: accounts, keys, the secrets of sites, versions before the latest.
Pictures are named; their files are copied with the folder of media.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Model

from articles.announce import announce_many
from articles.models import (
    Article,
    ArticleAddress,
    ArticleAuthor,
    ArticleMedia,
    ArticleTag,
    ArticleURL,
    Author,
    Correction,
    Media,
    Section,
    Site,
    Source,
    Tag,
)
from articles.revisions import record_revisions

Record = dict[str, Any]

# Columns of the installation, and those that a record names in another way.
_LEFT_OUT: Final = {
    *("updated_at", "created_by", "preview_generation"),
    *("section", "source", "site", "lead_image", "translation_of", "merged_into"),
}
_COLUMNS: Final = tuple(
    field for field in Article._meta.concrete_fields if field.name not in _LEFT_OUT
)
_TAXON: Final = ("slug", "name")
_AUTHOR: Final = ("slug", "name", "job_title", "about", "url")
_SOURCE: Final = ("name", "credit", "category", "dateline_style", "indexing")
_SITE: Final = (
    *("name", "active", "origins", "url_patterns", "registers", "is_listed", "theme"),
    *("query_parameters", "has_amp_pages", "has_mobile_hosts"),
)
_PICTURE: Final = (
    *("caption", "alt_text", "decorative", "credit", "copyright_notice", "source_url", "file"),
    *("content_type", "content_hash", "byte_size", "width", "height", "focal_x", "focal_y"),
    "rendered",
)
_CORRECTION: Final = ("kind", "text", "placement", "published_at", "version", "editor")
_FORMER: Final = ("slug", "ceased_to_be_canonical_at")
_ADDRESS: Final = ("key", "url", "is_canonical", "created_at")
_RELATIONS: Final = (
    *("section", "tags", "authors", "source", "site", "lead_image", "media"),
    *("corrections", "former_slugs", "addresses"),
)
# Articles read or written by one statement.
_BATCH: Final = 500


def _type_of(field: "models.Field[Any, Any]") -> str:
    if isinstance(field, ArrayField):
        return "json"
    if isinstance(field, models.BooleanField):
        return "boolean"
    if isinstance(field, models.IntegerField):
        return "number"
    if isinstance(field, (models.CharField, models.TextField)):
        return "text"
    return "value"  # a time, a date, an id: null where the cell is empty


# The columns of a record in their order, each with the type of its cell in a table.
ARTICLE_COLUMNS: Final[Mapping[str, str]] = {
    **{field.name: _type_of(field) for field in _COLUMNS},
    **dict.fromkeys(("translation_of", "merged_into"), "value"),
    **dict.fromkeys(_RELATIONS, "json"),
}


def article_records() -> Iterator[Record]:
    """Every article, of any state, by its id. In one transaction they are of one snapshot only if that is repeatable."""
    articles = _with_all(Article.objects.order_by("id"))
    for article in articles.iterator(chunk_size=_BATCH):
        yield _record(article)


def has_articles() -> bool:
    return Article.objects.exists()


def create_articles(records: Iterable[Record]) -> int:
    """Create the article of each record; returns how many. Must run in a transaction.

    Raises Django's ValidationError and database errors where a record is not what an export writes.
    """
    created, known = 0, _Known()
    for batch in _batches(records):
        _create_batch(batch, known)
        created += len(batch)
    return created


def find_difference(records: Iterable[Record]) -> str | None:
    """What sets the articles here apart from those of the records, in words; None where they are the same."""
    count = 0
    for batch in _batches(records):
        here = {
            str(article.pk): _record(article)
            for article in _with_all(Article.objects.filter(pk__in=[each["id"] for each in batch]))
        }
        for record in batch:
            if here.get(record["id"]) is None:
                return f"the article {record['slug']} of the files is not here"
            if here[record["id"]] != record:
                return f"the article {record['slug']} is another one in the files"
        count += len(batch)
    others = Article.objects.count() - count
    return f"{others} articles here are not in the files" if others else None


def _with_all(articles: models.QuerySet[Article]) -> models.QuerySet[Article]:
    return articles.select_related("section", "source", "site", "lead_image").prefetch_related(
        *("tag_links__tag", "author_links__author", "corrections"),
        models.Prefetch(
            "media_links",
            ArticleMedia.objects.select_related("media").order_by("position", "id"),
        ),
        models.Prefetch("former_urls", ArticleURL.objects.order_by("slug")),
        models.Prefetch("addresses", ArticleAddress.objects.select_related("site").order_by("key")),
    )


def _record(article: Article) -> Record:
    columns = {field.name: _plain(field.value_from_object(article)) for field in _COLUMNS}
    return columns | {
        "translation_of": _plain(article.translation_of_id),
        "merged_into": _plain(article.merged_into_id),
        "section": _part(article.section, _TAXON),
        "tags": [_part(link.tag, _TAXON) for link in article.tag_links.all()],
        "authors": [
            _columns(link.author, _AUTHOR) | {"role": link.role}
            for link in article.author_links.all()
        ],
        "source": _part(article.source, _SOURCE),
        "site": _part(article.site, _SITE),
        "lead_image": _part(article.lead_image, _PICTURE),
        "media": [_part(link.media, _PICTURE) for link in article.media_links.all()],
        "corrections": [_part(each, _CORRECTION) for each in article.corrections.all()],
        "former_slugs": [_part(each, _FORMER) for each in article.former_urls.all()],
        "addresses": [
            _columns(each, _ADDRESS) | {"site": _columns(each.site, _SITE)}
            for each in article.addresses.all()
        ],
    }


def _part(row: Model | None, names: Sequence[str]) -> Record | None:
    return None if row is None else _columns(row, names)


def _columns(row: Model, names: Sequence[str]) -> Record:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    """A value as JSON has it, times to the microsecond."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (UUID, models.fields.files.FieldFile)):
        return str(value)
    return value


class _Known:
    """The rows that records name, each created where it is first named. A picture of two articles is one row."""

    def __init__(self) -> None:
        self._rows: dict[tuple[type[Model], str], Any] = {}

    def named(self, model: type[Model], key: str, values: Record | None) -> Any:
        if values is None:
            return None
        name = values[key]
        if (model, name) not in self._rows:
            row, _ = model._default_manager.get_or_create(**{key: name}, defaults=values)
            self._rows[model, name] = row
        return self._rows[model, name]

    def picture(self, values: Record | None) -> Media | None:
        if values is None:
            return None
        name = json.dumps(values, sort_keys=True)
        if (Media, name) not in self._rows:
            self._rows[Media, name] = Media.objects.create(**values)
        found: Media = self._rows[Media, name]
        return found


def _create_batch(records: Sequence[Record], known: _Known) -> None:
    articles = [_article(record, known) for record in records]
    Article.objects.bulk_create(articles)
    pairs = list(zip(articles, records, strict=True))
    ArticleTag.objects.bulk_create(
        ArticleTag(article=article, tag=known.named(Tag, "slug", tag), position=position)
        for article, record in pairs
        for position, tag in enumerate(record["tags"], start=1)
    )
    ArticleAuthor.objects.bulk_create(
        ArticleAuthor(
            article=article,
            author=known.named(Author, "slug", {name: author[name] for name in _AUTHOR}),
            role=author["role"],
            position=position,
        )
        for article, record in pairs
        for position, author in enumerate(record["authors"], start=1)
    )
    ArticleMedia.objects.bulk_create(
        ArticleMedia(article=article, media=known.picture(picture), position=position)
        for article, record in pairs
        for position, picture in enumerate(record["media"], start=1)
    )
    _insert_parts(Correction, pairs, "corrections")
    _insert_parts(ArticleURL, pairs, "former_slugs")
    ArticleAddress.objects.bulk_create(
        ArticleAddress(
            article=article,
            site=known.named(Site, "name", address["site"]),
            **_values(ArticleAddress, {name: address[name] for name in _ADDRESS}),
        )
        for article, record in pairs
        for address in record["addresses"]
    )
    record_revisions(articles, kind="import")
    announce_many([article.pk for article in articles])


def _article(record: Record, known: _Known) -> Article:
    article = Article(**{field.name: field.to_python(record[field.name]) for field in _COLUMNS})
    article.section = known.named(Section, "slug", record["section"])
    article.source = known.named(Source, "name", record["source"])
    article.site = known.named(Site, "name", record["site"])
    article.lead_image = known.picture(record["lead_image"])
    # The other article may be of a later batch: PostgreSQL checks at the end of the transaction.
    article.translation_of_id = record["translation_of"]
    article.merged_into_id = record["merged_into"]
    return article


def _insert_parts(
    model: type[Correction | ArticleURL], pairs: Sequence[tuple[Article, Record]], name: str
) -> None:
    parts = [
        model(article=article, **_values(model, part))
        for article, record in pairs
        for part in record[name]
    ]
    manager: models.Manager[Any] = model._default_manager
    manager.bulk_create(parts)


def _values(model: type[Model], plain: Record) -> Record:
    """The values of columns from what JSON has of them."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in plain.items()}


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
