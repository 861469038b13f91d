"""The widget as a page for a frame, for sites whose pages run no scripts of others.

`/embed/{article}/`, by id or slug, and `/embed/?url=`, by the address of a page of a site. The answer is the same for all
readers: the module in it asks for the reader's own reactions. docs/decisions/0038-frame-and-module-versions.md
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import override
from django.views.decorators.http import require_safe

from articles import conditional_get
from articles.models import Article
from articles.resolve import find_any_article
from reactions.http.embed import frame_urls, module_url, nearest_language
from reactions.http.framing import HEIGHTS, find_on_sites, frame_ancestors, frame_title
from reactions.http.widget import write_framed

THEMES = {"auto": "light dark", "light": "light", "dark": "dark"}
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none';"
    " form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors "
)


class Invalid(ValueError):
    """A parameter of the frame's address has no such value."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a frame shows the widget. Without a theme it has that of the site, without a language that of the article."""

    layout: str = "tiles"
    theme: str = ""
    language: str = ""
    has_headline: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Options":
        """Raises Invalid."""
        language = query.get("lang", "")
        if language and not _LANGUAGE.fullmatch(language):
            raise Invalid("lang is a language, such as pt-BR.")
        return cls(
            layout=_one_of(query, "layout", HEIGHTS),
            theme=_one_of(query, "theme", ["", *THEMES]),
            language=language,
            has_headline=_one_of(query, "headline", ["0", "1"]) == "1",
        )


def _one_of(query: Mapping[str, str], name: str, values: Any) -> str:
    value: str = query.get(name, next(iter(values)))
    if value not in values:
        raise Invalid(f"{name} is one of {', '.join(filter(None, values))}.")
    return value


@require_safe
def frame(request: HttpRequest, address: str = "") -> HttpResponseBase:
    """The widget of one public article. 404 for any other address, 400 for a parameter without such a value."""
    try:
        options = Options.read(request.GET.dict())
    except Invalid as invalid:
        return HttpResponseBadRequest(str(invalid), content_type="text/plain; charset=utf-8")
    article = _find(address, request.GET.get("url", ""))
    if article is None:
        return _open_to(
            HttpResponse(_not_found(), status=404, headers={"Cache-Control": "public, max-age=60"}),
            "*",
        )
    content = _render(article, options).encode()
    response = conditional_get.answer(request, content, "text/html; charset=utf-8")
    response["Link"] = f'<{quote(article.url, safe="/:?=&%#~+;,@!$()")}>; rel="canonical"'
    response["Referrer-Policy"] = "strict-origin-when-cross-origin"
    return _open_to(response, frame_ancestors(article))


def _find(address: str, url: str) -> Article | None:
    if not address:
        found = find_on_sites(url)
        if found is None:
            return None
        address = str(found)
    try:
        article = find_any_article(address)
    except Article.DoesNotExist:
        return None
    if article.merged_into_id is not None:
        return _find(str(article.merged_into_id), "")
    return article if article.is_public else None


def _render(article: Article, options: Options) -> str:
    language = nearest_language(options.language or article.language)
    theme = options.theme or (article.site.theme if article.site else "auto")
    title = frame_title(article)
    with override(language):
        return render_to_string(
            "reactions/frame.html",
            {
                "article": article,
                "scheme": THEMES[theme],
                "has_headline": options.has_headline,
                "title": title,
                "widget": write_framed(
                    article, layout=options.layout, theme="" if theme == "auto" else theme
                ),
                "module": module_url(),
                **frame_urls(),
            },
        )


def _not_found() -> str:
    return render_to_string("reactions/frame_404.html")


def _open_to(response: HttpResponseBase, ancestors: str) -> HttpResponseBase:
    response.xframe_options_exempt = True  # type: ignore[attr-defined]  # Django's middleware reads it
    response["Content-Security-Policy"] = _POLICY + ancestors
    response["X-Robots-Tag"] = "noindex"
    return response
