"""Every call, and every page of the desk, that changes an article while it is being deleted: it finds none."""

import json
from typing import Any

import pytest
from django.test import Client

from articles.editing import create_draft, edit_article
from articles.models import Article
from articles.roles import Role
from articles.workflow import Transition
from tests.articles.desk.client import beside, fill_in, page, sign_in, transition_url
from tests.articles.sites.sites import BLOG, make_site, publish_at
from tests.conftest import PublishArticle
from tests.newsroom.test_contract import Call, header_of, list_calls, operation
from tests.newsroom.test_openapi import list_examples
from tests.races.rival import Rival, held_open, wait_for_a_blocked_backend

pytestmark = pytest.mark.django_db(transaction=True)

# What readers and policies say of an article is in tables that know nothing of its row.
CHANGES = [
    each
    for each in list_calls()
    if "{article}" in each.path and each.method != "get" and "/reactions/" not in each.path
]


def body_of(call: Call) -> Any:
    if call.path.endswith("/merge/"):
        return {"into": "other"}
    if call.path.endswith("/addresses/"):
        return {"url": f"{BLOG}/b/"}
    body = operation(call).get("requestBody")
    return list_examples(body["content"]["application/json"])[0] if body else {}


@pytest.mark.parametrize("call", CHANGES, ids=str)
def test_a_call_about_an_article_that_is_being_deleted_finds_none(
    publish_article: PublishArticle, call: Call
) -> None:
    article = publish_at(make_site(), "/a/", slug="x")
    publish_article(slug="other")
    headers, body = {**header_of(call), "If-Match": "*"}, json.dumps(body_of(call))
    method, client = call.method.upper(), Client(raise_request_exception=False)

    with held_open(article.delete, commits=True):
        asking = Rival().start(
            lambda: client.generic(method, call.url, body, "application/json", headers=headers)
        )
        wait_for_a_blocked_backend()
    answer = asking.result(timeout=20)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.content
    assert [each.slug for each in Article.objects.all()] == ["other"]


@pytest.mark.parametrize("what", ["save", "transition", "restore"])
def test_a_page_about_an_article_that_is_being_deleted_finds_none(what: str) -> None:
    article = create_draft(values={"headline": "It opens", "slug": "x", "body_markdown": "Soon."})
    edit_article(article_id=article.pk, changes={"headline": "It is open"}, expected_version=1)
    publisher = sign_in(Role.PUBLISHER)
    publisher.raise_request_exception = False
    url, form = {
        "save": (page(article), "article_form"),
        "transition": (transition_url(article, Transition.PUBLISH), "transition_form"),
        "restore": (beside(article, "restore/1"), ""),
    }[what]
    sent = fill_in(publisher, url, form, headline="Open") if form else {"expected_version": "2"}

    with held_open(article.delete, commits=True):
        asking = Rival().start(lambda: publisher.post(url, sent))
        wait_for_a_blocked_backend()

    assert asking.result(timeout=20).status_code == 404
