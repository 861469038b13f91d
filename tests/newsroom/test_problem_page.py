"""Every code that the product can send is explained in docs/problems.md, at the address in `type`."""

import ast
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import pytest
from django.conf import settings
from django.test import Client
from rest_framework import exceptions

import articles
import newsroom
import reactions
from articles.problems import type_of
from newsroom.problem_page import list_codes

DOC = settings.BASE_DIR / "docs" / "problems.md"
FOLDERS = [Path(package.__path__[0]) for package in (articles, reactions, newsroom)]
# Which argument of these calls is the code of a problem, and which that of a field.
CODES = {
    "SightRefused": 0,
    "MoveRefused": 0,
    "JwtRefused": 0,
    "TooManySightings": 0,
    "Conflict": 1,
    "problem_answer": 1,
    "Refused": 1,
}
FIELD_CODES = {"invalid": 1, "QueryRefused": 1, "ErrorDetail": 1, "_refused": 1}


def list_calls(names: dict[str, int]) -> Iterator[str]:
    """The literal codes in calls of these names, in the whole product."""
    for folder in FOLDERS:
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                place = names.get(name, len(node.args))
                if place < len(node.args) and isinstance(node.args[place], ast.Constant):
                    yield str(ast.literal_eval(node.args[place]))


def list_exceptions(base: type[Any] = exceptions.APIException) -> Iterator[type[Any]]:
    yield base
    for each in base.__subclasses__():
        yield from list_exceptions(each)


def sent_codes() -> set[str]:
    for package in (articles.api, reactions.http, newsroom):  # type: ignore[attr-defined]
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if module.name not in {"newsroom.wsgi", "newsroom.live", "newsroom.watch"}:
                importlib.import_module(module.name)
    from reactions.host_readers.tokens import _REFUSALS

    of_exceptions = {
        str(each.default_code)
        for each in list_exceptions()
        if each.__module__.split(".")[0] in {"articles", "reactions", "newsroom", "rest_framework"}
    }
    streams = {"required", "too_many", "unknown", "repeated"}  # of parameters, and so fields
    in_calls = {*list_calls(CODES)} - streams
    further = {"origin_not_listed", "key_expired", "key_revoked"}  # beside a text that is made
    return {*of_exceptions, *in_calls, *(code for code, _ in _REFUSALS.values()), *further}


def test_every_code_is_explained_and_no_other() -> None:
    assert list_codes() == sorted(sent_codes())


def test_every_code_of_a_field_is_in_the_table() -> None:
    _, _, fields = DOC.read_text("utf-8").partition("## Fields")
    missing = {code for code in list_calls(FIELD_CODES) if f"`{code}`" not in fields}

    assert missing == set()


class Anchors(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if tag == "a" and "href" in found else []


def test_the_type_of_each_code_leads_to_its_explanation(client: Client) -> None:
    for code in list_codes():
        url, anchor = urldefrag(type_of(code))
        assert url == f"{settings.SITE_URL}/api/problems/"
        assert type_of(code).rpartition(":")[2] == code  # as widgets read it

        page = client.get("/api/problems/")

        assert page.status_code == 200
        assert Anchors(page.content.decode()).ids.count(anchor) == 1


def test_the_page_has_no_link_to_nowhere_and_nothing_of_others(client: Client) -> None:
    page = client.get("/api/problems/")
    found = Anchors(page.content.decode())

    for link in found.links:
        assert link.removeprefix("#") in found.ids or client.get(link).status_code == 200
    assert b"//" not in page.content.replace(b"https://news.example", b"")
    assert "public" in page["Cache-Control"]
    assert client.post("/api/problems/").status_code == 405


@pytest.mark.parametrize(
    ("path", "send", "status", "code"),
    [
        ("/api/v1/nothing/", Client.get, 404, "not_found"),
        ("/api/v1/articles/x/", Client.get, 404, "not_found"),
        ("/api/v1/articles/", Client.post, 401, "key_required"),
        ("/api/v1/reactions/", Client.get, 400, "invalid"),
        ("/api/v1/reactions/", Client.put, 405, "method_not_allowed"),
    ],
)
def test_a_problem_has_type_and_code(
    client: Client, db: None, path: str, send: Callable[..., Any], status: int, code: str
) -> None:
    problem = send(client, path).json()

    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == type_of(code)
