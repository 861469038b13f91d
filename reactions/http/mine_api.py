"""A reader's reaction, taken before Django and DRF have done much: the call that decides how many readers a machine bears.

`MineFirst` takes what is plain and is taken. Every refusal and every other method it leaves to the view,
which asks the same functions and says what was wrong; a wish that was refused has changed nothing.
"""

import json
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.urls import reverse

from reactions.cache.slugs import find_article
from reactions.kinds import BY_KEY, pack
from reactions.moderation.signals import signs_of
from reactions.readers import InvalidToken, find_reader, new_reader, remember
from reactions.record import Change, Refused, set_reactions

PRIVATE = "private, no-store"

_LEFT_TO_THE_VIEW = (Refused, InvalidToken, RequestDataTooBig, UnreadablePostError)

# Where the view finds that the database was away: it need not wait for it once more to say so.
DATABASE_AWAY = "reactions.database_away"


class MineFirst:
    """Middleware, to stand where CountsFirst stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._head, self._tail = reverse("mine", args=["*"]).split("*")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if (
            request.method == "PUT"
            and path.startswith(self._head)
            and path.endswith(self._tail)
            and (response := _answer(request, path[len(self._head) : -len(self._tail)]))
        ):
            return response
        return self._get_response(request)


def _send(change: Change) -> HttpResponse:
    body = json.dumps(change.as_json(), separators=(",", ":"), ensure_ascii=False)
    return HttpResponse(body, content_type="application/json", headers={"Cache-Control": PRIVATE})


def _answer(request: HttpRequest, address: str) -> HttpResponse | None:
    request.get_host()  # refuses a host that is not ours, as CommonMiddleware does
    try:
        kinds = _plain_wish(request)
        article_id = None if kinds is None else find_article(address)
        if kinds is None or article_id is None:
            return None
        reader = find_reader(request) or new_reader()
        signs = signs_of(request, reader=reader, article_id=article_id)
        change = set_reactions(article_id=article_id, reader_id=reader.id, kinds=kinds, signs=signs)
    except _LEFT_TO_THE_VIEW:
        return None
    except (OperationalError, InterfaceError) as error:
        request.META[DATABASE_AWAY] = error
        return None
    response = _send(change)
    if change.changed:
        remember(response, reader)
    return response


def _plain_wish(request: HttpRequest) -> int | None:
    """The set that a plain body asks for; None where the view has something to say about it."""
    if request.content_type != "application/json":
        return None
    try:
        wish = json.loads(request.body)
        if type(wish) is not dict or len(wish) != 1:
            return None
        keys = wish["reactions"]
        is_plain = type(keys) is list and all(type(key) is str and key in BY_KEY for key in keys)
        return pack(keys) if is_plain and len(set(keys)) == len(keys) else None
    except (ValueError, KeyError, RecursionError):
        return None
