"""The title and menu of the desk: a user sees the entries of the lists that they may open."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# Title, symbol, and the model whose list it is, or the page: `desk:` and its name.
_MENU = {
    "How readers took it": [
        ("Today", "today", "desk:today"),
        ("Stories", "monitoring", "desk:stories"),
        ("Sections, authors, tags, sources", "leaderboard", "desk:groups"),
        ("Alerts and mails", "notifications", "desk:alerts"),
    ],
    "Readers": [
        ("Reactions", "mood", "reactions.reactedarticle"),
        ("Held waves", "waves", "reactions.wave"),
        ("Default policies", "tune", "reactions.defaultpolicy"),
    ],
    "Writing": [
        ("Articles", "article", "articles.article"),
        ("Front page", "newspaper", "articles.lead"),
        ("Pictures", "image", "articles.media"),
        ("Versions", "history", "articles.articlerevision"),
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
        ("Webhooks", "webhook", "reactions.webhookendpoint"),
        ("Webhook deliveries", "outbox", "reactions.webhookdelivery"),
        ("Users", "person", "auth.user"),
        ("Audit log", "policy", "articles.auditentry"),
        ("Your account", "manage_accounts", "desk:account"),
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
        # Links in the dark: Unfold's own has 4.3 to 1 on its background, and WCAG asks for 4.5.
        "COLORS": {"primary": {"500": "oklch(66% .245 303.9)"}},
        "STYLES": [lambda request: static("articles/desk/desk.css")],
        "SHOW_VIEW_ON_SITE": True,
        "SIDEBAR": {
            "show_search": False,
            "navigation": navigation,
        },
    }


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu for this user, with what is new and what waits: a statement each, none for a user who may see neither."""
    # Models are not loaded when the settings are.
    from reactions.alerts.bell import count_unseen
    from reactions.stats.today import recently_waiting

    badges = {"desk:alerts": count_unseen(request.user)}
    if request.user.has_perm("articles.publish_article"):
        found = recently_waiting()
        badges |= {"reactions.wave": found.waves, "articles.article": found.in_review}
    return [
        {"title": title, "items": [_line(*each, badges) for each in lines]}
        for title, lines in _MENU.items()
    ]


def _line(title: str, symbol: str, target: str, badges: Mapping[str, int]) -> dict[str, Any]:
    line = {"title": title, "icon": symbol}
    if count := badges.get(target):
        line["badge"] = f"{count:,}"
    if target.startswith("desk:"):
        arguments = ["sections"] if target == "desk:groups" else []
        return {
            **line,
            "link": reverse_lazy(target, args=arguments),
            "permission": _PAGES[target],
        }
    app, _, name = target.partition(".")
    return {
        **line,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may(f"{app}.view_{name}"),
    }


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _sees_figures(request: HttpRequest) -> bool:
    return _may("reactions.view_reactedarticle")(request) or _may("articles.view_article")(request)


_PAGES: Mapping[str, Callable[[HttpRequest], bool]] = {
    "desk:today": lambda request: True,
    "desk:stories": _sees_figures,
    "desk:alerts": _sees_figures,
    "desk:groups": _sees_figures,
    "desk:account": lambda request: True,
}
