"""RSS 2.0, with Dublin Core for authors and rights, and Media RSS for pictures."""

from datetime import datetime
from typing import Any
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.xmlutils import SimplerXMLGenerator

from articles.formats.languages import language_tag
from articles.models import Media, Rendition
from articles.syndication.feed_entries import Feed, clean
from articles.syndication.feed_xml import write_xml

CONTENT_TYPE = "application/rss+xml; charset=utf-8"


def write(feed: Feed) -> bytes:
    return write_xml(feed, _RssWriter(feed))


class _RssWriter(Rss201rev2Feed):
    def __init__(self, feed: Feed) -> None:
        super().__init__(
            feed.title,
            feed.home_url,
            feed.description,
            language=language_tag(settings.SITE_LANGUAGE),
            feed_url=feed.url,
        )
        self.changed_at, self.next_url, self.hub_url = feed.changed_at, feed.next_url, feed.hub_url

    def latest_post_date(self) -> datetime:
        return self.changed_at  # Django's default is the current time where a feed is empty

    def rss_attributes(self) -> dict[str, str]:
        return {
            **super().rss_attributes(),
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            "xmlns:dcterms": "http://purl.org/dc/terms/",
            "xmlns:media": "http://search.yahoo.com/mrss/",
        }

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        if self.hub_url:
            handler.addQuickElement("atom:link", None, {"rel": "hub", "href": self.hub_url})
        if self.next_url:
            handler.addQuickElement("atom:link", None, {"rel": "next", "href": self.next_url})

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        for name, _ in item["authors"]:
            handler.addQuickElement("dc:creator", name)
        handler.addQuickElement("dc:language", item["article_language"])
        if item["rights"]:
            handler.addQuickElement("dc:rights", item["rights"])
        handler.addQuickElement("dcterms:modified", item["updateddate"].isoformat())
        handler.addQuickElement("content:encoded", item["content"])
        if item["picture"]:
            _add_picture(handler, item["picture"], item["media"])


def _add_picture(handler: SimplerXMLGenerator, picture: Rendition, media: Media) -> None:
    """Media RSS, which has elements for caption and credit; an enclosure has none."""
    attributes = {
        "url": picture.url,
        "medium": "image",
        "type": picture.content_type,
        "fileSize": str(picture.byte_size),
        "width": str(picture.width),
        "height": str(picture.height),
    }
    handler.startElement("media:content", AttributesImpl(attributes))
    if media.caption:
        handler.addQuickElement("media:description", clean(media.caption), {"type": "plain"})
    if media.credit:
        handler.addQuickElement("media:credit", clean(media.credit))
    handler.endElement("media:content")
