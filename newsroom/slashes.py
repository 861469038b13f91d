"""The slash at the end of an address: pages are redirected to it, calls of the API are told about it."""

from urllib.parse import quote

from django.http import HttpRequest
from django.middleware.common import CommonMiddleware
from django.urls import is_valid_path


def is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")


class CommonOfPages(CommonMiddleware):
    """Django's own, but that it redirects no call of the API: clients repeat a redirected POST as a GET."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return not is_api(request.path_info) and super().should_redirect_with_slash(request)


def path_with_slash(request: HttpRequest) -> str:
    """The path of the request with a slash at its end, where something is there and nothing is without."""
    path = request.path_info
    if path.endswith("/") or not is_valid_path(f"{path}/", getattr(request, "urlconf", None)):
        return ""
    return quote(f"{request.path}/")
