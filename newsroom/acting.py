"""A middleware by which the audit log knows who acts in a request: the user of the desk, or the program of the key."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from articles.api.api_keys import WrongKey, key_of
from articles.audit import Actor, acting, user_actor
from articles.models import ActorKind

_DESK = "/desk/"


def as_caller(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Nothing is read unless something is recorded."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with acting(lambda: _caller(request)):
            return get_response(request)

    return middleware


def _caller(request: HttpRequest) -> Actor:
    if not request.path_info.startswith(_DESK):
        try:
            key = key_of(request)
        except WrongKey:
            key = None
        return Actor(ActorKind.KEY, key.name, key.prefix) if key else Actor(ActorKind.SYSTEM, "web")
    user = getattr(request, "user", None)
    # Signing in, no user is there before the entry about it.
    return user_actor(user) if user and user.is_authenticated else Actor(ActorKind.USER)
