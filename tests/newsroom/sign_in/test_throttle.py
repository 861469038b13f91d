"""Wrong passwords are limited by account and by network, and the answer says nothing about the account."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from pytest_django import Settings

from newsroom.sign_in.throttle import hash_name
from tests.reactions.rate_limits import nothing_taken

LOGIN = "/desk/login/"
PASSWORD = "a bridge over the river"


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> Iterator[None]:
    settings.SIGN_INS_PER_ACCOUNT_HOUR, settings.SIGN_INS_PER_ACCOUNT_AT_ONCE = 60, 3
    settings.SIGN_INS_PER_NETWORK_HOUR, settings.SIGN_INS_PER_NETWORK_AT_ONCE = 60, 8
    with nothing_taken():
        yield


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password=PASSWORD, is_staff=True)


def try_to(client: Client, name: str = "ada", password: str = "", **headers: str) -> Any:
    return client.post(LOGIN, {"username": name, "password": password or "wrong"}, headers=headers)


def test_a_fourth_wrong_password_is_refused_and_so_is_the_right_one(
    client: Client, ada: User
) -> None:
    statuses = [try_to(client).status_code for _ in range(4)]

    right = try_to(client, password=PASSWORD)

    assert statuses == [200, 200, 200, 429]
    assert right.status_code == 429
    assert 1 <= int(right.headers["Retry-After"]) <= 180
    assert "Too many tries. Try again in " in right.content.decode()
    assert "sessionid" not in client.cookies


def test_a_name_that_does_not_exist_gets_the_same_answers(client: Client, ada: User) -> None:
    answers = {}
    for name in ("ada", "bob"):
        found = [try_to(client, name) for _ in range(4)]
        pages = [answer.content.decode() for answer in found]
        answers[name] = [
            (answer.status_code, "Too many tries" in page, "Please enter the correct" in page)
            for answer, page in zip(found, pages, strict=True)
        ]

    assert answers["ada"] == answers["bob"]


def test_a_name_in_other_letters_is_the_same_account(client: Client, ada: User) -> None:
    for name in ("ada", "ADA", " Ada"):
        try_to(client, name)

    assert try_to(client, "aDa").status_code == 429


def test_one_network_tries_many_names_no_longer(client: Client, ada: User) -> None:
    statuses = [try_to(client, f"name {each}").status_code for each in range(9)]

    assert statuses == [200] * 8 + [429]


def test_other_networks_are_told_apart_behind_a_proxy(
    client: Client, ada: User, settings: Settings
) -> None:
    settings.TRUSTED_PROXY_HOPS = 1
    for each in range(8):
        try_to(client, f"name {each}", **{"x-forwarded-for": "192.0.2.1"})

    claimed = try_to(client, "eve", **{"x-forwarded-for": "198.51.100.7, 192.0.2.9"})
    other = try_to(client, "eve", **{"x-forwarded-for": "198.51.100.7"})

    assert claimed.status_code == 429  # of 192.0.2.0/24, whatever it claims
    assert other.status_code == 200


def test_right_passwords_take_nothing_from_the_limits(ada: User) -> None:
    statuses = [try_to(Client(), password=PASSWORD).status_code for _ in range(10)]

    assert statuses == [302] * 10


def test_who_guesses_at_a_name_locks_no_browser_out_that_signed_in_before(ada: User) -> None:
    own = Client()
    try_to(own, password=PASSWORD)
    own.post("/desk/logout/")
    for _ in range(5):
        try_to(Client())

    assert try_to(Client(), password=PASSWORD).status_code == 429
    assert try_to(own, password=PASSWORD).status_code == 302


def test_a_known_browser_has_a_limit_too_and_is_known_for_its_account_alone(ada: User) -> None:
    User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    bobs = f"desk_browser_{hash_name('bob')[:8]}"
    own = Client()
    try_to(own, password=PASSWORD)
    own.post("/desk/logout/")

    assert [try_to(own).status_code for _ in range(4)] == [200, 200, 200, 429]
    (cookie,) = [name for name in own.cookies if name.startswith("desk_browser_")]
    stolen = Client()
    stolen.cookies[bobs] = own.cookies[cookie].value
    for _ in range(3):
        try_to(stolen, "bob")
    assert try_to(stolen, "bob", PASSWORD).status_code == 429


def test_without_redis_each_process_has_a_ceiling(client: Client, ada: User) -> None:
    with override_settings(REDIS_URL="unix:///nowhere/valkey.sock"):
        statuses = [try_to(client).status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]
