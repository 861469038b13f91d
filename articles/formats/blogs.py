"""Markdown as static blogs have it: the front matter of Jekyll, Hugo and Ghost, or a heading alone."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from difflib import get_close_matches
from typing import Any

import yaml

from articles import html_tags
from articles.fields import MAX_LENGTH
from articles.formats import bodies, body_media
from articles.formats.story import Author, LeadImage, Mistake, Story, StoryError
from articles.formats.wire import Item, RawStory, shortened, story_of

# fmt: off
# What each field is called, the first that is there.
HEADLINE = ("title", "headline")
ABSTRACT = ("description", "excerpt", "custom_excerpt", "summary", "subtitle", "abstract")
TIME = ("published_at", "date", "publishdate", "pubdate", "published_date", "created_at", "created")
AUTHORS = ("authors", "author", "byline")
SECTIONS = ("section", "category", "categories", "primary_tag")
TAGS = ("tags", "tag", "keywords")
LANGUAGE = ("language", "lang", "locale")
PICTURE = ("image", "feature_image", "featured_image", "cover", "thumbnail", "banner", "images", "og_image")
SLUG = ("slug",)
DRAFT = ("draft", "published", "status")
READ = frozenset([*HEADLINE, *ABSTRACT, *TIME, *AUTHORS, *SECTIONS, *TAGS, *LANGUAGE, *PICTURE, *SLUG, *DRAFT])
# What a site's programs read of it, and no reader.
LEFT_OUT = frozenset([
    "layout", "permalink", "url", "comments", "lastmod", "updated", "updated_at", "modified", "last_modified_at", "weight", "toc", "math",
    "mathjax", "aliases", "type", "id", "uuid", "featured", "visibility", "series", "menu", "cascade", "expirydate", "sitemap", "robots",
    "canonical_url", "meta_title", "meta_description", "og_title", "og_description", "twitter_title", "twitter_description", "twitter_image",
    "feature_image_alt", "feature_image_caption", "codeinjection_head", "codeinjection_foot", "custom_template", "pin", "sticky", "redirect_from",
    "share", "classes", "header", "sidebar", "params", "build", "resources", "outputs", "markup", "linktitle", "isCJKLanguage".lower(), "draft_note",
])
# fmt: on
# Such a key alone says that the front matter is not of this format.
MARKS = frozenset(["title", "layout", "date", "draft", "categories", "author", "feature_image"])
TOML_FENCE = re.compile(r"\+\+\+[ \t]*$", re.MULTILINE)
HEADING = re.compile(
    r"\s*#[ \t]+([^\n]{1,300}?)[ \t]*#*[ \t]*(?:\n|$)|\s*+([^\s#>\-*|`][^\n]{0,299})\n=+[ \t]*(?:\n|$)"
)
PICTURE_LINE = re.compile(
    r"!\[([^\[\]\n]{0,1000})\]\(\s*<?([^\s()<>]{1,1000})>?(?:\s+\"([^\"\n]{0,1000})\")?\s*\)(?:\{[^{}\n]{0,200}\})?"
)
TEMPLATE = re.compile(r"\{%[^%{}\n]{0,500}%\}|\{\{[<%]?[^{}\n]{0,500}[>%]?\}\}")


@dataclass
class Matter:
    """Front matter, and the line of each of its fields."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def first(self, keys: tuple[str, ...]) -> Any:
        return next(
            (self.values[key] for key in keys if self.values.get(key) not in (None, "", [])), None
        )

    def text(self, keys: tuple[str, ...]) -> str:
        return _text(self.first(keys))

    def texts(self, keys: tuple[str, ...]) -> list[str]:
        value = self.first(keys)
        if isinstance(value, str):
            value = value.split(",")
        found = [_text(each) for each in value] if isinstance(value, list) else [_text(value)]
        return [each for each in found if each]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("url") or value.get("src") or ""
    if isinstance(value, list):
        value = value[0] if value else ""
    return " ".join(str(value).split()) if value is not None and not isinstance(value, bool) else ""


def is_foreign(keys: set[str]) -> bool:
    return "headline" not in keys and bool({key.lower() for key in keys} & MARKS)


def of_yaml(node: yaml.MappingNode, first_line: int) -> Matter:
    matter = Matter()
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            matter.values[key.value.lower()] = _value(value)
            matter.lines[key.value.lower()] = key.start_mark.line + first_line
    return matter


