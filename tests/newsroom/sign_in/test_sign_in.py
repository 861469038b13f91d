"""Passwords at sign-in: how they are hashed and checked, the session that begins, and when it ends."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import Settings

from articles.models import Article, AuditEntry, DeskSession
from articles.roles import Role
from newsroom.sign_in import sessions
from newsroom.stack.management.commands import prepare
from tests.servers import PROJECT

LOGIN, HOME = "/desk/login/", "/desk/"
PASSWORD = "a bridge over the river"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.org", PASSWORD, is_staff=True)


def sign_in(client: Client, password: str = PASSWORD, to: str = "", **headers: str) -> Any:
    url = f"{LOGIN}?next={to}" if to else LOGIN
    return client.post(url, {"username": "ada", "password": password}, headers=headers)


@pytest.mark.parametrize(
    "password", ["1", "elevenchars", "q1w2e3r4t5y6", "123456789012", "ada@example.org"]
)
def test_a_password_that_can_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="ada", email="ada@example.org"))


@pytest.mark.django_db
def test_the_password_that_is_made_for_the_first_editor_is_none_of_them() -> None:
    password = prepare.create_editor()

    assert password
    validate_password(password, User.objects.get())
    assert AuditEntry.objects.get().object_name == "editor"


def test_a_password_of_an_earlier_release_is_hashed_anew_at_sign_in(
    client: Client, ada: User, settings: Settings
) -> None:
    ada.password = make_password(PASSWORD, hasher="md5")
    ada.save()
    settings.PASSWORD_HASHERS = [
        "newsroom.sign_in.hashers.Argon2",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]

    sign_in(client)

    ada.refresh_from_db()
    assert identify_hasher(ada.password).algorithm == "argon2"
    assert "$m=19456,t=2,p=1$" in ada.password
    assert check_password(PASSWORD, ada.password)


def test_a_session_gets_a_new_key_at_every_sign_in(client: Client, ada: User) -> None:
    sign_in(client)
    first = client.session.session_key

    sign_in(client)

    assert client.session.session_key != first
    assert list(Session.objects.values_list("pk", flat=True)) == [client.session.session_key]


def test_the_cookie_of_a_session(client: Client, ada: User) -> None:
    cookie = sign_in(client).cookies["sessionid"]

    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 12 * 60 * 60


def test_over_https_no_other_host_can_set_the_cookies_of_the_desk(
    client: Client, ada: User, settings: Settings
) -> None:
    names = subprocess.run(
        [
            sys.executable,
            "-c",
            "import newsroom.settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)",
        ],
        cwd=PROJECT,
        env={**os.environ, "SITE_URL": "https://news.example"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = names
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client(enforce_csrf_checks=True)
    client.get(LOGIN, secure=True)
    form = {
        "username": "ada",
        "password": PASSWORD,
        "csrfmiddlewaretoken": client.cookies["__Host-csrftoken"].value,
    }

    signed_in = client.post(LOGIN, form, secure=True, headers={"Referer": "https://testserver/"})

    assert client.get(HOME, secure=True).status_code == 200
    for name in ("__Host-sessionid", "__Host-csrftoken"):  # the browser insists on these for a name
        cookie = signed_in.cookies[name]
        assert (cookie["path"], cookie["domain"], cookie["secure"]) == ("/", "", True)


@pytest.mark.parametrize(
    ("begun", "seen", "status"),
    [
        (timedelta(hours=11), timedelta(hours=11), 200),
        (timedelta(hours=13), timedelta(hours=13), 302),
        (timedelta(days=6), timedelta(0), 200),
        (timedelta(days=8), timedelta(0), 302),
    ],
)
def test_a_session_ends_idle_and_in_the_end(
    client: Client, ada: User, begun: timedelta, seen: timedelta, status: int
) -> None:
    sign_in(client)
    session: Any = client.session
    session["begun_at"] = int(time.time() - begun.total_seconds())
    session["seen_at"] = int(time.time() - seen.total_seconds())
    session.save()

    assert client.get(HOME).status_code == status
    assert Session.objects.count() == (status == 200)


def test_a_session_of_an_earlier_release_ends(client: Client, ada: User) -> None:
    sign_in(client)
    session: Any = client.session
    del session["begun_at"]
    session.save()

    assert client.get(HOME).status_code == 302


def test_a_used_session_is_noted_once_a_minute(client: Client, ada: User) -> None:
    sign_in(client)
    session: Any = client.session
    session["seen_at"] -= 61
    session.save()
    noted = DeskSession.objects.get().seen_at

    client.get("/desk/account/")
    seen = DeskSession.objects.get().seen_at
    client.get("/desk/account/")

    assert noted < seen == DeskSession.objects.get().seen_at
    assert client.session["seen_at"] > time.time() - 30


def test_a_page_that_is_left_open_does_not_prolong_the_session(
    client: Client, ada: User, article: Article
) -> None:
    sign_in(client)
    session: Any = client.session
    session["seen_at"] -= 61
    session.save()

    client.post(f"/desk/articles/article/{article.pk}/editing/")

    assert client.session["seen_at"] == session["seen_at"]


def test_pages_for_readers_touch_no_session(client: Client, ada: User) -> None:
    sign_in(client)

    response = client.get("/")

    assert "Cookie" not in response.get("Vary", "")


def test_a_user_who_is_signed_in_is_led_on(client: Client, ada: User) -> None:
    sign_in(client)

    assert client.get(f"{LOGIN}?next=/desk/account/")["Location"] == "/desk/account/"
    assert client.get(f"{LOGIN}?next=https://evil.example/")["Location"] == HOME


def test_where_one_is_signed_in(client: Client, ada: User) -> None:
    sign_in(client, **{"user-agent": FIREFOX})
    other = Client()
    sign_in(
        other, **{"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari"}
    )

    page = client.get("/desk/sessions/").content.decode()

    assert "Firefox on Windows" in page
    assert "this browser" in page
    assert "Safari on iPhone" in page
    assert str(client.session.session_key) not in page
    assert str(other.session.session_key) not in page


def test_ending_one_session_and_all_others(client: Client, ada: User) -> None:
    sign_in(client)
    one, two, three = Client(), Client(), Client()
    for each in (one, two, three):
        sign_in(each)

    name = sessions.name_of(one.session.session_key)
    client.post("/desk/sessions/", {"end": name})
    assert [each.get(HOME).status_code for each in (client, one, two, three)] == [
        200,
        302,
        200,
        200,
    ]

    client.post("/desk/sessions/", {"others": "1"})
    assert [each.get(HOME).status_code for each in (client, two, three)] == [200, 302, 302]
    assert [e.action for e in AuditEntry.objects.order_by("pk")][-2:] == ["sessions ended"] * 2


def test_the_session_of_another_user_cannot_be_ended(client: Client, ada: User) -> None:
    sign_in(client)
    eve = Client()
    eve.force_login(User.objects.create_user("eve", is_staff=True))

    eve.post("/desk/sessions/", {"end": sessions.name_of(client.session.session_key)})
    eve.post("/desk/sessions/", {"others": "1"})

    assert client.get(HOME).status_code == 200


def test_a_changed_password_ends_the_other_sessions(client: Client, ada: User) -> None:
    other = Client()
    sign_in(client)
    sign_in(other)

    new = "two bridges over the river"
    changed = client.post(
        "/desk/password_change/",
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )

    assert changed.status_code == 302
    assert DeskSession.objects.get().pk == client.session.session_key
    assert [each.get(HOME).status_code for each in (client, other)] == [200, 302]
    assert AuditEntry.objects.latest("pk").action == "password changed"


def test_a_password_that_an_administrator_sets_ends_all_sessions(client: Client, ada: User) -> None:
    sign_in(client)
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    new = "two bridges over the river"

    root.post(
        f"/desk/auth/user/{ada.pk}/password/",
        {"password1": new, "password2": new, "usable_password": "true"},
    )

    assert not DeskSession.objects.filter(user=ada).exists()
    assert client.get(HOME).status_code == 302
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.action, entry.object_name) == ("root", "password changed", "ada")


def test_sessions_that_are_over_are_deleted(client: Client, ada: User) -> None:
    sign_in(client)
    over = Client()
    sign_in(over)
    Session.objects.filter(pk=over.session.session_key).update(expire_date="2020-01-01T00:00Z")

    assert sessions.purge_sessions() == 1
    assert DeskSession.objects.get().pk == client.session.session_key


def test_signing_in_and_failing_to_is_in_the_log_without_what_was_typed(
    client: Client, ada: User
) -> None:
    sign_in(client, "the wrong one")
    client.post(LOGIN, {"username": "my secret typed here", "password": "x"})
    sign_in(client, **{"user-agent": FIREFOX})
    client.post("/desk/logout/")

    entries = AuditEntry.objects.order_by("pk")
    assert [(e.actor, e.action, e.object_name) for e in entries] == [
        ("", "sign-in refused", "ada"),
        ("ada", "signed in", "ada"),
        ("ada", "signed out", "ada"),
    ]
    assert entries[1].note == "Firefox on Windows, for the first time."


def test_a_role_changes_nothing_about_the_session(client: Client, ada: User) -> None:
    ada.groups.add(Group.objects.get(name=Role.AUTHOR))
    sign_in(client)

    assert client.get(HOME).status_code == 200
