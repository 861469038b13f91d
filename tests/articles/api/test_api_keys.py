"""Keys of programs: shown once, kept as a hash, limited to their scopes, ended at once."""

import hashlib
import json
import time
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from articles.api.api_keys import (
    KeyAuthentication,
    _matches,
    _note_use,
    find_key,
    issue_key,
    revoke_keys,
    rotate_key,
    scope,
)
from articles.models import ApiKey
from tests.races.rival import at_once, held_open
from tests.worker import worker

pytestmark = pytest.mark.django_db

MY_KEY = "/api/v1/keys/me/"


class Guarded(APIView):
    authentication_classes = [KeyAuthentication]
    permission_classes: list[type[BasePermission]] = [scope("stats:read")]

    def get(self, request: Request) -> Response:
        assert isinstance(request.auth, ApiKey)
        return Response({"name": request.auth.name})


def call(authorization: str = "") -> Response:
    headers = {"authorization": authorization} if authorization else {}
    response = Guarded.as_view()(APIRequestFactory().get("/", headers=headers))
    assert isinstance(response, Response)
    return response


@pytest.fixture
def key() -> str:
    return issue_key(name="Dashboard", scopes=["stats:read"])


def test_a_key_is_found_by_its_secret_and_kept_as_a_hash(key: str) -> None:
    found = find_key(key)

    assert found
    assert (found.name, found.scopes) == ("Dashboard", ["stats:read"])
    assert key.encode() not in bytes(found.secret_hash)


@pytest.mark.parametrize("wrong", ["", "x", "nr_", "nr__", "nr_\0_x", "Ω", "nr_0000000000_x"])
def test_an_invalid_key_finds_none(key: str, wrong: str) -> None:
    assert find_key(wrong) is None
    assert find_key(key[:-1]) is None
    assert find_key(f"x{key}") is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Api-Key"])
def test_a_key_with_the_scope_may_call(key: str, scheme: str) -> None:
    response = call(f"{scheme} {key}")

    assert (response.status_code, response.data) == (200, {"name": "Dashboard"})


@pytest.mark.parametrize("authorization", ["", "Reader abc", "Basic abc"])
def test_a_call_without_a_key_is_401(authorization: str) -> None:
    response = call(authorization)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer x", "Api-Key nr_a_b", "Bearer Ω\xff"])
def test_a_wrong_key_is_401(authorization: str) -> None:
    response = call(authorization.encode("latin-1", "replace").decode("latin-1"))

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_revoked_key_is_401(key: str) -> None:
    assert revoke_keys(ApiKey.objects.all()) == 1
    assert revoke_keys(ApiKey.objects.all()) == 0

    assert call(f"Bearer {key}").status_code == 401


def test_a_key_without_the_scope_is_403() -> None:
    key = issue_key(name="Importer", scopes=["articles:write"])

    response = call(f"Bearer {key}")

    assert response.status_code == 403
    assert "stats:read" in str(response.data)


def test_the_last_use_is_recorded_once_a_minute(key: str) -> None:
    call(f"Bearer {key}")
    first = ApiKey.objects.get().last_used_at
    call(f"Bearer {key}")

    assert first
    assert ApiKey.objects.get().last_used_at == first

    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    call(f"Bearer {key}")
    assert ApiKey.objects.get().last_used_at != first - timedelta(minutes=2)


def use(key: str, client: Client | None = None) -> Any:
    return (client or Client()).get(MY_KEY, headers={"Authorization": f"Bearer {key}"})


def test_a_copy_of_the_database_alone_verifies_no_key(key: str, settings: Settings) -> None:
    stored = bytes(ApiKey.objects.get().secret_hash)

    assert stored != hashlib.sha256(key.encode()).digest()
    settings.API_KEY_HASH_KEY = "another"
    assert find_key(key) is None


def test_a_key_of_an_earlier_release_is_still_good(key: str) -> None:
    ApiKey.objects.update(secret_hash=hashlib.sha256(key.encode()).digest())

    assert find_key(key)
    assert find_key(f"{key}x") is None


def test_a_secret_is_compared_within_a_fifth_of_a_millisecond(key: str) -> None:
    wrong = b"x" * 32  # compared with both hashes
    before = time.thread_time()
    for _ in range(1_000):
        _matches(key, wrong)

    assert time.thread_time() - before < 0.2


