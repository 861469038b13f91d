"""Edits articles for the desk and the API: creates a draft, changes fields, restores a revision.

Values come validated, by the names of the API (`articles.validation`, also for the desk's form). What only the
database can know, such as a slug that is taken, is checked here.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from articles import content, markup
from articles.fields import DATELINE_PARTS, FIELDS, MAX_LENGTH
from articles.formats.slugs import slug_of
from articles.ids import tag_uri
from articles.media import pictures
from articles.models import (
    PUBLIC_STATES,
    Article,
    ArticleMedia,
    ArticleRevision,
    ArticleURL,
    Author,
    Media,
    Section,
    State,
    Tag,
)
from articles.offsets import offset_of
from articles.revisions import (
    RESTORED,
    check_merges,
    check_own_version,
    lock_article,
    record_revision,
    save_version,
)

# States in which readers see the article, or will without another request: its text cannot be empty.
STATES_WITH_TEXT = {State.SCHEDULED, *PUBLIC_STATES}
# A killed article is gone for good, and a merged one is another article now.
NOT_EDITABLE = {State.KILLED, State.MERGED}

# The field of each unique constraint that two concurrent writers may violate.
UNIQUE_FIELDS = {
    "articles_article_slug": "slug",
    "articles_former_slug": "slug",
    "articles_article_guid": "guid",
    "articles_once_from_source": "source_item_id",
}

# A section or tag by its name, as programs send it, or the row that an editor chose from a list.
LabelInput = str | Section | Tag


class InvalidValue(Exception):
    """A value that the article cannot have, with the name of its field."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


class NotEditable(Exception):
    """A change of a killed or merged article."""

    def __init__(self) -> None:
        super().__init__("A story that was killed, or merged into another, cannot be changed.")


@contextmanager
def unique_or_invalid(within: str = "") -> Iterator[None]:
    """A transaction. Raises InvalidValue where a concurrent writer has just taken a unique value.

    `within` names the object that holds the field, such as `changes.`.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if field := UNIQUE_FIELDS.get(constraint):
            raise InvalidValue(within + field, "is taken by another story.") from None
        raise


def create_draft(
    *,
    values: Mapping[str, Any],
    note: str = "",
    editor: str = "",
    created_by_id: int | None = None,
) -> Article:
    """Create an article that only the desk can read. `headline` and `slug` are required.

    Raises InvalidValue for a slug, guid or source's item that another article has.
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
    merge: bool = False,
    note: str = "",
    editor: str = "",
) -> Article:
    """Set new values. Values that equal the stored ones make no version.

    `merge` accepts an expected version that is not the latest, where other fields were saved since.

    `only_if_own` is for a request without an expected version: it is accepted only where the same editor made
    the latest version, so that it cannot overwrite another editor's work.

    Raises Article.DoesNotExist, VersionConflict, ExpectedVersionMissing, NotEditable and InvalidValue; then
    nothing is changed.
    """
    with unique_or_invalid():
        article = lock_article(
            article_id=article_id, expected_version=None if merge else expected_version
        )
        if merge and expected_version is not None and expected_version != article.version:
            check_merges(article, changed=changes.keys(), since=expected_version)
        if only_if_own:
            check_own_version(article, editor=editor)
        now = timezone.now()
        if apply_changes(article, changes, now=now):
            save_version(article, kind="edit", now=now, note=note, editor=editor)
    return article


def restore_revision(
    *, article_id: UUID, version: int, expected_version: int | None, editor: str = ""
) -> Article:
    """Make the content of an old version the newest version; state, address and dates stay as they are.

    Raises ArticleRevision.DoesNotExist, and what `edit_article` raises.
    """
    with transaction.atomic():
        article = lock_article(article_id=article_id, expected_version=expected_version)
        revision = ArticleRevision.objects.get(article=article, version=version)
        now = timezone.now()
        if _restore(article, revision.snapshot, now):
            save_version(
                article, kind="restore", now=now, note=f"Version {version}.", editor=editor
            )
    return article


@transaction.atomic
def note_pictures(*, article_id: UUID, editor: str = "") -> None:
    """Make a version of the article's further pictures as they are stored. Raises NotEditable."""
    article = lock_article(article_id=article_id, expected_version=None)
    if article.state in NOT_EDITABLE:
        raise NotEditable
    now = timezone.now()
    save_version(article, kind="edit", now=now, note="Further pictures.", editor=editor)


