"""Which page of another origin may call what (CORS): a middleware around the whole API, its errors included.

Everyone's reads are for every origin. A reader's own calls are for the origins that the active sites list, and for the
installation's own; from another one they are refused before anything is done. Neither is with cookies: pages of other
origins send the reader token in a header. Calls with an API key are for programs, and browsers get no leave for them.
docs/decisions/0037-readers-of-other-sites.md has the reasons.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from articles.problems import problem_answer
from articles.sites.known import known_sites
from articles.sites.rules import SiteRules
from reactions.http.csrf import is_own_origin
from reactions.moderation.signals import PAGE_TOKEN_HEADER

ALLOW_ORIGIN = "Access-Control-Allow-Origin"

_EXPOSED = f"ETag, Retry-After, RateLimit, RateLimit-Policy, {PAGE_TOKEN_HEADER}, Link"
# Seconds for which a browser keeps the answer; Chromium keeps none longer. Each call itself is checked, too.
_MAX_AGE = 7200
# Of an origin, in the text that refuses it.
_LONGEST_NAMED = 200

_OF_READERS = re.compile(
    r"/api/v1/(?:articles/[^/]+/reactions/mine|reactions/mine|readers(?:/.*)?)/?"
)
_OF_KEYS = re.compile(
    r"/api/v1/(?:(?:stats|waves|webhooks|keys)/.*|articles/[^/]+/reactions/policy/?)"
)
_OF_ANYONE = ("/api/v1/", "/embed/", "/oembed/")
# What anyone may send, beside what anyone may read.
_REPORTS = {"/api/v1/sightings/", "/api/v1/views/"}
# Anyone reads counts there; a POST is a reader's.
_OPEN_HEART = "/openheart/"


class Access(Enum):
    """Which origins may make a call, with the methods and headers that a preflight allows."""

    ANYONE = "GET, HEAD, POST", "Content-Type, If-None-Match"
    READERS = "GET, HEAD, POST, PUT, DELETE", f"Authorization, Content-Type, {PAGE_TOKEN_HEADER}"
    PROGRAMS = "", ""

    @property
    def methods(self) -> str:
        return self.value[0]

    @property
    def headers(self) -> str:
        return self.value[1]


class OriginNotListed(PermissionDenied):
    """A call of a reader from a page whose origin is of no active site."""

    def __init__(self, origin: str) -> None:
        named = origin[:_LONGEST_NAMED]
        super().__init__(
            f"The origin {named} is of no active site of this installation.", "origin_not_listed"
        )


def cross_origin(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware. It is the outermost one, so that every answer has the headers."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        method = _preflight_method(request)
        access = _access(request.path_info, method or request.method or "", request)
        if access is Access.PROGRAMS:
            return answer(request)
        respond = (lambda _: _allow(access)) if method else answer
        return (
            _to_anyone(respond(request))
            if access is Access.ANYONE
            else _to_reader(request, respond)
        )

    return middleware


def site_of_origin(request: HttpRequest | Request) -> SiteRules | None:
    """The site of the page that makes this call; None for the own origin, and for a program, which sends none.

    Raises OriginNotListed for every other origin, and OperationalError where the sites cannot be read.
    """
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None or is_own_origin(request, origin):
        return None
    rules = known_sites().of_origin(origin)
    if rules is None:
        raise OriginNotListed(origin)
    return rules


def has_api_key(environ: Mapping[str, Any]) -> bool:
    """Whether the call is a program's with an API key, or other credentials that are no reader's."""
    given: str = environ.get("HTTP_AUTHORIZATION", "")
    return given != "" and given.partition(" ")[0].lower() != "reader"


def _preflight_method(request: HttpRequest) -> str:
    """The method for which a browser asks leave; empty for every other request."""
    if request.method != "OPTIONS" or "HTTP_ORIGIN" not in request.META:
        return ""
    return str(request.META.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", ""))


def _access(path: str, method: str, request: HttpRequest) -> Access:
    if path.startswith(_OPEN_HEART):
        return Access.ANYONE if method in {"GET", "HEAD"} else Access.READERS
    if not path.startswith(_OF_ANYONE):
        return Access.PROGRAMS
    if _OF_READERS.fullmatch(path):
        return Access.READERS
    is_read = method in {"GET", "HEAD"} or (method == "POST" and path in _REPORTS)
    if not is_read or _OF_KEYS.fullmatch(path) or has_api_key(request.META):
        return Access.PROGRAMS
    return Access.ANYONE


def _allow(access: Access) -> HttpResponse:
    """The answer to a preflight."""
    headers = {
        "Access-Control-Allow-Methods": access.methods,
        "Access-Control-Allow-Headers": access.headers,
        "Access-Control-Max-Age": str(_MAX_AGE),
        "Cache-Control": "no-store",
    }
    response = HttpResponse(status=204, headers=headers)
    del response["Content-Type"]  # of no content
    return response


def _to_anyone(response: HttpResponseBase) -> HttpResponseBase:
    """The same headers for every origin, and for a call without one: shared caches keep one answer for all."""
    response[ALLOW_ORIGIN] = "*"
    response["Access-Control-Expose-Headers"] = _EXPOSED
    return response


def _to_reader(
    request: HttpRequest, answer: Callable[[HttpRequest], HttpResponseBase]
) -> HttpResponseBase:
    try:
        site = site_of_origin(request)
    except OriginNotListed as refused:
        # Without a header that lets the page read it: `GET sites/here/` says the same to every origin.
        response: HttpResponseBase = problem_answer(403, "origin_not_listed", str(refused))
    except OperationalError:
        # It says nothing of a reader, and the page has to know that it may send the same again.
        response = _to_anyone(problem_answer(503, "unavailable", "The database does not answer."))
        response["Retry-After"] = "2"
    else:
        if site is not None:
            # Those of the site's own pages: another origin of the same registrable domain would send them, too.
            request.META.pop("HTTP_COOKIE", None)
        response = answer(request)
        if site is not None:
            _to_anyone(response)[ALLOW_ORIGIN] = request.META["HTTP_ORIGIN"]
    patch_vary_headers(response, ["Origin"])
    return response
