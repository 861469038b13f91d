"""What the pages' heads tell machines."""

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from articles import feeds, metadata
from articles.doors import Bar
from articles.models import Article

register = template.Library()


@register.simple_tag
def news_article(article: Article, bar: Bar) -> SafeString:
    """The story as schema.org's NewsArticle, with what readers did."""
    return metadata.as_script(metadata.news_article(article, bar.interactions))


@register.filter
def alternates(article: Article) -> list[metadata.Alternate]:
    return metadata.list_alternates(article)


@register.filter
def is_indexed(article: Article) -> bool:
    return metadata.may_be_indexed(article)


@register.filter
def og_locale(language: str) -> str:
    """`en-GB` as OpenGraph writes it: with an underscore, and without the script."""
    parts = language.split("-")
    region = next((part.upper() for part in parts[1:] if len(part) == 2), "")
    return "_".join(filter(None, [parts[0].lower(), region]))


@register.inclusion_tag("articles/feeds/_links.html")
def feed_links() -> dict[str, object]:
    """Where feed readers find the site's feeds."""
    return {
        "site_name": settings.SITE_NAME,
        "links": [
            (
                form.content_type.split(";")[0],
                settings.SITE_URL + reverse("articles:feed", args=[n]),
            )
            for n, form in feeds.FORMATS.items()
        ],
    }
