"""Is this post from a page of ours? Pages set no cookie on reading, so there is no token in one to compare.

Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`, or at least `Referer`), and a page
cannot make them lie: that is the guard against forged posts, as the Fetch Metadata and Origin checks of
OWASP's cheat sheet. The form's own signed token is the second lock: a post that never saw the form is
refused even where a client says nothing of where it comes from.
"""

from urllib.parse import urlsplit
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

_SIGNER = Signer(salt="newsroom.reactions.form")


def form_token(article_id: UUID) -> str:
    """The hidden field of an article's form: the same for every visitor, so that pages can be cached."""
    return _SIGNER.signature(str(article_id))


def is_from_our_form(request: HttpRequest, article_id: UUID) -> bool:
    return _is_same_site(request) and _has_token(request, article_id)


def _is_same_site(request: HttpRequest) -> bool:
    fetch_site = request.META.get("HTTP_SEC_FETCH_SITE")
    if fetch_site is not None:
        return fetch_site in {"same-origin", "none"}
    source = request.META.get("HTTP_ORIGIN", request.META.get("HTTP_REFERER"))
    return source is None or urlsplit(source).netloc == request.get_host()


def _has_token(request: HttpRequest, article_id: UUID) -> bool:
    try:
        return _SIGNER.unsign(f"{article_id}{_SIGNER.sep}{request.POST.get('token', '')}") != ""
    except BadSignature:
        return False
