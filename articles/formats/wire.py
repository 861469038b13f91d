"""What the parsers of wire formats share: limits, checks, and the step from raw values to a story."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from hashlib import sha256
from html import unescape
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from articles import markup, places
from articles.fields import MAX_LENGTH, NAME_LENGTH
from articles.formats import bodies, bylines, datelines, mediatopics, times
from articles.formats.front_matter import UNWELCOME
from articles.formats.languages import language_tag
from articles.formats.slugs import is_address_of_id, slug_of
from articles.formats.story import (
    GUESSED,
    Author,
    Dateline,
    LeadImage,
    Mistake,
    Origin,
    PubStatus,
    Story,
    StoryError,
)
from articles.offsets import as_filed

FILE_BYTES = 5 * 1024 * 1024  # a feed of 1,000 full stories; larger ones come in parts
ITEMS = 2000  # of one document
PICTURES = 50  # of one story
SIZE_IN_NAME = re.compile(r"-\d{2,4}x\d{2,4}(?=\.\w{3,4}$)")
HEADLINE = 80  # characters of one that is made of the text
BY = re.compile(r"(?:by|von|par|por|di|da|door|av|af|от|текст)\s*:?\s+", re.IGNORECASE)
BYLINE_ABOVE = re.compile(
    r"<p>(?:<(?:b|strong|em|i)>)?\s*(?:by|von|par|por|di|door|av|af|от)\s*:?\s+(?P<name>[^<>]{3,100}?)\s*"
    r"(?:</(?:b|strong|em|i)>)?\s*(?P<end></p>|<br>)\s*",
    re.IGNORECASE,
)
HEADING_ABOVE = re.compile(r"\s*<(h[234])>((?:(?!</?h[234]>).){1,600})</\1>\s*", re.DOTALL)
# At the end of a text that a feed has cut.
MORE = re.compile(
    r"(?:\[?(?:…|\.{3}|&hellip;)\]?|\b(?:read more|continue reading|weiterlesen|lire la suite|leer más))\W*$",
    re.IGNORECASE,
)
NOTES = 20  # of one story
TAGS = 50  # as many as a desk may give in Markdown
EARLIEST_YEAR = 1600  # before the first newspaper, and far from the edge of datetime's arithmetic
ELLIPSIS = "…"

Raw = TypeVar("Raw")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawStory:
    """A story's values as its format has them, not checked."""

    headline: str = ""
    subheadline: str = ""
    short_headline: str = ""
    slugline: str = ""
    slug: str = ""
    abstract: str = ""
    body_html: str = ""
    byline: str = ""
    byline_title: str = ""  # of the one person whom the byline names
    authors: Sequence[Author] = ()
    dateline: Dateline | None = None
    dateline_text: str = ""
    dateline_date: date | None = None
    located: str = ""  # where the story was made, if its text has no dateline
    section: str = ""
    tags: Sequence[str] = ()
    subjects: Sequence[str] = ()
    language: str = ""
    published_at: str = ""
    time_field: str = ""  # what the format calls it
    lead_image: LeadImage | None = None
    pictures: Sequence[LeadImage] = ()
    may_lack_headline: bool = False  # as posts of blogs may
    base: str = ""  # of relative addresses; empty: `url`
    urgency: str = ""
    copyright_holder: str = ""
    copyright_notice: str = ""
    usage_terms: str = ""
    credit_line: str = ""
    ed_note: str = ""
    source: str = ""
    item_id: str = ""
    version: str = ""
    modified_at: str = ""
    url: str = ""
    pub_status: str = ""
    embargoed_until: str = ""
    expires_at: str = ""