def test_every_call_costs_one_query_and_that_of_the_first_use(
    key: str, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    use(key)

    for _ in range(50):
        with django_assert_num_queries(1):
            assert use(key, client).status_code == 200


def test_a_key_ends_when_it_expires(key: str) -> None:
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    before = use(key)
    ApiKey.objects.update(expires_at=timezone.now())
    after = use(key)

    assert (before.status_code, after.status_code) == (200, 401)
    assert after.json()["code"] == "key_expired"
    # One who has not the secret is not told that there was such a key.
    assert use(f"{key}x").json()["code"] == "authentication_failed"


def test_a_key_says_what_it_is_and_may_do(settings: Settings) -> None:
    settings.KEY_WRITES_PER_MINUTE = 600
    expires_at = timezone.now() + timedelta(days=30)
    key = issue_key(name="CMS", scopes=["articles:read", "webhooks:manage"], expires_at=expires_at)

    response = use(key)

    answer = response.json()
    assert response["Cache-Control"] == "private, no-store"
    assert answer.keys() == {
        *("name", "prefix", "scopes", "created_at", "expires_at", "last_used_at"),
        *("old_key_valid_until", "limits"),
    }
    assert (answer["name"], answer["scopes"]) == ("CMS", ["articles:read", "webhooks:manage"])
    assert answer["prefix"] == key.split("_")[1]
    assert answer["expires_at"].endswith("Z")
    assert answer["last_used_at"] == f"{ApiKey.objects.get().last_used_at:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert answer["limits"] == [{"policy": "key-writes", "quota": 600, "window_seconds": 60}]
    assert Client().get(MY_KEY).status_code == 401
    assert key.split("_", 2)[2] not in response.content.decode()


# --- rotation


def rotate(key: str, body: object = None) -> Any:
    return Client().post(
        f"{MY_KEY}rotate/",
        json.dumps(body or {}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )


def test_both_secrets_are_valid_until_the_stated_time(key: str) -> None:
    response = rotate(key, {"overlap_seconds": 3600})

    answer = response.json()
    new = answer["key"]
    assert (response.status_code, response["Cache-Control"]) == (201, "private, no-store")
    until = ApiKey.objects.get().old_key_valid_until
    assert until
    assert 3590 < (until - timezone.now()).total_seconds() <= 3600
    assert answer["old_key_valid_until"] == f"{until:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert answer["prefix"] == key.split("_")[1] == new.split("_")[1]
    assert [use(each).status_code for each in (key, new)] == [200, 200]

    ApiKey.objects.update(old_key_valid_until=timezone.now())
    assert [use(each).status_code for each in (key, new)] == [401, 200]
    assert use(key).json()["code"] == "key_expired"


def test_an_answer_that_got_lost_is_asked_for_again_with_the_old_secret(key: str) -> None:
    lost = rotate(key).json()
    again = rotate(key, {"overlap_seconds": 60}).json()

    assert again["old_key_valid_until"] == lost["old_key_valid_until"]
    statuses = [use(each).status_code for each in (key, lost["key"], again["key"])]
    assert statuses == [200, 401, 200]


def test_a_second_rotation_ends_the_first_secret(key: str) -> None:
    second = rotate(key).json()["key"]
    third = rotate(second).json()["key"]

    assert [use(each).status_code for each in (key, second, third)] == [401, 200, 200]


def test_without_an_overlap_the_old_secret_ends_at_once(key: str) -> None:
    new = rotate(key, {"overlap_seconds": 0}).json()["key"]

    assert [use(each).status_code for each in (key, new)] == [401, 200]


@pytest.mark.parametrize(
    "body", [{"overlap_seconds": -1}, {"overlap_seconds": 2_592_001}, {"x": 1}]
)
def test_a_rotation_is_refused_by_its_field(key: str, body: dict[str, int]) -> None:
    response = rotate(key, body)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [*body]
    assert ApiKey.objects.get().old_secret_hash is None


@pytest.mark.parametrize(
    ("body", "status"),
    [("", 201), ("{}", 201), ("[]", 400), ("0", 400), ("false", 400), ('""', 400), ("null", 400)],
)
def test_a_rotation_takes_an_object_or_no_body(key: str, body: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {key}"}

    response = Client().post(f"{MY_KEY}rotate/", body, "application/json", headers=headers)

    assert response.status_code == status


def test_no_rotation_revives_a_key(key: str) -> None:
    row = ApiKey.objects.get()
    revoke_keys([row])

    with pytest.raises(ValueError, match="revoked"):
        rotate_key(row)
    ApiKey.objects.update(revoked_at=None, expires_at=timezone.now())
    with pytest.raises(ValueError, match="expired"):
        rotate_key(row)


# --- the last use, and the end


def test_commands_rotate_and_revoke_a_key(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    prefix = key.split("_")[1]

    call_command("rotate_key", prefix, overlap=2)
    new, said = capsys.readouterr()
    assert "valid until" in said
    assert {call(f"Bearer {each}").status_code for each in (key, new.strip())} == {200}

    call_command("list_keys")
    listed = capsys.readouterr().out
    assert listed.split("\t")[:4] == [prefix, "Dashboard", "stats:read", "Valid"]
    assert new.strip() not in listed

    call_command("revoke_key", prefix)
    call_command("revoke_key", prefix)
    said = capsys.readouterr().out
    assert said == "Ended 1; 0 had been ended before.\nEnded 0; 1 had been ended before.\n"
    assert {call(f"Bearer {each}").status_code for each in (key, new.strip())} == {401}


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        ("rotate_key", ["nothing"], "There is no key"),
        ("rotate_key", ["{prefix}", "--overlap=-1"], "at most"),
        ("rotate_key", ["{prefix}", "--overlap=99999999999999"], "at most"),
        ("revoke_key", ["{prefix}", "nothing"], "There is no key"),
    ],
)
def test_a_command_about_a_key_is_refused_in_a_line(
    key: str, command: str, arguments: list[str], says: str
) -> None:
    prefix = key.split("_")[1]

    with pytest.raises(CommandError, match=says):
        call_command(command, *(each.format(prefix=prefix) for each in arguments))

    assert call(f"Bearer {key}").status_code == 200


def test_a_thousand_calls_write_the_row_once_at_most(key: str, client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        for _ in range(1_000):
            use(key, client)

    assert len([each for each in queries if each["sql"].startswith("UPDATE")]) == 1


@pytest.mark.django_db(transaction=True)
def test_calls_at_once_note_one_use() -> None:
    key = issue_key(name="Dashboard", scopes=["stats:read"])

    answers = at_once([lambda: use(key)] * 20)

    assert {answer.status_code for answer in answers} == {200}
    shown = {answer.json()["last_used_at"] for answer in answers}
    stored = ApiKey.objects.get().last_used_at
    assert stored
    assert shown <= {None, f"{stored:%Y-%m-%dT%H:%M:%S.%fZ}"}


def test_a_process_that_read_the_row_before_another_noted_the_use_notes_none(key: str) -> None:
    row, as_another_read_it = ApiKey.objects.get(), ApiKey.objects.get()

    _note_use(row)
    _note_use(as_another_read_it)

    assert row.last_used_at
    assert as_another_read_it.last_used_at is None
    assert ApiKey.objects.get().last_used_at == row.last_used_at


@pytest.mark.django_db(transaction=True)
def test_no_call_waits_for_the_row_of_its_key() -> None:
    key = issue_key(name="Dashboard", scopes=["stats:read"])

    with held_open(lambda: ApiKey.objects.update(last_used_at=timezone.now())):
        answers = at_once([lambda: use(key)] * 20)

    # Where one had waited, it would have waited for the lock's time-out, and been answered 503.
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["last_used_at"] for answer in answers} == {None}
    assert ApiKey.objects.get().last_used_at is None


@pytest.mark.django_db(transaction=True)
def test_a_revoked_key_is_401_on_every_worker_at_once() -> None:
    key = issue_key(name="Dashboard", scopes=["stats:read"])
    headers = {"Authorization": f"Bearer {key}"}

    with ExitStack() as stack:
        workers = [stack.enter_context(worker()) for _ in range(4)]
        before = [each.ask("GET", MY_KEY, headers)[0] for each in workers]
        revoke_keys(ApiKey.objects.all())
        after = [each.ask("GET", MY_KEY, headers)[0] for each in workers]

    assert (before, after) == ([200] * 4, [401] * 4)


def test_options_recognises_no_key(key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}

    with CaptureQueriesContext(connection) as queries:
        response = Client().options(MY_KEY, headers=headers)

    assert (response.status_code, len(queries)) == (204, 0)


def test_an_unknown_scope_is_no_permission() -> None:
    with pytest.raises(ValueError, match="is not a scope"):
        scope("stats:write")


def test_issue_key_prints_nothing_but_the_key(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("issue_key", "Dashboard", "--scopes", "stats:read", "articles:write")

    out, err = capsys.readouterr()
    found = find_key(out.removesuffix("\n"))
    assert found
    assert found.scopes == ["articles:write", "stats:read"]
    assert out.strip() not in err


def test_issue_key_says_when_the_key_expires(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("issue_key", "CMS", "--scopes", "articles:read", "--expires", "30")

    out, err = capsys.readouterr()
    expires_at = ApiKey.objects.get().expires_at
    assert expires_at
    assert timedelta(days=29) < expires_at - timezone.now() <= timedelta(days=30)
    assert f"{expires_at:%d %B %Y}" in err
    assert find_key(out.strip())


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (["x", "--scopes", "stats:write"], "'stats:write' is not a scope; choose among articles:"),
        (["x", "--scopes"], "A key needs a scope; choose among articles:"),
        (["x"], "A key needs a scope; choose among articles:"),
        (["", "--scopes", "stats:read"], "A key needs a name of at most 100 characters."),
        (
            ["x", "--scopes", "stats:read", "--expires", "0"],
            "A key expires after 1 to 3650 days.",
        ),
        (
            ["x", "--scopes", "stats:read", "--expires", "99999"],
            "A key expires after 1 to 3650 days.",
        ),
        (["x" * 101, "--scopes", "stats:read"], "A key needs a name of at most 100 characters."),
    ],
)
def test_issue_key_refuses_in_one_line(arguments: list[str], refusal: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("issue_key", *arguments)

    assert str(refused.value).startswith(refusal)
    assert "\n" not in str(refused.value)
    assert not ApiKey.objects.exists()
