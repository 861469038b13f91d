"""The time zone and the language of a user's account, at the desk alone: pages for readers depend on no user."""

from collections.abc import Callable
from contextlib import ExitStack

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from articles.accounts import zone_named
from articles.models import Account

_DESK = "/desk/"


def in_own_account(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, after the one that knows the user: one query for a page of the desk, none for any other."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(_DESK) or not request.user.is_authenticated:
            return get_response(request)
        account = Account.objects.filter(user_id=request.user.pk).first()
        with ExitStack() as active:
            if account and (zone := zone_named(account.timezone)):
                active.enter_context(timezone.override(zone))
            if account and account.language in settings.DESK_LANGUAGES:
                active.enter_context(translation.override(account.language))
            return get_response(request)

    return middleware
