"""Sessions of the desk: when one ends by itself, where a user is signed in, and ending one from elsewhere."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import SimpleLazyObject

from articles import audit
from articles.accounts import delete_sessions
from articles.models import DeskSession
from articles.second_factor import must_have_factor
from newsroom.sign_in.browsers import browser_in_words

# In a session: when it began and was last used, in seconds since 1970, and whether a code was given.
_BEGUN, _SEEN, _FACTOR = "begun_at", "seen_at", "second_factor"
# A session that is used writes its row once a minute, not once a request.
_STEP_SECONDS = 60
# What presence.js calls as long as a form is open: a page that is left open is no use of the session.
_OF_PAGES = "/editing/"


class SignedIn(AuthenticationMiddleware):
    """Sets `request.user`; for a session that is over, or lacks a second factor that its user must have, to nobody.

    The session is read where the user is asked for: pages for readers ask for none.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast(User, SimpleLazyObject(partial(_user_of, request)))


def _user_of(request: HttpRequest) -> User | AnonymousUser:
    user = get_user(request)
    if not isinstance(user, User):
        return AnonymousUser()
    session = request.session
    if is_over(session) or (not session.get(_FACTOR) and must_have_factor(user)):
        session.flush()
        return AnonymousUser()
    is_used = not request.path_info.endswith(_OF_PAGES)
    if is_used and time.time() - session[_SEEN] >= _STEP_SECONDS:
        session[_SEEN] = int(time.time())
        DeskSession.objects.filter(pk=session.session_key).update(seen_at=timezone.now())
    return user


def is_over(session: SessionBase) -> bool:
    """Whether it has idled for too long, began too long ago, or is one of a release that noted neither."""
    now = time.time()
    begun, seen = session.get(_BEGUN), session.get(_SEEN)
    if not isinstance(begun, int) or not isinstance(seen, int):
        return True
    return (
        now - seen > settings.SESSION_IDLE.total_seconds()
        or now - begun > settings.SESSION_LIFETIME.total_seconds()
    )


def begin_session(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Runs at each sign-in (Django's user_logged_in), which has made the session."""
    session = request.session
    session[_BEGUN] = session[_SEEN] = int(time.time())
    session.pop(_FACTOR, None)
    note_session(request, user)


def note_end(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    """Runs where a user signs out (Django's user_logged_out)."""
    if isinstance(user, User):
        audit.record("signed out", user, actor=audit.user_actor(user))


def note_session(request: HttpRequest, user: User) -> None:
    """List the session of the request among those of the user; also where it has another key than before."""
    key = request.session.session_key
    if key is None:
        return
    DeskSession.objects.update_or_create(
        session_id=key,
        defaults={
            "user": user,
            "browser": browser_in_words(request.META.get("HTTP_USER_AGENT", "")),
            "begun_at": datetime.fromtimestamp(request.session[_BEGUN], UTC),
            "seen_at": timezone.now(),
        },
    )


def note_factor(session: SessionBase) -> None:
    """A code was given in this session."""
    session[_FACTOR] = True


def forget_factor(session: SessionBase) -> None:
    session.pop(_FACTOR, None)


def sessions_of(user: User) -> Iterable[DeskSession]:
    return user.desk_sessions.filter(session__expire_date__gt=timezone.now())


def name_of(session_key: str | None) -> str:
    """By which a page names a session, whose key is a secret of its browser."""
    return salted_hmac("newsroom.session", session_key or "").hexdigest()[:24]


def end_session(user: User, name: str) -> str | None:
    """End the session of the user that a page named so; returns its browser, None where there is no such session."""
    for each in sessions_of(user):
        if constant_time_compare(name_of(each.pk), name):
            delete_sessions([each.pk])
            return each.browser
    return None


def purge_sessions() -> int:
    """Delete the rows of sessions that are over; returns how many. Safe to repeat."""
    over = Session.objects.filter(expire_date__lt=timezone.now())
    return delete_sessions(list(over.values_list("pk", flat=True)))
