"""Template tags for the <head> of pages: structured data, feeds, card image, language."""

from django import template
from django.conf import settings
from django.utils.safestring import SafeString

from articles.hooks import Widget
from articles.models import Article, Author, Section, Tag
from articles.syndication import feeds, locales, metadata

register = template.Library()


@register.simple_tag
def news_article(article: Article, widget: Widget | str = "") -> SafeString:
    """The article as schema.org's NewsArticle, with its reaction counts where the page has a widget."""
    interactions = widget.interactions if isinstance(widget, Widget) else ()
    return metadata.as_script(metadata.news_article(article, interactions))


@register.filter
def alternates(article: Article) -> list[metadata.Alternate]:
    return metadata.list_alternates(article)


@register.filter
def is_indexed(article: Article) -> bool:
    return metadata.may_be_indexed(article)


@register.inclusion_tag("articles/_card_image.html")
def card_image(article: Article | None = None) -> dict[str, object]:
    """The picture of link previews: the article's, or a card of the article or of the site."""
    return {"card": metadata.card_image(article)}


@register.filter
def og_locale(language: str) -> str:
    return locales.og_locale(language)


@register.inclusion_tag("articles/feeds/_links.html")
def feed_links(subject: Section | Author | Tag | None = None) -> dict[str, object]:
    """Links to the feeds of a section, an author or a tag; to the site's feeds without one."""
    title = f"{subject.name} · {settings.SITE_NAME}" if subject else settings.SITE_NAME
    links = [
        (form.content_type.partition(";")[0], feeds.feed_url(subject, file_name))
        for file_name, form in feeds.FORMATS.items()
    ]
    return {"title": title, "links": links}
