"""Keys of programs: shown once, kept as a hash, limited to their scopes."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from articles.api.api_keys import KeyAuthentication, find_key, issue_key, revoke_keys, scope
from articles.models import ApiKey

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (["x", "--scopes", "stats:write"], "'stats:write' is not a scope; choose among articles:"),
        (["x", "--scopes"], "A key needs a scope; choose among articles:"),
        (["x"], "A key needs a scope; choose among articles:"),
        (["", "--scopes", "stats:read"], "A key needs a name of at most 100 characters."),
        (["x" * 101, "--scopes", "stats:read"], "A key needs a name of at most 100 characters."),
    ],
)
def test_issue_key_refuses_in_one_line(arguments: list[str], refusal: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("issue_key", *arguments)

    assert str(refused.value).startswith(refusal)
    assert "\n" not in str(refused.value)
    assert not ApiKey.objects.exists()