@dataclass
class Item:
    """One story of a document; a value that is missing or invalid becomes a mistake."""

    name: str
    place: str
    zone: tzinfo
    line: int | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say what was left out of the story, or guessed."""
        if text not in self.notes and len(self.notes) < NOTES:
            self.notes.append(text)

    def guess(self, text: str) -> None:
        """Say what the file does not state, as a check reports it."""
        self.note(f"{GUESSED}{text}")

    def refuse(self, key: str, text: str) -> None:
        self.mistakes.append(Mistake(self.name, self.line, f"{self.place}: {key}: {text}"))

    def text(self, key: str, value: str, *, longest: int, required: bool = False) -> str:
        """One line of text; empty where there is none."""
        if not value and not required:  # as most fields of most stories are
            return ""
        value = " ".join(value.split())
        if found := UNWELCOME.search(value):
            self.refuse(key, f"the character {found[0]!r} is not allowed.")
            return ""
        if required and not has_text(value):
            self.refuse(key, "is missing.")
        if len(value) > longest:
            self.refuse(key, f"has {len(value)} characters; {longest} are allowed.")
        return value

    def names(self, key: str, values: Sequence[str], *, longest: int) -> tuple[str, ...]:
        """The names, each slug once; those without letter and digit are left out."""
        if len(values) > TAGS:
            self.refuse(key, f"has {len(values)} entries; {TAGS} are allowed.")
            return ()
        names = {
            slug_of(name): name
            for name in (self.text(key, v, longest=longest) for v in values[::-1])
        }
        return tuple(name for slug, name in reversed(names.items()) if slug)

    def topics(self, key: str, values: Sequence[str]) -> tuple[str, ...]:
        """The URIs of IPTC Media Topics, each once; codes of other vocabularies are left out."""
        claimed = [value for value in values if mediatopics.claims_to_be_one(value)]
        if len(claimed) > TAGS:
            self.refuse(key, f"has {len(claimed)} entries; {TAGS} are allowed.")
            return ()
        for value in claimed:
            if not mediatopics.uri_of(value):
                self.refuse(key, f"{_shown(value)} is not a media topic such as medtop:20000001.")
        return tuple(dict.fromkeys(filter(None, map(mediatopics.uri_of, claimed))))

    def moment(self, key: str, value: str, *, keeps_offset: bool = False) -> datetime | None:
        """A time as ISO 8601 or as RFC 5322 writes it, in UTC or as filed; without an offset it is the zone's."""
        if not value.strip():
            return None
        try:
            moment = times.read_moment(value)
        except times.UnknownZoneError as error:
            self.refuse(key, f"{_shown(value)} is in the zone {error}, which is not known.")
            return None
        if moment is None:
            self.refuse(key, f"{_shown(value)} is not a date and time.")
            return None
        if not EARLIEST_YEAR <= moment.year < 9999:
            self.refuse(key, f"{_shown(value)} is not between {EARLIEST_YEAR} and 9998.")
            return None
        if moment.tzinfo is None:
            self.guess(f"{value.strip()} is in the zone {self.zone}")
            return moment.replace(tzinfo=self.zone).astimezone(UTC)
        return as_filed(moment) if keeps_offset else moment.astimezone(UTC)

    def language(self, value: str) -> str:
        if not value.strip():
            self.guess(f"language {site_language()}, the site’s")
            return site_language()
        tag = language_tag(value.strip().replace("_", "-"))
        if not tag or len(tag) > MAX_LENGTH["language"]:
            self.refuse("language", f"{_shown(value)} is not a language tag such as en or en-GB.")
        return tag or site_language()

    def address(self, key: str, value: str) -> str:
        """An http address, or nothing: another kind of link, or a longer one, is left out."""
        value = self.text(key, value, longest=10_000)
        return value if is_web_address(value) and len(value) <= MAX_LENGTH["source_url"] else ""


def read_items(
    raw: Iterable[Raw],
    read: Callable[[Raw, Item], RawStory | None],
    *,
    name: str,
    zone: tzinfo,
    noun: str = "item",
    most: int = ITEMS,
) -> list[Story]:
    """The stories of a document's items. Raises StoryError with every mistake and the good stories."""
    stories: list[Story] = []
    mistakes: list[Mistake] = []
    for number, one in enumerate(raw, start=1):
        if number > most:
            mistakes.append(Mistake(name, None, f"has more than {most} {noun}s."))
            break
        item = Item(name, f"{noun} {number}", zone)
        raw_story = read(one, item)
        story = story_of(raw_story, item) if raw_story else None
        mistakes += [_with_title(mistake, raw_story) for mistake in item.mistakes]
        if story and not item.mistakes:
            stories.append(story)
    if mistakes:
        raise StoryError(mistakes, stories)
    return stories


