"""What every parser returns: stories as plain values, or the mistakes of the file."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

GUESSED = "guessed: "  # how a note begins about what the file did not say
PubStatus = Literal["usable", "withheld", "canceled"]  # IPTC's three words


@dataclass(frozen=True, slots=True)
class Dateline:
    """Where and when the story was filed, as the desk gave it; `articles.dateline` prints it.

    `text` is the line as a source printed it, which is what readers see.
    """

    place: str
    region: str = ""
    country: str = ""
    date: dt.date | None = None
    source: str = ""
    style: str = "plain"
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class LeadImage:
    """A picture in words; `url` is where it is: a web address, or a file beside the story's own."""

    caption: str
    alt_text: str = ""
    credit: str = ""
    url: str = ""

    @property
    def is_remote(self) -> bool:
        return self.url.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote the story, or had another part in it."""

    name: str
    role: str = "writer"
    title: str = field(default="", compare=False)  # as the byline has it: Foreign Editor


@dataclass(frozen=True, slots=True)
class Origin:
    """The file a story came from, which of its items it is, and the line of each of its fields."""

    name: str
    lines: Mapping[str, int] = field(default_factory=dict)
    item: str = ""
    time: str = ""  # the file's own name of the time of publication, and what it says
    title: str = ""  # or link, by which an editor finds it in a long file

    def mistake(self, about: str, text: str) -> "Mistake":
        where = f"{self.item}: {about}" if self.item else about
        title = f" ({self.title})" if self.title else ""
        return Mistake(name=self.name, line=self.lines.get(about), text=f"{where}: {text}{title}")


@dataclass(frozen=True, slots=True)
class Story:
    """One story of a file. `body_html` is sanitised; every time is aware, where it is given.

    `source_item_id` is the name that its source gives the story, and `source_version` is
    its version there: a number, a dotted number or a UTC time. `modified_at` is when that version was made.
    `published_at` has the offset of the file where that states one, else it is in UTC.
    `notes` say what was left out of the story and what was guessed.
    """

    headline: str
    slug: str
    body_markdown: str
    body_html: str
    word_count: int
    origin: Origin = field(compare=False)
    guid: str = ""
    abstract: str = ""
    byline: str = ""
    dateline: Dateline | None = None
    section: str = ""
    tags: tuple[str, ...] = ()
    language: str = "en"
    published_at: dt.datetime | None = None
    lead_image: LeadImage | None = None
    pictures: tuple[LeadImage, ...] = ()  # further ones, in their order
    subheadline: str = ""
    short_headline: str = ""
    slugline: str = ""
    authors: tuple[Author, ...] = ()
    subjects: tuple[str, ...] = ()
    urgency: int | None = None
    copyright_holder: str = ""
    copyright_notice: str = ""
    usage_terms: str = ""
    credit_line: str = ""
    ed_note: str = ""
    source: str = ""
    source_item_id: str = ""
    source_version: str = ""
    source_url: str = ""
    modified_at: dt.datetime | None = None
    pub_status: PubStatus = "usable"
    embargoed_until: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a file, and its place: `story.md:5: published_at: '2024-13-08' is not a date.`"""

    name: str
    line: int | None
    text: str

    def __str__(self) -> str:
        place = self.name if self.line is None else f"{self.name}:{self.line}"
        return f"{place}: {self.text}"


class StoryError(Exception):
    """Stories that are refused, with every mistake found in them.

    `stories` are those of the same file that have none.
    """

    def __init__(self, mistakes: Sequence[Mistake], stories: Sequence[Story] = ()) -> None:
        super().__init__(*mistakes)
        self.mistakes = tuple(mistakes)
        self.stories = tuple(stories)

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)
