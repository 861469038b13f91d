"""Every address of the desk, posted to as each role, answers as desk_urls.txt says: a new one needs its line there.

A cell is the status of the answer; `login` is a redirect to the sign-in page, and + says that something was done, by
the audit log. The rows are those of another user; the article and its picture are published.
"""

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from articles.models import Article, AuditEntry
from articles.roles import Role
from articles.workflow import Transition
from tests.newsroom.desk.samples import make_samples

TABLE = Path(__file__).with_name("desk_urls.txt")
ROLES = ["anonymous", "nobody", "author", "editor", "publisher", "statistics", "administrator"]
GROUPS = {
    "author": Role.AUTHOR,
    "editor": Role.EDITOR,
    "publisher": Role.PUBLISHER,
    "statistics": Role.STATISTICS,
}
# Of routes that name no model: what stands for their parts.
PARTS = {
    "app_label": "articles",
    "name": "sections",
    "token": "no-token",
    "version": "1",
    "url": "nothing/",
    "content_type_id": "1",
}
SUBMITTED = {"reactions/wave": ["release", "void"]}


def routes(patterns: Any, prefix: str = "") -> Iterator[str]:
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        elif isinstance(each, URLPattern) and route.startswith("desk/"):
            yield route.replace("^", "").rstrip("$").replace("\\Z", "")


def desk_lines() -> list[str]:
    """The routes, one for each transition, and for each action of a list and button of a form."""
    lines = []
    for route in dict.fromkeys(routes(get_resolver().url_patterns)):
        if "<slug:transition>" in route:
            lines += [route.replace("<slug:transition>", each) for each in Transition]
            continue
        lines.append(route)
        found = re.fullmatch(r"desk/(\w+)/(\w+)/(?:(<path:object_id>)/change/)?", route)
        model_admin = found and _admin_of(found[1], found[2])
        if model_admin and found and found[3]:
            lines += [f"{route}#{each}" for each in SUBMITTED.get(f"{found[1]}/{found[2]}", [])]
        elif model_admin:
            lines += [f"{route}#{name}" for _, name, _ in model_admin._get_base_actions()]
    return lines


def _admin_of(app: str, name: str) -> Any:
    every = {
        (model._meta.app_label, model._meta.model_name): found
        for model, found in admin.site._registry.items()
    }
    return every.get((app, name))


def address_of(line: str, samples: dict[str, Any]) -> str:
    route, _, _ = line.partition("#")
    model = route.split("/")[2] if route.count("/") > 2 else ""

    def fill(found: re.Match[str]) -> str:
        name = found["name"]
        if name in PARTS:
            return PARTS[name]
        if name in {"object_id", "id"}:
            return str(samples.get(model, "1"))
        return str(
            samples[{"article_id": "article", "key_id": "apikey", "report_id": "report"}[name]]
        )

    # A route's parts are <uuid:article_id> or a group of a regular expression.
    filled = re.sub(r"<(?:\w+:)?(?P<name>\w+)>", fill, re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route))
    return f"/{filled}"


def body_of(line: str, samples: dict[str, Any]) -> dict[str, Any]:
    route, _, action = line.partition("#")
    if not action:
        return {"post": "yes"}
    if "object_id" in route:
        return {action: "1", "seen": "held"}
    model = route.split("/")[2]
    return {"action": action, "_selected_action": [str(samples[model])], "post": "yes"}


def client_as(role: str) -> Client:
    client = Client()
    if role == "anonymous":
        return client
    user = User.objects.create_user(f"the {role}", is_staff=role != "nobody")
    if role == "administrator":
        User.objects.filter(pk=user.pk).update(is_superuser=True)
    if role in GROUPS:
        user.groups.add(Group.objects.get(name=GROUPS[role]))
    client.force_login(user)
    return client


def answer(client: Client, address: str, body: dict[str, Any]) -> str:
    """What became of it, which is undone; another client would read all static files again."""
    cookies = dict(client.cookies)
    with transaction.atomic():
        before = AuditEntry.objects.count()
        response = client.post(address, body)
        done = "+" if AuditEntry.objects.count() > before else ""
        transaction.set_rollback(True)
    client.cookies = SimpleCookie({name: each.value for name, each in cookies.items()})
    if response.status_code == 302 and response["Location"].startswith("/desk/login/?next="):
        return "login"
    return f"{response.status_code}{done}"


@pytest.fixture
def _no_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status of a page does not depend on its template, which takes longer than all else."""
    monkeypatch.setattr("django.template.backends.django.Template.render", lambda *_, **__: "")


def table() -> dict[str, list[str]]:
    lines = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return {(cells := line.split())[0]: cells[1:] for line in lines}


def test_every_address_of_the_desk_has_its_line() -> None:
    assert sorted(table()) == sorted(desk_lines())


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_rendering")
@pytest.mark.parametrize("role", ROLES)
def test_a_post_as_each_role(role: str, article: Article) -> None:
    samples, client = make_samples(article), client_as(role)

    found = {
        line: answer(client, address_of(line, samples), body_of(line, samples)) for line in table()
    }

    assert found == {line: cells[ROLES.index(role)] for line, cells in table().items()}