def story_of(raw: RawStory, item: Item) -> Story:
    """The story of these values; their mistakes are added to the item."""
    pub_status = _pub_status(raw.pub_status, item)
    needs_text = pub_status == "usable"  # a withdrawn story may be empty
    item_id = _short_id(item.text("id", raw.item_id, longest=10_000))
    published_at = item.moment("published_at", raw.published_at, keeps_offset=True)
    modified_at = item.moment("modified_at", raw.modified_at)
    body = _body(raw, item)
    raw_dateline, body_html = _dateline_and_body(raw, body.html, item, published_at)
    pictures = _pictures(raw, body, item)
    authors = _authors(raw, item)
    byline = _byline(raw, authors, item)
    headline = item.text(
        "headline",
        raw.headline if has_text(raw.headline) else _headline_of(raw, body_html, pictures, item),
        longest=MAX_LENGTH["headline"],
        required=needs_text,
    )
    section = item.names(
        "section", [raw.section] if raw.section else [], longest=MAX_LENGTH["section"]
    )
    topics, tags = mediatopics.part(raw.tags)
    word_count = markup.count_words(body_html)
    if not word_count and needs_text and not (body.pictures and pictures):
        item.refuse("body", "is empty.")
    return Story(
        headline=headline,
        slug=_slug(raw.slug, headline, item_id),
        body_markdown=body_html,
        body_html=body_html,
        word_count=word_count,
        origin=Origin(
            item.name,
            item=item.place,
            time=f"{raw.time_field} {_shown(raw.published_at)}" if raw.time_field else "",
            title=_title_of(raw),
        ),
        abstract=item.text(
            "abstract", _abstract(raw, body_html, body.html), longest=MAX_LENGTH["abstract"]
        ),
        byline=byline,
        dateline=raw_dateline,
        section=section[0] if section else "",
        tags=item.names("tags", tags, longest=MAX_LENGTH["tags"]),
        language=item.language(raw.language),
        published_at=published_at,
        lead_image=pictures[0] if pictures else None,
        pictures=tuple(pictures[1:]),
        subheadline=item.text(
            "subheadline",
            "" if slug_of(raw.subheadline) == slug_of(headline) else raw.subheadline,
            longest=MAX_LENGTH["subheadline"],
        ),
        short_headline=item.text(
            "short_headline", raw.short_headline, longest=MAX_LENGTH["short_headline"]
        ),
        slugline=item.text("slugline", raw.slugline, longest=MAX_LENGTH["slugline"]),
        authors=authors,
        subjects=item.topics("subjects", [*raw.subjects, *topics]),
        urgency=_urgency(raw.urgency, item),
        copyright_holder=item.text(
            "copyright_holder", raw.copyright_holder, longest=MAX_LENGTH["copyright_holder"]
        ),
        copyright_notice=item.text(
            "copyright_notice", raw.copyright_notice, longest=MAX_LENGTH["copyright_notice"]
        ),
        usage_terms=item.text("usage_terms", raw.usage_terms, longest=MAX_LENGTH["usage_terms"]),
        credit_line=item.text("credit_line", raw.credit_line, longest=MAX_LENGTH["credit_line"]),
        ed_note=item.text("ed_note", raw.ed_note, longest=MAX_LENGTH["ed_note"]),
        source=item.text("source", raw.source, longest=MAX_LENGTH["source"]),
        source_item_id=item_id,
        source_version=_version(raw, item, modified_at),
        source_url=item.address("url", raw.url),
        modified_at=modified_at,
        pub_status=pub_status,
        embargoed_until=item.moment("embargoed_until", raw.embargoed_until),
        expires_at=item.moment("expires_at", raw.expires_at),
        notes=tuple(item.notes),
    )


def _title_of(raw: RawStory | None) -> str:
    title = (raw.headline or raw.url or raw.item_id) if raw else ""
    return shortened(UNWELCOME.sub("", title), 80)


def _with_title(mistake: Mistake, raw: RawStory | None) -> Mistake:
    title = _title_of(raw)
    return replace(mistake, text=f"{mistake.text} ({title})") if title else mistake


