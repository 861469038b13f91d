"""Markdown with front matter, as a desk files it by hand, or as Jekyll, Hugo or Ghost keep it."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from itertools import islice

import yaml
from django.conf import settings

from articles import dateline, markup, places
from articles.fields import MAX_LENGTH, NAME_LENGTH
from articles.formats import bodies, bylines, front_matter, mediatopics, site_generators, times
from articles.formats.front_matter import FIRST_LINE, UNWELCOME, YAML, Fields, Notes
from articles.formats.languages import language_tag
from articles.formats.markdown_bodies import MarkdownBody, may_be_found
from articles.formats.slugs import is_address_of_id, slug_of
from articles.formats.story import Author, Dateline, LeadImage, Mistake, Origin, Story, StoryError
from articles.offsets import as_filed

FILE_BYTES = 2 * 1024 * 1024  # a long-read of 20,000 words is about 130 kB
UNWELCOME_LISTED = 20  # characters of one body
EARLIEST_YEAR = 1600  # before the first newspaper, and far from the edge of datetime's arithmetic

# fmt: off
FIELDS = ("headline", "slug", "guid", "abstract", "byline", "authors", "dateline", "section",
          "tags", "subjects", "language", "published_at", "lead_image")
DATELINE_FIELDS = ("place", "region", "country", "date", "source", "style")
AUTHOR_FIELDS = ("name", "role")
LEAD_IMAGE_FIELDS = ("caption", "alt_text", "credit", "image")
# fmt: on

# Fences: of YAML, of TOML, and the braces of JSON.
OPENING = re.compile(r"(---|\+\+\+)[ \t]*$|\{", re.MULTILINE)
CLOSING = {
    "---": re.compile(r"^---[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
    "{": re.compile(r"^\}[ \t]*$", re.MULTILINE),
}
HEADING = re.compile(r"\s*+(?:#[ \t]++([^\n]++)|([^\n]++)\n=++[ \t]*+$)", re.MULTILINE)
_LONGEST_HEADING = 2_000  # characters that are read; a headline has far fewer
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ](?P<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?) ?(?P<zone>[Zz]|[+-]\d{2}:?\d{2})?)?"
)
GUID = re.compile(r"tag:[A-Za-z0-9.@_-]+,\d{4}(?:-\d{2}(?:-\d{2})?)?:[!-~]+")  # RFC 4151
COUNTRY = re.compile(r"[A-Z]{2}")


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The one story of a Markdown file; a time without an offset is in `zone`.

    Raises StoryError with every mistake in the file, in the order of its lines.
    """
    notes = Notes(name)
    parts = _parts(content, name)
    # Where the front matter itself is broken, its fields are not missed one by one; the body is read still.
    fields = front_matter.read(
        parts.front,
        known=(*FIELDS, *site_generators.NAMES),
        notes=notes,
        is_toml=parts.is_toml,
    ) or Fields(Notes(name), line=1)
    translation = site_generators.translate(fields)
    text, body_line = _take_headline(fields, parts.body, parts.body_line)
    body = MarkdownBody(text)
    if translation.is_of_generator:
        body.take_tags()
        body.take_media()
    body.take_footnotes()
    body.take_pictures()
    story = _story(fields, body.text, zone, needs_caption=not translation.has_image)
    _check_body(body.text, body_line, story, notes)
    if notes.mistakes:
        raise StoryError(sorted(notes.mistakes, key=lambda mistake: mistake.line or 0))
    said = [translation.hidden] if translation.hidden else []
    said += [f"left out: {name}" for name in translation.left_out]
    lead, further = (story.lead_image, body.pictures)
    if lead is None and further:
        lead, *further = further
    return [
        replace(
            story,
            lead_image=lead,
            pictures=tuple(each for each in further if lead is None or each.url != lead.url),
            pub_status="withheld" if translation.hidden else "usable",
            notes=(*said, *body.notes),
        )
    ]


@dataclass(frozen=True, slots=True)
class _Parts:
    """Front matter, body, and the line on which the body begins."""

    front: str
    body: str
    body_line: int
    is_toml: bool = False


def _parts(content: bytes, name: str) -> _Parts:
    text = _decoded(content, name)
    opening = OPENING.match(text)
    if not opening:
        if HEADING.match(text):
            return _Parts("", text, 1)
        raise _refusal(
            name,
            1,
            "the file must begin with front matter between two lines of ---, or with a headline such as # Headline.",
        )
    fence = opening[1] or "{"
    closing = CLOSING[fence].search(text, opening.end())
    if not closing:
        raise _refusal(
            name,
            1,
            f"the front matter is not closed by a line of {'}' if fence == '{' else fence}.",
        )
    if fence == "{":
        lines = text[: closing.end()].count("\n")
        # The first field is on the second line of the file, as in the other two.
        front = text[: closing.end()].replace("\n", " ", 1)
        return _Parts(front, text[closing.end() + 1 :], lines + 2)
    front = text[opening.end() + 1 : closing.start()]
    return _Parts(front, text[closing.end() + 1 :], front.count("\n") + 3, fence == "+++")


