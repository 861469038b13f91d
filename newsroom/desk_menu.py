"""The title and menu of the desk: a user sees the entries of the lists that they may open."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# Title, symbol, and the model whose list it is.
_MENU = {
    "Readers": [
        ("Reactions", "mood", "reactions.reactedarticle"),
        ("Held waves", "waves", "reactions.wave"),
        ("Default policies", "tune", "reactions.defaultpolicy"),
    ],
    "Stories": [
        ("Articles", "article", "articles.article"),
        ("Front page", "newspaper", "articles.lead"),
        ("Pictures", "image", "articles.media"),
        ("Revisions", "history", "articles.articlerevision"),
        ("Authors", "edit_note", "articles.author"),
        ("Sources", "source", "articles.source"),
        ("Feeds", "rss_feed", "articles.feed"),
        ("Sections", "folder", "articles.section"),
        ("Tags", "sell", "articles.tag"),
    ],
    "Other sites": [
        ("Sites", "language", "articles.site"),
        ("Addresses", "link", "articles.articleaddress"),
        ("Pages seen", "visibility", "articles.sighting"),
    ],
    "Access": [
        ("API keys", "key", "articles.apikey"),
        ("Users", "person", "auth.user"),
    ],
}


def desk(site_name: str) -> dict[str, Any]:
    """The setting UNFOLD."""
    return {
        "SITE_TITLE": site_name,
        "SITE_HEADER": site_name,
        "SITE_SUBHEADER": "The desk",
        "SITE_URL": "/",
        "SITE_SYMBOL": "newspaper",
        "SITE_FAVICONS": [
            {
                "rel": "icon",
                "type": "image/svg+xml",
                "href": lambda request: static("articles/favicon.svg"),
            }
        ],
        "SHOW_VIEW_ON_SITE": True,
        "SIDEBAR": {
            "show_search": False,
            "navigation": [
                {"title": title, "items": [_line(*each) for each in lines]}
                for title, lines in _MENU.items()
            ],
        },
    }


def _line(title: str, symbol: str, model: str) -> dict[str, Any]:
    app, _, name = model.partition(".")
    return {
        "title": title,
        "icon": symbol,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may(f"{app}.view_{name}"),
    }


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)