@transaction.atomic
def replace_picture(*, old_id: int, new: Media, editor: str = "") -> int:
    """Have each article that shows a picture show another one, in a new version; returns how many.

    The old picture stays, so that older versions can be restored as they were.
    """
    shows = Q(lead_image=old_id) | Q(media_links__media=old_id)
    found = Article.objects.filter(shows).exclude(state__in=NOT_EDITABLE)
    ids = sorted(set(found.values_list("pk", flat=True)))
    for article_id in ids:
        article = lock_article(article_id=article_id, expected_version=None)
        now = timezone.now()
        if article.lead_image_id == old_id:
            article.lead_image = new
            content.move_content_modified_at(article, changed={"lead_image"}, now=now)
        ArticleMedia.objects.filter(article=article, media=old_id).update(media=new)
        note = f"The picture “{new}”."[:200]
        save_version(article, kind="edit", now=now, note=note, editor=editor)
    return len(ids)


def apply_changes(article: Article, changes: Mapping[str, Any], *, now: datetime) -> set[str]:
    """Set the values on the locked article and write its relations; returns the fields that differed.

    The caller saves the article. Raises NotEditable and InvalidValue.
    """
    if article.state in NOT_EDITABLE:
        raise NotEditable
    changed = {name for name in COLUMNS & changes.keys() if _set(article, name, changes[name])}
    changed |= {
        name
        for name, setter in SETTERS.items()
        if name in changes and setter(article, changes[name])
    }
    _check(article, changed)
    content.move_content_modified_at(article, changed=changed, now=now)
    return changed


def _restore(article: Article, snapshot: Mapping[str, Any], now: datetime) -> bool:
    """Set the content of the snapshot; whether it differed. The stored HTML is sanitised by today's allow-list."""
    if article.state in NOT_EDITABLE:
        raise NotEditable
    values = {name: snapshot[name] for name in RESTORED if name in snapshot}
    values["body_html"] = markup.sanitise(values["body_html"])
    if dateline_date := values["dateline_date"]:
        values["dateline_date"] = date.fromisoformat(dateline_date)
    changed = {name for name, value in values.items() if _set(article, name, value)}
    tags = {tag["slug"]: tag["name"] for tag in snapshot["tags"]}
    section = snapshot["section"]
    relations = {
        "tags": _replace_tags(article, tags),
        "section": _replace_section(article, {section["slug"]: section["name"]} if section else {}),
        "authors": _set_authors(article, snapshot["authors"]),
        "lead_image": _set_lead_image(article, snapshot["lead_image"]),
    }
    if "pictures" in snapshot:  # no version of release 0.3.0 and before has them
        relations["pictures"] = _set_pictures(article, snapshot["pictures"])
    article.byline = values["byline"]  # _set_authors may have replaced it
    changed |= {name for name, differed in relations.items() if differed}
    _check(article, changed)
    content.move_content_modified_at(article, changed=changed, now=now)
    return bool(changed)


def _set(article: Article, name: str, value: object) -> bool:
    if getattr(article, name) == value:
        return False
    setattr(article, name, value)
    return True


def check_text(article: Article) -> None:
    """Raises InvalidValue for a text that readers cannot be shown."""
    if hidden := markup.list_hidden_pictures(article.body_markdown):
        raise InvalidValue(
            "body_markdown", "; ".join(f"line {each.line}: {each.text}" for each in hidden)
        )
    if not article.body_html:
        raise InvalidValue("body_markdown", "is empty.")


def _check(article: Article, changed: Collection[str]) -> None:
    if article.state in STATES_WITH_TEXT and ("body_markdown" in changed or not article.body_html):
        check_text(article)
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


def _set_published_at(article: Article, moment: datetime | None) -> bool:
    """With the offset in which it was sent. The same moment in UTC, as the API answers it, leaves the offset as it is."""
    offset = None if moment is None else offset_of(moment)
    if moment == article.published_at and offset in {None, article.published_offset}:
        return False
    article.published_at = moment and moment.astimezone(UTC)
    article.published_offset = offset
    return True


def _set_slug(article: Article, slug: str) -> bool:
    """The former slug keeps redirecting to the article."""
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


