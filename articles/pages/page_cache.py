"""The page cache: rendered pages in the memory of the process, revalidated before they are sent again.

Rendering a page takes twenty times as long as finding out that it has not changed. So each process
caches the pages that it rendered, by what changes them: the path, and what the view names besides.
Before it sends one again it reads the versions of the articles on it, at most ten times a second, and
of their reactions, at most twice a second: the cost does not grow with the number of requests.
docs/decisions/0013-page-cache.md gives the reasons.
"""

import gzip
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.cache import caches
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date, parse_http_date_safe, quote_etag

from articles.counters import PAGES_FROM_CACHE, PAGES_RENDERED

# Seconds for which a page is sent without reading the versions of its articles: a tenth of the pages' s-maxage.
VERSION_FRESH_SECONDS = 0.1
# Seconds for which a page is sent without reading the version of its reactions: half the pages' s-maxage.
REACTIONS_FRESH_SECONDS = 0.5
# Seconds. A change that moves no article's version, such as an author's new name, is visible no later than this.
LIFETIME = 30

# `gzip` in Accept-Encoding, unless its weight is 0. Every browser has it, and at this level a page is smaller than
# with Caddy's zstd.
_GZIP = re.compile(r"(?:^|,)\s*gzip\s*(?:$|,|;(?!\s*q\s*=\s*0(?:\.0*)?\s*(?:$|,)))", re.IGNORECASE)
_GZIP_LEVEL = 6  # a third of a millisecond a page, thirty times less than its rendering


@dataclass(frozen=True, slots=True)
class PageState:
    """What a page would show if it were rendered again: the version of its articles, and a call for that of its
    reactions, which is made less often.
    """

    version: object
    read_reactions_version: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Rendering:
    """A rendered page, with the versions that it shows; they are compared with those of a PageState."""

    response: HttpResponse
    version: object
    reactions_version: object
    changed_at: datetime | None = None  # None where a part may change without a change of this time
    may_be_stored: bool = True  # False for a page that no link leads to


@dataclass(frozen=True, slots=True)
class CachedPage:
    """A page as it was sent, and compressed. The versions are digests; the times are monotonic seconds."""

    content: bytes
    compressed: bytes
    headers: dict[str, str]
    version: str
    reactions_version: str
    rendered_at: float
    version_checked_at: float
    reactions_checked_at: float


def answer(
    request: HttpRequest,
    *,
    variant: str = "",
    read_state: Callable[[], PageState | None],
    render: Callable[[], Rendering | HttpResponse],
) -> HttpResponseBase:
    """The cached page where `read_state` returns the versions that it shows, else a rendered one.

    `variant` is what else of the request changes the page, such as a valid position in a list. Other query
    parameters and the cookies change nothing: whatever they are, the answer is the same copy. 304 where the
    client has the page already. `render` returns a plain response, or raises, where the answer must not be
    cached. For an editor who is signed in the page is always rendered.
    """
    if _is_signed_in(request):
        return answer_uncached(request, render())
    key = _digest((request.path, variant))  # which may be of any length
    cached: CachedPage | None = caches["pages"].get(key)
    if cached and _is_current(key, cached, read_state):
        PAGES_FROM_CACHE.inc()
        return _send(request, cached)
    PAGES_RENDERED.inc()
    rendered = render()
    if isinstance(rendered, HttpResponse) or not rendered.may_be_stored:
        return answer_uncached(request, rendered)
    _add_validators(rendered)
    return _send(request, _store(key, rendered))


def answer_uncached(request: HttpRequest, rendered: Rendering | HttpResponse) -> HttpResponseBase:
    """The page, without storing or compressing it; 304 where the client has it already."""
    if isinstance(rendered, HttpResponse):
        return rendered
    _add_validators(rendered)
    return _conditional(request, rendered.response, rendered.response["ETag"])


def _send(request: HttpRequest, page: CachedPage) -> HttpResponseBase:
    """The page, compressed for a client that accepts it: nothing in it is one reader's own secret.

    docs/decisions/0030-compression.md has the reasons.
    """
    etag = page.headers["ETag"]
    if not accepts_gzip(request):
        return _conditional(request, HttpResponse(page.content, headers=page.headers), etag)
    response = HttpResponse(page.compressed, headers=page.headers)
    response["Content-Encoding"] = "gzip"
    # The two are different representations (RFC 9110, 8.8.3.3). newsroom.proxies takes this off what comes back.
    response["ETag"] = f'{etag[:-1]}-gzip"'
    return _conditional(request, response, etag)


def accepts_gzip(request: HttpRequest) -> bool:
    return bool(_GZIP.search(request.headers.get("Accept-Encoding", "")))


def _is_signed_in(request: HttpRequest) -> bool:
    """Whether the cookie is that of a session at the desk; read without `request.session`, which would add headers."""
    session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not (session_key.isascii() and session_key.isalnum()):
        return False
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    try:
        return SESSION_KEY in store.load()
    except (OperationalError, InterfaceError):
        return False  # a cached page can be sent all the same


def _add_validators(rendering: Rendering) -> None:
    """The ETag is a digest of the content, so that every process sends the same."""
    response, changed_at = rendering.response, rendering.changed_at
    patch_vary_headers(response, ["Accept-Encoding"])
    response["ETag"] = quote_etag(_digest(response.content))
    # Last-Modified has whole seconds: another change within the current second would have the same value.
    if changed_at and int(changed_at.timestamp()) < int(timezone.now().timestamp()):
        response["Last-Modified"] = http_date(int(changed_at.timestamp()))


def _conditional(request: HttpRequest, response: HttpResponse, etag: str) -> HttpResponseBase:
    changed_at = parse_http_date_safe(response.get("Last-Modified", ""))
    return get_conditional_response(request, etag, changed_at, response) or response


def _is_current(key: str, cached: CachedPage, read_state: Callable[[], PageState | None]) -> bool:
    now = time.monotonic()
    if now - cached.version_checked_at < VERSION_FRESH_SECONDS:
        return True
    try:
        state = read_state()
    except (OperationalError, InterfaceError):
        return True  # while the database is unreachable, the page is sent stale until its LIFETIME ends
    if state is None or _digest(state.version) != cached.version:
        return False
    reactions_checked_at = cached.reactions_checked_at
    if now - reactions_checked_at >= REACTIONS_FRESH_SECONDS:
        if _digest(state.read_reactions_version()) != cached.reactions_version:
            return False
        reactions_checked_at = now
    remaining_seconds = LIFETIME - (now - cached.rendered_at)
    caches["pages"].set(
        key,
        replace(cached, version_checked_at=now, reactions_checked_at=reactions_checked_at),
        remaining_seconds,
    )
    return True


def _store(key: str, rendering: Rendering) -> CachedPage:
    now, response = time.monotonic(), rendering.response
    page = CachedPage(
        content=response.content,
        compressed=gzip.compress(response.content, _GZIP_LEVEL, mtime=0),
        headers=dict(response.items()),
        version=_digest(rendering.version),
        reactions_version=_digest(rendering.reactions_version),
        rendered_at=now,
        version_checked_at=now,
        reactions_checked_at=now,
    )
    caches["pages"].set(key, page, LIFETIME)
    return page


def _digest(value: object) -> str:
    content = value if isinstance(value, bytes) else repr(value).encode()
    return blake2b(content, digest_size=16).hexdigest()
