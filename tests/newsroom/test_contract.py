"""What holds for every call of the API, those of tomorrow included: each is found in the URLconf."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from articles.api.api_keys import SCOPES, KeyAuthentication, issue_key
from articles.api.views import ApiView
from reactions.models import Wave, WebhookEndpoint
from reactions.readers import new_reader
from tests.api_document import read_document
from tests.conftest import PublishArticle

ROOT = "/api/v1/"


@dataclass(frozen=True)
class Call:
    method: str
    path: str  # as OpenAPI writes it
    view: type[ApiView]

    @property
    def url(self) -> str:
        """An address of the call; nothing has to be there."""
        path = self.path.replace("{wave}", "1").replace("{webhook}", "1").replace("{kind}", "love")
        return path.replace("{article}", "x").replace("{delivery}", str(UUID(int=1)))

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def list_patterns(resolver: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        route = f"{prefix}{each.pattern}"
        if isinstance(each, URLResolver):
            yield from list_patterns(each, route)
        else:
            yield route, each


@cache
def list_views() -> list[tuple[str, Any]]:
    """The paths below /api/v1/, with their views."""
    found: dict[str, Any] = {}
    for route, pattern in list_patterns(get_resolver()):
        if f"/{route}".startswith(ROOT):
            path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
            found.setdefault(path, getattr(pattern.callback, "view_class", None))
    return sorted(found.items())


@cache
def list_calls() -> list[Call]:
    return [
        Call(method, path, view)
        for path, view in list_views()
        for method in view.http_method_names
        if method not in {"options", "head"} and hasattr(view, method)
    ]


def operation(call: Call) -> Any:
    return read_document()["paths"][call.path][call.method]


def header_of(call: Call) -> dict[str, str]:
    """What the call needs, as OpenAPI says: a key, a reader's token, or nothing."""
    schemes = {name for each in operation(call).get("security", []) for name in each}
    if "key" in schemes:
        key = issue_key(name="contract", scopes=SCOPES)
        return {"Authorization": f"Bearer {key}"}
    return {"Authorization": f"Reader {new_reader().token}"} if "readerToken" in schemes else {}


def send(client: Client, call: Call, query: str = "", **headers: str) -> Any:
    url = f"{call.url}{query}"
    return client.generic(
        call.method.upper(), url, b"{}", content_type="application/json", headers=headers
    )


every_call = pytest.mark.parametrize("call", list_calls(), ids=str)


def test_every_view_has_the_base_of_all() -> None:
    assert len(list_views()) > 30
    assert [path for path, view in list_views() if not issubclass(view, ApiView)] == []


@every_call
def test_an_unknown_or_repeated_parameter_is_refused_by_name(
    client: Client, db: None, call: Call
) -> None:
    headers = header_of(call)
    known = call.view.query_parameters.get(call.method, ())

    unknown = send(client, call, "?nonsense=1", **headers)
    repeated = {name: send(client, call, f"?{name}=1&{name}=2", **headers) for name in known}

    assert (unknown.status_code, unknown["Content-Type"]) == (400, "application/problem+json")
    assert unknown.json()["errors"][0]["field"] == "nonsense"
    assert unknown.json()["errors"][0]["code"] == "unknown"
    for name, answer in repeated.items():
        assert answer.status_code == 400
        assert answer.json()["errors"] == [
            {"field": name, "code": "repeated", "detail": "The parameter is there twice."}
        ]


@every_call
def test_openapi_lists_the_parameters_that_the_view_accepts(call: Call) -> None:
    described = {
        each["name"] for each in operation(call).get("parameters", []) if each["in"] == "query"
    }

    assert described == {*call.view.query_parameters.get(call.method, ())}


def test_openapi_describes_every_call_and_no_other() -> None:
    described = {
        f"{method.upper()} {path}"
        for path, operations in read_document()["paths"].items()
        for method in operations
    }

    assert described == {str(call) for call in list_calls()}


def takes(call: Call, scheme: str) -> bool:
    return any(scheme in each for each in operation(call).get("security", []))


def needs_key(call: Call) -> bool:
    return takes(call, "key") and {} not in operation(call)["security"]


of_keys = pytest.mark.parametrize("call", [c for c in list_calls() if needs_key(c)], ids=str)
of_optional_keys = pytest.mark.parametrize(
    "call", [c for c in list_calls() if takes(c, "key") and not needs_key(c)], ids=str
)
of_readers = pytest.mark.parametrize(
    "call", [c for c in list_calls() if takes(c, "readerToken")], ids=str
)


