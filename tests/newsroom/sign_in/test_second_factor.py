"""The second factor: setting it up, signing in with it, recovery codes, and who must have it."""

import re
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from articles import second_factor
from articles.models import AuditEntry, DeskSession
from articles.roles import Role

LOGIN, CODE, SET_UP = "/desk/login/", "/desk/login/code/", "/desk/login/set-up/"
OWN, HOME = "/desk/second-factor/", "/desk/"
PASSWORD = "a bridge over the river"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password=PASSWORD, is_staff=True)


@pytest.fixture
def device(ada: User) -> TOTPDevice:
    made: TOTPDevice = TOTPDevice.objects.create(user=ada, name="app")
    return made


@pytest.fixture
def codes(ada: User, device: TOTPDevice) -> list[str]:
    return second_factor.new_recovery_codes(ada)


def password(client: Client, name: str = "ada", to: str = "") -> Any:
    url = f"{LOGIN}?next={to}" if to else LOGIN
    return client.post(url, {"username": name, "password": PASSWORD})


def code_of(key: str, steps: int = 0) -> str:
    """What an app shows: now, or so many half minutes later."""
    totp: Any = TOTP(bytes.fromhex(key))  # type: ignore[no-untyped-call]
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06}"


def set_up_key(client: Client) -> str:
    return str(client.session["second_factor_key"])


