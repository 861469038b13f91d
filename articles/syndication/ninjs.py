"""An article as IPTC's ninjs 3.1, for programs that republish it."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from articles.markup import with_absolute_pictures, with_dateline
from articles.models import Article, Media, Rendition

STANDARD = {
    "name": "ninjs",
    "version": "3.1",
    "schema": "https://www.iptc.org/std/ninjs/ninjs-schema_3.1.json",
}

# The properties of an object, by name; a function yields only those that the article has.
Properties = Iterator[tuple[str, Any]]


def ninjs_of(article: Article) -> dict[str, Any]:
    """The article as a ninjs object that validates against IPTC's closed schema.

    ninjs has no property for a dateline: its text is at the start of the main body, as in IPTC's examples,
    and also a body with the role `dateline`. It has none for reaction counts either. The desk's internal
    note is left out; `edNote` has the editor's note and the correction notices, which readers see.
    """
    return dict(
        [
            *_identity(article),
            *_times(article),
            *_text(article),
            *_people_and_places(article),
            *_subjects(article),
            *_rights(article),
            *_links(article),
        ]
    )


def _identity(article: Article) -> Properties:
    yield "uri", article.guid
    yield "standard", STANDARD
    yield "type", "text"
    yield "representationType", "full"
    yield "version", str(article.version)  # the schema wants a string
    yield "pubStatus", article.pub_status
    yield "language", article.language
    if article.urgency:
        yield "urgency", article.urgency
    if article.slugline:
        yield "slugline", article.slugline
    notices = [f"{each.get_kind_display()}: {each.text}" for each in article.corrections.all()]
    if note := "\n".join(filter(None, [article.editor_note, *notices])):
        yield "edNote", note


def _times(article: Article) -> Properties:
    published_at = article.first_published_at
    times = {
        "firstCreated": article.first_created_at,
        "versionCreated": article.version_created_at,
        "contentCreated": published_at and article.as_filed(published_at),
        "embargoedUntil": article.embargoed_until,
        "expires": article.expires_at,
    }
    for name, when in times.items():
        if when:
            yield name, when.isoformat().replace("+00:00", "Z")


def _text(article: Article) -> Properties:
    headlines = {
        "main": article.headline,
        "subheadline": article.subheadline,
        "short": article.short_headline,
    }
    yield "headlines", [_plain(role, text) for role, text in headlines.items() if text]
    if article.abstract:
        yield "descriptions", [_plain("summary", article.abstract)]
    html = with_dateline(with_absolute_pictures(article.body_html), article.dateline_text)
    main = {
        "role": "main",
        "contentType": "text/html",
        "charCount": len(html),
        "wordCount": article.word_count,
        "value": html,
    }
    dateline = article.dateline_text
    yield "bodies", [main, *([_plain("dateline", dateline)] if dateline else [])]


def _people_and_places(article: Article) -> Properties:
    if article.byline:
        yield "by", article.byline
    if authors := article.ordered_authors:
        yield (
            "people",
            [
                {
                    "name": author.name,
                    "rel": "author",
                    "uri": settings.SITE_URL + author.get_absolute_url(),
                }
                for author in authors
            ],
        )
    if article.dateline_place:
        place = article.dateline_place
        yield "located", ", ".join(filter(None, [place, article.dateline_region]))
        yield "places", [{"name": place, "rel": "dateline"}]
    if article.source:
        yield "infoSources", [{"name": article.source.name, "role": "source"}]
    elif article.dateline_source:
        yield "infoSources", [{"name": article.dateline_source, "role": "source"}]


def _subjects(article: Article) -> Properties:
    section = [article.section] if article.section else []
    subjects: list[dict[str, str]] = [
        *({"name": each.name, "rel": "section"} for each in section),
        *({"name": tag.name, "rel": "tag"} for tag in article.ordered_tags),
        *({"rel": "subject", "uri": uri} for uri in article.subjects),
    ]
    if subjects:
        yield "subjects", subjects
    if article.article_type:
        name = article.get_article_type_display()
        yield "genres", [{"name": name, "literal": article.article_type}]


def _rights(article: Article) -> Properties:
    if article.copyright_holder:
        yield "copyrightHolder", article.copyright_holder
    if article.copyright_notice:
        yield "copyrightNotice", article.copyright_notice
    if article.usage_terms:
        yield "usageTerms", article.usage_terms


def _links(article: Article) -> Properties:
    """The article's other identifiers, its page and its pictures."""
    ids = {"slug": article.slug, "source": article.source_item_id}
    yield "altIds", [{"role": role, "value": value} for role, value in ids.items() if value]
    yield "renditions", [{"name": "web", "href": article.url, "contentType": "text/html"}]
    pictures = [("mainImage", article.lead_image)] if article.lead_image else []
    pictures += [("media", media) for media in article.gallery]
    if pictures:
        yield (
            "associations",
            [dict(_picture(article, rel, number, m)) for number, (rel, m) in enumerate(pictures)],
        )


def _picture(article: Article, rel: str, number: int, image: Media) -> Properties:
    yield "name", rel if rel == "mainImage" else f"{rel}{number}"
    yield "rel", rel
    yield "uri", f"{article.guid}/media/{image.pk}"
    yield "type", "picture"
    if image.credit:
        yield "by", image.credit
    descriptions = {"caption": image.caption, "altText": image.alt_text}
    if shown := [_plain(role, text) for role, text in descriptions.items() if text]:
        yield "descriptions", shown
    if image.copyright_notice:
        yield "copyrightNotice", image.copyright_notice
    if image.file:
        x, y = round(image.focal_x * image.width), round(image.focal_y * image.height)
        original = {**_rendition(image.full_size), "poi": {"x": x, "y": y}}
        yield "renditions", [original, *map(_rendition, image.renditions)]


def _rendition(rendition: Rendition) -> dict[str, Any]:
    return {
        "name": rendition.name,
        "href": rendition.url,
        "contentType": rendition.content_type,
        "width": rendition.width,
        "height": rendition.height,
        "sizeInBytes": rendition.byte_size,
    }


def _plain(role: str, text: str) -> dict[str, str]:
    return {"role": role, "contentType": "text/plain", "value": text}