def _set_dateline(article: Article, dateline: Mapping[str, Any] | None) -> bool:
    parts = dict.fromkeys(DATELINE_PARTS, "") | {"date": None} | dict(dateline or {})
    changed = [_set(article, f"dateline_{part}", parts[part]) for part in DATELINE_PARTS]
    if any(changed):
        article.dateline_text = (
            content.render_dateline(parts, language=article.language) if dateline else ""
        )
    return any(changed)


def _set_section(article: Article, section: LabelInput | None) -> bool:
    return _replace_section(article, _names_by_slug([section] if section else []))


def _replace_section(article: Article, names: Mapping[str, str]) -> bool:
    section = next(iter(content.get_or_create_labels(Section, names).values()), None)
    return _set(article, "section", section)


def _set_source(article: Article, name: str) -> bool:
    return _set(article, "source", content.get_or_create_sources([name])[name] if name else None)


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


def _set_lead_image(article: Article, image: Media | Mapping[str, Any] | None) -> bool:
    """A new description makes a new row: another article may show the present one."""
    if image is None or isinstance(image, Media):
        return _set(article, "lead_image", image)
    media = article.lead_image
    if media and pictures.is_described(media, image):
        return False
    article.lead_image = pictures.replace_description(media, image)
    return True


def _set_pictures(article: Article, pictures: Sequence[Mapping[str, Any]]) -> bool:
    """The further pictures of a version; those that are gone are left out."""
    wanted = [each["media"] for each in pictures]
    known = set(Media.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    wanted = [pk for pk in wanted if pk in known]
    links = ArticleMedia.objects.filter(article=article)
    if list(links.order_by("position", "id").values_list("media_id", flat=True)) == wanted:
        return False
    links.delete()
    ArticleMedia.objects.bulk_create(
        ArticleMedia(article=article, media_id=pk, position=place)
        for place, pk in enumerate(wanted)
    )
    return True


def _set_tags(article: Article, tags: Sequence[LabelInput]) -> bool:
    return _replace_tags(article, _names_by_slug(tags))


def _names_by_slug(labels: Iterable[LabelInput]) -> dict[str, str]:
    """A label from the database keeps its slug, which need not follow from its name."""
    return dict(
        (slug_of(label), label) if isinstance(label, str) else (label.slug, label.name)
        for label in labels
    )


def _replace_tags(article: Article, names: Mapping[str, str]) -> bool:
    links = article.tag_links.select_related("tag")
    if [link.tag.slug for link in links] == list(names):
        return False
    tags = content.get_or_create_labels(Tag, names)
    content.replace_tags(article, [tags[slug] for slug in names])
    return True


def _set_authors(article: Article, authors: Sequence[Mapping[str, str]]) -> bool:
    """A byline that is no more than the names of the former authors becomes that of the new ones."""
    by_slug = {author.get("slug") or slug_of(author["name"]): author for author in authors}
    roles = {slug: author.get("role") or "author" for slug, author in by_slug.items()}
    former = [(link.author, link.role) for link in article.author_links.select_related("author")]
    if [(author.slug, role) for author, role in former] == list(roles.items()):
        return False
    names = {slug: author["name"] for slug, author in by_slug.items()}
    found = content.get_or_create_labels(Author, names)
    content.replace_authors(article, [(found[slug], role) for slug, role in roles.items()])
    if article.byline in {"", byline_of(author for author, _ in former)}:
        article.byline = byline_of(found[slug] for slug in roles)
    return True


def byline_of(authors: Iterable[Author]) -> str:
    """Their names as a byline, A, B and C, cut to its length."""
    *names, last = [author.name for author in authors] or [""]
    return (f"{', '.join(names)} and {last}" if names else last)[: MAX_LENGTH["byline"]]


# Fields that do more than fill one column.
SETTERS: Mapping[str, Callable[[Article, Any], bool]] = {
    "published_at": _set_published_at,
    "slug": _set_slug,
    "body_markdown": _set_body,
    "dateline": _set_dateline,
    "section": _set_section,
    "source": _set_source,
    "translation_of": _set_translation_of,
    "lead_image": _set_lead_image,
    "tags": _set_tags,
    "authors": _set_authors,
}
# Fields that fill one column with the value as it is.
COLUMNS = {field.name for field in FIELDS} - SETTERS.keys()
