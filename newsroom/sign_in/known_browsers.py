"""Browsers that have signed in to an account before, by a signed cookie; the server stores nothing of them.

As OWASP's “device cookies”: such a browser keeps its own tries while others guess at the name, and its user gets no mail
about a new one.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_SALT = "newsroom.known browser"
_SECONDS = 60 * 60 * 24 * 395
_PATH = "/desk/"


def known_browser(request: HttpRequest, account: str) -> str:
    """The id that this browser was given at its first sign-in to the account; empty for one that is not known."""
    signed = request.COOKIES.get(_cookie(account), "")
    try:
        of, browser = signing.loads(signed, salt=_SALT, max_age=_SECONDS) if signed else ("", "")
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(browser) if of == account else ""


def remember_browser(request: HttpRequest, response: HttpResponseBase, account: str) -> None:
    browser = known_browser(request, account) or secrets.token_hex(16)
    response.set_cookie(
        _cookie(account),
        signing.dumps([account, browser], salt=_SALT),
        max_age=_SECONDS,
        path=_PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _cookie(account: str) -> str:
    """One for each account, for users share machines."""
    prefix = "__Secure-" if settings.HTTPS else ""
    return f"{prefix}desk_browser_{account[:8]}"
