"""What holds for every call of the API, those of tomorrow included: each is found in the URLconf."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from articles.api.api_keys import SCOPES, issue_key
from articles.api.views import ApiView
from reactions.readers import new_reader
from tests.newsroom.test_openapi import API

ROOT = "/api/v1/"


@dataclass(frozen=True)
class Call:
    method: str
    path: str  # as OpenAPI writes it
    view: type[ApiView]

    @property
    def url(self) -> str:
        """An address of the call; nothing has to be there."""
        return self.path.replace("{wave}", "1").replace("{kind}", "love").replace("{article}", "x")

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


@cache
def description() -> Any:
    return yaml.safe_load(API.read_text())


def operation(call: Call) -> Any:
    return description()["paths"][call.path][call.method]


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
        for path, operations in description()["paths"].items()
        for method in operations
    }

    assert described == {str(call) for call in list_calls()}
