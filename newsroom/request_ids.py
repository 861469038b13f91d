"""A middleware that names each request, for the lines of the log that it and its tasks write."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from newsroom.log_format import is_request_id, new_request_id, of_request

HEADER = "X-Request-ID"


def named(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Outside what may write a line. Only an error says the name: other answers are shared by caches."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        name = _name(request)
        with of_request(name):
            response = answer(request)
        if response.status_code >= 500:
            response[HEADER] = name
        return response

    return middleware


def _name(request: HttpRequest) -> str:
    """That of our own proxy, which writes it in its log; else a new one."""
    given = request.headers.get(HEADER, "") if settings.TRUSTED_PROXY_HOPS else ""
    return given if is_request_id(given) else new_request_id()
