"""Files in the image of what agencies, blogs and feeds send, each from its parts."""

from datetime import UTC
from html import escape
from typing import Any

from articles.formats import read_stories
from articles.formats.story import Story, StoryError

QUAY = "<p>The ferry sails again.</p>"


def news_item(
    *,
    guid: str = "tag:wire.example,2026:1",
    version: str = "1",
    modified: str = "2026-11-20T10:00:00Z",
    status: str = 'qcode="stat:usable"',
    headline: str = "<headline>The ferry sails</headline>",
    meta: str = "",
    content: str = "",
    body: str | None = QUAY,
    attributes: str = "",
    provider: str = '<provider literal="Wire"/>',
) -> bytes:
    inline = (
        f'<contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<body>{body}</body></html></inlineXML></contentSet>"
    )
    return (
        f'<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="{guid}" version="{version}" {attributes}>'
        f'<itemMeta><itemClass qcode="ninat:text"/>{provider}<versionCreated>{modified}</versionCreated>'
        f"<pubStatus {status}/>{meta}</itemMeta><contentMeta>{headline}{content}</contentMeta>"
        f"{inline if body is not None else ''}</newsItem>"
    ).encode()


def nitf(
    body: str = QUAY,
    *,
    head: str = "",
    docdata: str = "",
    identity: str = '<doc-id id-string="wire-1" regsrc="WIRE"/>',
    date: str = '<date.issue norm="20261120T100000Z"/>',
    attributes: str = "",
    status: str = "",
) -> bytes:
    return (
        f"<nitf {attributes}><head><docdata {status}>{identity}{date}{docdata}</docdata></head><body><body.head><hedline>"
        f"<hl1>The ferry sails</hl1></hedline>{head}</body.head><body.content>{body}</body.content></body></nitf>"
    ).encode()


def rss(*items: str, channel: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"><channel>'
        f"<title>Wire</title><link>https://wire.example/</link>{channel}{''.join(items)}</channel></rss>"
    ).encode()


def entry(
    text: str = "It sails.", *, title: str = "The ferry sails", more: str = "", guid: str = "1"
) -> str:
    head = f"<title>{title}</title>" if title else ""
    return (
        f"<item>{head}<link>https://wire.example/{guid}</link><guid isPermaLink='false'>{guid}</guid>"
        f"<description>{escape(text)}</description>{more}</item>"
    )


def wxr(*posts: str, scheme: str = "http", version: str = "1.2") -> bytes:
    space = f"{scheme}://wordpress.org/export/{version}/"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:excerpt="{space}excerpt/" xmlns:wp="{space}" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Paper</title><link>https://paper.example</link><language>en-GB</language>{''.join(posts)}</channel></rss>"
    ).encode()


def post(text: str, *, title: str = "The ferry sails", name: str = "ferry", more: str = "") -> str:
    return (
        f"<item><title><![CDATA[{title}]]></title><link>https://paper.example/{name}/</link><dc:creator>ann</dc:creator>"
        f"<guid isPermaLink='false'>https://paper.example/?p={name}</guid><content:encoded><![CDATA[{text}]]></content:encoded>"
        f"<wp:post_id>7</wp:post_id><wp:post_date_gmt>2026-11-20 10:00:00</wp:post_date_gmt><wp:post_name>{name}</wp:post_name>"
        f"<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>{more}</item>"
    )


def stories(content: bytes | str, name: str = "wire.xml") -> list[Story]:
    return read_stories(
        content.encode() if isinstance(content, str) else content, name=name, zone=UTC
    )


def story(content: bytes | str, name: str = "wire.xml") -> Story:
    (one,) = stories(content, name)
    return one


def mistakes(content: bytes | str, name: str = "wire.xml") -> str:
    try:
        found: Any = stories(content, name)
    except StoryError as error:
        return str(error)
    raise AssertionError(f"was read: {found}")
