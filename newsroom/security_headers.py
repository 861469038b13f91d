"""The security headers of every answer: one table, by the kind of the address.

No page needs `unsafe-inline` or a nonce: scripts and styles are files, and page caches hold the bodies. The desk's look
(django-unfold) evaluates expressions in attributes (Alpine.js) and sets styles in attributes; docs/security.md says so.
A header that a view sets itself is kept: the frame of the widget, pictures and reports at the desk are stricter.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# What no page of ours uses, and no script in it may ask a reader for.
_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "hid",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
)
_OWN_FILES = "default-src 'none'; script-src 'self'; img-src 'self'; connect-src 'self'"
_FORMS = "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_NO_HTML_FROM_TEXT = "require-trusted-types-for 'script'; trusted-types 'none'"
_NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"

_OF_ALL = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
_OF_DOCUMENTS = {
    **_OF_ALL,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": _PERMISSIONS,
}


@dataclass(frozen=True, slots=True)
class RouteClass:
    """Addresses whose answers have the same headers."""

    name: str
    paths: "re.Pattern[str]"
    headers: Mapping[str, str]


def _class(name: str, paths: str, headers: Mapping[str, str], **more: str) -> RouteClass:
    own = {key.replace("_", "-"): value for key, value in more.items()}
    return RouteClass(name, re.compile(paths), {**headers, **own})


# The first whose `paths` match the beginning of the path; PAGE where none does.
ROUTE_CLASSES = (
    _class(
        "desk",
        r"/desk/",
        _OF_DOCUMENTS,
        Content_Security_Policy=(
            "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
            f" img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; {_FORMS}"
        ),
    ),
    # Swagger UI sets styles by the object model alone, and has its drawings in its style sheet.
    _class(
        "docs",
        r"/api/docs/",
        _OF_DOCUMENTS,
        Content_Security_Policy=(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
            f" connect-src 'self'; {_FORMS}"
        ),
    ),
    # Pages of other sites show it in a frame: which ones, the view says.
    _class(
        "frame",
        r"/embed/(?:[^/.]+/)?$",
        _OF_ALL,
        Content_Security_Policy=_NOTHING,
        Cross_Origin_Resource_Policy="cross-origin",
        Permissions_Policy=_PERMISSIONS,
    ),
    # What pages of other sites load: the module of the widget and its texts, pictures of feeds, and what the elements of the
    # Open Heart Protocol fetch without CORS.
    _class(
        "embed",
        r"/(?:embed|static|media|cards|openheart)/",
        _OF_ALL,
        Content_Security_Policy=_NOTHING,
        Cross_Origin_Resource_Policy="cross-origin",
    ),
    # Read by programs. Pages of other origins read some of it by CORS, which this header does not concern.
    _class(
        "data",
        r"/(?:api/(?!problems/)|feeds/|oembed/|\.well-known/"
        r"|(?:healthz|readyz|metrics|robots\.txt|[a-z0-9-]*sitemap[a-z0-9-]*\.xml|manifest\.webmanifest)$)",
        _OF_ALL,
        Content_Security_Policy=_NOTHING,
        Cross_Origin_Resource_Policy="same-origin",
    ),
)
PAGE = _class(
    "page",
    "/",
    _OF_DOCUMENTS,
    Content_Security_Policy=(
        f"{_OWN_FILES}; style-src 'self'; manifest-src 'self'; {_FORMS}; {_NO_HTML_FROM_TEXT}"
    ),
)


def with_security_headers(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, the outermost one: refusals and errors have the headers, too."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        for name, value in class_of(request.path_info, response).headers.items():
            response.setdefault(name, value)
        return response

    return middleware


def class_of(path: str, response: HttpResponseBase) -> RouteClass:
    """The class of the answer; an HTML page at an address of data, such as a 404, is a page."""
    found = next((each for each in ROUTE_CLASSES if each.paths.match(path)), PAGE)
    is_html = response.get("Content-Type", "").startswith("text/html")
    return PAGE if is_html and found.name in {"embed", "data"} else found
