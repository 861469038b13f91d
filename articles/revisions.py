"""The versions of an article: optimistic locking, stored revisions, and the differences between two."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime

from articles import audit, dateline, fields
from articles.announce import announce
from articles.models import (
    Article,
    ArticleAuthor,
    ArticleMedia,
    ArticleRevision,
    ArticleTag,
    ArticleType,
    PubStatus,
    State,
)

# The columns that restoring an old version brings back, and those that it leaves as they are: where the article is
# in the workflow, its address and its dates.
RESTORED = fields.columns(is_restored=True)
NOT_RESTORED = (
    "guid",
    "state",
    "pub_status",
    "first_created_at",
    "version_created_at",
    "first_published_at",
    "content_modified_at",
    "publish_at",
    "embargoed_until",
    *fields.columns(is_restored=False),
)
# Follow from other fields, so that a comparison would show each change twice.
DERIVED = {
    *(column for field in fields.FIELDS for column in field.derived),
    *("version_created_at", "content_modified_at"),
}
EMPTY: tuple[Any, ...] = (None, "", [])
# What editors read for the values of these columns.
CHOICES: Mapping[str, Mapping[str, str]] = {
    "state": dict(State.choices),
    "pub_status": dict(PubStatus.choices),
    "article_type": dict(ArticleType.choices),
    "dateline_style": dateline.STYLE_LABELS,
}
TIMES = frozenset(
    each.name for each in Article._meta.concrete_fields if isinstance(each, DateTimeField)
)
# The field that each column of a revision belongs to.
FIELD_OF = {
    column: field.name for field in fields.FIELDS for column in (*field.columns, *field.derived)
}
# The place of each column in the order of `articles.fields`.
_ORDER = dict.fromkeys(name for field in fields.FIELDS for name in (field.name, *field.columns))
_PLACES = {name: place for place, name in enumerate(_ORDER)}


class VersionConflict(Exception):
    """A write that is based on another version than the article's latest."""

    def __init__(self, *, expected_version: int, version: int) -> None:
        super().__init__(
            f"The story is at version {version}; this change was based on {expected_version}."
        )
        self.version = version


class ExpectedVersionMissing(Exception):
    """A write without an expected version, over a version that another editor made."""

    def __init__(self, *, version: int) -> None:
        super().__init__(f"Version {version} of the story was written by another editor.")
        self.version = version


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs between two versions, as lines marked with + and -."""

    field: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def label(self) -> str:
        """The field's name for people."""
        return fields.label_of(self.field)


def lock_article(*, article_id: UUID, expected_version: int | None) -> Article:
    """The article, locked until the transaction ends.

    Raises Article.DoesNotExist, and VersionConflict where the article has another version than
    `expected_version`. None accepts any version.
    """
    article = Article.objects.select_for_update(of=("self",)).get(pk=article_id)
    if expected_version is not None and expected_version != article.version:
        raise VersionConflict(expected_version=expected_version, version=article.version)
    return article


def check_merges(article: Article, *, changed: Collection[str], since: int) -> None:
    """Raises VersionConflict unless what was saved since that version and these fields have nothing in common.

    A transition conflicts with every change: what a save means depends on who reads the article. So does a version
    that is older than the records.
    """
    saved = fields_changed_since(article, since)
    if saved is None or saved & set(changed):
        raise VersionConflict(expected_version=since, version=article.version)


def fields_changed_since(article: Article, version: int) -> set[str] | None:
    """The names of the fields that differ from that version; None where it is unknown, or the state has changed."""
    # Uses index: articles_revision_once.
    known = ArticleRevision.objects.filter(article=article, version__in=(version, article.version))
    snapshots = {each.version: each.snapshot for each in known}
    if len(snapshots) != 2:
        return None
    before, after = snapshots[version], snapshots[article.version]
    if before["state"] != after["state"]:
        return None
    return {FIELD_OF.get(name, name) for name in after if before.get(name) != after[name]}


def check_own_version(article: Article, *, editor: str) -> None:
    """Raises ExpectedVersionMissing unless this editor made the latest version of the locked article."""
    # Uses index: articles_revision_once.
    latest = ArticleRevision.objects.filter(article=article, version=article.version)
    if not latest.filter(editor=editor).exists():
        raise ExpectedVersionMissing(version=article.version)


def save_version(
    article: Article, *, kind: str, now: datetime, note: str = "", editor: str = ""
) -> None:
    """Save the article as its next version, store its revision, and announce the change after the commit."""
    article.version += 1
    article.version_created_at = now
    article.save()
    record_revision(article, kind=kind, note=note, editor=editor)
    announce(article.pk)


def record_revision(
    article: Article, *, kind: str, note: str = "", editor: str = ""
) -> ArticleRevision:
    """Store a revision of the saved article: once for each version, in the transaction that made it."""
    (revision,) = record_revisions([article], kind=kind, note=note, editor=editor)
    return revision


