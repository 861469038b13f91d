"""JSON Feed 1.0 and 1.1."""

from datetime import tzinfo
from typing import Any

from articles.formats import bodies
from articles.formats.jsontext import JSONObject, load
from articles.formats.story import Author, LeadImage, Story
from articles.formats.wire import Item, RawStory, host_of, joined, read_items, refusal, shortened

VERSION = "https://jsonfeed.org/version/"


def is_feed(document: Any) -> bool:
    return isinstance(document, dict) and str(document.get("version", "")).startswith(VERSION)


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The items of a feed. Raises StoryError with every mistake, each with the item and its field."""
    document = load(content, name)
    if not is_feed(document):
        raise refusal(name, f"version: does not begin with {VERSION}.")
    head = Item(name, "the feed", zone)
    feed = JSONObject.of(document, head)
    items, defaults = document.get("items", []), _Defaults(feed)
    if not isinstance(items, list):
        head.refuse("items", "must be a list.")
    if head.mistakes:
        raise refusal(name, head.mistakes[0].text)
    return read_items(items, defaults.raw_story, name=name, zone=zone)


class _Defaults:
    """What the feed says for all of its items."""

    def __init__(self, feed: JSONObject) -> None:
        self.language = feed.text("language")
        self.source = feed.text("title") or host_of(feed.text("home_page_url", "feed_url"))
        self.authors = _authors(feed)

    def raw_story(self, raw: Any, item: Item) -> RawStory:
        entry = JSONObject.of(raw, item)
        url = entry.text("url", "external_url")
        authors = _authors(entry) or self.authors
        html = entry.text("content_html") or bodies.from_text(entry.text("content_text"))
        summary = entry.text("summary")
        players = []
        for each in entry.objects("attachments"):
            kind, url_of_file = each.text("mime_type").partition("/")[0].lower(), each.text("url")
            if kind in {"audio", "video"}:
                players.append((kind, url_of_file, bodies.plain(each.text("title"))))
            else:
                item.note(f"left out: {url_of_file}")
        return RawStory(
            headline=bodies.plain(entry.text("title")),
            may_lack_headline=True,
            abstract=shortened(summary),
            body_html=bodies.with_players(html or bodies.from_text(summary), players),
            byline=joined([author.name for author in authors]),
            authors=authors,
            tags=entry.texts("tags"),
            lead_image=LeadImage("", url=entry.text("image", "banner_image")),
            language=entry.text("language") or self.language,
            published_at=entry.text("date_published"),
            time_field="date_published",
            modified_at=entry.text("date_modified"),
            source=self.source,
            item_id=_id(entry) or url,
            url=url,
        )


def _id(entry: JSONObject) -> str:
    """The standard requires text, and that readers convert a number to its digits."""
    value = entry.values.get("id")
    return entry.number("id") if isinstance(value, int) else entry.text("id")


def _authors(entry: JSONObject) -> list[Author]:
    """1.1 has a list of authors, 1.0 had one."""
    author = entry.values.get("author")
    objects = entry.objects("authors") or (
        [JSONObject.of(author, entry.item, "author.")] if author else []
    )
    return [Author(name) for each in objects if (name := each.text("name"))]
