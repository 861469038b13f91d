"""The accounts of users at the desk: the author that each is, the time zone, and ending their sessions."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction

from articles.models import Account, Author


@transaction.atomic
def link_users(author: Author, users: Collection[User]) -> None:
    """Make these users, and no others, this author. A user is one author at most."""
    Account.objects.filter(author=author).exclude(user__in=users).update(author=None)
    for user in users:
        Account.objects.update_or_create(user=user, defaults={"author": author})


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an account; None where it has none, or one that a newer list of zones no longer has."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


@transaction.atomic
def end_sessions(user: User, *, but: SessionBase | None = None) -> int:
    """End all sessions of the user, except the one that asks; returns how many ended."""
    own = but.session_key if but else None
    return delete_sessions(list(user.desk_sessions.exclude(pk=own).values_list("pk", flat=True)))


def delete_sessions(keys: Collection[str]) -> int:
    _, deleted = Session.objects.filter(pk__in=keys).delete()
    return deleted.get("sessions.Session", 0)
