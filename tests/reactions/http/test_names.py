"""What the widget is made of has no name that blockers of advertisements, social buttons and trackers hide or refuse.

The rules are of this project's own writing: the families of generic names that public lists hold, none of their lines.
"""

import re
from pathlib import Path

import pytest

from reactions.http import embed

EMBED = Path(embed.__file__).resolve().parents[1] / "embed"
TEMPLATES = EMBED.parent / "templates" / "reactions"
SHOWN = ("_tiles", "_summary", "_face", "widget", "framed", "frame", "summary")

# Hidden wherever an element has such a class or id.
_HIDDEN = re.compile(
    r"""
    (?:ad|ads|adv|advert|banner|promo|sponsor|teads|taboola|outbrain)(?:[-_].*|s|ise.*|ize.*|ing)?
    |  share(?:[-_].*|s|d|bar|box|this|r)? | sharing(?:[-_].*)? | add(?:this|toany)(?:[-_].*)?
    |  (?:social|follow|tweet|twitter|facebook|fb|linkedin|whatsapp|pinterest|reddit|telegram)(?:[-_].*|s|bar|links?)?
    |  (?:like|dislike|love|vote|rating|emoji|reaction)s?[-_]?(?:box|bar|button|btn|buttons|count|counts|counter|widget|wrap.*)
    |  .*counter(?:[-_].*)? | (?:hit|view|visit|visitor|page-?view)s?[-_]?counts?
    |  (?:track|tracker|tracking|analytics?|pixel|beacon|telemetry|stats?|metric)s?(?:[-_].*)?
    |  (?:cookie|consent|gdpr|newsletter|subscribe|popup|modal|overlay|paywall|push|toast|survey|feedback)s?(?:[-_].*)?
    |  (?:related|recommend(?:ed|ations)?|trending)(?:[-_].*)?
    """,
    re.VERBOSE,
)
# Refused wherever an address of another origin has such a part.
_REFUSED = re.compile(
    r"""
    /(?:ads?|adserver|advert\w*|banners?|sponsors?|promo)[/._-] | [/._-](?:track|tracker|tracking|analytics|pixel|beacon|
    telemetry|collect|metrics|stats?|counter|hits?|pageviews?|impressions?|log|event|events|ping)(?:[/.?_-]|$)
    | /(?:social|share|sharing|like|likes|tweet|vote|follow)(?:[/.?_-]|$) | (?:share|like|social|vote|counter|widget)s?\.(?:js|css|php)
    | /(?:fp|fingerprint\w*|visitor|utag|gtm|ga)\b
    """,
    re.VERBOSE,
)


def names_in(text: str) -> set[str]:
    """Classes, ids and parts of a template, what is computed in them left out."""
    plain = re.sub(r"\{[{%#].*?[}%#]\}", " ", text, flags=re.DOTALL)
    values = re.findall(r'\b(?:class|id|part)="([^"]*)"', plain)
    return {name for value in values for name in value.split()}


def test_no_class_id_or_part_is_hidden() -> None:
    names = {name for each in SHOWN for name in names_in((TEMPLATES / f"{each}.html").read_text())}
    for sheet in ("reactions.css", "frame.css"):
        names |= set(re.findall(r"[.#]([a-z][\w-]*)", (EMBED / sheet).read_text()))
    names |= set(re.findall(r'classList\.\w+\("([\w-]+)"', (EMBED / "reactions.js").read_text()))
    names |= {"reader-reactions", "tiles", "row", "compact", "summary"}

    assert {"widget", "kinds", "kind", "headline"} <= names
    assert [name for name in sorted(names) if _HIDDEN.fullmatch(name)] == []


def test_no_address_that_a_page_of_others_asks_for_is_refused() -> None:
    addresses = {
        *("/embed/reactions.js", "/embed/0.3.0/reactions.js", "/embed/zh-hans.json?0123456789ab"),
        *("/embed/frame.js", "/embed/frame.css", "/embed/reactions.css", "/embed/?url=x"),
        *("/embed/goose-attends-council-meeting/", "/live/?articles=a,b", "/oembed/?url=x"),
        *("/api/v1/reactions/?articles=a,b&at=1", "/api/v1/reactions/mine/?articles=a"),
        *("/api/v1/articles/a/reactions/mine/", "/api/v1/readers/", "/api/v1/sightings/"),
        "/api/v1/sites/here/",
    }
    asked = set(re.findall(r"[`\"](/[a-z][\w/]*/)[`\"?$]", (EMBED / "reactions.js").read_text()))

    assert {"/readers/", "/sightings/", "/sites/here/"} <= asked
    assert [each for each in sorted(addresses | asked) if _REFUSED.search(each)] == []


@pytest.mark.parametrize(
    "name", ["share", "share-bar", "like-button", "social", "hit-counter", "ads"]
)
def test_the_rules_hide_what_lists_hide(name: str) -> None:
    assert _HIDDEN.fullmatch(name)


@pytest.mark.parametrize(
    "address", ["/like.js", "/x/counter.js", "/api/track/", "/share/1", "/widget.js"]
)
def test_the_rules_refuse_what_lists_refuse(address: str) -> None:
    assert _REFUSED.search(address)
