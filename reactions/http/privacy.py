"""The page that says what is stored, with export and erasure for a browser without JavaScript.

A reader of another site's pages has a token in that site's storage and no cookie here. The widget's link brings it in its
fragment, which no server and no log receives; the page sends it on in a form, as the field `reader`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from articles.models import Article
from reactions.http.csrf import is_from_own_form
from reactions.http.messages import label_of
from reactions.kinds import BY_KEY, unpack
from reactions.readers import (
    InvalidToken,
    Reader,
    delete_reader_cookies,
    find_reader_of_cookie,
    page_token,
    read_token,
    rename_old_cookie,
)
from reactions.record import StoredReaction, erase_reader, export_reader

# The page token of the form, which belongs to no article.
_FORM = UUID(int=0)
# The reactions that the page lists; the export has all.
_LISTED = 50


@dataclass(frozen=True, slots=True)
class ListedReaction:
    """A reaction as the page shows it; `article` is None where its story is not public any more."""

    article: Article | None
    labels: Sequence[str]
    changed_at: datetime | None
    held: bool


@csrf_exempt  # a program with a reader's token may ask the API for the same
@require_http_methods(["GET", "HEAD", "POST"])
def privacy(request: HttpRequest) -> HttpResponse:
    """What is stored, in general and about this reader. `?done=erased` says what a form has done."""
    reader = _find_reader(request)
    stored = export_reader(reader_id=reader.id) if reader else []
    context = {
        "has_reader": reader is not None,
        "reader": _sent_token(request),
        "cookie": settings.READER_COOKIE,
        "months": round(settings.READER_LIFETIME.days / 30.4),
        "counts_views": settings.REACTIONS_COUNT_VIEWS,
        "count": len(stored),
        "listed": _listed(stored[::-1][:_LISTED]),
        "erased": request.GET.get("done") == "erased",
    }
    response = _private(render(request, "reactions/privacy.html", context))
    rename_old_cookie(response, reader)
    return response


@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponseBase:
    """Everything that is stored about this reader, as the API has it, for the browser to save."""
    reader = _find_reader(request)
    stored = export_reader(reader_id=reader.id) if reader else []
    response = JsonResponse(
        {"reactions": [each.as_json() for each in stored]}, json_dumps_params={"indent": 2}
    )
    response["Content-Disposition"] = 'attachment; filename="reactions.json"'
    return _private(response)


@csrf_exempt  # reactions.http.csrf protects it without a cookie
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponseBase:
    """Asks for confirmation; a POST of its form erases the reader and deletes the cookie. Safe to repeat."""
    if request.method != "POST" or "token" not in request.POST:
        reader = _find_reader(request)
        if reader is None:
            return _private(redirect("reactions:privacy"))
        count = len(export_reader(reader_id=reader.id))
        context = {"token": page_token(_FORM), "count": count, "reader": _sent_token(request)}
        return _private(render(request, "reactions/erase.html", context))
    if not is_from_own_form(request, _FORM):
        raise PermissionDenied("This form came from another site.")
    if reader := _find_reader(request):
        erase_reader(reader_id=reader.id)
    response = redirect(f"{reverse('reactions:privacy')}?done=erased")
    if not _sent_token(request):
        delete_reader_cookies(response, request)
    return _private(response)


def _listed(stored: Sequence[StoredReaction]) -> list[ListedReaction]:
    """The reactions with the headlines of their stories, in one query."""
    ids = [each.article_id for each in stored]
    articles = Article.objects.public().only("slug", "headline", "language").in_bulk(ids)
    return [
        ListedReaction(
            articles.get(each.article_id),
            [label_of(BY_KEY[key]) for key in unpack(each.kinds)],
            datetime.fromisoformat(each.changed_at) if each.changed_at else None,
            each.held,
        )
        for each in stored
    ]


def _find_reader(request: HttpRequest) -> Reader | None:
    """The reader of the field `reader`, else of the cookie. None also for a bad one."""
    try:
        if token := _sent_token(request):
            return read_token(token)
        return find_reader_of_cookie(request)
    except InvalidToken:
        return None


def _sent_token(request: HttpRequest) -> str:
    return request.POST.get("reader", "")


Response = TypeVar("Response", bound=HttpResponseBase)


def _private(response: Response) -> Response:
    """Never stored and never compressed: it is one reader's own (decision 30)."""
    patch_cache_control(response, private=True, no_store=True, no_transform=True)
    return response
