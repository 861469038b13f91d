"""The reaction bar's form, for browsers without JavaScript."""

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
from reactions.kinds import BY_KEY, pack
from reactions.moderation.signals import signs_of
from reactions.readers import InvalidToken, find_reader, forget, new_reader, remember
from reactions.record import Refused, set_reactions


@csrf_exempt  # reactions.http.csrf guards it without a cookie
@require_POST
@never_cache
def react(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Sets the reader's reactions to those the pressed button names, and goes back to the story.

    What was not taken is said on the page: `?reaction=` with closed, not_allowed, too_many, unknown,
    or again where the reader's cookie was bad and has been taken back.
    """
    article_id = find_article(slug)
    if article_id is None:
        raise Http404
    if not is_from_own_form(request, article_id):
        raise PermissionDenied("This form came from somewhere else.")
    keys = [key for key in request.POST.get("reactions", "").split(",") if key]
    if not set(keys) <= set(BY_KEY):
        return _back(slug, "unknown")
    try:
        reader = find_reader(request) or new_reader()
    except InvalidToken:
        response = _back(slug, "again")
        forget(response)
        return response
    try:
        change = set_reactions(
            article_id=article_id,
            reader_id=reader.id,
            kinds=pack(keys),
            signs=signs_of(request, reader=reader, article_id=article_id, has_read=True),
        )
    except Refused as refused:
        if refused.reason == "missing":
            raise Http404 from None
        return _back(slug, refused.reason)
    response = _back(slug)
    if change.changed:
        remember(response, reader)
    return response


def _back(slug: str, notice: str = "") -> HttpResponseRedirect:
    address = reverse("articles:story", args=[slug])
    query = f"?reaction={notice}" if notice else ""
    return redirect(f"{address}{query}#reactions")
