"""What a web page says of itself in its head and in the widget: all that is read of the article of another site."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin

from lxml import etree

from articles.fields import MAX_LENGTH
from articles.formats import bodies
from articles.formats.html import (
    canonical_link,
    first_text,
    linked_articles,
    page_language,
    page_property,
    parsed,
    texts,
)
from articles.formats.languages import language_tag
from articles.formats.wire import EARLIEST_YEAR, read_moment
from articles.offsets import as_filed

WIDGET = "reader-reactions"
# Classes of <time>: hAtom's, which WordPress themes write, and h-entry's.
_PUBLISHED = {"published", "dt-published"}


@dataclass(frozen=True, slots=True)
class PageHead:
    """`canonical` is absolute, and empty where the page names none; the time is as filed, and None where it has none.

    `item_id` and `article` are what the widget in the page states: the article's id at its site, and here.
    """

    title: str
    published_at: datetime | None
    section: str
    language: str
    canonical: str
    item_id: str
    article: str


def read_page_head(content: bytes, *, url: str, charset: str = "") -> PageHead:
    """The head of the page at this address; `charset` as its answer has it. Raises StoryError for what is no page."""
    root = parsed(content, url, charset=charset)
    data = next(linked_articles(root), {})
    widget = next(iter(root.iter(WIDGET)), None)
    canonical = canonical_link(root).strip()
    return PageHead(
        title=_title(root, first_text(data, "headline", "name")),
        published_at=_published_at(root, first_text(data, "datePublished")),
        section=_short(
            next(iter(texts(data.get("articleSection"))), "")
            or page_property(root, "article:section")
            or _category(root),
            100,
        ),
        language=_language(first_text(data, "inLanguage") or page_language(root)),
        canonical=_joined(url, canonical) if canonical else "",
        item_id=_of(widget, "item")[: MAX_LENGTH["source_item_id"]],
        article=_of(widget, "article"),
    )


def _title(root: etree._Element, headline: str) -> str:
    """The headline; else the one heading of the page, which unlike `<title>` does not name the site, too."""
    headings = [" ".join(each.itertext()) for each in root.iter("h1")]
    found = (
        headline,
        page_property(root, "og:title"),
        headings[0] if len(headings) == 1 else "",
        next((each.text or "" for each in root.iter("title")), ""),
    )
    return next((text for each in found if (text := _short(each, MAX_LENGTH["headline"]))), "")


def _published_at(root: etree._Element, linked: str) -> datetime | None:
    """As JSON-LD, Open Graph, microdata or microformats state it. A date that is merely written on the page is none."""
    found = [linked, page_property(root, "article:published_time")]
    for element in root.iter("meta", "time"):
        classes = (element.get("class") or "").split()
        is_it = element.get("itemprop") == "datePublished" or not _PUBLISHED.isdisjoint(classes)
        if is_it:
            found.append(element.get("datetime") or element.get("content") or "")
    return next((moment for each in found if (moment := _moment(each))), None)


def _category(root: etree._Element) -> str:
    """The first link with `rel="category"`, as blogs write it."""
    for link in root.iter("a"):
        if "category" in (link.get("rel") or "").split():
            return "".join(link.itertext())
    return ""


def _short(text: str, most: int) -> str:
    return " ".join(_clean(bodies.plain(_clean(text))).split())[:most].strip()


def _clean(text: str) -> str:
    """Without what PostgreSQL cannot store: NUL and other controls, and lone surrogates, which JSON can name."""
    return "".join(" " if unicodedata.category(each) in {"Cc", "Cs"} else each for each in text)


def _moment(text: str) -> datetime | None:
    moment = read_moment(text.strip())
    if moment is None or not EARLIEST_YEAR <= moment.year < 9999:
        return None
    return as_filed(moment) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _language(text: str) -> str:
    tag = language_tag(text.strip().replace("_", "-"))
    return tag if len(tag) <= MAX_LENGTH["language"] else ""


def _joined(url: str, link: str) -> str:
    try:
        return urljoin(url, link)
    except ValueError:  # an address such as http://[
        return link


def _of(widget: etree._Element | None, name: str) -> str:
    return _clean(widget.get(name) or "").strip() if widget is not None else ""
