"""The widget's form, for browsers without JavaScript."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from reactions.cache.slugs import find_article
from reactions.http.csrf import is_from_own_form
from reactions.http.following import set_on_current
from reactions.kinds import BY_KEY, pack
from reactions.moderation.rate_limits import NEW_READERS, take
from reactions.readers import (
    InvalidToken,
    Reader,
    find_reader,
    new_reader,
    rename_old_cookie,
    set_reader_cookie,
)
from reactions.record import ReactionRefused

# The query parameter of a POST that is sent for the second time.
_REPEATED = "repeated"


@csrf_exempt  # reactions.http.csrf protects it without a cookie
@require_POST
@never_cache
def react(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Sets the reader's reactions to those that the pressed button names, and redirects to the article.

    A browser without a reader's cookie gets one first, and sends the form once more. The page says what was not
    accepted, by `?reaction=`: closed, not_allowed, too_many, unknown, no_cookie where the browser has kept none, or
    too_many_readers where the network is over its limit.
    """
    article_id = find_article(slug)
    if article_id is None:
        raise Http404
    if not is_from_own_form(request, article_id):
        raise PermissionDenied("This form came from another site.")
    keys = [key for key in request.POST.get("reactions", "").split(",") if key]
    if not set(keys) <= set(BY_KEY):
        return _back(slug, "unknown")
    reader = _find_reader(request)
    if reader is None:
        return _set_cookie_first(request, slug)
    try:
        set_on_current(
            request,
            article_id=article_id,
            reader_id=reader.id,
            kinds=pack(keys),
            has_page_token=True,
        )
    except ReactionRefused as refused:
        if refused.reason == "missing":
            raise Http404 from None
        return _back(slug, refused.reason)
    response = _back(slug)
    rename_old_cookie(response, reader)
    return response


def _find_reader(request: HttpRequest) -> Reader | None:
    """None also for a bad cookie: a new one replaces it."""
    try:
        return find_reader(request)
    except InvalidToken:
        return None


def _set_cookie_first(request: HttpRequest, slug: str) -> HttpResponseRedirect:
    """A new reader's cookie, and a 307: the browser sends method and body again, with the cookie. Only once.

    So every POST that records something may be repeated, by a proxy as by the reader, and counts once.
    """
    if _REPEATED in request.GET:
        return _back(slug, "no_cookie")
    if take(NEW_READERS, request):
        return _back(slug, "too_many_readers")
    address = reverse("reactions:react", args=[slug])
    response = redirect(f"{address}?{_REPEATED}=1", preserve_request=True)
    set_reader_cookie(response, new_reader())
    return response


def _back(slug: str, notice: str = "") -> HttpResponseRedirect:
    address = reverse("articles:article", args=[slug])
    query = f"?reaction={notice}" if notice else ""
    return redirect(f"{address}{query}#reactions")
