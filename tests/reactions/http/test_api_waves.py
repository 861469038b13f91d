"""The API of waves: what a program sees, what it may decide, what it is refused."""

import json
from typing import Any

import pytest
from django.test import Client

from articles.api.api_keys import issue_key
from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.models import Wave, WaveDecision
from tests.conftest import PublishArticle
from tests.reactions.crowds import arrive, hold_back_often
from tests.reactions.oracle import totals

LIST = "/api/v1/waves/"


@pytest.fixture
def manager(client: Client, db: None) -> Client:
    key = issue_key(name="Moderation", scopes=["reactions:manage"])
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


@pytest.fixture
def wave(article: Article) -> Wave:
    arrive(article.id, [7] * 50)
    aggregate()
    return Wave.objects.get()


def url_of(wave: Wave) -> str:
    return f"{LIST}{wave.pk}/"


def decide(client: Client, wave: Wave, **body: Any) -> Any:
    return client.put(url_of(wave), json.dumps(body), content_type="application/json")


def test_a_wave_shows_what_was_held_and_no_reader(
    manager: Client, article: Article, wave: Wave
) -> None:
    answer = manager.get(url_of(wave))

    assert answer["Cache-Control"] == "private, no-store"
    body = answer.json()
    for moment in ("started_at", "last_at"):
        assert body.pop(moment).endswith("Z")
    assert body == {
        "id": wave.pk,
        "article": str(article.id),
        "rule": "network_story",
        "state": "held",
        "size": 30,
        "networks": 1,
        "decisions": [],
    }


def test_a_decision_is_counted_once_however_often_it_is_sent(
    manager: Client, article: Article, wave: Wave, django_capture_on_commit_callbacks: Any
) -> None:
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            answer = decide(manager, wave, state="released", note="A lecture hall.")
        aggregate()

    assert answer.json()["state"] == "released"
    assert totals(article.id) == {"love": 50}
    (entry,) = answer.json()["decisions"]
    assert (entry["decision"], entry["editor"], entry["note"]) == (
        "released",
        "key Moderation",
        "A lecture hall.",
    )


def test_a_decision_may_be_reversed(manager: Client, article: Article, wave: Wave) -> None:
    decide(manager, wave, state="released")
    aggregate()
    answer = decide(manager, wave, state="void")
    aggregate()

    assert totals(article.id) == {"love": 20}
    assert [each["decision"] for each in answer.json()["decisions"]] == ["void", "released"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "state"),
        ({"state": "held"}, "state"),
        ({"state": "released", "note": "x" * 1_001}, "note"),
        ({"state": "released", "why": "x"}, "why"),
    ],
    ids=["nothing", "held", "too long", "unknown"],
)
def test_an_invalid_decision_is_refused_by_field(
    manager: Client, wave: Wave, body: Any, field: str
) -> None:
    answer = decide(manager, wave, **body)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not WaveDecision.objects.exists()


def test_waves_are_listed_newest_first_and_by_page(
    manager: Client, publish_article: PublishArticle, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reactions.http.api_waves._Pages.page_size", 1)
    arrive(publish_article().id, [8] * 50)
    aggregate()

    first = manager.get(LIST).json()
    second = manager.get(first["next"]).json()

    newest, oldest = Wave.objects.order_by("-id")
    assert [each["id"] for each in first["results"]] == [newest.pk]
    assert [each["id"] for each in second["results"]] == [oldest.pk]
    assert second["next"] is None


def test_waves_are_found_by_state_and_article(
    manager: Client, article: Article, wave: Wave, publish_article: PublishArticle
) -> None:
    def found(query: str) -> int:
        return len(manager.get(f"{LIST}?{query}").json()["results"])

    assert found(f"state=held&article={article.slug}") == 1
    assert found(f"article={article.id}") == 1
    assert found("state=void") == found(f"article={publish_article().id}") == 0
    assert found("article=nobodys") == 0


def test_an_unknown_state_is_refused(manager: Client) -> None:
    answer = manager.get(f"{LIST}?state=open")

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["state"]


def test_a_list_takes_as_many_queries_for_many_waves_as_for_one(
    manager: Client, wave: Wave, django_assert_max_num_queries: Any
) -> None:
    hold_back_often(wave.article_id, 20)
    manager.get(LIST)  # the first call notes the use of the key

    with django_assert_max_num_queries(3):
        assert len(manager.get(LIST).json()["results"]) == 21


def test_an_unknown_wave_is_a_404(manager: Client) -> None:
    assert manager.get(f"{LIST}1/").status_code == 404
    assert manager.put(f"{LIST}1/", "{}", content_type="application/json").status_code == 404


def test_only_a_key_that_may_manage_reactions_gets_in(client: Client, wave: Wave) -> None:
    key = issue_key(name="Reader of statistics", scopes=["stats:read"])
    for path in (LIST, url_of(wave)):
        assert client.get(path).status_code == 401
        assert client.get(path, headers={"Authorization": f"Bearer {key}"}).status_code == 403