def record_revisions(
    articles: Sequence[Article], *, kind: str, note: str = "", editor: str = ""
) -> list[ArticleRevision]:
    """The same for many articles, in five queries and one for each section, source or picture not loaded."""
    tags, authors, pictures = _tags_of(articles), _authors_of(articles), _pictures_of(articles)
    audit.record_versions(
        kind,
        [
            (each.pk, each.headline, {"version": each.version, "state": str(each.state)})
            for each in articles
        ],
        note=note,
        editor=editor,
    )
    return ArticleRevision.objects.bulk_create(
        ArticleRevision(
            article=article,
            version=article.version,
            snapshot=_snapshot(article, tags[article.pk], authors[article.pk])
            | {"pictures": pictures[article.pk]},
            kind=kind,
            note=note,
            editor=editor,
        )
        for article in articles
    )


def _tags_of(articles: Collection[Article]) -> Mapping[UUID, list[dict[str, str]]]:
    found = defaultdict(list)
    for link in ArticleTag.objects.filter(article__in=articles).select_related("tag"):
        found[link.article_id].append({"slug": link.tag.slug, "name": link.tag.name})
    return found


def _authors_of(articles: Collection[Article]) -> Mapping[UUID, list[dict[str, str]]]:
    found = defaultdict(list)
    for link in ArticleAuthor.objects.filter(article__in=articles).select_related("author"):
        author = {"slug": link.author.slug, "name": link.author.name, "role": link.role}
        found[link.article_id].append(author)
    return found


def _pictures_of(articles: Collection[Article]) -> Mapping[UUID, list[dict[str, Any]]]:
    """The further pictures, in their order."""
    found = defaultdict(list)
    links = ArticleMedia.objects.filter(article__in=articles).order_by("position", "id")
    for link in links.select_related("media"):
        words = {name: getattr(link.media, name) for name in ("caption", "alt_text", "credit")}
        found[link.article_id].append({"media": link.media_id, **words})
    return found


def _snapshot(
    article: Article, tags: list[dict[str, str]], authors: list[dict[str, str]]
) -> dict[str, Any]:
    image, section = article.lead_image, article.section
    return {
        **{name: getattr(article, name) for name in RESTORED + NOT_RESTORED},
        "source": article.source.name if article.source else "",
        "section": {"slug": section.slug, "name": section.name} if section else None,
        "lead_image": image
        and {
            **{name: getattr(image, name) for name in ("caption", "alt_text", "credit")},
            **({"media": image.pk} if image.file or image.source_url else {}),
        },
        "tags": tags,
        "authors": authors,
    }


def compare(*, older: ArticleRevision, newer: ArticleRevision) -> list[Difference]:
    """The fields that differ, each with its lines; long texts with three lines around a change."""
    before, after = older.snapshot, newer.snapshot
    names = [
        name
        for name in after
        if name not in DERIVED and not _is_same(before.get(name), after[name])
    ]
    names.sort(
        key=lambda name: _PLACES.get(name, len(_PLACES))
    )  # PostgreSQL stores them in another order
    return [
        Difference(name, tuple(_changed_lines(_said(name, before), _said(name, after))))
        for name in names
    ]


def _is_same(before: Any, after: Any) -> bool:
    """What a version of an earlier release does not have is empty."""
    return before == after or (before in EMPTY and after in EMPTY)


def describe_content(revision: ArticleRevision) -> list[Difference]:
    """What the version says, field by field; those that are empty are left out."""
    content = revision.snapshot
    names = [name for name in content if name not in DERIVED and content[name] not in EMPTY]
    names.sort(key=lambda name: _PLACES.get(name, len(_PLACES)))
    return [Difference(name, tuple(_lines(_said(name, content)))) for name in names]


@dataclass(frozen=True, slots=True)
class ConcurrentChanges:
    """What was saved since the version on which an open form is based, the newest first."""

    revisions: Sequence[ArticleRevision]
    differences: Sequence[Difference]


def changes_since(*, article_id: UUID, version: int) -> ConcurrentChanges:
    known = ArticleRevision.objects.filter(article_id=article_id, version__gte=version)
    revisions = list(known.order_by("-version"))
    later = [revision for revision in revisions if revision.version > version]
    if not later or len(later) == len(revisions):  # the version itself may be older than records
        return ConcurrentChanges(later, ())
    return ConcurrentChanges(later, compare(older=revisions[-1], newer=later[0]))


def _said(name: str, snapshot: Mapping[str, Any]) -> Any:
    """The value as editors read it: choices by their labels, times in the desk's zone."""
    value = snapshot.get(name)
    if not value or not isinstance(value, str):
        return value
    if name in CHOICES:
        return CHOICES[name].get(value, value)
    if name in TIMES and (moment := parse_datetime(value)):
        return date_format(localtime(moment), "j F Y, H:i")
    if name == "dateline_date" and (day := parse_date(value)):
        return date_format(day, "j F Y")
    return value


def _changed_lines(before: Any, after: Any) -> Iterator[str]:
    lines = unified_diff(_lines(before), _lines(after), lineterm="")
    for line in lines:
        if not line.startswith(("---", "+++", "@@")):
            yield line


def _lines(value: Any) -> list[str]:
    """A value as lines to compare: a text its lines, a list its entries, nothing none."""
    if isinstance(value, list):
        return [_word(entry) for entry in value]
    if value in (None, ""):
        return []
    return _word(value).splitlines()


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        # PostgreSQL stores an object's members in an order of its own.
        return " · ".join(str(value[name]) for name in sorted(value) if value[name])
    return str(value)
