"""The fields of an article that editors, programs and sources write, each declared once.

Everything that lists fields derives its list from `FIELDS`: the bodies of API calls, what a revision restores, what an
import compares, the desk's form, and which changes move `content_modified_at`. A field of one line needs an entry
here, its column in `articles.models` with a migration, and the template or format that shows it. A field of another
kind also needs its check in `articles.validation` and, as a `Kind.RELATION`, its function in `articles.editing`.
"""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from enum import Enum, auto
from typing import Final

SLUG_LENGTH: Final = 120
NAME_LENGTH: Final = 100  # of a section, a tag, an author, a source
NOTE_LENGTH: Final = 2000


class Kind(Enum):
    LINE = auto()  # one line of text
    TEXT = auto()  # text with line breaks
    ADDRESS = auto()  # an http or https address
    VALUE = auto()  # one column, with a check of its own in `articles.validation`
    RELATION = auto()  # several columns, or rows of other tables


class Fieldset(Enum):
    """The groups of the desk's form, by their titles."""

    TEXT = ""
    AUTHORS = "Who"
    FILED_UNDER = "Filed under"
    NOTES = "Notes"
    ORIGIN = "Address and origin"


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its name in the API."""

    name: str
    kind: Kind
    max_length: int | None = None
    _: KW_ONLY
    is_substantial: bool = False  # readers would notice: a change moves content_modified_at
    from_source: bool = False  # an import compares it and writes it
    is_restored: bool = True  # with an old revision; else it stays as it is
    fieldset: Fieldset | None = None  # None: the desk's form has no input of this name
    help_text: str = ""  # in the API's description
    stored_in: tuple[str, ...] = ()  # columns of the article, where they have other names
    derived: tuple[str, ...] = ()  # columns that follow from those

    @property
    def columns(self) -> tuple[str, ...]:
        return self.stored_in or (() if self.kind is Kind.RELATION else (self.name,))


DATELINE_PARTS: Final = ("place", "region", "country", "date", "source", "style")

# In the order of the API's description.
FIELDS: Final = (
    Field(
        "headline", Kind.LINE, 300, is_substantial=True, from_source=True, fieldset=Fieldset.TEXT
    ),
    Field(
        "subheadline", Kind.LINE, 300, is_substantial=True, from_source=True, fieldset=Fieldset.TEXT
    ),
    Field("short_headline", Kind.LINE, 100, from_source=True, fieldset=Fieldset.TEXT),
    Field("slugline", Kind.LINE, 100, from_source=True, fieldset=Fieldset.TEXT),
    Field("slug", Kind.VALUE, SLUG_LENGTH, is_restored=False, fieldset=Fieldset.ORIGIN),
    Field(
        "abstract", Kind.LINE, 1000, is_substantial=True, from_source=True, fieldset=Fieldset.TEXT
    ),
    Field(
        "body_markdown",
        Kind.VALUE,
        is_substantial=True,
        from_source=True,
        fieldset=Fieldset.TEXT,
        derived=("body_html", "word_count"),
    ),
    Field(
        "byline", Kind.LINE, 200, is_substantial=True, from_source=True, fieldset=Fieldset.AUTHORS
    ),
    Field("authors", Kind.RELATION, is_substantial=True, from_source=True),
    Field("article_type", Kind.VALUE, 20, fieldset=Fieldset.FILED_UNDER),
    Field(
        "dateline",
        Kind.RELATION,
        is_substantial=True,
        from_source=True,
        stored_in=tuple(f"dateline_{part}" for part in DATELINE_PARTS),
        derived=("dateline_text",),
    ),
    Field("section", Kind.RELATION, NAME_LENGTH, from_source=True),
    Field("tags", Kind.RELATION, NAME_LENGTH, from_source=True),
    Field("subjects", Kind.VALUE, 200, from_source=True),
    Field("language", Kind.VALUE, 35, from_source=True, fieldset=Fieldset.FILED_UNDER),
    Field(
        "translation_of",
        Kind.RELATION,
        SLUG_LENGTH,
        is_restored=False,
        stored_in=("translation_of_id",),
    ),
    Field("lead_image", Kind.RELATION, is_substantial=True, from_source=True),
    Field("source", Kind.RELATION, NAME_LENGTH, is_restored=False),
    Field("source_item_id", Kind.LINE, 255, is_restored=False),
    Field("source_version", Kind.LINE, 100, is_restored=False),
    Field("source_url", Kind.ADDRESS, 1000, is_restored=False),
    Field(
        "canonical_url",
        Kind.ADDRESS,
        1000,
        fieldset=Fieldset.ORIGIN,
        help_text="The address of the original, where another site published it first.",
    ),
    Field("copyright_holder", Kind.LINE, 200, from_source=True, fieldset=Fieldset.ORIGIN),
    Field("copyright_notice", Kind.TEXT, NOTE_LENGTH, from_source=True, fieldset=Fieldset.ORIGIN),
    Field("usage_terms", Kind.TEXT, 5000, from_source=True, fieldset=Fieldset.ORIGIN),
    Field("credit_line", Kind.LINE, 200, from_source=True, fieldset=Fieldset.ORIGIN),
    Field("urgency", Kind.VALUE, from_source=True, fieldset=Fieldset.FILED_UNDER),
    Field(
        "ed_note",
        Kind.TEXT,
        5000,
        from_source=True,
        fieldset=Fieldset.NOTES,
        help_text="For editors only.",
    ),
    Field(
        "editor_note",
        Kind.TEXT,
        NOTE_LENGTH,
        is_substantial=True,
        fieldset=Fieldset.NOTES,
        help_text="For readers.",
    ),
    Field(
        "published_at",
        Kind.VALUE,
        from_source=True,
        is_restored=False,
        derived=("published_offset",),
    ),
    Field("expires_at", Kind.VALUE, is_restored=False, fieldset=Fieldset.ORIGIN),
)

# What editors read for a field or column, where it is not its name in words.
LABELS: Final = {
    "abstract": "Abstract",
    "article_type": "Type of story",
    "body_markdown": "Text",
    "body_html": "Text",
    "canonical_url": "Address of the original",
    "content_modified_at": "Changed for readers",
    "dateline_place": "Dateline: place",
    "dateline_region": "Dateline: region",
    "dateline_country": "Dateline: country",
    "dateline_date": "Dateline: date",
    "dateline_style": "Dateline: style",
    "dateline_source": "Source in the dateline",
    "dateline_text": "Dateline",
    "ed_note": "Note for the desk",
    "editor_note": "Note to readers",
    "embargoed_until": "Embargo",
    "first_created_at": "First written",
    "first_published_at": "First published",
    "guid": "Permanent identifier",
    "pub_status": "Use by others",
    "publish_at": "Time of publication",
    "published_at": "Time of publication",
    "expires_at": "Unpublish at",
    "source_item_id": "Number at the source",
    "source_url": "Address at the source",
    "source_version": "Version at the source",
    "translation_of": "Translation of",
    "translation_of_id": "Translation of",
    "version_created_at": "Saved",
}


def label_of(name: str) -> str:
    """What editors read for the field or column of this name."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


# Characters, by the field's name.
MAX_LENGTH: Final = {field.name: field.max_length for field in FIELDS if field.max_length}
# Fields and columns whose change readers would notice; another section or tag is not such a change.
SUBSTANTIAL: Final = frozenset(
    name for field in FIELDS if field.is_substantial for name in (field.name, *field.columns)
)


def names(*kinds: Kind, within: Iterable[Field] = FIELDS) -> tuple[str, ...]:
    """The names of the fields of these kinds."""
    return tuple(field.name for field in within if field.kind in kinds)


def columns(*, is_restored: bool) -> tuple[str, ...]:
    """The columns of the fields that restoring a revision brings back, or does not; derived ones included."""
    return tuple(
        column
        for field in FIELDS
        if field.is_restored is is_restored
        for column in (*field.columns, *field.derived)
    )
