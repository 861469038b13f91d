"""Who is reacting: a signed random token, and nothing else about them.

The token is made at a reader's first reaction and lives in a cookie, or with a program in its
`Authorization: Reader` header. The database knows a reader by a keyed hash of the token's random part,
so neither a copy of the database nor one of the logs tells who reacted.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_RANDOM_BYTES = 16  # 128 bits from the system's generator, as ASVS 11.5.1 asks
_LONGEST_TOKEN = 200
_NEWCOMER_SECONDS = 600  # after which a token counts as history


class InvalidToken(Exception):
    """The token was not made here, was altered, or is older than READER_LIFETIME."""


@dataclass(frozen=True)
class Reader:
    id: UUID
    token: str
    is_new: bool = False
    is_newcomer: bool = False


def new_reader() -> Reader:
    """A reader nobody has met. Nothing is stored: a reader exists from the first reaction on."""
    secret = secrets.token_urlsafe(_RANDOM_BYTES)
    return Reader(
        id=_reader_id(secret), token=_signer().sign(secret), is_new=True, is_newcomer=True
    )


def read_token(token: str) -> Reader:
    """The reader who holds this token. Raises InvalidToken."""
    if len(token) > _LONGEST_TOKEN:
        raise InvalidToken
    try:
        secret = _signer().unsign(token, max_age=settings.READER_LIFETIME)
    except signing.BadSignature:
        raise InvalidToken from None
    return Reader(id=_reader_id(secret), token=token, is_newcomer=_is_young(token))


def find_reader(request: HttpRequest) -> Reader | None:
    """Who sent this request; None for somebody who has no token yet. Raises InvalidToken."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "reader":
        return read_token(token.strip())
    cookie = request.COOKIES.get(settings.READER_COOKIE)
    return read_token(cookie) if cookie else None


def remember(response: HttpResponseBase, reader: Reader) -> None:
    """Gives a reader who is new their cookie, for READER_LIFETIME from now and never renewed."""
    if reader.is_new:
        response.set_cookie(
            settings.READER_COOKIE,
            reader.token,
            max_age=settings.READER_LIFETIME,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )


def forget(response: HttpResponseBase) -> None:
    """Takes the cookie back, so that a browser with a bad one is not stuck with it."""
    response.set_cookie(
        settings.READER_COOKIE,
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


def _is_young(token: str) -> bool:
    """Of a token whose signature has been found good: secret, time, signature."""
    made_at = signing.b62_decode(token.split(".")[1])
    return time.time() - made_at < _NEWCOMER_SECONDS


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
def _page_signer() -> signing.Signer:
    return signing.Signer(salt="newsroom.reactions.form")
