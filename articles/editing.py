"""What an editor or a program writes into an article: a new draft, an edit, an old version brought back.

Values come validated, by the names of the API; `articles.validation` is the gate for programs. What
only the database can know, such as a slug that is taken, is checked here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from articles import dateline, markup
from articles.formats.slugs import slug_of
from articles.ids import tag_uri
from articles.media import pictures
from articles.models import (
    Article,
    ArticleAuthor,
    ArticleRevision,
    ArticleTag,
    ArticleURL,
    Author,
    Media,
    Section,
    Source,
    State,
    Tag,
)
from articles.revisions import (
    CONTENT,
    check_own_version,
    lock_article,
    record_revision,
    save_version,
)

# Fields that hold what was written, as it was written.
PLAIN = {
    "headline",
    "subheadline",
    "short_headline",
    "slugline",
    "abstract",
    "byline",
    "article_type",
    "subjects",
    "language",
    "source_item_id",
    "source_version",
    "source_url",
    "canonical_url",
    "copyright_holder",
    "copyright_notice",
    "usage_terms",
    "credit_line",
    "urgency",
    "ed_note",
    "editor_note",
    "published_at",
    "expires_at",
}
# A change of these is one that readers would notice; another section or tag is not.
SUBSTANCE = {
    "headline",
    "subheadline",
    "abstract",
    "body_markdown",
    "byline",
    "authors",
    "dateline",
    "lead_image",
    "editor_note",
}
DATELINE_PARTS = ("place", "region", "country", "date", "source", "style")
# States in which an article is, or may at any moment be, before readers: its text cannot be empty.
SHOWN = {State.SCHEDULED, State.PUBLISHED, State.CORRECTED, State.RETRACTED}
# Nothing is written into an article that is gone for good.
NOT_EDITABLE = {State.KILLED}

# The field to blame where two writers at once want what only one article can have.
UNIQUE = {
    "articles_article_slug": "slug",
    "articles_article_guid": "guid",
    "articles_once_from_source": "source_item_id",
}

Label = TypeVar("Label", Section, Tag, Author)
# A section or tag as programs give it, by its name, or as the desk does, who chose it from a list.
Given = str | Section | Tag


class InvalidValue(Exception):
    """A value that cannot be taken, and the field it was meant for."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


class NotEditable(Exception):
    """A change of an article that was killed."""

    def __init__(self) -> None:
        super().__init__("A story that was killed cannot be changed.")


