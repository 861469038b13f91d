import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from articles.models import Article
from newsroom import health
from reactions.cache import limits, redis_keys
from reactions.cache.redis import client as redis_client
from reactions.models import AggregationRun, OutboxEntry
from tests.scraping import bearer, scrape


def test_a_process_that_answers_is_alive(client: Client) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.fixture
def live_record() -> Iterator[dict[str, Any]]:
    """What a live process has said about itself a moment ago; a test changes it and calls `note_live`."""
    yield {"live": True, "listeners": 3}
    redis_client().delete(redis_keys.LIVE_PROCESSES)


def note_live(record: dict[str, Any], *, ago: int = 0) -> None:
    seconds, _ = redis_client().time()
    redis_client().hset(redis_keys.LIVE_PROCESSES, "a", f"{seconds - ago} {json.dumps(record)}")


def test_every_component_has_its_state(
    client: Client, db: None, live_record: dict[str, Any]
) -> None:
    note_live(live_record)

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["state"] == "ok"
    assert {name: part["state"] for name, part in response.json()["parts"].items()} == {
        "postgresql": "ok",
        "redis": "ok",
        "broker": "ok",
        "aggregation": "ok",
        "live": "ok",
    }
    assert response.json()["parts"]["live"]["listeners"] == 3


@pytest.mark.parametrize(("change", "ago"), [({"live": False}, 0), ({}, 10)])
def test_live_is_down_where_no_process_gets_what_workers_publish(
    client: Client, db: None, live_record: dict[str, Any], change: dict[str, Any], ago: int
) -> None:
    note_live(live_record | change, ago=ago)

    response = client.get("/readyz")

    assert (response.status_code, response.json()["state"]) == (200, "degraded")
    assert response.json()["parts"]["live"]["state"] == "down"


def test_the_metrics_have_the_open_streams_of_the_live_processes(
    client: Client, db: None, live_record: dict[str, Any]
) -> None:
    note_live(live_record)

    text = scrape(client).content.decode()

    assert "\nnewsroom_live_listeners 3.0\n" in text


def leave_entry(article: Article) -> None:
    OutboxEntry.objects.create(
        article_id=article.id, reader_id=article.id, created_at="2024-12-08T09:23:00Z"
    )


def note_run(ago: timedelta) -> None:
    AggregationRun.objects.create(ended_at=timezone.now() - ago)


def test_reactions_that_aggregation_leaves_show_as_lag(client: Client, article: Article) -> None:
    leave_entry(article)
    note_run(timedelta(seconds=1))

    response = client.get("/readyz")

    assert (response.status_code, response.json()["state"]) == (200, "degraded")
    assert response.json()["parts"]["aggregation"]["lag_seconds"] > 10
    assert response.json()["parts"]["aggregation"]["aggregated_seconds_ago"] >= 1


@pytest.mark.parametrize(
    ("components", "status"), [(["postgresql", "aggregation"], 503), (["postgresql"], 200)]
)
def test_a_stalled_aggregation_is_down(
    client: Client, article: Article, settings: Settings, components: list[str], status: int
) -> None:
    """503 as READYZ_COMPONENTS says: by default, and not where web processes are taken out of service by it."""
    settings.READYZ_COMPONENTS = components
    leave_entry(article)
    note_run(timedelta(seconds=31))

    response = client.get("/readyz")

    assert response.status_code == status
    assert response.json()["state"] == ("down" if status == 503 else "degraded")
    assert response.json()["parts"]["aggregation"]["state"] == "down"


def test_without_redis_the_product_is_degraded_and_not_down(
    client: Client, db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits.redis_breaker.reset()
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["state"] == "degraded"
    assert response.json()["parts"]["redis"]["state"] == "down"


def test_without_postgresql_it_is_down(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: str) -> None:
        raise OperationalError("the database does not answer")

    monkeypatch.setattr(health, "rows", gone)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["parts"]["postgresql"] == response.json()["parts"]["postgresql"] | {
        "state": "down",
        "detail": "unreachable",
    }


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.parametrize("host", ["10.1.2.3:8000", "[fd00::7]", "newsroom-web-5f7d", "a_b"])
def test_a_probe_is_answered_whatever_its_host(
    client: Client, db: None, path: str, host: str
) -> None:
    assert client.get(path, headers={"Host": host, **bearer()}).status_code == 200
    assert client.get("/", headers={"Host": host}).status_code == 400
