"""The page that explains every problem: docs/problems.md as HTML, each code at the anchor to which `type` leads."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from articles.problems import anchor_of

_DOCS = settings.BASE_DIR / "docs"
_CODES = "h3"


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    response = render(request, "articles/problems.html", {"text": mark_safe(_text())})  # noqa: S308  # our own
    patch_cache_control(response, public=True, max_age=300)
    return response


@cache
def list_codes() -> list[str]:
    """The codes that the page explains."""
    tokens = _tokens()
    return [
        tokens[place + 1].content for place, each in enumerate(tokens) if _is_heading(each, _CODES)
    ]


@cache
def _text() -> str:
    tokens = _tokens()
    for place, each in enumerate(tokens):
        if each.type == "heading_open":
            content = tokens[place + 1].content
            each.attrSet("id", anchor_of(content) if each.tag == _CODES else content.lower())
        for part in each.children or ():
            if part.type == "link_open":
                _lead_to_where_docs_are(part)
    return str(MarkdownIt().renderer.render(tokens, MarkdownIt().options, {}))


def _is_heading(token: Token, tag: str) -> bool:
    return token.type == "heading_open" and token.tag == tag


def _lead_to_where_docs_are(link: Token) -> None:
    """Other documents are files beside this one, and not served: their links say only which."""
    target = str(link.attrGet("href"))
    if not target.startswith("#"):
        link.attrs = {"title": f"docs/{target}"}


def _tokens() -> list[Token]:
    text = (_DOCS / "problems.md").read_text("utf-8")
    return MarkdownIt("commonmark").enable("table").parse(text)
