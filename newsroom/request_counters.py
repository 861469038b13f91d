"""A middleware that counts the answers of Django, by the pattern of their address; the fast path counts its own."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Histogram

from articles.counters import COUNTERS
from newsroom.security_headers import class_of
from reactions.counters import request_counter, route_of

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_seconds = Histogram(
    "newsroom_request_seconds",
    "Seconds that an answer of Django took, by the kind of the address (docs/security.md).",
    ["kind"],
    registry=COUNTERS,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def counted(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Outside all others, so that whatever they refuse is counted, too."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = answer(request)
        method = request.method if request.method in _METHODS else "other"
        route = _route(request)
        request_counter(route, method, response.status_code, "django").inc()
        kind = class_of(request.path_info, response).name
        _seconds.labels(kind).observe(time.perf_counter() - began)
        return response

    return middleware


def _route(request: HttpRequest) -> str:
    """The pattern, of which there are some hundreds; never an address, of which clients can invent any number."""
    if request.resolver_match is not None:
        return route_of(request.resolver_match)
    return "/static/" if request.path_info.startswith(settings.STATIC_URL) else "none"
