"""The metadata of an article page for search engines and other sites: JSON-LD, alternates, card image."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from articles.hooks import Interaction
from articles.media import cards
from articles.media.card_images import HEIGHT, WIDTH
from articles.models import Article, Media, PubStatus, Rendition, Source
from articles.models.pictures import largest

Properties = Iterator[tuple[str, Any]]

# Characters escaped as \uXXXX, which JSON allows for any character: in a script element `<` may begin its end tag.
ESCAPED_IN_SCRIPTS = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Alternate:
    """The article's version in one language."""

    language: str
    url: str


def list_alternates(article: Article) -> list[Alternate]:
    """Every language version of the article, its own included; none for a draft, or where there is only one."""
    found: list[dict[str, str]] = getattr(article, "alternates", [])
    if len(found) < 2:
        return []
    return [
        Alternate(
            each["language"], settings.SITE_URL + reverse("articles:article", args=[each["slug"]])
        )
        for each in found
    ]


def may_be_indexed(article: Article) -> bool:
    """Whether search engines may index the page: the article's source, or its pubStatus, may forbid it."""
    if article.pub_status != PubStatus.USABLE:
        return False
    return article.source is None or article.source.indexing != Source.Indexing.NOINDEX


def as_script(value: object) -> SafeString:
    """JSON in a script element; no string in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(
        ESCAPED_IN_SCRIPTS
    )
    # S308: every character that HTML could parse as markup is escaped.
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308


def news_article(article: Article, interactions: Sequence[Interaction] = ()) -> dict[str, Any]:
    """The article as schema.org's NewsArticle."""
    return dict(
        [
            *_identity(article),
            *_text(article),
            *_times(article),
            *_origin(article),
            *_rights(article),
            *_images(article),
            *_changes(article, interactions),
        ]
    )


def _identity(article: Article) -> Properties:
    yield "@context", "https://schema.org"
    yield "@type", f"{article.article_type.capitalize()}NewsArticle"
    yield "@id", article.guid
    yield "identifier", article.guid
    yield "url", article.url
    yield "mainEntityOfPage", article.canonical_url or article.url


def _text(article: Article) -> Properties:
    yield "headline", article.headline
    if other := article.subheadline or article.short_headline:
        yield "alternativeHeadline", other
    if article.abstract:
        yield "description", article.abstract
    if article.section:
        yield "articleSection", article.section.name
    if tags := article.ordered_tags:
        yield "keywords", [tag.name for tag in tags]
    if article.subjects:
        yield "about", [{"@type": "Thing", "@id": uri} for uri in article.subjects]
    yield "wordCount", article.word_count
    yield "inLanguage", article.language
    yield "isAccessibleForFree", True
    if article.dateline_text:
        yield "dateline", article.dateline_text.rstrip(" —–-")
    if article.dateline_place:
        yield "locationCreated", dict(_place(article))


def _place(article: Article) -> Properties:
    yield "@type", "Place"
    yield "name", article.dateline_place
    address = {
        "addressLocality": article.dateline_place,
        "addressRegion": article.dateline_region,
        "addressCountry": article.dateline_country,
    }
    known = {name: value for name, value in address.items() if value}
    yield "address", {"@type": "PostalAddress", **known}


def _times(article: Article) -> Properties:
    published_at = article.first_published_at
    times: dict[str, datetime | None] = {
        "dateCreated": article.first_created_at,
        "datePublished": published_at and article.as_filed(published_at),
        "dateModified": article.content_modified_at or article.first_published_at,
        "expires": article.expires_at,
    }
    for name, when in times.items():
        if when:
            yield name, when.isoformat(timespec="seconds")


def _origin(article: Article) -> Properties:
    publisher = {
        "@type": "NewsMediaOrganization",
        "name": settings.SITE_NAME,
        "url": settings.SITE_URL + reverse("articles:front"),
    }
    yield "publisher", publisher
    yield "author", list(_authors(article)) or publisher
    if article.source:
        yield "sourceOrganization", _organization(article.source.name)
    elif article.dateline_source:
        yield "sourceOrganization", _organization(article.dateline_source)
    if original := article.canonical_url or article.source_url:
        yield "isBasedOn", original


def _authors(article: Article) -> Iterator[dict[str, str]]:
    for author in article.ordered_authors:
        url = settings.SITE_URL + author.get_absolute_url()
        person = {"@type": "Person", "name": author.name, "url": url}
        yield {**person, "jobTitle": author.job_title} if author.job_title else person
    if article.byline and not article.ordered_authors:
        yield {"@type": "Person", "name": article.byline}


def _rights(article: Article) -> Properties:
    if article.copyright_holder:
        yield "copyrightHolder", _organization(article.copyright_holder)
    if article.copyright_notice:
        yield "copyrightNotice", article.copyright_notice
    if article.credit_line:
        yield "creditText", article.credit_line


def _images(article: Article) -> Properties:
    """In the three aspect ratios that Google asks for; the whole picture until they are rendered."""
    media = article.lead_image
    if media and media.file:
        crops = [media.list_crops(shape)[-1:] for shape in ("16x9", "4x3", "1x1")]
        shown = [crop for crops_of_shape in crops for crop in crops_of_shape]
        yield "image", [dict(_image(media, each)) for each in shown or [media.full_size]]


def _image(media: Media, rendition: Rendition) -> Properties:
    yield "@type", "ImageObject"
    yield "url", rendition.url
    yield "width", rendition.width
    yield "height", rendition.height
    words = {
        "caption": media.caption,
        "creditText": media.credit,
        "copyrightNotice": media.copyright_notice,
    }
    yield from ((name, text) for name, text in words.items() if text)


@dataclass(frozen=True, slots=True)
class CardImage:
    """The picture that other sites show beside a link to the page."""

    url: str
    content_type: str
    width: int
    height: int
    alt_text: str


def card_image(article: Article | None) -> CardImage:
    """The article's picture, 16 to 9, or whole until that is rendered; a drawn card where it has none.

    For None the card of the site.
    """
    media = article.lead_image if article else None
    if media and media.file:
        shown = largest(media.list_crops("16x9"), otherwise=media.full_size)
        return CardImage(shown.url, shown.content_type, shown.width, shown.height, media.alt_text)
    words = article.headline if article else settings.SITE_NAME
    return CardImage(cards.url_of(article), "image/png", WIDTH, HEIGHT, words)


def _organization(name: str) -> dict[str, str]:
    return {"@type": "Organization", "name": name}


def _changes(article: Article, interactions: Sequence[Interaction]) -> Properties:
    yield "version", article.version
    corrections = [
        {
            "@type": "CorrectionComment",
            "text": each.text,
            "datePublished": each.published_at.isoformat(timespec="seconds"),
        }
        for each in article.corrections.all()
    ]
    if corrections:
        yield "correction", corrections
    if interactions:
        yield "interactionStatistic", [_counter(each) for each in interactions]


def _counter(interaction: Interaction) -> dict[str, Any]:
    """schema.org has no action for kinds such as love or sad: their count is a ReactAction with a name."""
    action = {"@type": interaction.action}
    if interaction.name:
        action["name"] = interaction.name
    return {
        "@type": "InteractionCounter",
        "interactionType": action,
        "userInteractionCount": interaction.count,
    }
