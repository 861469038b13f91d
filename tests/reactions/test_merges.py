"""Merges that are noted: workers move the reactions, whatever dies meanwhile."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from django.db import DataError, OperationalError, transaction
from django.utils import timezone

from articles.models import Article
from articles.sites.moves import merge_articles
from newsroom.tasks import every_second
from reactions import move
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.models import ArticleMerge, ImportedCount, OutboxEntry, Reaction, Wave
from reactions.move import note_merges, settle_merges
from reactions.record import set_reactions
from reactions.tasks import settle_merges_task
from tests.articles.sites.sites import make_site, publish_at
from tests.conftest import PublishArticle
from tests.newsroom.conftest import queue as queue
from tests.races.rival import held_open
from tests.reactions.crowds import LOVE, NOON, arrive
from tests.reactions.oracle import assert_counts_are_the_rows, totals

pytestmark = pytest.mark.django_db
on_connections_of_their_own = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(publish_article: PublishArticle) -> tuple[UUID, UUID]:
    return publish_article().id, publish_article().id


def note(article_id: UUID, into_id: UUID) -> None:
    with transaction.atomic():
        note_merges({article_id: into_id})


def long_ago() -> None:
    ArticleMerge.objects.update(merged_at=timezone.now() - timedelta(minutes=3))


def is_settled() -> bool:
    return ArticleMerge.objects.get().settled


def test_the_request_that_merges_moves_the_reactions_after_its_commit(
    django_capture_on_commit_callbacks: Any,
) -> None:
    site = make_site()
    old, new = publish_at(site, "/old/"), publish_at(site, "/new/")
    arrive(old.pk, range(3))

    with django_capture_on_commit_callbacks(execute=True):
        merge_articles(article_id=old.pk, into_id=new.pk)
    aggregate()

    assert_counts_are_the_rows(new.pk, expected=[LOVE] * 3)
    merge = ArticleMerge.objects.get()
    assert (merge.article_id, merge.into_id, merge.settled) == (old.pk, new.pk, False)


def test_a_worker_moves_what_a_process_left_that_died_after_its_commit(
    two: tuple[UUID, UUID], queue: "redis.Redis"
) -> None:
    arrive(two[0], range(3))
    ImportedCount.objects.create(
        article_id=two[0], source="isso", kind=0, count=4, imported_at=NOON
    )
    note(*two)

    every_second()
    messages: Any = queue.lrange("celery", 0, -1)
    sent = [json.loads(each)["headers"]["task"] for each in messages]
    settle_merges_task()
    aggregate()

    assert sent == ["reactions.settle_merges"]
    assert totals(two[1]) == {"love": 3}
    assert ImportedCount.objects.get().article_id == two[1]


def test_a_press_under_way_is_moved_for_two_minutes(two: tuple[UUID, UUID]) -> None:
    note(*two)
    settle_merges(seconds=1)
    early = is_settled()
    set_reactions(article_id=two[0], reader_id=uuid4(), kinds=LOVE)
    settle_merges(seconds=1)
    long_ago()
    set_reactions(article_id=two[0], reader_id=uuid4(), kinds=LOVE)
    settle_merges(seconds=0)
    with_rows = is_settled()
    settle_merges(seconds=1)
    aggregate()

    assert (early, with_rows, is_settled()) == (False, False, True)
    assert_counts_are_the_rows(two[1], expected=[LOVE, LOVE])


def test_what_is_taken_back_after_a_merge_is_not_brought_back_by_what_is_moved_later(
    two: tuple[UUID, UUID], reader_id: UUID
) -> None:
    for article_id in (two[1], two[0]):
        set_reactions(article_id=article_id, reader_id=reader_id, kinds=LOVE)
    note(*two)
    set_reactions(article_id=two[1], reader_id=reader_id, kinds=0)

    settle_merges(seconds=1)
    aggregate()

    assert Reaction.objects.get().kinds == 0
    assert_counts_are_the_rows(two[1], expected=[])


def test_what_is_left_of_a_merge_follows_the_next_one(
    two: tuple[UUID, UUID], publish_article: PublishArticle
) -> None:
    third = publish_article().id
    note(*two)
    note(two[1], third)
    set_reactions(article_id=two[0], reader_id=uuid4(), kinds=LOVE)

    settle_merges(seconds=1)
    aggregate()

    assert set(ArticleMerge.objects.values_list("into_id", flat=True)) == {third}
    assert totals(third) == {"love": 1}


def test_many_merges_of_one_transaction_are_each_moved(publish_article: PublishArticle) -> None:
    into = publish_article().id
    articles = [publish_article().id for _ in range(5)]
    for article_id in articles:
        arrive(article_id, range(2))
    with transaction.atomic():
        note_merges(dict.fromkeys(articles, into))

    moved = settle_merges(seconds=5)
    aggregate()

    assert moved == 10
    assert_counts_are_the_rows(into, expected=[LOVE] * 10)
    assert reconcile(dry_run=True).is_clean


def test_a_big_article_waits_for_aggregation(
    two: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move, "_MOST_WAITING", 10)
    batch = move.merge_batch
    monkeypatch.setattr(move, "merge_batch", lambda **options: batch(**options, most=8))
    arrive(two[0], range(12))
    note(*two)

    waited = settle_merges(seconds=1)
    aggregate()
    settle_merges(seconds=1)
    after_one_batch = Reaction.objects.filter(article_id=two[0], erased=False).count()
    aggregate()
    settle_merges(seconds=1)
    aggregate()

    assert (waited, after_one_batch) == (0, 4)
    assert_counts_are_the_rows(two[1], expected=[LOVE] * 12)


@on_connections_of_their_own
def test_what_others_hold_for_long_is_left_to_the_next_second(
    two: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move, "_LOCK_MILLISECONDS", 50)
    arrive(two[0], range(2))
    note(*two)

    with held_open(lambda: Reaction.objects.select_for_update().first()):
        beside_a_reader = settle_merges(seconds=1)
    with held_open(lambda: ArticleMerge.objects.select_for_update().get()):
        beside_a_worker = settle_merges(seconds=1)
    moved = settle_merges(seconds=1)

    assert (beside_a_reader, beside_a_worker, moved) == (0, 0, 2)


@on_connections_of_their_own
def test_a_call_that_meets_a_locked_row_tries_again_and_then_says_so(
    two: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move, "_LOCK_MILLISECONDS", 20)
    monkeypatch.setattr(move, "_TRIES", 3)
    arrive(two[0], range(2))

    with (
        held_open(lambda: Reaction.objects.select_for_update().first()),
        pytest.raises(OperationalError),
    ):
        move.merge_reactions(article_id=two[0], into_id=two[1])
    assert move.merge_reactions(article_id=two[0], into_id=two[1]) == 2


def test_a_statement_that_fails_for_another_reason_is_no_moment_to_wait_for(
    two: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(two[0], [1])
    note(*two)
    monkeypatch.setattr(move, "_LOCK_MILLISECONDS", "no time")

    with pytest.raises(DataError):
        settle_merges(seconds=1)


def test_the_waves_of_a_merged_article_are_those_of_the_other_one(two: tuple[UUID, UUID]) -> None:
    for article_id in two:
        Wave.objects.create(
            article_id=article_id,
            rule="surge",
            started_at=NOON,
            last_at=NOON,
            size=0,
            network_count=0,
        )
    note(*two)

    settle_merges(seconds=1)

    waves = Wave.objects.order_by("id").values_list("article_id", "is_open")
    assert list(waves) == [(two[1], False), (two[1], True)]
    assert not OutboxEntry.objects.exists()
    assert Article.objects.count() == 2
