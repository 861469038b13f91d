"""A middleware that keeps cookies out of the answers that shared caches may hold."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase


def without_cookies(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Stands behind CsrfViewMiddleware, which replaces a bad `csrftoken` cookie wherever it comes in.

    Such a cookie may be another program's on the same host. The next page of the desk still replaces it.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        if "public" in response.get("Cache-Control", ""):
            request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)
        return response

    return middleware
