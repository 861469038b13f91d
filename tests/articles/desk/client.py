"""Signed-in users of the desk, and the forms that their browsers send."""

from typing import Any

import lxml.html
from django.contrib.auth.models import Group, User
from django.test import Client

from articles.models import Article
from articles.roles import Role
from articles.workflow import Transition

LIST = "/desk/articles/article/"
ADD = f"{LIST}add/"


def sign_in(role: Role, name: str = "") -> Client:
    """A client signed in as a user with this role."""
    name = name or role.lower()
    user, is_new = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    if is_new:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def page(article: Article) -> str:
    return f"{LIST}{article.pk}/change/"


def beside(article: Article, what: str) -> str:
    return f"{LIST}{article.pk}/{what}/"


def transition_url(article: Article, transition: Transition) -> str:
    return beside(article, f"transition/{transition}")


def fill_in(client: Client, url: str, form: str = "article_form", **typed: Any) -> dict[str, Any]:
    """The fields of the form at this address with what it holds, and these values typed into it."""
    html = _parsed(client.get(url))
    fields: dict[str, list[str]] = {}
    for name, value in html.get_element_by_id(form).form_values():
        fields.setdefault(name, []).append(value)
    return {**fields, **typed}


def save(client: Client, url: str, form: str = "article_form", **typed: Any) -> Any:
    return client.post(url, fill_in(client, url, form, **typed))


def carry_out(client: Client, article: Article, to: Transition, **typed: Any) -> Any:
    url = transition_url(article, to)
    return client.post(url, fill_in(client, url, "transition_form", **typed))


def text_of(response: Any) -> str:
    """The text that a person reads on the page."""
    return " ".join(_parsed(response).text_content().split())


def _parsed(response: Any) -> Any:
    return lxml.html.fromstring(response.content.decode())  # type: ignore[no-untyped-call]  # lxml's