def _take_headline(fields: Fields, body: str, line: int) -> tuple[str, int]:
    """Where no field has it, a heading of the first level is the headline, and no part of the body."""
    heading = HEADING.match(body)
    if heading is None or "headline" in fields.nodes:
        return body, line
    mark = yaml.Mark("", 0, line - FIRST_LINE + body[: heading.start()].count("\n"), 0, None, 0)
    written = (heading[1] or heading[2]).rstrip()
    closed = written.rstrip("#")
    written = closed if closed.endswith((" ", "\t")) else written
    text = bodies.plain(markup.render(written[:_LONGEST_HEADING]).html)
    fields.nodes["headline"] = yaml.ScalarNode(f"{YAML}str", text, mark, mark)
    return body[heading.end() :], line + body[: heading.end()].count("\n")


def _decoded(content: bytes, name: str) -> str:
    if len(content) > FILE_BYTES:
        raise _refusal(name, None, f"the file has more than {FILE_BYTES // 1024**2} MB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refusal(name, line, "the file is not UTF-8.") from None
    return text.replace("\r\n", "\n")


def _refusal(name: str, line: int | None, text: str) -> StoryError:
    return StoryError([Mistake(name, line, text)])


def _story(fields: Fields, body: str, zone: tzinfo, *, needs_caption: bool) -> Story:
    headline = fields.text("headline", longest=MAX_LENGTH["headline"], required=True)
    rendered = markup.render(body)
    return Story(
        headline=headline,
        slug=_slug(fields, headline),
        guid=_guid(fields),
        abstract=fields.text("abstract", longest=MAX_LENGTH["abstract"]),
        body_markdown=body.strip(),
        body_html=rendered.html,
        word_count=rendered.word_count,
        byline=fields.text("byline", longest=MAX_LENGTH["byline"]),
        authors=_authors(fields),
        dateline=_dateline(fields),
        section=_name(fields, "section", fields.text("section", longest=MAX_LENGTH["section"])),
        tags=_tags(fields),
        subjects=_subjects(fields),
        language=_language(fields),
        published_at=_published_at(fields, zone),
        lead_image=_lead_image(fields, needs_caption),
        origin=Origin(fields.notes.name, {key: fields.line_of(key) for key in FIELDS}),
    )


def _check_body(body: str, first_line: int, story: Story, notes: Notes) -> None:
    if not story.word_count:
        notes.add(first_line, "the body is empty.")
    line, position = first_line, 0
    for unwelcome in islice(UNWELCOME.finditer(body), UNWELCOME_LISTED):
        line += body.count("\n", position, unwelcome.start())
        position = unwelcome.start()
        notes.add(line, f"the character {unwelcome[0]!r} is not allowed.")
    for objection in markup.list_objections(body):
        notes.add(first_line + objection.line - 1, objection.text)


def _slug(fields: Fields, headline: str) -> str:
    slug = fields.text("slug", longest=MAX_LENGTH["slug"])
    if not slug:
        slug = slug_of(headline)
        if headline and not slug:
            fields.refuse("headline", "gives no slug; add a slug.")
    elif slug != slug_of(slug):
        fields.refuse("slug", f"{slug!r} is not a slug{_hint(slug_of(slug))}")
    if is_address_of_id(slug):
        fields.refuse("slug", f"{slug!r} looks like a story's id.")
    return slug


def _hint(slug: str) -> str:
    return f"; {slug!r} is one." if slug else "."


def _guid(fields: Fields) -> str:
    guid = fields.text("guid", longest=255)
    if guid and not GUID.fullmatch(guid):
        fields.refuse("guid", f"{guid!r} is not a tag: URI such as tag:example.org,2024-12-08:1.")
    return guid


def _name(fields: Fields, key: str, name: str) -> str:
    if name and not slug_of(name):
        fields.refuse(key, f"{name!r} has no letter and no digit.")
    return name


def _tags(fields: Fields) -> tuple[str, ...]:
    tags = [
        _name(fields, "tags", tag)
        for tag in fields.texts("tags", longest=MAX_LENGTH["tags"], most=50)
    ]
    seen: set[str] = set()
    for tag in tags:
        if slug_of(tag) in seen:
            fields.refuse("tags", f"{tag!r} is listed twice.")
        seen.add(slug_of(tag))
    return tuple(tags)


def _authors(fields: Fields) -> tuple[Author, ...]:
    """Those that the file lists; where it lists none, the people of the byline."""
    entries = fields.entries("authors", known=AUTHOR_FIELDS, most=50)
    authors: dict[str, Author] = {}
    for entry in entries:
        name = _name(entry, "name", entry.text("name", longest=NAME_LENGTH, required=True))
        if slug_of(name) in authors:
            entry.refuse("name", f"{name!r} is listed twice.")
        authors[slug_of(name)] = Author(name, entry.text("role", longest=40) or "writer")
    if entries:
        return tuple(authors.values())
    return bylines.authors_of(fields.text("byline", longest=10_000))


def _subjects(fields: Fields) -> tuple[str, ...]:
    topics = fields.texts("subjects", longest=MAX_LENGTH["subjects"], most=50)
    for topic in topics:
        if not mediatopics.uri_of(topic):
            fields.refuse("subjects", f"{topic!r} is not a media topic such as medtop:20000001.")
    return tuple(dict.fromkeys(map(mediatopics.uri_of, topics)))


def _language(fields: Fields) -> str:
    language = fields.text("language", longest=MAX_LENGTH["language"], literal=True)
    if not language:
        return language_tag(settings.SITE_LANGUAGE)
    tag = language_tag(language)
    if not tag:
        fields.refuse("language", f"{language!r} is not a language tag such as en or en-GB.")
    return tag or language


def _published_at(fields: Fields, zone: tzinfo) -> datetime | None:
    text = fields.text("published_at", longest=40, literal=True)
    if not text:
        return None
    match = TIME.fullmatch(text)
    if match is None and (written := times.read_moment(text)):
        return _in_zone(written, zone)
    try:
        if not match:
            raise ValueError
        moment = datetime.fromisoformat(
            f"{match['date']}T{match['time'] or '00:00'}{(match['zone'] or '').upper()}"
        )
    except ValueError:
        kind = "date and time" if match and match["time"] else "date"
        fields.refuse("published_at", f"{text!r} is not a {kind}.")
        return None
    if moment.year < EARLIEST_YEAR:
        fields.refuse("published_at", f"{text!r} is before {EARLIEST_YEAR}.")
        return None
    return _in_zone(moment, zone)


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """As filed; a time without an offset is the zone's."""
    return as_filed(moment) if moment.tzinfo else moment.replace(tzinfo=zone).astimezone(UTC)


def _dateline(story: Fields) -> Dateline | None:
    fields = story.fields("dateline", known=DATELINE_FIELDS)
    if fields is None:
        return None
    style = fields.text("style", longest=20) or "plain"
    if style not in dateline.STYLES:
        known = ", ".join(dateline.STYLES)
        fields.refuse("style", f"{style!r} is not a style; choose one of {known}.")
    country = fields.text("country", longest=2, literal=True)
    if country and not COUNTRY.fullmatch(country):
        fields.refuse("country", f"{country!r} is not a two-letter country code such as SY.")
    place = fields.text("place", longest=100, required=True)
    region = fields.text("region", longest=100)
    return Dateline(
        place=place,
        region=region,
        country=country,
        date=_date(fields, dateline.place_of(place, region=region, country=country)),
        source=fields.text("source", longest=50),
        style=style,
    )


def _date(fields: Fields, place: places.Place | None) -> date | None:
    """A day at the place, given as such or as a time with its offset."""
    text = fields.text("date", longest=40, literal=True)
    if not text:
        return None
    try:
        match = TIME.fullmatch(text)
        if match and match["zone"]:
            return places.day_at(place, datetime.fromisoformat(text.upper()))
        if not DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        fields.refuse("date", f"{text!r} is not a date.")
        return None


def _lead_image(story: Fields, needs_caption: bool) -> LeadImage | None:
    fields = story.fields("lead_image", known=LEAD_IMAGE_FIELDS)
    if fields is None:
        return None
    return LeadImage(
        caption=fields.text("caption", longest=1000, required=needs_caption),
        alt_text=fields.text("alt_text", longest=1000),
        credit=fields.text("credit", longest=200),
        url=_picture(fields),
    )


def _picture(fields: Fields) -> str:
    """A web address, or a file beside the story or in a folder there."""
    url = fields.text("image", longest=1000)
    if url and not may_be_found(url):
        fields.refuse("image", f"{url!r} is no web address and no file beside the story.")
    return url
