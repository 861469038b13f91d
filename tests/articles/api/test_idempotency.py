"""Calls with an Idempotency-Key: sent twice, at once, after a fault, and after the process was killed."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from articles.api import editing
from articles.api.api_keys import issue_key
from articles.api.idempotency import Answer, answer_once
from articles.api.repeatable import response_of
from articles.editing import create_draft
from articles.models import ApiKey, Article, IdempotencyKey
from tests.conftest import PublishArticle
from tests.races.rival import at_once, held_open
from tests.worker import worker

pytestmark = pytest.mark.django_db

URL = "/api/v1/articles/"


@pytest.fixture
def headers() -> dict[str, str]:
    key = issue_key(name="CMS", scopes=["articles:write"])
    return {"Authorization": f"Bearer {key}", "Idempotency-Key": "k1"}


def post(headers: dict[str, str], path: str = "", body: object = None, **more: str) -> Any:
    client = Client(raise_request_exception=False)
    content = json.dumps({"headline": "One"} if body is None else body)
    return client.post(
        URL + path, content, content_type="application/json", headers={**headers, **more}
    )


def test_one_key_serves_each_operation_for_itself(
    headers: dict[str, str], publish_article: PublishArticle
) -> None:
    created = post(headers).json()

    published = post(headers, f"{created['id']}/submit/", {}, **{"If-Match": '"1"'})

    assert (published.status_code, published.json()["state"]) == (200, "in_review")
    assert "Idempotent-Replayed" not in published
    assert IdempotencyKey.objects.count() == 2


def test_the_id_and_the_slugs_of_an_article_are_one_request(
    headers: dict[str, str], publish_article: PublishArticle
) -> None:
    article = publish_article(slug="bridge")
    edit: Callable[[object], Any] = lambda address: Client().patch(  # noqa: E731
        f"{URL}{address}/",
        json.dumps({"slug": "bridge-two"}),
        content_type="application/json",
        headers={**headers, "If-Match": '"1"'},
    )

    first, *again = [edit(address) for address in (article.pk, "bridge", "bridge-two")]

    assert first.status_code == 200
    assert [each["Idempotent-Replayed"] for each in again] == ["true", "true"]
    assert {each.content for each in again} == {first.content}
    assert Article.objects.get().version == 2


def test_the_same_operation_on_another_article_is_422(
    headers: dict[str, str], publish_article: PublishArticle
) -> None:
    one, other = publish_article(), publish_article()
    retraction = {"text": "It was wrong."}
    post(headers, f"{one.pk}/retract/", retraction, **{"If-Match": "*"})

    response = post(headers, f"{other.pk}/retract/", retraction, **{"If-Match": "*"})

    assert (response.status_code, response.json()["code"]) == (
        422,
        "key_reused",
    )


def test_an_answer_without_a_body_stays_one() -> None:
    issue_key(name="CMS", scopes=["articles:write"])
    key = ApiKey.objects.get()
    once: Callable[[], Answer] = lambda: answer_once(  # noqa: E731
        api_key=key, operation="DELETE x/", key="k", request=b"", act=lambda: Answer(204, "")
    )

    responses = [response_of(once()) for _ in range(2)]

    assert [(each.status_code, each.content) for each in responses] == [(204, b"")] * 2
    assert not any("Content-Type" in each for each in responses)
    assert responses[1]["Idempotent-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_a_call_whose_first_is_running_is_409_and_does_not_wait(headers: dict[str, str]) -> None:
    key = ApiKey.objects.get()

    def run_and_fail_later() -> None:
        answer_once(
            api_key=key,
            operation="POST api/v1/articles/",
            key="k1",
            request=b"",
            act=lambda: Answer(201, "{}"),
        )

    with held_open(run_and_fail_later):
        running = post(headers)
    freed = post(headers)

    assert (running.status_code, running["Retry-After"]) == (409, "1")
    assert running.json()["code"] == "key_in_use"
    assert freed.status_code == 201


@pytest.mark.django_db(transaction=True)
def test_twenty_calls_at_once_make_one_article(headers: dict[str, str]) -> None:
    answers = at_once([lambda: post(headers)] * 20)

    assert Article.objects.count() == IdempotencyKey.objects.count() == 1
    made = [answer for answer in answers if answer.status_code == 201]
    others = [answer for answer in answers if answer.status_code != 201]
    assert len([answer for answer in made if "Idempotent-Replayed" not in answer]) == 1
    assert len({answer.content for answer in made}) == 1
    assert {(each.status_code, each["Retry-After"]) for each in others} <= {(409, "1")}


@pytest.mark.parametrize("fault", ["SELECT 1 / 0", "SELECT pg_sleep(5)"])
def test_a_fault_and_a_timeout_free_the_key(
    fault: str, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    create = create_draft

    def fail(**values: Any) -> Article:
        create(**values)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 50")
            cursor.execute(fault)
        raise AssertionError

    monkeypatch.setattr(editing, "create_draft", fail)
    failed = post(headers)
    monkeypatch.setattr(editing, "create_draft", create)
    again = post(headers)

    assert failed.status_code >= 500
    assert (again.status_code, "Idempotent-Replayed" in again) == (201, False)
    assert Article.objects.count() == 1


# The process stops in the middle of its work: after the article was written, before the commit.
STOPS = """
from articles.api import editing
create = editing.create_draft
def stop(**values):
    create(**values)
    print("written", flush=True)
    import threading
    threading.Event().wait()
editing.create_draft = stop
"""


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_frees_the_key(headers: dict[str, str]) -> None:
    with worker(STOPS) as other:
        other.send("POST", URL, headers, {"headline": "One"})
        assert other.read_line() == "written\n"
        while_it_runs = post(headers)
        other.kill()

    deadline = time.monotonic() + 60
    answer = post(headers)
    while answer.status_code == 409 and time.monotonic() < deadline:
        time.sleep(0.05)  # PostgreSQL notices that the connection is gone
        answer = post(headers)

    assert while_it_runs.status_code == 409
    assert answer.status_code == 201
    assert Article.objects.count() == 1