def _value(node: yaml.Node) -> Any:
    """As it is written: YAML reads the country NO as false, and a date in a zone of its own."""
    if isinstance(node, yaml.SequenceNode):
        return [_value(each) for each in node.value]
    if isinstance(node, yaml.MappingNode):
        return {
            key.value: _value(value)
            for key, value in node.value
            if isinstance(key, yaml.ScalarNode)
        }
    return None if node.tag.endswith(":null") else str(node.value)


def of_toml(text: str, name: str) -> tuple[Matter, str, int]:
    """The front matter between lines of +++, the body, and the line on which it begins."""
    opening = TOML_FENCE.match(text)
    closing = TOML_FENCE.search(text, opening.end() + 1) if opening else None
    if opening is None or closing is None:
        raise StoryError([Mistake(name, 1, "the front matter is not closed by a line of +++.")])
    front = text[opening.end() + 1 : closing.start()]
    try:
        values = tomllib.loads(front)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StoryError([Mistake(name, None, f"not TOML: {error}.")]) from None
    lines: dict[str, int] = {}
    for number, line in enumerate(front.split("\n"), start=2):
        lines.setdefault(line.partition("=")[0].strip(" []\"'").lower(), number)
    written = {key.lower(): _plain(value) for key, value in values.items()}
    return Matter(written, lines), text[closing.end() + 1 :], front.count("\n") + 3


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def of_heading(text: str) -> tuple[Matter, str, int] | None:
    """The heading that the text begins with as its headline."""
    found = HEADING.match(text)
    if found is None:
        return None
    matter = Matter({"title": found[1] or found[2]}, {"title": 1})
    return matter, text[found.end() :], found[0].count("\n") + 1


def read_story(matter: Matter, body: str, *, name: str, zone: tzinfo) -> tuple[RawStory, Item]:
    """The values of the story, and its mistakes and notes."""
    item = Item(name, "the story", zone)
    for key in matter.values:
        if key in LEFT_OUT:
            item.note(f"left out: {key}")
        elif key not in READ:
            close = get_close_matches(key, READ, n=1)
            hint = f"; is {close[0]!r} meant?" if close else "."
            item.mistakes.append(
                Mistake(name, matter.lines.get(key), f"{key}: is not a field of a story{hint}")
            )
    sections, authors = matter.texts(SECTIONS), matter.texts(AUTHORS)
    pictures = [LeadImage("", url=address) for address in matter.texts(PICTURE)[:1]]
    raw = RawStory(
        headline=bodies.plain(matter.text(HEADLINE)),
        slug=matter.text(SLUG),
        abstract=shortened(bodies.plain(matter.text(ABSTRACT)), MAX_LENGTH["abstract"]),
        byline=" and ".join(authors) if len(authors) < 3 else ", ".join(authors),
        authors=[Author(author) for author in authors],
        section=sections[0] if sections else "",
        tags=[*sections[1:], *matter.texts(TAGS)],
        language=matter.text(LANGUAGE),
        published_at=matter.text(TIME),
        pictures=pictures,
        pub_status="withheld" if _is_draft(matter.values) else "",
    )
    return raw, item


def _is_draft(values: Mapping[str, Any]) -> bool:
    written = {key: str(values.get(key, "")).lower() for key in DRAFT}
    return (
        written["draft"] == "true"
        or written["published"] == "false"
        or written["status"] == "draft"
    )


def without_pictures(body: str, item: Item) -> tuple[str, list[LeadImage]]:
    """The Markdown without pictures and the templates of its site's program, and the pictures that have an address."""
    pictures: list[LeadImage] = []

    def take(found: re.Match[str]) -> str:
        alt_text, address, caption = found[1], found[2], found[3] or ""
        if address.startswith(("http://", "https://")):
            pictures.append(LeadImage(caption, alt_text, url=address))
        else:
            item.note(f"left out: the picture {address}")
        return ""

    body = PICTURE_LINE.sub(take, body)
    if TEMPLATE.search(body):
        item.note("left out: templates of the site’s program")
        body = TEMPLATE.sub("", body)
    if body_media.HAS_MEDIA.search(body) and next(html_tags.list_tags(body), None):
        media = body_media.take_out(body) if body.lstrip().startswith("<") else None
        if media:
            pictures += media.pictures
            body = media.html
    return body.strip(), pictures


def as_story(matter: Matter, body: str, *, name: str, zone: tzinfo) -> tuple[Story, Item, str]:
    """The story without its text, which the caller renders, its mistakes, and its Markdown."""
    raw, item = read_story(matter, body, name=name, zone=zone)
    markdown, pictures = without_pictures(body, item)
    raw = replace(raw, pictures=[*raw.pictures, *pictures], body_html="<p>x</p>")
    return story_of(raw, item), item, markdown