def is_signed_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def shown_codes(response: Any) -> list[str]:
    return re.findall(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>", response.content.decode())


def test_a_user_sets_it_up(client: Client, ada: User) -> None:
    password(client)
    other = Client()
    password(other)
    page = client.get(f"{OWN}set-up/")
    assert "<svg viewBox=" in page.content.decode()  # without it a narrow page would cut the code

    code = code_of(set_up_key(client))

    without = client.post(f"{OWN}set-up/", {"code": code, "password": "another"})
    assert "This is not your password." in without.content.decode()
    confirmed = client.post(f"{OWN}set-up/", {"code": code, "password": PASSWORD})

    assert len(shown_codes(confirmed)) == 10
    assert "no-store" in confirmed["Cache-Control"]
    assert second_factor.has_factor(ada)
    assert "second_factor_key" not in client.session
    assert is_signed_in(client)
    assert not is_signed_in(other)  # it was begun without the factor
    assert AuditEntry.objects.latest("pk").action == "second factor set up"


def test_a_wrong_code_sets_nothing_up(client: Client, ada: User) -> None:
    password(client)
    client.get(f"{OWN}set-up/")
    key = set_up_key(client)

    refused = client.post(f"{OWN}set-up/", {"code": code_of(key, steps=9), "password": PASSWORD})

    assert "This is not the code" in refused.content.decode()
    assert not TOTPDevice.objects.exists()
    assert set_up_key(client) == key


def test_one_signs_in_with_password_and_code(client: Client, device: TOTPDevice) -> None:
    first = password(client, to="/desk/account/")
    assert (first.status_code, first["Location"]) == (302, CODE)
    assert not is_signed_in(client)

    second = client.post(CODE, {"code": code_of(device.key)})

    assert (second.status_code, second["Location"]) == (302, "/desk/account/")
    assert is_signed_in(client)


def test_a_password_alone_reaches_nothing(client: Client, device: TOTPDevice) -> None:
    password(client)

    for address in (HOME, "/desk/articles/article/", OWN, "/desk/sessions/"):
        assert client.get(address).status_code == 302
    assert not DeskSession.objects.exists()
    assert client.get(SET_UP)["Location"] == CODE


def test_a_code_is_good_once(device: TOTPDevice) -> None:
    code = code_of(device.key)
    results = []
    for _ in range(2):
        client = Client()
        password(client)
        results.append(client.post(CODE, {"code": code}).status_code)

    assert results == [302, 200]


@pytest.mark.django_db(transaction=True)
def test_a_code_is_good_once_at_one_moment(device: TOTPDevice, ada: User) -> None:
    code, accepted = code_of(device.key), []

    def check() -> None:
        accepted.append(second_factor.check_code(ada, code).accepted)
        connection.close()

    threads = [threading.Thread(target=check) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(accepted) == [False, False, False, True]


def test_wrong_codes_make_one_wait(client: Client, device: TOTPDevice) -> None:
    password(client)
    wrong = code_of(device.key, steps=50)
    first = client.post(CODE, {"code": wrong})
    TOTPDevice.objects.update(throttling_failure_count=8)

    second = client.post(CODE, {"code": code_of(device.key)})

    assert first.status_code == 200
    assert second.status_code == 429
    assert 60 < int(second["Retry-After"]) <= 128
    assert "Try again in" in second.content.decode()
    assert not is_signed_in(client)


def test_a_recovery_code_signs_in_once(client: Client, codes: list[str], ada: User) -> None:
    password(client)

    assert client.post(CODE, {"code": codes[3].upper()}).status_code == 302
    assert is_signed_in(client)
    assert second_factor.recovery_codes_left(ada) == 9
    again = Client()
    password(again)
    assert again.post(CODE, {"code": codes[3]}).status_code == 200
    assert AuditEntry.objects.filter(action="recovery code used").count() == 1


def test_recovery_codes_are_stored_as_hashes(codes: list[str]) -> None:
    stored = set(StaticToken.objects.values_list("token", flat=True))

    assert len(stored) == 10
    assert not stored & {code.replace("-", "") for code in codes}


def test_new_recovery_codes_replace_the_old_ones(
    client: Client, device: TOTPDevice, codes: list[str]
) -> None:
    password(client)
    client.post(CODE, {"code": codes[0]})

    made = client.post(f"{OWN}codes/", {"code": code_of(device.key)})

    new = shown_codes(made)
    assert len(new) == 10
    assert not set(new) & set(codes)
    assert StaticToken.objects.count() == 10


def test_removing_it_asks_for_a_code(client: Client, device: TOTPDevice, ada: User) -> None:
    password(client)
    client.post(CODE, {"code": code_of(device.key)})

    client.post(f"{OWN}remove/", {"code": "000 000"})
    assert second_factor.has_factor(ada)

    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    client.post(f"{OWN}remove/", {"code": code_of(device.key, steps=1)})
    assert not second_factor.has_factor(ada)
    assert is_signed_in(client)
    assert AuditEntry.objects.latest("pk").action == "second factor removed"


def test_a_password_that_was_right_too_long_ago(client: Client, device: TOTPDevice) -> None:
    password(client)
    session: Any = client.session
    session["pending_sign_in"] |= {"at": int(time.time()) - 601}
    session.save()

    answer = client.post(CODE, {"code": code_of(device.key)})

    assert answer["Location"] == LOGIN
    assert not is_signed_in(client)


def test_a_password_that_was_changed_meanwhile(
    client: Client, device: TOTPDevice, ada: User
) -> None:
    password(client)
    ada.set_password("two bridges over the river")
    ada.save()

    assert client.post(CODE, {"code": code_of(device.key)})["Location"] == LOGIN


@pytest.mark.parametrize(
    ("required", "role", "must"),
    [
        ("nobody", Role.PUBLISHER, False),
        ("publishers", Role.AUTHOR, False),
        ("publishers", Role.EDITOR, False),
        ("publishers", Role.PUBLISHER, True),
        ("publishers", None, True),  # an administrator
        ("everyone", Role.STATISTICS, True),
    ],
)
def test_who_must_have_one_sets_it_up_and_reaches_nothing_else(
    client: Client, ada: User, settings: Settings, required: str, role: Role | None, must: bool
) -> None:
    settings.SECOND_FACTOR_REQUIRED = required
    if role:
        ada.groups.add(Group.objects.get(name=role))
    else:
        User.objects.filter(pk=ada.pk).update(is_superuser=True)

    first = password(client)

    assert first["Location"] == (SET_UP if must else HOME)
    assert is_signed_in(client) is not must
    if not must:
        return
    client.get(SET_UP)
    confirmed = client.post(SET_UP, {"code": code_of(set_up_key(client))})
    assert len(shown_codes(confirmed)) == 10
    assert is_signed_in(client)


def test_a_session_from_before_it_was_required_ends(
    client: Client, ada: User, settings: Settings
) -> None:
    password(client)
    assert is_signed_in(client)

    settings.SECOND_FACTOR_REQUIRED = "everyone"

    assert not is_signed_in(client)


def test_an_administrator_resets_that_of_another(
    client: Client, device: TOTPDevice, ada: User
) -> None:
    password(client)
    client.post(CODE, {"code": code_of(device.key)})
    root = Client()
    root.force_login(User.objects.create_superuser("root"))

    root.post("/desk/auth/user/", {"action": "reset_second_factor", "_selected_action": [ada.pk]})

    assert not second_factor.has_factor(ada)
    assert not is_signed_in(client)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.action, entry.object_name) == ("root", "second factor reset", "ada")


def test_who_is_no_administrator_resets_none_of_one(device: TOTPDevice, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_superuser=True)
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(_permissions("view_user", "change_user"))
    client = Client()
    client.force_login(clerk)

    client.post("/desk/auth/user/", {"action": "reset_second_factor", "_selected_action": [ada.pk]})

    assert second_factor.has_factor(ada)
    assert client.get(f"/desk/auth/user/{ada.pk}/password/").status_code == 403
    assert client.post(f"/desk/auth/user/{ada.pk}/change/", {}).status_code == 403


def test_who_is_no_administrator_makes_no_one_mightier(ada: User) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(_permissions("view_user", "change_user"))
    client = Client()
    client.force_login(clerk)
    editors = Group.objects.get(name=Role.EDITOR)

    client.post(
        f"/desk/auth/user/{ada.pk}/change/",
        {
            "username": "ada",
            "is_staff": "on",
            "is_active": "on",
            "is_superuser": "on",
            "groups": [editors.pk],
            "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00",
            "account-TOTAL_FORMS": 0,
            "account-INITIAL_FORMS": 0,
        },
    )

    ada.refresh_from_db()
    assert not ada.is_superuser
    assert not ada.groups.exists()


@pytest.mark.parametrize("name", ["totpdevice", "staticdevice"])
def test_the_desk_shows_no_keys(name: str, db: None) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root"))

    assert root.get(f"/desk/otp_totp/{name}/").status_code == 404
    assert root.get(f"/desk/otp_static/{name}/").status_code == 404


def test_a_command_resets_it(device: TOTPDevice, ada: User) -> None:
    from django.core.management import CommandError, call_command

    call_command("reset_second_factor", "ada")

    assert not second_factor.has_factor(ada)
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("reset_second_factor", "ada")
    with pytest.raises(CommandError, match="There is no user"):
        call_command("reset_second_factor", "bob")


def test_the_lock_of_a_code_ends(device: TOTPDevice, ada: User) -> None:
    TOTPDevice.objects.update(
        throttling_failure_count=3,
        throttling_failure_timestamp=timezone.now() - timedelta(seconds=60),
    )

    assert second_factor.check_code(ada, code_of(device.key)).accepted


def _permissions(*names: str) -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(content_type__app_label="auth", codename__in=names)