def refusal(name: str, text: str, line: int | None = None) -> StoryError:
    return StoryError([Mistake(name, line, text)])


def check_size(content: bytes, name: str) -> None:
    if len(content) > FILE_BYTES:
        raise refusal(name, f"the file has more than {FILE_BYTES // 1024**2} MB.")


def decoded(content: bytes, name: str) -> str:
    check_size(content, name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refusal(name, "the file is not UTF-8.", line) from None


def is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def site_language() -> str:
    """Of what states no language."""
    return language_tag(settings.SITE_LANGUAGE)


def has_text(value: str) -> bool:
    """Whether there is something to see: more than spaces, controls and characters of no width."""
    return any(unicodedata.category(each)[0] not in "CZ" for each in value)


def host_of(*addresses: str) -> str:
    """The host of the first web address among these."""
    for address in addresses:
        if is_web_address(address):
            return (urlsplit(address).hostname or "").removeprefix("www.")
    return ""


def shortened(text: str, longest: int = 1000) -> str:
    """The text in one line, cut between words: a feed's description may be the whole story."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    return text[: longest - 1].rpartition(" ")[0].rstrip(" ,;:") + ELLIPSIS


def joined(names: Sequence[str]) -> str:
    """`Ann Lee, Bo Park and Cy Ray`."""
    *first, last = names or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def _body(raw: RawStory, item: Item) -> bodies.Body:
    if len(raw.body_html) > bodies.CHARACTERS:
        item.refuse("body", f"has more than {bodies.CHARACTERS} characters.")
        return bodies.Body("")
    body = bodies.read(raw.body_html, base=raw.base or raw.url)
    for note in body.notes:
        item.note(note)
    return replace(body, html=_without_byline(_without_headlines(body.html, raw), raw))


def _without_headlines(html: str, raw: RawStory) -> str:
    """The body without headings at its head that only repeat the headline, which a page has above it."""
    while found := HEADING_ABOVE.match(html):
        words = slug_of(bodies.plain(found[2]))
        if not words or words not in {slug_of(raw.headline), slug_of(raw.subheadline)}:
            break
        html = html[found.end() :]
    return html


def _dateline_and_body(
    raw: RawStory, html: str, item: Item, published_at: datetime | None
) -> tuple[Dateline | None, str]:
    """The dateline as its parts and the body without it; one that is not understood stays as text."""
    text = item.text("dateline", raw.dateline_text, longest=300)
    element = raw.dateline or datelines.read(text, published_at, source=raw.source)
    place = element.place if element else ""
    found, rest = datelines.split(html, published_at, source=raw.source, place=place)
    if raw.dateline:
        return _checked_dateline(_joined_dateline(raw.dateline, found), item), rest
    located = datelines.read(_place_of(raw), published_at, source=raw.source)
    if chosen := found or element or located:
        if chosen is found and not element:
            item.guess(f"dateline {chosen.text}")
        if raw.dateline_date and not chosen.date:
            chosen = replace(chosen, date=raw.dateline_date)
        return _checked_dateline(chosen, item), rest
    if text and not datelines.is_time(text):
        return None, bodies.with_text_in_front(html, text)
    return None, html


def _place_of(raw: RawStory) -> str:
    """Where the story was made. Some systems write who made it there, by the beginning of the byline."""
    if not raw.located:
        return ""
    named = slug_of(raw.located.partition(",")[0])
    people = [slug_of(name) for name in (raw.byline, *(author.name for author in raw.authors))]
    return (
        "" if named and any(f"{each}-".startswith(f"{named}-") for each in people) else raw.located
    )


def _joined_dateline(stated: Dateline, found: Dateline | None) -> Dateline:
    """What elements state, and of the line in the text what they do not."""
    if found is None or places.key_of(found.place) != places.key_of(stated.place):
        return stated
    return replace(
        stated,
        region=stated.region or found.region,
        country=stated.country or found.country,
        date=stated.date or found.date,
        source=found.source,
        style=found.style,
        text=found.text,
    )


def _checked_dateline(raw: Dateline, item: Item) -> Dateline:
    return replace(
        raw,
        place=item.text("dateline.place", raw.place, longest=100, required=True),
        region=item.text("dateline.region", raw.region, longest=100),
        country=raw.country if re.fullmatch("[A-Z]{2}", raw.country) else "",
        source=item.text("dateline.source", raw.source, longest=50),
    )


def _short_id(item_id: str) -> str:
    """Some guids are addresses with a whole query; one that is too long is stored as its hash."""
    if len(item_id) <= MAX_LENGTH["source_item_id"]:
        return item_id
    return f"sha256:{sha256(item_id.encode()).hexdigest()}"


def _slug(wanted: str, headline: str, item_id: str) -> str:
    slug = slug_of(wanted) or slug_of(headline)
    if slug and not is_address_of_id(slug):
        return slug
    return f"story-{sha256((item_id or headline).encode()).hexdigest()[:12]}"


def _pictures(raw: RawStory, body: bodies.Body, item: Item) -> list[LeadImage]:
    """The lead image and the further pictures, each once: that of the format first, then those of the text."""
    base = raw.base or raw.url
    found: dict[str, LeadImage] = {}
    for each in (raw.lead_image, *raw.pictures, *body.pictures):
        image = _lead_image(each, item, base=base)
        if image is None:
            continue
        key = _picture_key(image.url) or f"caption {len(found)}"
        if key in found:
            found[key] = _with_words_of(found[key], image)
        elif image.url or not found:
            found[key] = image
    return list(found.values())[:PICTURES]


def _headline_of(raw: RawStory, html: str, pictures: Sequence[LeadImage], item: Item) -> str:
    """The first words of a post that has no title, as its format allows."""
    if not raw.may_lack_headline:
        return ""
    first_picture = pictures[0].caption or pictures[0].alt_text if pictures else ""
    words = shortened(bodies.plain(html) or first_picture, HEADLINE)
    if words:
        item.note("headline from the first words of the text")
    return words


def _picture_key(url: str) -> str:
    """The address without what only names another size of the picture."""
    return SIZE_IN_NAME.sub("", url.partition("?")[0] if "/wp-content/" in url else url)


def _with_words_of(image: LeadImage, other: LeadImage) -> LeadImage:
    return replace(
        image,
        caption=image.caption or other.caption,
        alt_text=image.alt_text or other.alt_text,
        credit=image.credit or other.credit,
    )


def _lead_image(image: LeadImage | None, item: Item, *, base: str) -> LeadImage | None:
    """A picture that can be seen or at least has words."""
    if image is None:
        return None
    url = item.address("lead_image.url", _joined_address(base, image.url))
    if not url and (image.url.strip() or not image.caption.strip()):
        if image.url.strip():
            item.note(f"left out: the picture {_shown(image.url)}, which is no web address")
        return None
    return LeadImage(
        caption=item.text("lead_image.caption", shortened(image.caption), longest=1000),
        alt_text=item.text("lead_image.alt_text", shortened(image.alt_text), longest=1000),
        credit=item.text("lead_image.credit", shortened(image.credit, 200), longest=200),
        url=url,
    )


def _joined_address(base: str, url: str) -> str:
    try:
        return urljoin(base, url.strip()) if url.strip() else ""
    except ValueError:
        return ""


def _authors(raw: RawStory, item: Item) -> tuple[Author, ...]:
    """The people among the authors, each once; where the format lists none, those of the byline."""
    if len(raw.authors) > TAGS:
        item.refuse("authors", f"has {len(raw.authors)} entries; {TAGS} are allowed.")
        return ()
    listed = bylines.people(
        (
            Author(
                item.text("authors", author.name, longest=10_000),
                item.text("authors", author.role, longest=40) or "writer",
                shortened(UNWELCOME.sub("", author.title), bylines.TITLE),
            )
            for author in raw.authors
        ),
        source=raw.source,
    )
    for author in listed:
        item.text("authors", author.name, longest=NAME_LENGTH)
    return _titled(listed or bylines.authors_of(raw.byline, source=raw.source), raw, item)


def _titled(authors: tuple[Author, ...], raw: RawStory, item: Item) -> tuple[Author, ...]:
    """The authors; a single one with the title that the byline gives."""
    stated = shortened(UNWELCOME.sub("", raw.byline_title), bylines.TITLE)
    if len(authors) == 1 and not authors[0].title:
        return (replace(authors[0], title=stated or bylines.title_of(raw.byline)),)
    if stated and not any(author.title for author in authors):
        item.note(f"left out: the byline’s title {stated}")
    return authors


def _byline(raw: RawStory, authors: Sequence[Author], item: Item) -> str:
    """As it is written, without the word before a single name. A list of authors has no limit: each is linked."""
    byline = " ".join(raw.byline.split())
    names = [author.name for author in authors]
    if raw.authors and byline == joined([author.name for author in raw.authors]):
        # The format has a list and no byline: the same person may be in it twice.
        byline = joined(names) if len(names) > 1 or len(raw.authors) > 1 else byline
        if not names:
            byline = joined(list(dict.fromkeys(author.name for author in raw.authors)))
    if len(names) == 1 and slug_of(BY.sub("", byline, count=1)) == slug_of(names[0]):
        byline = names[0]
    if len(byline) > MAX_LENGTH["byline"] and len(names) > 1:
        return ""
    return item.text("byline", byline, longest=MAX_LENGTH["byline"])


def _abstract(raw: RawStory, body_html: str, whole_html: str) -> str:
    """None that repeats the text, whole or its beginning."""
    # Without what feeds add to a text that they cut.
    words = _words(MORE.sub("", raw.abstract.strip()))
    if words and any(_first_words(html, len(words)) == words for html in {body_html, whole_html}):
        return ""
    return raw.abstract


def _first_words(html: str, count: int) -> list[str]:
    """So many words at the head of the text, of which no more is read than it takes."""
    length = 500 + 20 * count
    while True:
        # A tag or a word may be cut where the part ends.
        words = _words(unescape(markup.ANY_TAG.sub(" ", html[:length])))
        if len(words) > count or length >= len(html):
            return words[:count]
        length *= 4


def _words(text: str) -> list[str]:
    """What is compared: letters and digits."""
    return re.findall(r"\w+", text.casefold())


def _without_byline(html: str, raw: RawStory) -> str:
    """The body without a first line that is only the byline which the story has, too."""
    found = BYLINE_ABOVE.match(html)
    if found is None:
        return html
    named = {slug_of(name) for name in (raw.byline, *(author.name for author in raw.authors))}
    named |= {slug_of(BY.sub("", raw.byline))}
    if slug_of(unescape(found["name"])) not in named - {""}:
        return html
    return (
        html[found.end() :].lstrip()
        if found["end"] == "</p>"
        else f"<p>{html[found.end() :].lstrip()}"
    )


def _urgency(value: str, item: Item) -> int | None:
    if not value.strip():
        return None
    if not re.fullmatch("[0-9]", value.strip()):
        item.refuse("urgency", f"{_shown(value)} is not a number from 1 to 9.")
        return None
    return int(value) or None  # NITF and NewsML write 0 for none


def _version(raw: RawStory, item: Item, modified_at: datetime | None) -> str:
    """The version as the source counts it, else the time of its last change."""
    if raw.version:
        return item.text("version", raw.version, longest=MAX_LENGTH["source_version"])
    return modified_at.isoformat(timespec="seconds") if modified_at else ""


def _pub_status(value: str, item: Item) -> PubStatus:
    """IPTC's word: alone, as `stat:usable`, or at the end of the address of its NewsCode."""
    if not value.strip():
        return "usable"
    match re.split("[:/#]", value.strip().rstrip("/").lower())[-1]:
        case "usable":
            return "usable"
        case "withheld":
            return "withheld"
        case "canceled" | "cancelled" | "cancel" | "kill" | "killed":
            return "canceled"
    item.refuse("pub_status", f"{_shown(value)} is not usable, withheld or canceled.")
    return "withheld"


def read_moment(value: str) -> datetime | None:
    """A time in any form that is known; None for any other text, and for a zone that is not known."""
    try:
        return times.read_moment(value)
    except times.UnknownZoneError:
        return None


def _shown(value: str) -> str:
    return repr(value if len(value) <= 60 else f"{value[:59]}{ELLIPSIS}")
