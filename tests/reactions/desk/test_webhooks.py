"""Webhooks at the desk: who may see and change them, and what each button does."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from articles.roles import Role
from reactions.models import WebhookDelivery, WebhookEndpoint
from reactions.webhooks.deliveries import new_delivery

pytestmark = pytest.mark.django_db

LIST = "/desk/reactions/webhookendpoint/"
DELIVERIES = "/desk/reactions/webhookdelivery/"


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        url="https://example.org/hook", types=["article.killed"], description="Archive"
    )


def act(client: Client, path: str, action: str, pk: object) -> str:
    answer = client.post(path, {"action": action, "_selected_action": [str(pk)]}, follow=True)
    return answer.content.decode()


def test_a_webhook_is_added_with_what_it_hears_of(admin_client: Client) -> None:
    form = {"url": "https://example.org/hook", "types": ["article.killed"], "interval": "30"}

    answer = admin_client.post(f"{LIST}add/", form)

    assert answer.status_code == 302
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.types, endpoint.interval, endpoint.active) == (["article.killed"], 30, True)
    page = admin_client.get(f"{LIST}{endpoint.pk}/change/").content.decode()
    assert endpoint.secret in page


@pytest.mark.parametrize("url", ["http://example.org/", "https://a:b@example.org/", "mailto:a@b.c"])
def test_an_address_that_cannot_be_one_is_refused(url: str, admin_client: Client) -> None:
    form = {"url": url, "types": ["article.killed"], "interval": "30"}

    answer = admin_client.post(f"{LIST}add/", form)

    assert answer.status_code == 200
    assert "An address" in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_a_change_leaves_what_it_was_told(admin_client: Client, endpoint: WebhookEndpoint) -> None:
    WebhookEndpoint.objects.update(events_to=41, counts_to=42)
    form = {"url": endpoint.url, "types": ["article.published"], "interval": "5"}

    admin_client.post(f"{LIST}{endpoint.pk}/change/", form)

    endpoint.refresh_from_db()
    assert (endpoint.types, endpoint.events_to, endpoint.counts_to) == (
        ["article.published"],
        41,
        42,
    )


def test_the_buttons(admin_client: Client, endpoint: WebhookEndpoint) -> None:
    secret = endpoint.secret

    assert "A test is sent." in act(admin_client, LIST, "send_a_test", endpoint.pk)
    assert WebhookDelivery.objects.get().type == "webhook.test"
    assert secret not in act(admin_client, LIST, "rotate", endpoint.pk)
    endpoint.refresh_from_db()
    assert endpoint.old_secret == secret != endpoint.secret
    act(admin_client, LIST, "switch_off", endpoint.pk)
    endpoint.refresh_from_db()
    assert (endpoint.active, endpoint.disabled_reason) == (False, "Switched off by admin.")
    act(admin_client, LIST, "switch_on", endpoint.pk)
    endpoint.refresh_from_db()
    assert (endpoint.active, endpoint.disabled_reason) == (True, "")


def test_a_delivery_is_seen_with_its_answer_and_sent_again(
    admin_client: Client, endpoint: WebhookEndpoint
) -> None:
    delivery = new_delivery(endpoint, "article.killed", [])
    delivery.state, delivery.answer, delivery.error = "failed", "<b>no</b>", "It answered 500."
    delivery.save()

    page = admin_client.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "1 message is sent again." in act(admin_client, DELIVERIES, "send_again", delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == "waiting"


def test_editors_have_no_webhooks(client: Client, endpoint: WebhookEndpoint) -> None:
    user = User.objects.create_user("ed", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.EDITOR))
    client.force_login(user)

    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{endpoint.pk}/change/").status_code == 403
    assert reverse("admin:reactions_webhookendpoint_changelist") not in (
        client.get("/desk/").content.decode()
    )