@contextmanager
def unique_or_invalid(within: str = "") -> Iterator[None]:
    """A transaction; what two writers at once both wanted is refused to the second, by its field.

    `within` names the object that the field is a part of, such as `changes.`.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if field := UNIQUE.get(constraint):
            raise InvalidValue(within + field, "is taken by another story.") from None
        raise


def create_draft(
    *,
    values: Mapping[str, Any],
    note: str = "",
    editor: str = "",
    created_by_id: int | None = None,
) -> Article:
    """An article that nobody but the desk can read. `headline` and `slug` are needed.

    Raises Refused, with the field, for a slug, guid or source's item that another article has.
    """
    now = timezone.now()
    article = Article(first_created_at=now, version_created_at=now, created_by_id=created_by_id)
    article.guid = values.get("guid") or tag_uri(
        site_url=settings.SITE_URL, article_id=article.pk, minted_at=now
    )
    article.slug = values["slug"]
    with unique_or_invalid():
        _check_slug(article)
        article.headline = values["headline"]
        article.save(force_insert=True)
        apply_changes(article, values, now=now)
        article.save()
        record_revision(article, kind="create", note=note, editor=editor)
    return article


def edit_article(
    *,
    article_id: UUID,
    changes: Mapping[str, Any],
    expected_version: int | None,
    only_if_own: bool = False,
    note: str = "",
    editor: str = "",
) -> Article:
    """Give the article new values. What says the same as before makes no version.

    `only_if_own` is for an editor who does not say what the change is based on: it is taken where
    the latest version is theirs, and nobody else's work can be overwritten.

    Raises Article.DoesNotExist, Stale, Unread, Final and Refused; then nothing is changed.
    """
    with unique_or_invalid():
        article = lock_article(article_id=article_id, expected_version=expected_version)
        if only_if_own:
            check_own_version(article, editor=editor)
        now = timezone.now()
        if apply_changes(article, changes, now=now):
            save_version(article, kind="edit", now=now, note=note, editor=editor)
    return article


def restore_revision(
    *, article_id: UUID, version: int, expected_version: int | None, editor: str = ""
) -> Article:
    """Make an old version's content the newest version; state, address and dates stay as they are.

    Raises ArticleRevision.DoesNotExist, and what an edit raises.
    """
    with transaction.atomic():
        article = lock_article(article_id=article_id, expected_version=expected_version)
        revision = ArticleRevision.objects.get(article=article, version=version)
        now = timezone.now()
        if _bring_back(article, revision.snapshot, now):
            save_version(
                article, kind="restore", now=now, note=f"Version {version}.", editor=editor
            )
    return article


def apply_changes(article: Article, changes: Mapping[str, Any], *, now: datetime) -> set[str]:
    """Set the values on the locked article and write its parts; the names of those that differed.

    The caller saves the article. Raises Final and Refused.
    """
    if article.state in NOT_EDITABLE:
        raise NotEditable
    changed = {name for name in PLAIN & changes.keys() if _set(article, name, changes[name])}
    changed |= {
        name for name, apply in PARTS.items() if name in changes and apply(article, changes[name])
    }
    _check(article)
    if changed & SUBSTANCE and article.first_published_at:
        article.content_modified_at = now
    return changed


def _bring_back(article: Article, snapshot: Mapping[str, Any], now: datetime) -> bool:
    """Whether the old version differed. Its HTML passes today's allow-list, not that of its day."""
    if article.state in NOT_EDITABLE:
        raise NotEditable
    content = {name: snapshot[name] for name in CONTENT if name in snapshot}
    content["body_html"] = markup.sanitise(content["body_html"])
    if filed_on := content["dateline_date"]:
        content["dateline_date"] = date.fromisoformat(filed_on)
    changed = {name for name, value in content.items() if _set(article, name, value)}
    labels = {label["slug"]: label["name"] for label in snapshot["tags"]}
    section = snapshot["section"] or {}
    parts = [
        _put_tags(article, labels),
        _put_section(article, {section["slug"]: section["name"]} if section else {}),
        _set_authors(article, snapshot["authors"]),
        _set_image(article, snapshot["lead_image"]),
    ]
    article.byline = content["byline"]  # which new authors may just have replaced
    _check(article)
    if article.first_published_at and (changed & SUBSTANCE or any(parts[2:])):
        article.content_modified_at = now
    return bool(changed) or any(parts)


def _set(article: Article, name: str, value: object) -> bool:
    if getattr(article, name) == value:
        return False
    setattr(article, name, value)
    return True


def _check(article: Article) -> None:
    if article.state in SHOWN and not article.body_html:
        raise InvalidValue("body_markdown", "is empty.")
    if article.is_public and article.published_at is None:
        raise InvalidValue("published_at", "is missing.")
    if article.source_item_id and not article.source:
        raise InvalidValue("source_item_id", "needs a source.")
    due_at = article.due_at
    if article.expires_at and due_at and article.expires_at <= due_at:
        raise InvalidValue("expires_at", "lies before the publication.")


def _set_body(article: Article, text: str) -> bool:
    if not _set(article, "body_markdown", text.strip()):
        return False
    rendered = markup.render(text)
    article.body_html, article.word_count = rendered.html, rendered.word_count
    return True


def _set_slug(article: Article, slug: str) -> bool:
    """The slug before goes on leading to the article."""
    if slug == article.slug:
        return False
    former, article.slug = article.slug, slug
    _check_slug(article)
    ArticleURL.objects.filter(article=article, slug=slug).delete()
    ArticleURL.objects.update_or_create(
        slug=former, defaults={"article": article, "ceased_to_be_canonical_at": timezone.now()}
    )
    return True


def _check_slug(article: Article) -> None:
    others = Article.objects.exclude(pk=article.pk)
    if others.filter(slug=article.slug).exists():
        raise InvalidValue("slug", f"{article.slug!r} is taken by another story.")
    if ArticleURL.objects.filter(slug=article.slug).exclude(article_id=article.pk).exists():
        raise InvalidValue("slug", f"{article.slug!r} still leads to another story.")


def _set_dateline(article: Article, filed: Mapping[str, Any] | None) -> bool:
    parts = dict.fromkeys(DATELINE_PARTS, "") | {"date": None} | dict(filed or {})
    changed = [_set(article, f"dateline_{part}", parts[part]) for part in DATELINE_PARTS]
    if any(changed):
        article.dateline_text = (
            dateline.render(
                place=parts["place"],
                region=parts["region"],
                country=parts["country"],
                date=parts["date"],
                source=parts["source"],
                style=parts["style"],
                language=article.language,
            )
            if filed
            else ""
        )
    return any(changed)