@of_keys
def test_a_call_of_programs_names_the_key_that_it_needs(
    client: Client, db: None, call: Call
) -> None:
    token = new_reader().token
    sent = {"": "", "Reader": f"Reader {token}", "Basic": "Basic YTpi"}

    for scheme, given in sent.items():
        answer = send(client, call, Authorization=given)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert "Authorization: Bearer <key>" in answer.json()["detail"]
        assert scheme in answer.json()["detail"]


@of_optional_keys
def test_a_call_that_a_key_may_come_with_refuses_other_credentials(
    client: Client, publish_article: PublishArticle, call: Call
) -> None:
    publish_article(slug="x")
    sent = ["Token nr_0_0", "Basic YTpi", f"Reader {new_reader().token}", "nr_0_0"]

    answers = [send(client, call, Authorization=given) for given in sent]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_scheme")
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert "Authorization: Bearer <key>" in answer.json()["detail"]
        assert "nr_" not in answer.json()["detail"]
    assert send(client, call).status_code == 200


def test_every_call_that_reads_a_key_says_so_in_openapi() -> None:
    reading = [
        each for each in list_calls() if KeyAuthentication in each.view.authentication_classes
    ]

    assert [str(each) for each in reading if not takes(each, "key")] == []


@of_readers
def test_a_call_of_readers_refuses_other_credentials(client: Client, db: None, call: Call) -> None:
    reader = new_reader()
    client.cookies[settings.READER_COOKIE] = reader.token
    key = issue_key(name="contract", scopes=SCOPES)
    sent = [f"Bearer {key}", f"Bearer {reader.token}", f"Api-Key {key}", "Basic YTpi", reader.token]

    answers = [send(client, call, Authorization=given) for given in sent]

    for answer in answers:
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Reader")
        assert "Authorization: Reader <token>" in answer.json()["detail"]
        assert reader.token not in answer.json()["detail"]


with_body = pytest.mark.parametrize(
    "call", [c for c in list_calls() if "requestBody" in operation(c)], ids=str
)


@with_body
def test_a_compressed_body_is_415_and_says_so(
    client: Client, publish_article: PublishArticle, call: Call
) -> None:
    article, now = publish_article(slug="x"), timezone.now()
    WebhookEndpoint.objects.create(pk=1, url="https://app.example/", types=[])
    counted = {"size": 1, "networks": [1], "network_count": 1}
    Wave.objects.create(pk=1, article_id=article.pk, started_at=now, last_at=now, **counted)
    headers = {**header_of(call), "Content-Encoding": "gzip"}
    for body in (gzip.compress(b"{}"), b"{}"):
        answer = client.generic(
            call.method.upper(), call.url, body, "application/json", headers=headers
        )

        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
        assert "Content-Encoding" in answer.json()["detail"]
        assert answer["Accept-Encoding"] == "identity"


@every_call
def test_a_method_that_does_not_exist_is_405_whoever_asks(
    client: Client, db: None, call: Call
) -> None:
    methods = {"get", "post", "put", "patch", "delete", "trace"}
    missing = [each for each in methods if not hasattr(call.view, each)]

    for method in missing:
        answer = client.generic(method.upper(), call.url)

        assert (answer.status_code, method) == (405, method)
        assert call.method.upper() in answer["Allow"].split(", ")
        assert answer["Content-Type"] == "application/problem+json"
    assert client.options(call.url)["Allow"].split(", ")[-1] == "OPTIONS"


@every_call
def test_an_address_without_its_slash_is_404_and_says_so(
    client: Client, db: None, call: Call
) -> None:
    for method in ("GET", call.method.upper()):
        answer = client.generic(method, f"{call.url[:-1]}?x=1", b"{}", "application/json")

        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert f"Did you mean {call.url}?" in answer.json()["detail"]


def test_an_address_of_nothing_is_404_without_a_hint(client: Client, db: None) -> None:
    for path in (
        "/api/",
        "/api",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v2/articles/",
        "/api/v1/%00",
    ):
        answer = client.get(path)

        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert "Did you mean" not in answer.json()["detail"]


def test_pages_are_still_redirected_to_their_slash(client: Client, db: None) -> None:
    assert client.get("/search")["Location"] == "/search/"
