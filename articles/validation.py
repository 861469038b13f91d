"""Validates the bodies of writing calls, and with the same checks the desk's forms."""

from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from django.core.validators import URLValidator
from django.utils import timezone
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from articles import dateline, markup
from articles.fields import (
    FIELDS,
    MAX_LENGTH,
    NAME_LENGTH,
    NOTE_LENGTH,
    SLUG_LENGTH,
    Field,
    Kind,
)
from articles.formats.front_matter import UNWELCOME
from articles.formats.languages import language_tag
from articles.formats.markdown import COUNTRY, EARLIEST_YEAR, GUID
from articles.formats.mediatopics import uri_of
from articles.formats.slugs import is_address_of_id, slug_of
from articles.models import ArticleType, Correction
from articles.offsets import as_filed

BODY_BYTES = 100_000  # markdown-it takes about a second for a hostile body of this size
MOST_LABELS = 50  # tags, authors or subjects of one article

Invalid = serializers.ValidationError


_NO_TEXT = ErrorDetail("Must be text.", "invalid")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields by name, in the same answer as every other mistake."""

    def to_internal_value(self, data: Any) -> Any:
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            errors = {
                str(name): [self._hint(str(name))] for name in data if name not in self.fields
            }
            known = {str(name): value for name, value in data.items() if name in self.fields}
            errors |= {
                name: [_NO_TEXT] for name, value in known.items() if self._is_no_text(name, value)
            }
        try:
            values = super().to_internal_value(data)
        except Invalid as error:
            detail = error.detail if isinstance(error.detail, Mapping) else {"": error.detail}
            raise Invalid({**errors, **detail}) from None
        if errors:
            raise Invalid(errors)
        return values

    def _is_no_text(self, name: str, value: Any) -> bool:
        """Numbers, of which DRF makes texts and ids."""
        field, values = self.fields[name], [value]
        if isinstance(field, serializers.ListField) and isinstance(value, list):
            field, values = field.child, value
        is_text = isinstance(field, serializers.CharField | serializers.UUIDField)
        return is_text and any(isinstance(each, int | float) for each in values)

    def _hint(self, name: str) -> Invalid:
        close = get_close_matches(name, list(self.fields), n=1)
        return Invalid(
            f"Is not a field here{f'; is {close[0]!r} meant?' if close else '.'}", code="unknown"
        ).detail[0]  # type: ignore[return-value, index]  # a list of one


class Text(serializers.CharField):
    """Text as it was written, without characters that break a database or reverse the direction of a line."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise Invalid("Must be text.")
        if found := UNWELCOME.search(data):
            raise Invalid(f"The character {found[0]!r} is not allowed.")
        return self.tidy(data)

    def tidy(self, text: str) -> str:
        return text.strip()


class Line(Text):
    """Text in one line."""

    def tidy(self, text: str) -> str:
        return " ".join(text.split())


class Name(Line):
    """What becomes a section, a tag or an author, and so needs a slug."""

    def tidy(self, text: str) -> str:
        name = super().tidy(text)
        if name and not slug_of(name):
            raise Invalid(f"{name!r} has no letter and no digit.")
        return name


class Slug(Line):
    def tidy(self, text: str) -> str:
        slug = super().tidy(text)
        if slug != slug_of(slug):
            hint = f"; {slug_of(slug)!r} is one." if slug_of(slug) else "."
            raise Invalid(f"{slug!r} is not a slug{hint}")
        if is_address_of_id(slug):
            raise Invalid(f"{slug!r} looks like a story's id.")
        return slug


class Guid(Line):
    def tidy(self, text: str) -> str:
        guid = super().tidy(text)
        if guid and not GUID.fullmatch(guid):
            raise Invalid(f"{guid!r} is not a tag: URI such as tag:example.org,2024-12-08:1.")
        return guid


class Language(Line):
    def tidy(self, text: str) -> str:
        if tag := language_tag(super().tidy(text)):
            return tag
        raise Invalid(f"{text!r} is not a language tag such as en or en-GB.")