def _set_section(article: Article, section: Given | None) -> bool:
    return _put_section(article, _wanted([section] if section else []))


def _put_section(article: Article, wanted: Mapping[str, str]) -> bool:
    section = next(iter(_take_labels(Section, wanted)), None)
    return _set(article, "section", section)


def _set_source(article: Article, name: str) -> bool:
    return _set(article, "source", Source.objects.get_or_create(name=name)[0] if name else None)


def _set_translation_of(article: Article, address: str) -> bool:
    if not address:
        return _set(article, "translation_of_id", None)
    try:
        original = Article.objects.at(address)
    except Article.DoesNotExist:
        raise InvalidValue("translation_of", f"{address!r} is not a story.") from None
    if original == article:
        raise InvalidValue("translation_of", "is the story itself.")
    return _set(article, "translation_of_id", original.pk)


def _set_image(article: Article, image: Media | Mapping[str, Any] | None) -> bool:
    """A picture that is described anew is a new one: another article may show the one before."""
    if image is None or isinstance(image, Media):
        return _set(article, "lead_image", image)
    media = article.lead_image
    if media and pictures.is_described(media, image):
        return False
    article.lead_image = pictures.replace_description(media, image)
    return True


def _set_tags(article: Article, tags: Sequence[Given]) -> bool:
    return _put_tags(article, _wanted(tags))


def _wanted(labels: Iterable[Given]) -> dict[str, str]:
    """Their names by their slugs; only a name that nobody has yet makes a slug of its own."""
    return dict(
        (slug_of(each), each) if isinstance(each, str) else (each.slug, each.name)
        for each in labels
    )


def _put_tags(article: Article, wanted: Mapping[str, str]) -> bool:
    links = article.tag_links.select_related("tag")
    if [link.tag.slug for link in links] == list(wanted):
        return False
    article.tag_links.all().delete()
    ArticleTag.objects.bulk_create(
        ArticleTag(article=article, tag=tag, position=position)
        for position, tag in enumerate(_take_labels(Tag, wanted), start=1)
    )
    return True


def _set_authors(article: Article, authors: Sequence[Mapping[str, str]]) -> bool:
    """A byline that only named the authors before goes on to name those who are."""
    wanted = {author.get("slug") or slug_of(author["name"]): author for author in authors}
    roles = {slug: author.get("role") or "author" for slug, author in wanted.items()}
    links = list(article.author_links.select_related("author"))
    if [(link.author.slug, link.role) for link in links] == list(roles.items()):
        return False
    article.author_links.all().delete()
    people = _take_labels(Author, {slug: author["name"] for slug, author in wanted.items()})
    ArticleAuthor.objects.bulk_create(
        ArticleAuthor(article=article, author=author, role=roles[author.slug], position=position)
        for position, author in enumerate(people, start=1)
    )
    if article.byline in {"", byline_of(link.author for link in links)}:
        article.byline = byline_of(people)
    return True


def byline_of(authors: Iterable[Author]) -> str:
    """Their names as a byline: A, B and C. Cut where a byline must end."""
    *names, last = [author.name for author in authors] or [""]
    return (f"{', '.join(names)} and {last}" if names else last)[:200]


PARTS: Mapping[str, Callable[[Article, Any], bool]] = {
    "slug": _set_slug,
    "body_markdown": _set_body,
    "dateline": _set_dateline,
    "section": _set_section,
    "source": _set_source,
    "translation_of": _set_translation_of,
    "lead_image": _set_image,
    "tags": _set_tags,
    "authors": _set_authors,
}


def _take_labels(model: type[Label], names: Mapping[str, str]) -> list[Label]:
    """Those of these slugs, in this order; those that do not exist are made. The first spelling stays.

    Made in the order of their slugs, so that no two writers wait for each other.
    """
    have = _labels(model, names)
    if missing := sorted(names.keys() - have.keys()):
        new = [model(slug=slug, name=names[slug]) for slug in missing]
        model.objects.bulk_create(new, ignore_conflicts=True)
        have |= _labels(model, missing)
    return [have[slug] for slug in names]


def _labels(model: type[Label], slugs: Iterable[str]) -> dict[str, Label]:
    return {label.slug: label for label in model.objects.filter(slug__in=list(slugs))}
