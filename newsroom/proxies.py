"""A middleware for what stands between client and product: probes by address, and proxies that compress."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from articles.conditional_get import without_coding

# Asked by the address of a pod or machine, which no setting can name.
_PROBES = {"/healthz", "/readyz", "/metrics"}


def behind_proxies(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answers probes whatever their Host, and reads ETags as a proxy that compresses has sent them on."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info in _PROBES:
            request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
        for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"):
            if tags := request.META.get(name):
                request.META[name] = without_coding(tags)
        return answer(request)

    return middleware
