"""Readers: a signed random token each, and nothing else about them.

`POST readers/` issues the token before the first reaction. A browser holds it in a cookie; a program sends it as
`Authorization: Reader`. The database stores a keyed hash of the token's random part, so neither a copy of the database
nor one of the logs reveals who reacted.

Of a host's signed-in reader a keyed hash of site and user id takes the place of the random part, so that the same user
is the same reader everywhere. The token expires with the JWT that it was exchanged for, and is in no cookie.
"""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http.response import HttpResponseBase

_RANDOM_BYTES = 16  # 128 bits from the system's generator, as ASVS 11.5.1 asks
_LONGEST_TOKEN = 200
# The token of a host's reader begins with it. The random part of a guest's has 22 characters before its first dot.
_OF_HOST = "h."
# What the clock of a host may be behind or ahead of this one's.
LEEWAY_SECONDS = 10


class InvalidToken(Exception):
    """The token was not issued here, was altered, or is older than READER_LIFETIME."""


@dataclass(frozen=True)
class Reader:
    """`cookie` is the name of the cookie that held the token; empty for a header's and for a new reader's.

    `expires_at`, in Unix seconds, is that of a host's signed-in reader; None for a guest.
    """

    id: UUID
    token: str
    is_new: bool = False
    cookie: str = ""
    expires_at: int | None = None

    @property
    def has_old_cookie(self) -> bool:
        """The cookie was set while the site was on http; one with today's name has to replace it."""
        return self.cookie not in {"", settings.READER_COOKIE}


def new_reader() -> Reader:
    """A new reader. Nothing is stored: the database knows a reader from the first reaction on."""
    secret = secrets.token_urlsafe(_RANDOM_BYTES)
    return Reader(id=_reader_id(secret), token=_signer().sign(secret), is_new=True)


def host_reader(*, site_id: int, subject: str, expires_at: int) -> Reader:
    """The reader whom a site knows by this user id, with a token until then, in Unix seconds."""
    known_as = f"{site_id}:{subject}".encode()
    digest = hashlib.blake2b(known_as, key=_key(), person=b"host reader", digest_size=16).digest()
    secret = urlsafe_b64encode(digest).rstrip(b"=").decode()
    token = _host_signer().sign(f"{_OF_HOST}{secret}.{signing.b62_encode(expires_at)}")
    return Reader(id=_reader_id(secret), token=token, expires_at=expires_at)


def read_token(token: str, *, cookie: str = "") -> Reader:
    """The reader who holds this token, in the cookie of this name. Raises InvalidToken."""
    if len(token) > _LONGEST_TOKEN:
        raise InvalidToken
    if token.startswith(_OF_HOST):
        return _read_host_token(token, cookie)
    try:
        secret = _signer().unsign(token, max_age=settings.READER_LIFETIME)
    except signing.BadSignature:
        raise InvalidToken from None
    return Reader(id=_reader_id(secret), token=token, cookie=cookie)


def _read_host_token(token: str, cookie: str) -> Reader:
    try:
        _, secret, expiry = _host_signer().unsign(token).split(".")
    except signing.BadSignature:
        raise InvalidToken from None
    expires_at = signing.b62_decode(expiry)
    if cookie or time.time() > expires_at + LEEWAY_SECONDS:
        raise InvalidToken
    return Reader(id=_reader_id(secret), token=token, expires_at=expires_at)


class HasReader(Protocol):
    """As much of a request as its reader is read from: Django's, DRF's, or the fast path's."""

    @property
    def META(self) -> Mapping[str, Any]: ...  # noqa: N802  # Django's name

    @property
    def COOKIES(self) -> Mapping[str, str]: ...  # noqa: N802  # Django's name


def find_reader(request: HasReader) -> Reader | None:
    """The reader who sent this request; None for a client without a token. Raises InvalidToken."""
    if has_reader_header(request):
        token = request.META["HTTP_AUTHORIZATION"].partition(" ")[2]
        return read_token(token.strip())
    return find_reader_of_cookie(request)


def find_guest(request: HasReader) -> Reader | None:
    """The guest whose token the header has; None for a host's reader, and without one. Raises InvalidToken."""
    if not has_reader_header(request):
        return None
    token = request.META["HTTP_AUTHORIZATION"].partition(" ")[2].strip()
    return None if token.startswith(_OF_HOST) else read_token(token)


def find_reader_of_cookie(request: HasReader) -> Reader | None:
    """The reader whose cookie the request has, as pages show it: none by `Authorization`. Raises InvalidToken."""
    cookies = request.COOKIES
    name = next((name for name in settings.READER_COOKIES if cookies.get(name)), None)
    return read_token(cookies[name], cookie=name) if name else None


def has_reader_header(request: HasReader) -> bool:
    """Whether the client sends its token in a header, so that cookies do not count."""
    scheme, _, _ = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return bool(scheme.lower() == "reader")


def set_reader_cookie(response: HttpResponseBase, reader: Reader) -> None:
    """Set the reader's cookie for as long as the token is valid; it is never renewed."""
    lasts = settings.READER_LIFETIME.total_seconds() - _age_seconds(reader.token)
    response.set_cookie(
        settings.READER_COOKIE,
        reader.token,
        max_age=int(lasts),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def rename_old_cookie(response: HttpResponseBase, reader: Reader | None) -> None:
    """Replace a cookie of before the site moved to https, so that its reader stays the same."""
    if reader is not None and reader.has_old_cookie:
        set_reader_cookie(response, reader)
        _delete_cookie(response, reader.cookie)


def delete_reader_cookies(response: HttpResponseBase, request: HasReader) -> None:
    """Delete the cookies that the browser sent, so that it is not stuck with a bad one."""
    for name in settings.READER_COOKIES:
        if name in request.COOKIES:
            _delete_cookie(response, name)


def _delete_cookie(response: HttpResponseBase, name: str) -> None:
    response.set_cookie(
        name,
        max_age=0,
        expires="Thu, 01 Jan 1970 00:00:00 GMT",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def page_token(article_id: UUID) -> str:
    """The signature in an article's page. It is the same for every visitor, so that pages can be cached."""
    return _page_signer().signature(str(article_id))


def is_page_token(token: str, article_id: UUID) -> bool:
    """Whether `page_token` made this token for the article, also with a key of SECRET_KEY_FALLBACKS."""
    signer = _page_signer()
    try:
        signer.unsign(f"{article_id}{signer.sep}{token}")
    except signing.BadSignature:
        return False
    return True


def _age_seconds(token: str) -> float:
    return time.time() - signing.b62_decode(token.split(".")[1])


def _reader_id(secret: str) -> UUID:
    return UUID(bytes=hashlib.blake2b(secret.encode(), key=_key(), digest_size=16).digest())


@cache
def _key() -> bytes:
    """READER_KEY at the length that BLAKE2 takes."""
    return hashlib.sha256(settings.READER_KEY.encode()).digest()


@cache
def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(sep=".", salt="newsroom.reader")


@cache
def _host_signer() -> signing.Signer:
    return signing.Signer(sep=".", salt="newsroom.host_reader")


@cache
def _page_signer() -> signing.Signer:
    return signing.Signer(salt="newsroom.reactions.form")
