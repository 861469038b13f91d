"""oEmbed 1.0: with what other sites show an article: its title, author and thumbnail, and a frame of its reactions."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse
from django.utils.html import format_html

from articles import conditional_get
from articles.hooks import Frame, reaction_hooks
from articles.models import Article
from articles.resolve import Killed, find_article

MAX_THUMBNAIL_SIZE = "1280"  # pixels a side of a thumbnail, where the request gives no maximum


def oembed(request: HttpRequest) -> HttpResponseBase:
    """The article whose page is at `url`, as JSON: 404 where there is none, 501 for another format.

    `url` is the address of an article's page here, or of its page on another site. The type is `rich`, with the frame of
    its reactions, where pages of others may show that and it fits into `maxwidth` and `maxheight`; else `link`. So does
    the thumbnail, or is left out. 400 where one of them is not a positive integer.
    """
    if request.GET.get("format", "json") != "json":
        return HttpResponse("Only format=json is known.", "text/plain; charset=utf-8", status=501)
    for name in ("maxwidth", "maxheight"):
        size = request.GET.get(name, "1")
        if not (size.isascii() and size.isdigit() and int(size[:9])):
            return HttpResponseBadRequest(f"{name} is not a size.", "text/plain; charset=utf-8")
    article = _article_at(request.GET.get("url", ""))
    limits = [
        int(request.GET.get(name, MAX_THUMBNAIL_SIZE)[:9]) for name in ("maxwidth", "maxheight")
    ]
    content = json.dumps(_link(article, *limits), ensure_ascii=False).encode()
    response = conditional_get.answer(request, content, "application/json; charset=utf-8")
    response["Access-Control-Allow-Origin"] = "*"  # the answer is public and sets no cookie
    return response


def _article_at(url: str) -> Article:
    """The public article whose page is at this URL. Raises Http404 for any other URL."""
    if elsewhere := reaction_hooks().find_on_sites(url):
        return _public(str(elsewhere))
    try:
        asked, site = urlsplit(url), urlsplit(settings.SITE_URL)
        match = resolve(asked.path)
    except (ValueError, Resolver404):
        raise Http404 from None
    is_here = asked.scheme in {"http", "https"} and asked.netloc == site.netloc
    if not is_here or match.view_name != "articles:article":
        raise Http404
    return _public(match.kwargs["slug"])


def _public(address: str) -> Article:
    try:
        return find_article(address)
    except (Killed, Article.DoesNotExist):
        raise Http404 from None


def _thumbnail(article: Article, width: int, height: int) -> dict[str, Any]:
    media = article.lead_image
    picture = media.within(width, height) if media and media.file else None
    if picture is None or picture.width > width or picture.height > height:
        return {}
    return {
        "thumbnail_url": picture.url,
        "thumbnail_width": picture.width,
        "thumbnail_height": picture.height,
    }


def _link(article: Article, width: int, height: int) -> dict[str, Any]:
    answer = {
        "version": "1.0",
        "type": "link",
        "title": article.headline,
        "url": article.url,
        "provider_name": settings.SITE_NAME,
        "provider_url": settings.SITE_URL + reverse("articles:front"),
        "cache_age": conditional_get.FEED_LIFETIME,
    }
    if authors := article.ordered_authors:
        answer["author_name"] = ", ".join(author.name for author in authors)
        answer["author_url"] = settings.SITE_URL + authors[0].get_absolute_url()
    elif article.byline:
        answer["author_name"] = article.byline
    answer |= _thumbnail(article, width, height)
    frame = reaction_hooks().frame(article, width=width, height=height)
    return answer | _rich(frame) if frame else answer


def _rich(frame: Frame) -> dict[str, Any]:
    html = format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" frameborder="0"></iframe>',
        frame.url,
        frame.title,
        frame.width,
        frame.height,
    )
    return {"type": "rich", "html": html, "width": frame.width, "height": frame.height}
