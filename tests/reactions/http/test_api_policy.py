"""The API of policies: what a program may set, what it gets, what it is refused."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from articles.api.api_keys import issue_key
from articles.models import Article
from reactions.kinds import BY_KEY, pack
from reactions.models import Policy, PolicyState
from reactions.policy import get_policy, set_policy

UNSAID = {"state": None, "allowed": None, "closes_at": None, "close_after_days": None}


def url_of(article: Article) -> str:
    return f"/api/v1/articles/{article.id}/reactions/policy/"


@pytest.fixture
def manager(client: Client, db: None) -> Client:
    key = issue_key(name="Desk", scopes=["reactions:manage"])
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def put(client: Client, article: Article, body: Any) -> Any:
    return client.put(url_of(article), json.dumps(body), content_type="application/json")


def test_an_article_without_a_policy_accepts_every_kind(manager: Client, article: Article) -> None:
    answer = manager.get(url_of(article)).json()

    assert answer == {
        "article": str(article.id),
        **UNSAID,
        "in_effect": {"state": "open", "allowed": list(BY_KEY), "closes_at": None},
    }


def test_a_put_policy_is_in_effect_and_public_with_the_answer(
    manager: Client, article: Article
) -> None:
    public = f"/api/v1/articles/{article.id}/reactions/"
    manager.get(public)

    answer = put(manager, article, {"allowed": ["sad", "love"], "close_after_days": 36_500})

    assert answer.json()["in_effect"]["allowed"] == ["love", "sad"]
    assert answer.json()["in_effect"]["closes_at"].startswith("2124-")
    assert answer["Cache-Control"] == "private, no-store"
    assert manager.get(public).json()["allowed"] == ["love", "sad"]


def test_a_field_left_out_is_reset(manager: Client, article: Article) -> None:
    set_policy(article_id=article.id, state=PolicyState.HIDDEN, allowed=pack(["sad"]))

    answer = put(manager, article, {"state": "closed"}).json()

    assert {name: answer[name] for name in UNSAID} == UNSAID | {"state": "closed"}


def test_every_kind_is_also_one_to_come(manager: Client, article: Article) -> None:
    put(manager, article, {"allowed": list(BY_KEY)})

    assert Policy.objects.get().allowed == 2**31 - 1
    assert manager.get(url_of(article)).json()["allowed"] == list(BY_KEY)


def test_an_article_closes_at_the_time_that_was_put(manager: Client, article: Article) -> None:
    moment = timezone.now() - timedelta(seconds=1)

    answer = put(manager, article, {"closes_at": moment.isoformat()}).json()

    assert (answer["state"], answer["in_effect"]["state"]) == (None, "closed")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"state": "shut"}, "state"),
        ({"allowed": ["meh"]}, "allowed.0"),
        ({"allowed": []}, "allowed"),
        ({"allowed": "sad"}, "allowed"),
        ({"closes_at": "soon"}, "closes_at"),
        ({"closes_at": "0001-01-01T00:00:00+14:00"}, "closes_at"),
        ({"close_after_days": -1}, "close_after_days"),
        ({"close_after_days": 36_501}, "close_after_days"),
        ({"closes_at": "2030-01-01T00:00:00Z", "close_after_days": 1}, "close_after_days"),
        ({"allow": ["sad"]}, "allow"),
        ([], "non_field_errors"),
    ],
)
def test_an_invalid_policy_is_refused_by_its_field_and_changes_nothing(
    manager: Client, article: Article, body: Any, field: str
) -> None:
    response = put(manager, article, body)

    assert response.status_code == 400
    assert json.loads(response.content)["errors"][0]["field"] == field
    assert not Policy.objects.exists()


@pytest.mark.parametrize("method", ["get", "put"])
def test_a_key_with_the_scope_is_needed(client: Client, article: Article, method: str) -> None:
    other = issue_key(name="Reader of figures", scopes=["stats:read"])
    call = getattr(client, method)

    assert call(url_of(article)).status_code == 401
    assert call(url_of(article), headers={"Authorization": f"Bearer {other}"}).status_code == 403
    assert not Policy.objects.exists()


def test_there_is_no_policy_without_an_article(manager: Client, article: Article) -> None:
    nowhere = Article(id=uuid4())

    assert manager.get(url_of(nowhere)).status_code == 404
    assert put(manager, nowhere, {"state": "closed"}).status_code == 404
    assert get_policy(nowhere.id) is None
    assert not Policy.objects.exists()
