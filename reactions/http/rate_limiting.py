"""The limits of the API: a middleware that counts a call for its key or its network before a view reads it.

So a malformed body, an unknown address and a missing key count like every other call. What readers' widgets send has
limits of its own in its views, or none: public counts are answered by the fast path. The answer to each call that
takes from a limit says what is left of it. docs/decisions/0046-keys-and-limits.md has the reasons.
"""

import re
from collections.abc import Callable
from math import ceil

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from articles.api.api_keys import WrongKey, key_of
from articles.problems import problem_answer
from reactions.moderation.rate_limits import (
    NETWORK_CALLS,
    WRONG_KEYS,
    standing_of,
    take,
    take_of_key,
)

_API = "/api/v1/"
_OF_WIDGETS = re.compile(
    r"/api/v1/(?:(?:articles/[^/]+/)?reactions/(?:mine/)?|readers/.*|sites/here/|sightings/|views/)"
)
# Where programs put keys that this API does not read there: proxies log addresses, and reports show headers.
_KEY_PARAMETERS = {"key", "api_key", "apikey", "api-key", "access_token", "token"}
_KEY_HEADERS = ("HTTP_X_API_KEY", "HTTP_API_KEY", "HTTP_X_AUTH_TOKEN")
_USE = "Send the key in the header Authorization: Bearer <key>"


def limited(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware. It is inside that of CORS, so that pages of other origins can read a 429."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(_API) or request.method == "OPTIONS":
            return answer(request)
        response = _refuse(request) or answer(request)
        if standing := standing_of(request):
            for name, value in standing.headers.items():
                response[name] = value
        return response

    return middleware


def is_limited(path: str) -> bool:
    """Whether every call at this path takes from the limit of its key or network."""
    return path.startswith(_API) and not _OF_WIDGETS.fullmatch(path)


def _refuse(request: HttpRequest) -> HttpResponse | None:
    if not is_limited(request.path_info):
        return _refuse_misplaced_key(request, ())
    return _refuse_excess(request) or _refuse_misplaced_key(request, _KEY_HEADERS)


def _refuse_excess(request: HttpRequest) -> HttpResponse | None:
    """429 where the key is over its limit, or the network where there is no valid key; takes one from that limit."""
    try:
        key = key_of(request)
    except WrongKey:
        # After it was found wrong: nobody locks a right key out by sending wrong ones from beside it.
        wait = take(WRONG_KEYS, request)
        detail = "Too many wrong keys have come from this network."
    else:
        wait = take_of_key(key, request) if key else take(NETWORK_CALLS, request)
        detail = f"Too many calls {'with this key' if key else 'from this network'}."
    if not wait:
        return None
    response = problem_answer(429, "throttled", f"{detail} Send it again after Retry-After.")
    response["Retry-After"] = str(ceil(wait))
    return response


def _refuse_misplaced_key(request: HttpRequest, headers: tuple[str, ...]) -> HttpResponse | None:
    """400 by the name of the parameter or header; never with its value."""
    for name in request.GET:
        if name.lower() in _KEY_PARAMETERS:
            detail = f"No key is read from the parameter {name.lower()}. {_USE}, and replace a key that was sent so."
            return problem_answer(400, "misplaced_key", detail)
    for header in headers:
        if header in request.META:
            name = header.removeprefix("HTTP_").replace("_", "-").title()
            return problem_answer(
                400, "misplaced_key", f"No key is read from the header {name}. {_USE}."
            )
    return None
