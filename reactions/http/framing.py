"""Frames with the widget: which pages may have one, how large it is, and what it is called."""

from collections.abc import Mapping
from itertools import chain
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, override

from articles.hooks import Frame
from articles.models import Article, ArticleAddress
from articles.sites.known import known_sites
from reactions.http.embed import nearest_language

# For each layout the height in pixels of its frame from a width on, headline left out: tests/browser measures them.
HEIGHTS: Mapping[str, Mapping[int, int]] = {
    "tiles": {640: 270, 300: 400, 0: 600},
    "row": {640: 210, 0: 320},
    "compact": {400: 180, 0: 230},
    "summary": {0: 40},
}
_WIDTH = 640


def frame_ancestors(article: Article) -> str:
    """Which pages may frame the widget of an article: its site's, or for one of our own those of every active site."""
    found = [rules for rules in known_sites().rules if article.site_id in {None, rules.site.pk}]
    own = [] if article.site_id else ["'self'"]
    return " ".join([*own, *chain.from_iterable(rules.origins() for rules in found)]) or "'none'"


def find_on_sites(url: str) -> UUID | None:
    """The article at an address of an active site; None where there is none."""
    found = known_sites().of_url(url)
    if found is None:
        return None
    # Uses index: articles_address_key.
    addresses = ArticleAddress.objects.filter(key=found[1].key)
    return addresses.values_list("article_id", flat=True).first()


def describe_frame(article: Article, *, width: int, height: int) -> Frame | None:
    """The frame of the largest layout that fits; None where none does, or no page may frame it."""
    if frame_ancestors(article) in {"'self'", "'none'"}:
        return None
    width = min(width, _WIDTH)
    for layout in HEIGHTS:
        needed = height_of(layout, width)
        if needed <= height:
            address = f"{settings.SITE_URL}{reverse('reactions:frame', args=[article.id])}"
            return Frame(
                url=address if layout == "tiles" else f"{address}?layout={layout}",
                title=frame_title(article),
                width=width,
                height=needed,
            )
    return None


def height_of(layout: str, width: int) -> int:
    return next(height for least, height in HEIGHTS[layout].items() if width >= least)


def frame_title(article: Article) -> str:
    """For who cannot see the frame, in the language of the article's interface."""
    with override(nearest_language(article.language)):
        return gettext("Reactions to “%(headline)s”") % {"headline": article.headline}
