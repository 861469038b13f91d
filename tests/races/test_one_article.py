"""One article never stops another: what is locked stays in the outbox, what fails is repaired or set aside."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import QuerySet
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.counting.aggregate import aggregate, measure_backlog
from reactions.counting.cache_writer import write_stale_counts
from reactions.counting.reconcile import reconcile
from reactions.counts import get_counts
from reactions.kinds import pack
from reactions.models import (
    ArticleCount,
    ArticleRate,
    Bucket,
    CountVersion,
    NetworkRate,
    OutboxEntry,
    PolicyState,
    Reaction,
    SetAside,
    Wave,
)
from reactions.moderation.decisions import apply_decisions, release_wave
from reactions.policy import set_policy
from reactions.record import erase_reader, set_reactions
from tests.conftest import PublishArticle
from tests.races.rival import Rival, held_open
from tests.reactions.crowds import arrive, from_anywhere, set_limits
from tests.reactions.oracle import assert_counts_are_the_rows, totals

pytestmark = pytest.mark.django_db(transaction=True)

LOVE = pack(["love"])
MOST_INT, MOST_BIGINT = 2**31 - 1, 2**63 - 1


def react(*articles: Article) -> None:
    """A new reader of each of these articles."""
    for article in articles:
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE, signals=from_anywhere())


def love(*articles: Article) -> list[int]:
    return [totals(article.id).get("love", 0) for article in articles]


def aggregate_until(is_counted: Callable[[], bool]) -> None:
    """As a worker does, within seconds: the limit of a single lock is half a minute here."""
    deadline = time.monotonic() + 5
    while not is_counted():
        assert time.monotonic() < deadline, "Others are not counted."
        aggregate()


def aggregate_until_empty() -> None:
    """As a worker does, until what was locked or set aside is counted, too."""
    deadline = time.monotonic() + 10
    while OutboxEntry.objects.exists():
        assert time.monotonic() < deadline, "Something stays in the outbox."
        aggregate()
        time.sleep(0.02)


LOCKED: dict[str, Callable[[Article], QuerySet[Any]]] = {
    "its count version": lambda article: CountVersion.objects.filter(article_id=article.id),
    "its rows": lambda article: Reaction.objects.filter(article_id=article.id),
    "its counts": lambda article: ArticleCount.objects.filter(article_id=article.id),
    "its buckets": lambda article: Bucket.objects.filter(article_id=article.id),
    "its rate": lambda article: ArticleRate.objects.filter(article_id=article.id),
    "its networks' rates": lambda article: NetworkRate.objects.filter(article_id=article.id),
}


@pytest.mark.parametrize("what", LOCKED)
def test_others_are_counted_while_a_transaction_holds(
    publish_article: PublishArticle, what: str
) -> None:
    stuck, *others = [publish_article() for _ in range(20)]
    arrive(stuck.id, [7], kinds=LOVE)
    react(*others)
    aggregate()
    arrive(stuck.id, [7], kinds=LOVE)  # of the same network, quarter of an hour and minute
    react(*others)

    with held_open(lambda: list(LOCKED[what](stuck).select_for_update())):
        aggregate_until(lambda: love(*others) == [2] * 19)
        react(*others)
        aggregate_until(lambda: love(*others) == [3] * 19)
        assert love(stuck) == [1]

    aggregate_until_empty()
    assert love(stuck) == [2]
    for article in (stuck, *others):
        assert_counts_are_the_rows(article.id)


def test_others_are_counted_while_a_transaction_creates_the_count_version_of_a_new_article(
    publish_article: PublishArticle,
) -> None:
    stuck, *others = [publish_article() for _ in range(20)]

    with held_open(lambda: set_policy(article_id=stuck.id, state=PolicyState.CLOSED)):
        react(stuck, *others)
        aggregate_until(lambda: love(stuck, *others) == [0] + [1] * 19)

    aggregate_until_empty()
    assert love(stuck) == [1]


def test_a_locked_article_with_more_entries_than_a_batch_does_not_fill_every_batch(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reactions.counting.aggregate.BATCH", 10)
    stuck, other = publish_article(), publish_article()
    react(stuck)
    aggregate()
    arrive(stuck.id, range(50))
    react(other)

    with held_open(lambda: CountVersion.objects.select_for_update().get(article_id=stuck.id)):
        aggregate_until(lambda: love(stuck, other) == [1, 1])


def test_readers_who_change_their_mind_do_not_wait_for_an_aggregation_that_waits(
    article: Article,
) -> None:
    reader = uuid4()
    set_reactions(article_id=article.id, reader_id=reader, kinds=LOVE)
    aggregate()
    set_reactions(article_id=article.id, reader_id=reader, kinds=0)

    with held_open(lambda: CountVersion.objects.select_for_update().get()):
        aggregate()
        change = Rival().start(
            lambda: set_reactions(article_id=article.id, reader_id=reader, kinds=LOVE)
        )
        assert change.result(timeout=30).changed


def test_the_cache_of_others_is_written_while_a_count_version_is_held(
    publish_article: PublishArticle,
) -> None:
    stuck, other = publish_article(), publish_article()
    react(stuck, other)
    aggregate()
    CountVersion.objects.update(cached_version=0)

    with held_open(lambda: CountVersion.objects.select_for_update().get(article_id=stuck.id)):
        started = time.monotonic()
        write_stale_counts()
        assert time.monotonic() - started < 5
        assert CountVersion.objects.get(article_id=other.id).cached_version == 1


def test_a_decision_is_applied_to_the_rows_that_are_free_and_later_to_the_rest(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    stuck, *_ = arrive(article.id, [7] * 4)[1:]
    aggregate()
    wave = Wave.objects.get()

    with held_open(lambda: Reaction.objects.select_for_update().get(reader_id=stuck)):
        release_wave(wave_id=wave.pk, editor="ed")
        aggregate_until(lambda: love(article) == [3])
        assert not Wave.objects.get().is_applied

    apply_decisions()
    aggregate_until_empty()
    assert love(article) == [4]
    assert Wave.objects.get().is_applied


# What no statement of the product writes, and a restored table or a hand at psql may.
POISON: dict[str, Callable[[Article], int]] = {
    "a count below its rows": lambda article: ArticleCount.objects.filter(
        article_id=article.id
    ).update(count=0),
    "a count at its end": lambda article: ArticleCount.objects.filter(article_id=article.id).update(
        count=MOST_BIGINT
    ),
    "a count version at its end": lambda article: CountVersion.objects.filter(
        article_id=article.id
    ).update(version=MOST_BIGINT, cached_version=MOST_BIGINT),
    "a bucket at its end": lambda article: Bucket.objects.filter(article_id=article.id).update(
        added=MOST_INT
    ),
    "the rate of a network at its end": lambda article: NetworkRate.objects.filter(
        article_id=article.id
    ).update(in_hour=MOST_INT, in_day=MOST_INT, in_minute=MOST_INT),
    "the rate of the article at its end": lambda article: ArticleRate.objects.filter(
        article_id=article.id
    ).update(counted=MOST_INT, in_day=MOST_INT, in_minute=MOST_INT, without_page=MOST_INT),
    "an unlikely usual": lambda article: ArticleRate.objects.filter(article_id=article.id).update(
        usual=1e-300
    ),
}
# No repair mends a version that cannot grow: it needs an operator.
BEYOND_REPAIR = {"a count version at its end", "a bucket at its end"}


@pytest.mark.parametrize("poison", POISON)
def test_others_are_counted_beside_an_article_with(
    publish_article: PublishArticle, poison: str
) -> None:
    sick, *others = [publish_article() for _ in range(20)]
    reader, _ = arrive(sick.id, [7, 7])
    react(*others)
    aggregate()
    POISON[poison](sick)

    if poison == "a count below its rows":
        set_reactions(article_id=sick.id, reader_id=reader, kinds=0)
    else:
        arrive(sick.id, [7])
    react(*others)
    aggregate_until(lambda: love(*others) == [2] * 19)

    aggregate()
    if poison in BEYOND_REPAIR:
        assert SetAside.objects.get().article_id == sick.id
        SetAside.objects.update(since="2024-12-08T12:00Z")
        assert measure_backlog().set_aside == 1
        assert OutboxEntry.objects.filter(article_id=sick.id).count() == 1
    else:
        assert not SetAside.objects.exists()
        assert_counts_are_the_rows(sick.id)


def test_a_set_aside_article_is_counted_once_an_operator_has_mended_it(
    article: Article, caplog: pytest.LogCaptureFixture
) -> None:
    react(article)
    aggregate()
    CountVersion.objects.update(version=MOST_BIGINT, cached_version=MOST_BIGINT)
    react(article)
    aggregate()
    assert SetAside.objects.get().failures == 1

    CountVersion.objects.update(version=1, cached_version=1)
    aggregate_until_empty()

    assert not SetAside.objects.exists()
    assert love(article) == [2]
    public = get_counts(article.id)
    assert public is not None
    assert public.counts is not None
    assert public.counts["love"] == 2
    assert f"Article {article.id} is set aside" in caplog.text
    assert f"Article {article.id} is no longer set aside" in caplog.text


def test_reconcile_repairs_others_while_a_count_version_is_held(
    publish_article: PublishArticle,
) -> None:
    stuck, *others = [publish_article() for _ in range(5)]
    react(stuck, *others)
    aggregate()
    ArticleCount.objects.update(count=40)

    with held_open(lambda: CountVersion.objects.select_for_update().get(article_id=stuck.id)):
        result = reconcile()

    assert result.repaired == 4
    assert love(stuck, *others) == [40, 1, 1, 1, 1]


def test_an_erased_reader_is_removed_while_another_erased_row_is_held(
    publish_article: PublishArticle,
) -> None:
    article, other = publish_article(), publish_article()
    reader = uuid4()
    for each in (article, other):
        set_reactions(article_id=each.id, reader_id=reader, kinds=LOVE)
    aggregate()
    erase_reader(reader_id=reader)

    with held_open(lambda: Reaction.objects.select_for_update().get(article_id=other.id)):
        aggregate_until(lambda: not Reaction.objects.filter(article_id=article.id).exists())

    aggregate_until_empty()
    assert not Reaction.objects.exists()