class Country(Line):
    def tidy(self, text: str) -> str:
        if text and not COUNTRY.fullmatch(text):
            raise Invalid(f"{text!r} is not a two-letter country code such as SY.")
        return text


class MediaTopic(Line):
    def tidy(self, text: str) -> str:
        if uri := uri_of(super().tidy(text)):
            return uri
        raise Invalid(f"{text!r} is not a media topic such as medtop:20000001.")


class WebAddress(Line):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(URLValidator(schemes=["http", "https"]))


class Body(Text):
    """Markdown. What no text may have is refused, with its line; a picture that readers would not see when it is published."""

    def tidy(self, text: str) -> str:
        size = len(text.encode())
        if size > BODY_BYTES:
            raise Invalid(f"Has {size:,} bytes; {BODY_BYTES:,} are allowed.")
        objections = [each for each in markup.list_objections(text) if not each.is_picture]
        if objections:
            raise Invalid([f"Line {each.line}: {each.text}" for each in objections])
        return text


class Moment(serializers.DateTimeField):
    """A time with its offset, from the first newspaper to year 9998."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        if not EARLIEST_YEAR <= moment.year < 9999:
            raise Invalid(f"Is not between the years {EARLIEST_YEAR} and 9998.")
        return as_filed(moment)


class PastMoment(Moment):
    """A time in the offset in which it was sent, which the article keeps."""

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        if moment > timezone.now():
            raise Invalid("Lies in the future.")
        return moment

    def enforce_timezone(self, value: datetime) -> datetime:
        """Keeps the offset that was sent."""
        return value if value.tzinfo else super().enforce_timezone(value)


class Labels(serializers.ListField):
    """A list of texts, none of them twice."""

    def run_child_validation(self, data: Any) -> Any:
        # Counted before each is checked: ten thousand tags get one answer, not ten thousand.
        if len(data) > MOST_LABELS:
            raise Invalid(f"Has {len(data)} entries; {MOST_LABELS} are allowed.")
        entries = super().run_child_validation(data)
        seen: set[str] = set()
        for entry in entries:
            key = self.key(entry)
            if key in seen:
                raise Invalid(f"{key!r} is listed twice.")
            seen.add(key)
        return entries

    def key(self, entry: Any) -> str:
        return slug_of(entry)


class Subjects(Labels):
    def key(self, entry: Any) -> str:
        return str(entry)


class AuthorShape(StrictSerializer):
    name = Name(max_length=100)
    slug = Slug(max_length=SLUG_LENGTH, required=False)
    role = Line(max_length=40, required=False)


class Authors(Labels):
    child = AuthorShape()

    def key(self, entry: Any) -> str:
        return str(entry.get("slug") or slug_of(entry["name"]))


class DatelineShape(StrictSerializer):
    place = Line(max_length=100)
    region = Line(max_length=100, allow_blank=True, default="")
    country = Country(max_length=2, allow_blank=True, default="")
    date = serializers.DateField(allow_null=True, default=None)
    source = Line(max_length=50, allow_blank=True, default="")  # type: ignore[assignment]  # a field may have the name of an option
    style = serializers.ChoiceField(list(dateline.STYLES), default="plain")  # type: ignore[assignment]  # as above


class PointShape(StrictSerializer):
    """Parts of the width and of the height, from the upper left corner."""

    x = serializers.FloatField(min_value=0, max_value=1)
    y = serializers.FloatField(min_value=0, max_value=1)


class ImageShape(StrictSerializer):
    caption = Line(max_length=1000)
    alt_text = Line(max_length=1000, allow_blank=True, default="")
    credit = Line(max_length=200, allow_blank=True, default="")
    source_url = WebAddress(
        max_length=1000,
        allow_blank=True,
        required=False,
        help_text="A JPEG, PNG or WebP picture to fetch; left out, the file stays.",
    )
    focal_point = PointShape(required=False, help_text="The centre of crops.")


def note() -> Text:
    return Text(max_length=NOTE_LENGTH, allow_blank=True, required=False)


FIELD_CLASSES: Mapping[Kind, type[Text]] = {
    Kind.LINE: Line,
    Kind.TEXT: Text,
    Kind.ADDRESS: WebAddress,
}


def serializer_field(field: Field) -> Text:
    """The check of a field that needs no other than its kind's."""
    return FIELD_CLASSES[field.kind](
        max_length=field.max_length,
        allow_blank=True,
        required=False,
        help_text=field.help_text or None,
    )


