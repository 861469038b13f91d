"""Template tags and filters with which the pages render articles and pictures."""

import re
from collections.abc import Sequence

from django import template
from django.conf import settings
from django.db.models import QuerySet
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from articles.hooks import PageLink, reaction_hooks
from articles.markup import with_dateline
from articles.models import (
    Article,
    Correction,
    Media,
    Rendition,
    Section,
    State,
    sections_with_articles,
)
from articles.models.pictures import largest
from articles.pages.manifest import PAPER

register = template.Library()


@register.simple_tag
def site_name() -> str:
    return str(settings.SITE_NAME)


@register.simple_tag
def absolute(path: str) -> str:
    """The absolute URL of a path of this site."""
    return f"{settings.SITE_URL}{path}"


@register.simple_tag
def reactions_head() -> SafeString:
    return reaction_hooks().head()


@register.simple_tag
def reader_links() -> Sequence[PageLink]:
    """What the foot of every page leads to besides the pages of articles."""
    return reaction_hooks().links()


@register.simple_tag
def page_colours() -> SafeString:
    """The colour of the browser's own bars, in light and in dark."""
    return format_html_join(
        "\n    ",
        '<meta name="theme-color" media="(prefers-color-scheme: {})" content="{}">',
        PAPER.items(),
    )


@register.simple_tag
def sections_with_articles_tag() -> QuerySet[Section]:
    return sections_with_articles()


@register.inclusion_tag("articles/_picture.html")
def picture(
    media: Media,
    *,
    sizes: str,
    shape: str = "",
    alt_text: str | None = None,
    eager: bool = False,
) -> dict[str, object]:
    """A picture in every width of its renditions, whole or cropped to a shape; the original until they are made.

    The element has the picture's width and height, so that the layout does not shift when it loads.
    """
    jpeg, webp = (
        media.list_crops(shape, kind) if shape else media.list_whole(kind)
        for kind in ("image/jpeg", "image/webp")
    )
    return {
        "shown": largest(jpeg, otherwise=media.full_size),
        "jpeg": _srcset(jpeg),
        "webp": _srcset(webp),
        "sizes": sizes,
        "alt_text": media.alt_text if alt_text is None else alt_text,
        "eager": eager,
    }


@register.filter
def with_file(pictures: Sequence[Media]) -> list[Media]:
    """Those that can be shown: the others are still to be fetched, or only described."""
    return [media for media in pictures if media.file]


def _srcset(renditions: Sequence[Rendition]) -> str:
    return ", ".join(f"{each.path} {each.width}w" for each in renditions)


@register.filter
def byline(article: Article) -> SafeString:
    """The byline with the authors' names linked to their pages; authors that it does not name follow it."""
    text: str = conditional_escape(article.byline)
    unnamed: list[str] = []
    for author in article.ordered_authors:
        link = format_html('<a href="{}">{}</a>', author.get_absolute_url(), author.name)
        name = re.compile(rf"\b{re.escape(conditional_escape(author.name))}\b(?![^<]*</a>)")
        if found := name.search(text):
            text = f"{text[: found.start()]}{link}{text[found.end() :]}"
        else:
            unnamed.append(link)
    # Every part was escaped above.
    return mark_safe(", ".join(filter(None, [text, *unnamed])))  # noqa: S308


@register.filter
def titled(article: Article) -> str:
    """The headline as titles and link previews have it: one that is read alone says that the story is retracted."""
    if article.state != State.RETRACTED:
        return article.headline
    return gettext("Retracted: {headline}").format(headline=article.headline)


@register.filter
def placed(article: Article, placement: str) -> list[Correction]:
    """The correction notices shown above, or those shown below, the article."""
    return [notice for notice in article.corrections.all() if notice.placement == placement]


@register.filter
def body(article: Article) -> SafeString:
    """The article's text with its dateline."""
    # `body_html` was sanitised when it was stored; `with_dateline` escapes what it adds.
    return mark_safe(with_dateline(article.body_html, article.dateline_text))  # noqa: S308
