"""The texts of the widget, by key, in the language of the interface, for the server and for the browser."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import (
    get_language,
    gettext,
    gettext_lazy,
    gettext_noop,
    ngettext,
    override,
    pgettext_lazy,
)

from articles.languages import plural_categories, write_compact
from reactions.kinds import Kind


@dataclass(frozen=True, slots=True)
class Plural:
    """A text that depends on a number."""

    one: str
    other: str


# `%(name)s` and `%(name)d` are replaced where the text is shown. `make messages` finds the texts.
MESSAGES: Mapping[str, str | Plural] = {
    "title": gettext_noop("What’s your reaction?"),
    "choose_one": gettext_noop("Choose one."),
    "choose_many": gettext_noop("Choose up to %(most)s."),
    "total": Plural("%(count)s reaction", "%(count)s reactions"),
    "share": gettext_noop("%(percent)s %%"),
    "you_and": Plural("You and %(count)s other", "You and %(count)s others"),
    "only_you": gettext_noop("You are the first"),
    "be_first": gettext_noop("Be the first to react"),
    "live_more": Plural("%(count)s reaction by now", "%(count)s reactions by now"),
    "closed": gettext_noop("Reactions are closed."),
    "closed_now": gettext_noop("Reactions to this story have just been closed."),
    "not_allowed": gettext_noop("This story does not accept that reaction."),
    "yours": gettext_noop("Your reaction: %(kinds)s."),
    "taken_back": gettext_noop("Your reaction was taken back."),
    "none": gettext_noop("You have no reaction to this story."),
    "undo": gettext_noop("Undo"),
    "sending": gettext_noop("Still sending…"),
    "waiting": gettext_noop(
        "You are offline. Your reaction waits in this browser and is sent later."
    ),
    "unreachable": gettext_noop("The site cannot be reached. Your reaction is sent later."),
    "busy": gettext_noop(
        "Many readers have come from your network just now. Your reaction is sent later."
    ),
    "not_here": gettext_noop("Reactions are not accepted from this page."),
    "failed": gettext_noop("That did not work. Please try again."),
    "no_cookie": gettext_noop(
        "Your browser keeps no cookies: you can change it until you leave this page."
    ),
    "stored": gettext_noop("What is stored"),
}

# What the page says after a form was refused, by the `?reaction=` that it is redirected to.
NOTICES = {
    "closed": gettext_lazy("Reactions to this story are closed."),
    "not_allowed": gettext_lazy("This story does not accept that reaction."),
    "too_many": gettext_lazy("That is one reaction too many. Take one back first."),
    "unknown": gettext_lazy("That reaction does not exist here."),
    "too_many_readers": gettext_lazy(
        "Many readers have come from your network just now. Please try again in a few minutes."
    ),
    "no_cookie": gettext_lazy(
        "Your browser keeps no cookies, and a reaction needs one. Nothing was recorded."
    ),
}

# The labels of the seven. A site's own kinds (REACTIONS_KINDS) have labels in the site's own language.
_LABELS = {
    "Like": pgettext_lazy("reaction", "Like"),
    "Dislike": pgettext_lazy("reaction", "Dislike"),
    "Love": pgettext_lazy("reaction", "Love"),
    "Funny": pgettext_lazy("reaction", "Funny"),
    "Angry": pgettext_lazy("reaction", "Angry"),
    "Sad": pgettext_lazy("reaction", "Sad"),
    "Wow": pgettext_lazy("reaction", "Wow"),
}


def label_of(kind: Kind) -> str:
    """The kind's label in the language of the interface."""
    return str(_LABELS.get(kind.label, kind.label))


def say(key: str, count: int | None = None, **values: object) -> str:
    """One of MESSAGES in the language of the interface, with its values. `count` is written as that language does."""
    message = MESSAGES[key]
    if count is not None:
        values["count"] = write_compact(count, get_language() or "en")
    if isinstance(message, Plural):
        return ngettext(message.one, message.other, count or 0) % values
    return gettext(message) % values


@lru_cache(maxsize=100)
def messages_in(language: str) -> Mapping[str, str | Mapping[str, str]]:
    """MESSAGES in one language. A plural is a text for each category of Intl.PluralRules: `{"one": …, "other": …}`."""
    with override(language):
        return {
            key: _forms(message, language) if isinstance(message, Plural) else gettext(message)
            for key, message in MESSAGES.items()
        }


def _forms(message: Plural, language: str) -> dict[str, str]:
    forms = {
        category: ngettext(message.one, message.other, example)
        for category, example in plural_categories(language).items()
    }
    # Where no whole number is "other", fractions are; the browser asks for it where it lacks a category.
    return forms | {"other": forms.get("other") or [*forms.values()][-1]}