@extend_schema_serializer(component_name="ArticleChanges")
class Changes(StrictSerializer):
    """What PATCH may change. A field that is left out stays as it is."""

    # The fields with a check of their own; `get_fields` adds the others.
    headline = Line(max_length=MAX_LENGTH["headline"], required=False)
    slug = Slug(max_length=SLUG_LENGTH, required=False)
    body_markdown = Body(allow_blank=True, required=False, help_text="Markdown.")
    authors = Authors(required=False, help_text="In the order of the byline.")
    article_type = serializers.ChoiceField(ArticleType.choices, allow_blank=True, required=False)
    dateline = DatelineShape(allow_null=True, required=False)
    section = Name(
        max_length=NAME_LENGTH, allow_blank=True, required=False, help_text="By its name."
    )
    tags = Labels(child=Name(max_length=NAME_LENGTH), required=False, help_text="By their names.")
    subjects = Subjects(
        child=MediaTopic(max_length=MAX_LENGTH["subjects"]),
        required=False,
        help_text="IPTC Media Topics.",
    )
    language = Language(max_length=MAX_LENGTH["language"], required=False, help_text="BCP 47.")
    translation_of = Line(
        max_length=SLUG_LENGTH, allow_blank=True, required=False, help_text="An id or a slug."
    )
    lead_image = ImageShape(allow_null=True, required=False)
    source = Line(  # type: ignore[assignment]  # as above
        max_length=NAME_LENGTH, allow_blank=True, required=False, help_text="By its name."
    )
    urgency = serializers.IntegerField(
        min_value=1, max_value=9, allow_null=True, required=False, help_text="1 is a flash."
    )
    published_at = PastMoment(required=False, help_text="Shown to readers.")
    expires_at = Moment(allow_null=True, required=False)

    def get_fields(self) -> dict[str, Any]:
        """In the order of `articles.fields`."""
        declared: dict[str, Any] = dict(super().get_fields())
        fields = {
            field.name: declared.pop(field.name, None) or serializer_field(field)
            for field in FIELDS
        }
        return fields | declared


@extend_schema_serializer(component_name="Draft")
class Draft(Changes):
    """What POST accepts. The slug follows from the headline where it is left out."""

    headline = Line(max_length=300)
    guid = Guid(max_length=255, required=False, help_text="A tag: URI; never changes.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs.setdefault("slug", slug_of(attrs["headline"]))
        if not attrs["slug"]:
            raise Invalid({"headline": "Gives no slug; add a slug."})
        if is_address_of_id(attrs["slug"]):
            raise Invalid({"headline": "Gives a slug that looks like an id; add a slug."})
        return attrs


class Simple(StrictSerializer):
    """A transition without values of its own."""

    note = note()


class Scheduling(StrictSerializer):
    """One of the two times."""

    publish_at = Moment(required=False)
    embargoed_until = Moment(required=False)
    note = note()


class Correcting(StrictSerializer):
    text = Text(max_length=NOTE_LENGTH)
    kind = serializers.ChoiceField(
        [kind for kind in Correction.Kind.choices if kind[0] != Correction.Kind.RETRACTION],
        default=Correction.Kind.CORRECTION,
    )
    placement = serializers.ChoiceField(
        Correction.Placement.choices, default=Correction.Placement.TOP
    )
    changes = Changes(
        required=False, help_text="Changes of the article, as in PATCH, applied with the notice."
    )


class Retracting(StrictSerializer):
    text = Text(max_length=NOTE_LENGTH)
