"""A sign-in whose password was right and whose second factor is missing: nobody is signed in yet."""

import time

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

_PENDING = "pending_sign_in"
_SECONDS = 600


def begin(request: HttpRequest, user: User, *, name: str, to: str) -> None:
    """Note whose password was right, in a session that is new: nobody knows its key from before."""
    request.session.flush()
    request.session[_PENDING] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "backend": getattr(user, "backend", ""),
        "name": name,
        "to": to,
        "at": int(time.time()),
    }
    request.session.set_expiry(_SECONDS)


def user_of(request: HttpRequest) -> User | None:
    """Whose password was right, ten minutes ago at most, and is the same; None otherwise."""
    noted = request.session.get(_PENDING)
    if not noted or time.time() - noted["at"] > _SECONDS:
        return None
    user = User.objects.filter(pk=noted["user"], is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(noted["password"], user.get_session_auth_hash()):
        return None
    user.backend = noted["backend"]  # as authenticate() sets it
    return user


def typed_name(request: HttpRequest) -> str:
    return str(request.session.get(_PENDING, {}).get("name", ""))


def next_address(request: HttpRequest) -> str:
    return str(request.session.get(_PENDING, {}).get("to", ""))
