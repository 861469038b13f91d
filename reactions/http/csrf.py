"""Protection of the reaction form against cross-site request forgery, without a cookie.

Pages set no cookie on reading, so Django's double-submit token has nothing to compare. Browsers send where a
request comes from (`Sec-Fetch-Site`, `Origin`, or at least `Referer`), and a page cannot forge these headers:
that is the first check, as in the OWASP cheat sheet on CSRF. The second is the page token in the form: a POST
without it is refused also where a client sends none of these headers.
"""

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from reactions.cache.merges import articles_merged_into
from reactions.readers import is_page_token

Origin = tuple[str | None, str | None, int | None]

_PORTS = {"http": 80, "https": 443}


def is_from_own_form(request: HttpRequest, article_id: UUID) -> bool:
    """Whether the POST comes from the form on the article's page: same site, and with its page token.

    The page of an article that was merged into this one may still be open.
    """
    token = request.POST.get("token", "")
    return is_same_origin(request) and (
        is_page_token(token, article_id)
        or any(is_page_token(token, merged) for merged in articles_merged_into(article_id))
    )


def is_same_origin(request: HttpRequest | Request) -> bool:
    """Whether the request comes from a page of this site, or from a program that is no browser."""
    fetch_site = request.META.get("HTTP_SEC_FETCH_SITE")
    if fetch_site is not None:
        return fetch_site in {"same-origin", "none"}
    source = request.META.get("HTTP_ORIGIN", request.META.get("HTTP_REFERER"))
    return source is None or is_own_origin(request, source)


def is_own_origin(request: HttpRequest | Request, url: str) -> bool:
    """Whether an origin, or the address of a page, is of this installation."""
    return _origin(url) in _own_origins(request)


def _own_origins(request: HttpRequest | Request) -> set[Origin]:
    """The public address, and the one that the request names: a proxy that ends TLS may send a Host of its own."""
    scheme = "https" if settings.HTTPS else request.scheme
    return {_origin(settings.SITE_URL), _origin(f"{scheme}://{request.get_host()}")}


def _origin(url: str) -> Origin:
    """Scheme, host and port of a URL (RFC 6454); None for all of them where it is none."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None, None, None
