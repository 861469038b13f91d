"""Readers: a signed random token each, and nothing else about them.

`POST readers/` issues the token before the first reaction. A browser holds it in a cookie; a program sends it as
`Authorization: Reader`. The database stores a keyed hash of the token's random part, so neither a copy of the database
nor one of the logs reveals who reacted.

Of a host's signed-in reader a keyed hash of site and user id takes the place of the random part, so that the same user
is the same reader everywhere. The token expires with the JWT that it was exchanged for, and is in no cookie.

READER_KEY may be replaced: a guest's token names the key that its hash is made with, and stays that reader's as long as the
key is in READER_KEY_PREVIOUS. docs/decisions/0056-reader-key.md has the reasons.
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
# Between the random part of a guest's token and the name of the key. Tokens of release 0.3.0 and before name none.
_OF_KEY = "~"
# What the clock of a host may be behind or ahead of this one's.
LEEWAY_SECONDS = 10


class InvalidToken(Exception):
    """The token was not issued here, was altered, or is older than READER_LIFETIME."""


@dataclass(frozen=True)
class Reader:
    """`cookie` is the name of the cookie that held the token; empty for a header's and for a new reader's.

    `expires_at`, in Unix seconds, is that of a host's signed-in reader; None for a guest. `had_old_signature`: the token was
    signed with a key of SECRET_KEY_FALLBACKS, and `token` is the same one, signed again. `former_ids` are those that a host's
    user had by the keys in READER_KEY_PREVIOUS.
    """

    id: UUID
    token: str
    is_new: bool = False
    cookie: str = ""
    expires_at: int | None = None
    had_old_signature: bool = False
    former_ids: tuple[UUID, ...] = ()

    @property
    def has_old_cookie(self) -> bool:
        """The cookie was set while the site was on http, or signed with an old key; another one has to replace it."""
        return self.cookie != "" and (
            self.had_old_signature or self.cookie != settings.READER_COOKIE
        )


def new_reader() -> Reader:
    """A new reader. Nothing is stored: the database knows a reader from the first reaction on."""
    secret = f"{secrets.token_urlsafe(_RANDOM_BYTES)}{_OF_KEY}{key_name(settings.READER_KEY)}"
    return Reader(id=_reader_id(secret), token=_signer().sign(secret), is_new=True)


def host_reader(*, site_id: int, subject: str, expires_at: int) -> Reader:
    """The reader whom a site knows by this user id, with a token until then, in Unix seconds."""
    known_as = f"{site_id}:{subject}".encode()
    secret = _host_secret(known_as, settings.READER_KEY)
    return Reader(
        id=_host_id(secret, settings.READER_KEY),
        token=_host_signer().sign(f"{_OF_HOST}{secret}.{signing.b62_encode(expires_at)}"),
        expires_at=expires_at,
        former_ids=tuple(
            _host_id(_host_secret(known_as, key), key) for key in settings.READER_KEY_PREVIOUS
        ),
    )


def read_token(token: str, *, cookie: str = "") -> Reader:
    """The reader who holds this token, in the cookie of this name. Raises InvalidToken."""
    if len(token) > _LONGEST_TOKEN:
        raise InvalidToken
    if token.startswith(_OF_HOST):
        return _read_host_token(token, cookie)
    try:
        secret, is_old = _unsign(token)
    except signing.BadSignature:
        raise InvalidToken from None
    if is_old:
        token = signing.Signer.sign(_signer(), token.rpartition(".")[0])
    return Reader(id=_reader_id(secret), token=token, cookie=cookie, had_old_signature=is_old)


def _unsign(token: str) -> tuple[str, bool]:
    """The signed secret, and whether the signature is one of SECRET_KEY_FALLBACKS. Raises BadSignature."""
    try:
        return _signer().unsign(token, max_age=settings.READER_LIFETIME), False
    except signing.SignatureExpired:
        raise
    except signing.BadSignature:
        if not settings.SECRET_KEY_FALLBACKS:
            raise
    return _signer_of_before().unsign(token, max_age=settings.READER_LIFETIME), True


def _read_host_token(token: str, cookie: str) -> Reader:
    try:
        _, secret, expiry = _host_signer().unsign(token).split(".")
    except signing.BadSignature:
        raise InvalidToken from None
    expires_at = signing.b62_decode(expiry)
    if cookie or time.time() > expires_at + LEEWAY_SECONDS:
        raise InvalidToken
    return Reader(id=_host_id(secret, settings.READER_KEY), token=token, expires_at=expires_at)


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
    """Replace a cookie of before the site moved to https, or of an old key, so that its reader stays the same."""
    if reader is not None and reader.has_old_cookie:
        set_reader_cookie(response, reader)
        if reader.cookie != settings.READER_COOKIE:
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
    """The guest's id. Raises InvalidToken where its key was given up."""
    _, _, name = secret.partition(_OF_KEY)
    key = _key_named(name, settings.READER_KEY, *settings.READER_KEY_PREVIOUS)
    if key is None:
        raise InvalidToken
    return UUID(bytes=_hash(secret.encode(), key))


def _host_id(secret: str, key: str) -> UUID:
    return UUID(bytes=_hash(secret.encode(), key))


def _host_secret(known_as: bytes, key: str) -> str:
    digest = _hash(known_as, key, person=b"host reader")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _hash(value: bytes, key: str, person: bytes = b"") -> bytes:
    return hashlib.blake2b(value, key=_bytes_of(key), person=person, digest_size=16).digest()


@cache
def _bytes_of(key: str) -> bytes:
    """The key at the length that BLAKE2 takes."""
    return hashlib.sha256(key.encode()).digest()


@cache
def key_name(key: str) -> str:
    """Which key it is, without saying anything about it."""
    return urlsafe_b64encode(_hash(b"", key, person=b"name of the key")[:3]).decode()


@cache
def _key_named(name: str, *keys: str) -> str | None:
    """The key of this name; without one the oldest, which was there before keys had names."""
    return next((key for key in keys if key_name(key) == name), None) if name else keys[-1]


@cache
def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(sep=".", salt="newsroom.reader", fallback_keys=[])


@cache
def _signer_of_before() -> signing.TimestampSigner:
    return signing.TimestampSigner(sep=".", salt="newsroom.reader")


@cache
def _host_signer() -> signing.Signer:
    """A token of before READER_KEY was replaced is not valid any more: its JWT is exchanged again."""
    of_key = f".{key_name(settings.READER_KEY)}" if settings.READER_KEY_PREVIOUS else ""
    return signing.Signer(sep=".", salt=f"newsroom.host_reader{of_key}")


def clear_keys() -> None:
    """Have the keys read again, after a test has changed them."""
    for each in (_signer, _signer_of_before, _host_signer, _page_signer):
        each.cache_clear()


@cache
def _page_signer() -> signing.Signer:
    return signing.Signer(salt="newsroom.reactions.form")
