"""The items of the two XML formats: the fields that Django's writers of RSS and Atom share."""

from html import escape

from django.utils.feedgenerator import Enclosure, SyndicationFeed

from articles.models import Rendition
from articles.syndication.feed_entries import Feed, clean


def write_xml(feed: Feed, writer: SyndicationFeed) -> bytes:
    for entry in feed.entries:
        article = entry.article
        writer.add_item(
            title=clean(article.headline),
            link=article.url,
            description=escape(clean(article.abstract)),  # both formats read it as HTML
            unique_id=article.guid,
            unique_id_is_permalink=False,
            pubdate=entry.first_published_at,
            updateddate=entry.updated_at,
            categories=[clean(name) for name in entry.categories],
            authors=entry.authors,
            article_language=article.language,
            rights=clean(article.copyright_notice),
            content=clean(entry.content),
            picture=(picture := entry.picture),
            media=article.lead_image,
            enclosures=[_enclosure(picture)] if picture else [],
        )
    return writer.writeString("utf-8").encode()


def _enclosure(picture: Rendition) -> Enclosure:
    return Enclosure(picture.url, str(picture.byte_size), picture.content_type)
