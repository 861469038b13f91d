"""Programs that change a webhook at once, and one that deletes it meanwhile."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from articles.api.api_keys import issue_key
from reactions.models import WebhookDelivery, WebhookEndpoint
from reactions.webhooks.endpoints import rotate_secret
from tests.races.rival import Rival, held_open, wait_for_a_blocked_backend

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(url="https://app.example/", types=["article.killed"])


@pytest.fixture
def call(endpoint: WebhookEndpoint) -> Callable[..., Any]:
    key = issue_key(name="Webhooks", scopes=["webhooks:manage"])
    address = f"/api/v1/webhooks/{endpoint.pk}/"

    def ask(method: str, path: str = "", **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {key}"}
        content = json.dumps(body)
        return Client().generic(
            method, f"{address}{path}", content, "application/json", headers=headers
        )

    return ask


def test_of_two_rotations_the_second_begins_with_the_secret_of_the_first(
    endpoint: WebhookEndpoint,
) -> None:
    with transaction.atomic():
        first = rotate_secret(endpoint)
        rotating = Rival().start(lambda: rotate_secret(endpoint))
        wait_for_a_blocked_backend()
    second = rotating.result(timeout=10)

    assert second.old_secret == first.secret
    endpoint.refresh_from_db()
    assert (endpoint.secret, endpoint.old_secret) == (second.secret, first.secret)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "rotate_secret/"), ("POST", "test/"), ("PATCH", ""), ("DELETE", "")],
)
def test_a_call_about_a_webhook_that_is_being_deleted_finds_none(
    call: Callable[..., Any], endpoint: WebhookEndpoint, method: str, path: str
) -> None:
    body = {"description": "x"} if method == "PATCH" else {}
    with held_open(endpoint.delete, commits=True):
        asking = Rival().start(lambda: call(method, path, **body))
        wait_for_a_blocked_backend()

    answer = asking.result(timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not WebhookDelivery.objects.exists()
