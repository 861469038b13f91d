"""Checks feeds against the rules of their specifications: each fault in a line.

feedparser is lenient: a feed that it reads may still be one that other readers refuse.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ONCE = {"id", "title", "updated"}
ZERO_OR_ONE = {"published", "rights", "summary", "content", "subtitle", "generator"}


def faults_of_atom(content: bytes) -> list[str]:
    """RFC 4287, 4.1.1 and 4.1.2, with the deleted entries of RFC 6721."""
    feed = etree.fromstring(content)
    if feed.tag != f"{ATOM}feed":
        return ["The root is no feed."]
    entries = feed.findall(f"{ATOM}entry")
    ids = [each.findtext(f"{ATOM}id") for each in entries]
    found = [*_container(feed, "feed"), *(["An id is there twice."] * (len(ids) - len(set(ids))))]
    if "self" not in [link.get("rel") for link in feed.findall(f"{ATOM}link")]:
        found.append("The feed has no link to itself.")
    for entry in entries:
        found += _container(entry, "entry")
        if not (feed.findall(f"{ATOM}author") or entry.findall(f"{ATOM}author")):
            found.append("An entry has no author.")
        links = [link.get("rel", "alternate") for link in entry.findall(f"{ATOM}link")]
        if "alternate" not in links and entry.find(f"{ATOM}content") is None:
            found.append("An entry has neither content nor an alternate link.")
    for gone in feed.findall(f"{TOMBSTONES}deleted-entry"):
        found += [] if _is_iri(gone.get("ref")) else ["A deleted entry has no ref."]
        found += [] if _is_time(gone.get("when")) else ["A deleted entry has no when."]
        found += ["An entry is deleted and there."] * (gone.get("ref") in ids)
    return found


def _container(element: etree._Element, name: str) -> Iterator[str]:
    counts = {child: len(element.findall(f"{ATOM}{child}")) for child in ONCE | ZERO_OR_ONE}
    yield from (f"The {name} has not exactly one {child}." for child in ONCE if counts[child] != 1)
    yield from (f"The {name} has {child} twice." for child in ZERO_OR_ONE if counts[child] > 1)
    if not _is_iri(element.findtext(f"{ATOM}id")):
        yield f"The id of the {name} is no IRI."
    times = [*element.findall(f"{ATOM}updated"), *element.findall(f"{ATOM}published")]
    yield from (
        f"{time.text} in the {name} is no time." for time in times if not _is_time(time.text)
    )
    people = element.findall(f"{ATOM}author")
    yield from ("An author has no name." for one in people if not one.findtext(f"{ATOM}name"))
    links = element.findall(f"{ATOM}link")
    yield from ("A link leads nowhere." for link in links if not link.get("href"))


def faults_of_rss(content: bytes) -> list[str]:
    """The RSS 2.0 specification of the RSS Advisory Board."""
    rss = etree.fromstring(content)
    channels = rss.findall("channel")
    if (rss.tag, rss.get("version"), len(channels)) != ("rss", "2.0", 1):
        return ["This is no RSS 2.0 with one channel."]
    channel = channels[0]
    found = [
        f"The channel has not exactly one {name}."
        for name in ("title", "link", "description")
        if len(channel.findall(name)) != 1 or not channel.findtext(name)
    ]
    guids = [item.findtext("guid") for item in channel.findall("item")]
    found += ["A guid is there twice."] * (len(guids) - len(set(guids)))
    for item in channel.findall("item"):
        found += _item(item)
    date = channel.findtext("lastBuildDate")
    return found + ["lastBuildDate is no date."] * (date is not None and not _is_date(date))


def _item(item: etree._Element) -> Iterator[str]:
    if not (item.findtext("title") or item.findtext("description")):
        yield "An item has neither title nor description."
    for name in ("title", "link", "description", "guid", "pubDate", "enclosure"):
        if len(item.findall(name)) > 1:
            yield f"An item has more than one {name}."
    guid = item.find("guid")
    if guid is None or not guid.text:
        yield "An item has no guid."
    elif guid.get("isPermaLink", "true") == "true" and not urlsplit(guid.text).netloc:
        yield "A guid says that it is a link, and is none."
    dates = item.findall("pubDate")
    yield from (f"{date.text} is no date." for date in dates if not _is_date(str(date.text)))
    for enclosure in item.findall("enclosure"):
        yield from (
            f"An enclosure lacks its {name}."
            for name in ("url", "length", "type")
            if not enclosure.get(name)
        )


def _is_iri(text: str | None) -> bool:
    return bool(text) and bool(urlsplit(text).scheme)


def _is_time(text: str | None) -> bool:
    return bool(text) and bool(RFC3339.fullmatch(str(text))) and bool(_parsed(str(text)))


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _is_date(text: str) -> bool:
    """RFC 822, with a year of four digits."""
    try:
        return bool(re.search(r"\b\d{4}\b", text)) and bool(parsedate_to_datetime(text))
    except ValueError:
        return False
