"""Lists by cursor: every row once, forth and back, whatever rows share."""

from typing import Any

import pytest
from django.test import Client

from articles.api.api_keys import SCOPES, issue_key
from reactions.http.paging import Pages
from reactions.models import WebhookDelivery, WebhookEndpoint
from reactions.webhooks.deliveries import new_delivery
from tests.newsroom.test_contract import list_views

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(client: Client) -> Client:
    key = issue_key(name="Pages", scopes=SCOPES)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def read_pages(program: Client, url: str, link: str) -> tuple[list[str], str]:
    """The ids of all pages from this one on, and the address of the last."""
    found: list[str] = []
    while True:
        page: Any = program.get(url).json()
        ids = [each["id"] for each in page["results"]]
        found = found + ids if link == "next" else ids + found
        if page[link] is None:
            return found, url
        url = page[link]


def test_rows_of_one_moment_are_listed_once_each_forth_and_back(program: Client) -> None:
    """encode/django-rest-framework#7709"""
    endpoint = WebhookEndpoint.objects.create(url="https://app.example/", types=[])
    WebhookDelivery.objects.bulk_create(
        new_delivery(endpoint, "webhook.test", []) for _ in range(120)
    )
    ids = {str(pk) for pk in WebhookDelivery.objects.values_list("pk", flat=True)}
    assert len({*WebhookDelivery.objects.values_list("created_at", flat=True)}) == 1

    forth, last = read_pages(program, f"/api/v1/webhooks/{endpoint.pk}/deliveries/", "next")
    back, _ = read_pages(program, last, "previous")

    assert forth == back
    assert len(forth) == 120
    assert set(forth) == ids


def test_every_list_by_cursor_is_ordered_by_what_no_two_rows_share() -> None:
    lists = [
        view for _, view in list_views() if getattr(view, "pagination_class", None) is not None
    ]

    assert len(lists) >= 2
    for view in lists:
        assert issubclass(view.pagination_class, Pages), view
        name = view.pagination_class.ordering.lstrip("-")
        assert view.queryset.model._meta.get_field(name).unique, view
