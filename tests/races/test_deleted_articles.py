"""Every call that changes an article, while the article is being deleted: it finds none, and is no fault."""

import json
from typing import Any

import pytest
from django.test import Client

from articles.models import Article
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
