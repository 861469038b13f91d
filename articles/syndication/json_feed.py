"""JSON Feed 1.1."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from articles.formats.languages import language_tag
from articles.syndication.feed_entries import Entry, Feed

CONTENT_TYPE = "application/feed+json; charset=utf-8"


def write(feed: Feed) -> bytes:
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home_url,
        "feed_url": feed.url,
        "description": feed.description,
        "language": language_tag(settings.SITE_LANGUAGE),
    }
    if feed.next_url:
        document["next_url"] = feed.next_url
    if feed.hub_url:
        document["hubs"] = [{"type": "WebSub", "url": feed.hub_url}]
    document["items"] = [dict(_item(entry)) for entry in feed.entries]
    return json.dumps(document, ensure_ascii=False).encode()


def _item(entry: Entry) -> Iterator[tuple[str, Any]]:
    article = entry.article
    yield "id", article.guid
    yield "url", article.url
    yield "title", article.headline
    if article.canonical_url:
        yield "external_url", article.canonical_url
    if article.abstract:
        yield "summary", article.abstract
    yield "content_html", entry.content
    if picture := entry.picture:
        yield "image", picture.url
    yield "date_published", entry.first_published_at.isoformat()
    yield "date_modified", entry.updated_at.isoformat()
    if entry.authors:
        yield (
            "authors",
            [{"name": name} | ({"url": url} if url else {}) for name, url in entry.authors],
        )
    yield "tags", entry.categories
    yield "language", article.language
