"""Locales as Open Graph writes them: a language with its territory."""

from babel.core import get_global
from django.conf import settings


def og_locale(language: str) -> str:
    """`en-GB` as `en_GB`; empty for a language whose territory is not known.

    Open Graph's readers ignore a locale without a territory. A tag without one gets the site's where that is in the
    same language, else the one that Unicode's CLDR has for it.
    """
    name, *others = language.lower().replace("_", "-").split("-")
    territory = _territory_in(others)
    if not territory:
        site, *sites = settings.SITE_LANGUAGE.lower().split("-")
        own = _territory_in(sites) if site == name else ""
        territory = own or _likely(name, others)
    return f"{name}_{territory}" if territory else ""


def _likely(name: str, others: list[str]) -> str:
    """The territory in which the language, in its script where the tag names one, is most common."""
    likely = get_global("likely_subtags")
    script = next((each.title() for each in others if len(each) == 4 and each.isalpha()), "")
    found = (script and likely.get(f"{name}_{script}")) or likely.get(name, "")
    return _territory_in([part for part in str(found).split("_")[1:] if len(part) == 2])


def _territory_in(subtags: list[str]) -> str:
    return next((each.upper() for each in subtags if len(each) == 2 and each.isalpha()), "")
