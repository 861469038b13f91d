"""The metrics for Prometheus: of the whole product, and absent where a value is unknown."""

from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from articles.models import Article
from newsroom import metrics
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.counting.reconcile import reconcile
from reactions.kinds import pack
from reactions.models import ArticleCount, OutboxEntry
from reactions.record import set_reactions
from tests.scraping import scrape


def scraped(client: Client, **headers: str) -> dict[str, float]:
    """Every value, by name with its labels."""
    response = scrape(client, **headers)
    assert response.status_code == 200
    return {
        "".join([sample.name, *(f" {key}={value}" for key, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }  # fmt: skip


def react(article: Article, *keys: str) -> None:
    for key in keys:
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack([key]))


def test_waiting_outbox_entries_are_counted(client: Client, article: Article) -> None:
    react(article, "love", "sad")
    OutboxEntry.objects.update(created_at="2024-12-08T09:23:00Z")

    before = scraped(client)
    aggregate_batch()
    between = scraped(client)
    aggregate()
    after = scraped(client)

    assert before["newsroom_outbox_entries"] == 2
    assert before["newsroom_aggregation_lag_seconds"] > 86_400
    assert (between["newsroom_outbox_entries"], between["newsroom_stale_counts"]) == (0, 1)
    assert (after["newsroom_aggregation_lag_seconds"], after["newsroom_stale_counts"]) == (0, 0)


def test_the_drift_of_the_last_reconcile_is_exported_until_the_next(
    client: Client, article: Article
) -> None:
    react(article, "love")
    aggregate()
    ArticleCount.objects.update(count=4)

    reconcile()
    drifted = scraped(client)
    reconcile()
    repaired = scraped(client)

    assert drifted["newsroom_drift of=counts"] == 3
    assert drifted["newsroom_drift of=buckets"] == drifted["newsroom_drift of=rows"] == 0
    assert drifted["newsroom_drifted_articles"] == drifted["newsroom_reconcile_repaired"] == 1
    assert drifted["newsroom_reconcile_rows"] == 1
    assert drifted["newsroom_reconcile_seconds"] > 0
    assert repaired["newsroom_drift of=counts"] == 0
    assert repaired["newsroom_reconcile_timestamp_seconds"] > 1_700_000_000


def test_before_any_reconcile_its_values_are_absent_and_not_zero(client: Client, db: None) -> None:
    names = scraped(client)

    assert "newsroom_outbox_entries" in names
    assert not [name for name in names if "drift" in name or "reconcile" in name]


def test_every_component_is_in_one_state(client: Client, db: None) -> None:
    values = scraped(client)

    assert values["newsroom_component_state component=postgresql state=ok"] == 1
    assert values["newsroom_component_state component=postgresql state=down"] == 0
    assert sum(value for name, value in values.items() if "component=redis" in name) == 1


def test_values_of_an_unreachable_postgresql_are_absent(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise OperationalError("the database does not answer")

    monkeypatch.setattr(metrics, "measure_backlog", gone)

    values = scraped(client)

    assert "newsroom_outbox_entries" not in values
    assert "newsroom_component_state component=aggregation state=ok" in values


def test_openmetrics_for_those_who_ask(client: Client, db: None) -> None:
    response = scrape(client, Accept="application/openmetrics-text; version=1.0.0")

    assert response["Content-Type"].startswith("application/openmetrics-text")
    assert response.content.endswith(b"# EOF\n")


def test_reading_takes_eleven_small_statements(
    client: Client, article: Article, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    react(article, "love")
    reconcile()

    with django_assert_num_queries(11):  # five of them are /readyz's, with those of its transaction
        scraped(client)


def test_only_the_bearer_of_the_token_reads_them(
    client: Client, db: None, settings: Settings
) -> None:
    """A client on this machine may be a proxy that adds no headers."""
    strangers = [
        {},
        {"REMOTE_ADDR": "127.0.0.1"},
        {"HTTP_AUTHORIZATION": "Bearer "},
        {"HTTP_AUTHORIZATION": "Bearer s3cret-é"},
        {"HTTP_AUTHORIZATION": "s3cret"},
        {"QUERY_STRING": "token=s3cret"},
    ]
    for settings.METRICS_TOKEN in ("s3cret", ""):
        for settings.BEHIND_FRONT in (True, False):
            for sent in strangers:
                answer = client.get("/metrics", **sent)  # type: ignore[arg-type]  # of WSGI
                assert answer.status_code == 404, sent
