"""What processes count, added up in Redis: once each, whatever ends or forks, and however long Redis is away."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from articles.models import Article
from newsroom import counter_store, task_counters
from newsroom.tasks import every_second
from reactions.cache import limits, redis, redis_keys
from reactions.counters import RECORDED, request_counter
from reactions.counting.aggregate import aggregate
from reactions.kinds import pack
from reactions.record import ReactionRefused, set_reactions
from tests.conftest import PublishArticle
from tests.reactions.http.test_fast_path import LOVE, Site, _one_transaction
from tests.scraping import scrape
from tests.servers import PROJECT

__all__ = ["_one_transaction"]

_FAMILIES = """
import django
django.setup()
from newsroom import counter_store
print(*(family.name for family in counter_store.COUNTERS.collect()))
"""


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    """What earlier tests have counted is handed over and dropped."""
    counter_store.flush()
    redis.client().delete(redis_keys.COUNTERS)
    yield
    redis.client().delete(redis_keys.COUNTERS)


def counted() -> dict[str, float]:
    """Every value that is not 0, by name and labels."""
    families = counter_store.read_counters()
    assert families is not None
    return {
        " ".join([sample.name, *(f"{key}={value}" for key, value in sample.labels.items())]): sample.value
        for family in families
        for sample in family.samples
        if sample.value
    }  # fmt: skip


def one(name: str) -> float:
    return counted().get(name, 0)


def test_what_a_process_counts_is_handed_over_once() -> None:
    RECORDED.inc()
    RECORDED.inc()

    totals = [counted()["newsroom_reactions_total outcome=recorded"] for _ in range(2)]
    RECORDED.inc()

    assert totals == [2, 2]
    assert one("newsroom_reactions_total outcome=recorded") == 3


def test_counts_wait_while_redis_is_unreachable(settings: Settings) -> None:
    url, settings.REDIS_URL = settings.REDIS_URL, "unix:///nowhere/valkey.sock"
    RECORDED.inc()

    assert not counter_store.flush()
    assert counter_store.read_counters() is None

    settings.REDIS_URL = url
    limits.redis_breaker.reset()
    RECORDED.inc()
    assert one("newsroom_reactions_total outcome=recorded") == 2


def test_a_process_that_was_forked_hands_over_its_own_alone() -> None:
    RECORDED.inc()  # of the parent, which has not handed it over
    child = os.fork()
    if not child:
        RECORDED.inc()
        handed = counter_store._counted()
        before = counter_store._handed_over
        os._exit(sum(handed[field] - before[field] for field in handed) != 1)

    assert os.waitpid(child, 0)[1] == 0
    assert one("newsroom_reactions_total outcome=recorded") == 1


def test_a_process_knows_every_family_whoever_counts_it() -> None:
    """Of a worker's tasks web counts none, and answers for them."""
    defined = {
        name
        for package in ("newsroom", "articles", "reactions")
        for path in (PROJECT / package).rglob("*.py")
        if "registry=COUNTERS" in (text := path.read_text())
        for name in re.findall(r'(?:Counter|Histogram|Summary)\(\s*"(\w+)"', text)
    }
    listed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _FAMILIES],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert len(defined) > 10
    assert {*listed.stdout.split()} == defined


def test_what_another_release_counted_is_left_out() -> None:
    redis.client().hset(redis_keys.COUNTERS, '["newsroom_former_total", {}]', "7")

    assert "newsroom_former_total" not in counted()


def test_django_counts_its_answers_by_pattern(client: Client, article: Article) -> None:
    client.get(f"/articles/{article.slug}/")
    client.get(f"/articles/{article.slug}/")
    for path in ("/nothing/", "/nothing/else/"):
        client.get(path)
    client.generic("INVENTED", "/")

    found = counted()

    page = "route=/articles/<any_slug:slug>/ server=django status=200"
    assert found[f"newsroom_requests_total method=GET {page}"] == 2
    assert found["newsroom_requests_total method=GET route=none server=django status=404"] == 2
    assert found["newsroom_requests_total method=other route=/ server=django status=405"] == 1
    assert found["newsroom_request_seconds_count kind=page"] == 5
    assert found["newsroom_pages_total source=rendered"] == 1
    assert found["newsroom_pages_total source=cache"] == 1


def test_the_fast_path_counts_its_own_answers(article: Article) -> None:
    site = Site()
    path = f"/api/v1/articles/{article.id}/reactions/"
    for _ in range(3):
        site.get(path)

    found = counted()

    of_route = "method=GET route=/api/v1/articles/<str:article>/reactions/"
    by_server = {
        server: found[f"newsroom_requests_total {of_route} server={server} status=200"]
        for server in ("django", "fast_path")
    }
    assert by_server == {"django": 1, "fast_path": 2}
    assert found["newsroom_counts_asked_total"] == 3
    assert found["newsroom_counts_read_total layer=postgresql"] == 1


def test_reactions_are_counted_by_what_became_of_them(
    article: Article, publish_article: PublishArticle, settings: Settings
) -> None:
    settings.REACTIONS_LIMITS = {**settings.REACTIONS_LIMITS, "REACTIONS_PER_NETWORK_ARTICLE": 1}
    reader = uuid4()
    for kinds in ("love", "love", "sad"):
        set_reactions(article_id=article.id, reader_id=reader, kinds=pack([kinds]))
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["love"]))
    with pytest.raises(ReactionRefused):
        set_reactions(article_id=uuid4(), reader_id=reader, kinds=pack(["love"]))
    aggregate()

    found = counted()

    assert found["newsroom_reactions_total outcome=recorded"] == 3
    assert found["newsroom_reactions_total outcome=unchanged"] == 1
    assert found["newsroom_reactions_total outcome=missing"] == 1
    assert found["newsroom_reactions_held_total"] == 1
    assert found["newsroom_aggregation_batch_entries_sum"] == 3
    assert found["newsroom_aggregation_batch_seconds_count"] >= 1


def test_tasks_are_counted_by_how_they_ended(db: None) -> None:
    for state in ("SUCCESS", "FAILURE"):
        task_counters.note_begin(state)
        task_counters.count_task(state, every_second, state)

    found = counted()

    of_task = "task=newsroom.every_second"
    assert found[f"newsroom_tasks_total state=success {of_task}"] == 1
    assert found[f"newsroom_tasks_total state=failure {of_task}"] == 1
    assert found[f"newsroom_task_seconds_count {of_task}"] == 2


def test_the_metrics_have_them_in_a_form_that_prometheus_reads(client: Client, db: None) -> None:
    request_counter("/api/<x>/", "GET", 200, "django").inc()

    text = scrape(client).content.decode()
    families: dict[str, Any] = {each.name: each for each in text_string_to_metric_families(text)}

    assert families["newsroom_requests"].type == "counter"
    assert families["newsroom_aggregation_batch_seconds"].type == "histogram"
    # Those that may happen are there before they do, so that an alert sees the first one.
    assert 'newsroom_webhook_attempts_total{outcome="refused"} 0.0' in text
    limits_of_buckets = [
        sample.labels["le"]
        for sample in families["newsroom_aggregation_batch_seconds"].samples
        if sample.name.endswith("_bucket")
    ]
    assert limits_of_buckets == sorted(limits_of_buckets, key=float)
    assert "_created" not in text


def test_a_put_that_the_fast_path_answers_is_counted(article: Article) -> None:
    site = Site()
    path = f"/api/v1/articles/{article.id}/reactions/mine/"
    for _ in range(2):
        site.put(path, LOVE, HTTP_COOKIE="")

    assert sum(value for name, value in counted().items() if "reactions/mine/" in name) == 2
