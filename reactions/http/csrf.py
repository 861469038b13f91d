"""Protection of the reaction form against cross-site request forgery, without a cookie.

Pages set no cookie on reading, so Django's double-submit token has nothing to compare. Browsers send where a
request comes from (`Sec-Fetch-Site`, `Origin`, or at least `Referer`), and a page cannot forge these headers:
that is the first check, as in the OWASP cheat sheet on CSRF. The second is the page token in the form: a POST
without it is refused also where a client sends none of these headers.
"""

from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest
from rest_framework.request import Request

from reactions.readers import is_page_token


def is_from_own_form(request: HttpRequest, article_id: UUID) -> bool:
    """Whether the POST comes from the form on the article's page: same site, and with its page token."""
    return is_same_origin(request) and is_page_token(request.POST.get("token", ""), article_id)


def is_same_origin(request: HttpRequest | Request) -> bool:
    """Whether the request comes from a page of this site, or from a program that is no browser."""
    fetch_site = request.META.get("HTTP_SEC_FETCH_SITE")
    if fetch_site is not None:
        return fetch_site in {"same-origin", "none"}
    source = request.META.get("HTTP_ORIGIN", request.META.get("HTTP_REFERER"))
    return source is None or urlsplit(source).netloc == request.get_host()
