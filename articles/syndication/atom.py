"""Atom (RFC 4287), paged (RFC 5005), with the articles that subscribers are to delete (RFC 6721)."""

from datetime import datetime
from typing import Any
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed, rfc3339_date
from django.utils.xmlutils import SimplerXMLGenerator

from articles.formats.languages import language_tag
from articles.syndication.feed_entries import Feed, clean
from articles.syndication.feed_xml import write_xml

CONTENT_TYPE = "application/atom+xml; charset=utf-8"


def write(feed: Feed) -> bytes:
    return write_xml(feed, _AtomWriter(feed))


class _AtomWriter(Atom1Feed):
    def __init__(self, feed: Feed) -> None:
        super().__init__(
            feed.title,
            feed.home_url,
            "",
            language=language_tag(settings.SITE_LANGUAGE),
            author_name=clean(settings.SITE_NAME),  # for entries without an author
            feed_url=feed.url,
            feed_guid=feed.topic,
        )
        self.changed_at, self.next_url, self.hub_url = feed.changed_at, feed.next_url, feed.hub_url
        self.deleted = feed.deleted

    def latest_post_date(self) -> datetime:
        return self.changed_at

    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), "xmlns:at": "http://purl.org/atompub/tombstones/1.0"}

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        if self.hub_url:
            handler.addQuickElement("link", None, {"rel": "hub", "href": self.hub_url})
        if self.next_url:  # RFC 5005
            handler.addQuickElement("link", None, {"rel": "next", "href": self.next_url})
        for guid, deleted_at in self.deleted:
            tombstone = {"ref": guid, "when": rfc3339_date(deleted_at)}
            handler.addQuickElement("at:deleted-entry", None, tombstone)

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        return {"xml:lang": item["article_language"]}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        for name, url in item["authors"]:
            handler.startElement("author", AttributesImpl({}))
            handler.addQuickElement("name", name)
            if url:
                handler.addQuickElement("uri", url)
            handler.endElement("author")
        if item["rights"]:
            handler.addQuickElement("rights", item["rights"])
        handler.addQuickElement("content", item["content"], {"type": "html"})
