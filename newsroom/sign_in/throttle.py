"""How often one may try to sign in: by account, and by network. What is typed is stored nowhere.

A try is taken from both limits before the password is checked, so that tries at one moment count as well, and given back
where it was right. A browser that has signed in to the account before has a limit of its own: nobody locks a user out by
guessing at their name. The answer is the same for a name that does not exist.
"""

import unicodedata
from hashlib import blake2b

from django.conf import settings
from django.http import HttpRequest

from newsroom.sign_in.known_browsers import known_browser
from reactions.moderation.rate_limits import (
    NETWORK_SIGN_INS,
    SIGN_INS,
    give_back,
    give_back_all,
    take,
    take_of_subject,
)

_LONGEST_NAME = 150


def take_try(request: HttpRequest, name: str) -> float:
    """0 where this try to sign in by this name may be checked, else after how many seconds one may."""
    return take(NETWORK_SIGN_INS, request) or take_of_subject(
        SIGN_INS, request, _subject(request, name)
    )


def forget_tries(request: HttpRequest, name: str) -> None:
    """The password was right: the network's try was none, and the account, or the browser, starts again with none."""
    give_back(NETWORK_SIGN_INS, request)
    give_back_all(SIGN_INS, _subject(request, name))


def in_words(seconds: float) -> str:
    """How long to wait, rounded up."""
    if seconds <= 90:
        return f"{max(1, int(seconds + 0.999))} seconds" if seconds > 1 else "a second"
    return f"{int(seconds // 60) + 1} minutes"


def hash_name(name: str) -> str:
    """A keyed hash of a name as it was typed: people type passwords there, too."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()[:_LONGEST_NAME]
    key = blake2b(settings.SECRET_KEY.encode()).digest()
    return blake2b(plain.encode("utf-8", "replace"), key=key, digest_size=16).hexdigest()


def _subject(request: HttpRequest, name: str) -> str:
    hashed = hash_name(name)
    browser = known_browser(request, hashed)
    return f"browser-{browser}" if browser else f"account-{hashed}"
