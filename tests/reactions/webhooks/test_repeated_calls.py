"""Calls about webhooks whose answers get lost: each may be sent again with its Idempotency-Key."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from articles.api.api_keys import issue_key
from articles.models import IdempotencyKey
from reactions.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db

WEBHOOKS = "/api/v1/webhooks/"
NEW = {"url": "https://app.example/hook", "types": ["article.killed"]}


@pytest.fixture
def program(client: Client) -> Client:
    key = issue_key(name="Webhooks", scopes=["webhooks:manage"])
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


@pytest.fixture
def path(program: Client) -> str:
    return f"{WEBHOOKS}{post(program, WEBHOOKS, NEW).json()['id']}/"


def post(program: Client, path: str, body: Any = None, key: str | None = None) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    content = b"" if body is None else json.dumps(body)
    return program.post(path, content, "application/json", headers=headers)


def test_a_webhook_is_made_once(program: Client) -> None:
    first, again = (post(program, WEBHOOKS, NEW, "one") for _ in range(2))
    other = post(program, WEBHOOKS, {**NEW, "types": ["article.merged"]}, "one")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "secret" in first.json()
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert WebhookEndpoint.objects.count() == 1


def test_a_rotation_is_made_once_and_the_receivers_secret_still_signs(
    program: Client, path: str
) -> None:
    receivers = WebhookEndpoint.objects.get().secret

    first, again = (post(program, f"{path}rotate_secret/", key="one") for _ in range(2))

    endpoint = WebhookEndpoint.objects.get()
    assert first.content == again.content
    assert first.json()["secret"] == endpoint.secret
    assert endpoint.old_secret == receivers


def test_a_stored_answer_shows_no_secret_and_ends_with_its_key(
    program: Client, settings: Settings
) -> None:
    first = post(program, WEBHOOKS, NEW, "one")
    stored = IdempotencyKey.objects.get().response_body
    settings.SECRET_KEY, old = "another" * 9, settings.SECRET_KEY

    unreadable = post(program, WEBHOOKS, NEW, "one")
    settings.SECRET_KEY_FALLBACKS = [old]
    again = post(program, WEBHOOKS, NEW, "one")

    assert first.json()["secret"] not in stored
    assert (unreadable.status_code, unreadable.json()["code"]) == (422, "key_reused")
    assert again.content == first.content


def test_a_test_is_sent_once(program: Client, path: str) -> None:
    first, again = (post(program, f"{path}test/", key="one") for _ in range(2))

    assert (first.status_code, first.content) == (202, again.content)
    assert WebhookDelivery.objects.count() == 1


def test_the_same_key_for_another_webhook_is_another_request(program: Client, path: str) -> None:
    other = post(program, WEBHOOKS, NEW).json()["id"]
    post(program, f"{path}test/", key="one")

    answer = post(program, f"{WEBHOOKS}{other}/test/", key="one")

    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


def test_a_refused_call_stores_nothing(program: Client) -> None:
    refused = post(program, WEBHOOKS, {**NEW, "types": []}, "one")
    mended = post(program, WEBHOOKS, NEW, "one")

    assert (refused.status_code, mended.status_code) == (400, 201)


def test_a_call_without_fields_of_its_own_refuses_others(program: Client, path: str) -> None:
    """`overlap_seconds` is one of rotating an API key, and would be taken for effective."""
    secret = WebhookEndpoint.objects.get().secret
    for call in ("rotate_secret", "test"):
        bodies: list[object] = [{"overlap_seconds": 0}, [], "x"]
        for body in bodies:
            assert post(program, f"{path}{call}/", body).status_code == 400

    assert WebhookEndpoint.objects.get().secret == secret
    assert not WebhookDelivery.objects.exists()


def test_of_no_webhook_nothing_is_made(program: Client) -> None:
    for call in ("rotate_secret", "test"):
        assert post(program, f"{WEBHOOKS}999/{call}/", key="one").status_code == 404
