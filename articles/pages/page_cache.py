"""Pages that are kept as they were sent, for as long as they would be sent the same again.

To render a page takes twenty times as long as to find out that it is still the same. So each process
keeps the pages that it rendered. Before it sends one again it looks at the versions of the articles on
it, at most ten times a second, and at what readers feel, twice a second: however many open the page,
it costs no more than that. docs/decisions/0013-page-cache.md says why.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from django.conf import settings
from django.core.cache import caches
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_http_date_safe, quote_etag

# Seconds for which a page is sent without a look at its articles: a tenth of the pages' s-maxage.
VERSION_FRESH_SECONDS = 0.1
# Seconds for which nobody asks again what readers feel: the pages' s-maxage.
REACTIONS_FRESH_SECONDS = 0.5
# Seconds. What no article's version tells, such as an author's new name, shows no later than this.
LIFETIME = 30


@dataclass(frozen=True, slots=True)
class PageState:
    """What a page would show of the desk, and how to learn what readers feel about it."""

    version: object
    feel: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Rendering:
    """A page, and what it shows; `version` and `felt` compare with those of a Look."""

    response: HttpResponse
    version: object
    felt: object
    changed_at: datetime | None = None  # None where something may change without moving it


@dataclass(frozen=True, slots=True)
class CachedPage:
    """A page as it was sent. What it shows is kept as digests; the times are monotonic seconds."""

    content: bytes
    headers: dict[str, str]
    version: str
    felt: str
    made_at: float
    version_checked_at: float
    reactions_checked_at: float


def answer(
    request: HttpRequest,
    *,
    look: Callable[[], PageState | None],
    render: Callable[[], Rendering | HttpResponse],
) -> HttpResponseBase:
    """The page that was kept while `look` finds it the same, else a new one; 304 for who has it.

    `render` gives a plain response, or raises, where there is no page to be kept. Who is signed in
    at the desk gets a new page each time.
    """
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        return fresh(request, render())
    address = _digest(request.get_full_path())  # which may be of any length
    kept: CachedPage | None = caches["pages"].get(address)
    if kept and _is_same(address, kept, look):
        return _conditional(request, HttpResponse(kept.content, headers=kept.headers))
    made = render()
    response = fresh(request, made)
    if isinstance(made, Rendering):
        _keep(address, made)
    return response


def fresh(request: HttpRequest, made: Rendering | HttpResponse) -> HttpResponseBase:
    """A page that is kept for nobody; 304 for who has it."""
    if isinstance(made, HttpResponse):
        return made
    _add_validators(made)
    return _conditional(request, made.response)


def _add_validators(rendering: Rendering) -> None:
    """The ETag is made of the bytes themselves, so that every process gives the same."""
    response, changed_at = rendering.response, rendering.changed_at
    response["ETag"] = quote_etag(_digest(response.content))
    # A second that is not over may see another change, which the header could not tell.
    if changed_at and int(changed_at.timestamp()) < int(timezone.now().timestamp()):
        response["Last-Modified"] = http_date(int(changed_at.timestamp()))


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    changed_at = parse_http_date_safe(response.get("Last-Modified", ""))
    return get_conditional_response(request, response["ETag"], changed_at, response) or response


def _is_same(address: str, kept: CachedPage, look: Callable[[], PageState | None]) -> bool:
    now = time.monotonic()
    if now - kept.version_checked_at < VERSION_FRESH_SECONDS:
        return True
    try:
        seen = look()
    except (OperationalError, InterfaceError):
        return True  # the page of a moment ago, for as long as it is kept, and no error
    if seen is None or _digest(seen.version) != kept.version:
        return False
    reactions_checked_at = kept.reactions_checked_at
    if now - reactions_checked_at >= REACTIONS_FRESH_SECONDS:
        if _digest(seen.feel()) != kept.felt:
            return False
        reactions_checked_at = now
    rest = LIFETIME - (now - kept.made_at)
    caches["pages"].set(
        address,
        replace(kept, version_checked_at=now, reactions_checked_at=reactions_checked_at),
        rest,
    )
    return True


def _keep(address: str, rendering: Rendering) -> None:
    now, response = time.monotonic(), rendering.response
    kept = CachedPage(
        content=response.content,
        headers=dict(response.items()),
        version=_digest(rendering.version),
        felt=_digest(rendering.felt),
        made_at=now,
        version_checked_at=now,
        reactions_checked_at=now,
    )
    caches["pages"].set(address, kept, LIFETIME)


def _digest(value: object) -> str:
    content = value if isinstance(value, bytes) else repr(value).encode()
    return blake2b(content, digest_size=16).hexdigest()
