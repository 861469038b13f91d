"""Which transaction has what to itself, and that none waits for one that waits for it."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.counting.reconcile import repair_articles
from reactions.models import ArticleCount, CountVersion, OutboxEntry, Reaction, Wave
from reactions.moderation.client_network import purge_networks
from reactions.moderation.decisions import apply_decisions, release_wave, void_wave
from reactions.moderation.signals import Signals
from reactions.record import erase_reader, set_reactions
from reactions.sql import rows
from tests.conftest import PublishArticle
from tests.races.rival import Rival, at_once, held_open, wait_for_a_blocked_backend
from tests.reactions.crowds import LOVE, NOON, arrive, from_anywhere, set_limits
from tests.reactions.oracle import assert_counts_are_the_rows, totals

pytestmark = pytest.mark.django_db(transaction=True)


def react(article: Article) -> UUID:
    reader = uuid4()
    set_reactions(article_id=article.id, reader_id=reader, kinds=LOVE, signals=from_anywhere())
    return reader


def decide_without_applying(wave: Wave, decision: Wave.State) -> None:
    """As a process does that dies after the commit of the decision."""
    rows(
        "decide_wave",
        {"wave": wave.pk, "decision": str(decision), "editor": "ada", "note": ""},
    )


def is_free(these: QuerySet[Reaction] | QuerySet[Wave] | QuerySet[ArticleCount]) -> bool:
    """Whether no other transaction holds one of these rows."""
    with transaction.atomic():
        # Not count(), which Django sends without the lock.
        return len(these.select_for_update(skip_locked=True)) == len(these)


def test_one_aggregation_at_a_time_counts_an_article(article: Article) -> None:
    """The other leaves its entries at once, also those of rows that nobody holds."""
    react(article)
    aggregate()
    for _ in range(2):
        react(article)

    with transaction.atomic():
        first = aggregate_batch(most=1)
        second = Rival().start(lambda: aggregate_batch(most=10)).result(timeout=30)
    aggregate()

    assert (first.entries, second.entries) == (1, 0)
    assert second.skipped == {article.id}
    assert totals(article.id) == {"love": 3}


def test_an_erased_row_stays_until_its_reaction_is_counted_out(
    publish_article: PublishArticle,
) -> None:
    """Aggregation counts one article and leaves the other, whose count version is held."""
    article, held_up = publish_article(), publish_article()
    reader = uuid4()
    for each in (article, held_up):
        set_reactions(article_id=each.id, reader_id=reader, kinds=LOVE, signals=from_anywhere())
    aggregate()
    erase_reader(reader_id=reader)

    with held_open(lambda: CountVersion.objects.select_for_update().get(article_id=held_up.id)):
        aggregate()
    left = [row.article_id for row in Reaction.objects.all()]
    aggregate()

    assert left == [held_up.id]
    assert not Reaction.objects.exists()
    assert [totals(each.id) for each in (article, held_up)] == [{"love": 0}, {"love": 0}]


def test_a_second_repair_leaves_the_drift_to_the_first(article: Article) -> None:
    react(article)
    aggregate()
    ArticleCount.objects.update(count=5)

    with transaction.atomic():
        first = repair_articles([article.id])
        second = Rival().start(lambda: repair_articles([article.id])).result(timeout=30)

    assert (first, second) == (1, 0)
    assert_counts_are_the_rows(article.id)


def test_a_repair_that_waits_for_an_aggregation_holds_no_counts(article: Article) -> None:
    """An aggregation holds the count version and needs the counts next."""
    react(article)
    aggregate()
    ArticleCount.objects.update(count=5)

    with transaction.atomic():
        CountVersion.objects.select_for_update().get()
        repair = Rival().start(lambda: repair_articles([article.id]))
        wait_for_a_blocked_backend()
        assert is_free(ArticleCount.objects.all())
    assert repair.result(timeout=30) == 1


def test_repairs_at_once_repair_once(publish_article: PublishArticle) -> None:
    articles = [publish_article() for _ in range(10)]
    for article in articles:
        react(article)
    aggregate()
    ArticleCount.objects.update(count=5)
    ids = [article.id for article in articles]

    while not any(at_once([lambda: repair_articles(ids)] * 3)):
        pass

    assert [totals(article_id) for article_id in ids] == [{"love": 1}] * 10


def test_a_decision_taken_while_an_earlier_one_is_applied_is_not_lost(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    arrive(article.id, [7] * 4)
    aggregate()
    wave = Wave.objects.get()
    decide_without_applying(wave, Wave.State.RELEASED)

    with held_open(lambda: decide_without_applying(wave, Wave.State.VOID), commits=True):
        assert Rival().start(apply_decisions).result(timeout=30) == 0  # leaves it to the next run
    apply_decisions()
    aggregate()

    assert Wave.objects.get().is_applied
    assert totals(article.id) == {"love": 1}


def test_a_decision_waits_until_the_earlier_one_is_applied(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    arrive(article.id, [7] * 4)
    aggregate()
    wave = Wave.objects.get()
    decide_without_applying(wave, Wave.State.RELEASED)

    with transaction.atomic():
        rows("apply_wave", {"wave": wave.pk, "most": 1_000})
        rival = Rival().start(lambda: void_wave(wave_id=wave.pk, editor="bea"))
        wait_for_a_blocked_backend()
    rival.result(timeout=30)
    aggregate()

    assert totals(article.id) == {"love": 1}
    assert Reaction.objects.filter(held=True).count() == 3


def test_erasing_locks_the_waves_in_the_order_in_which_moderation_does(
    publish_article: PublishArticle, settings: Settings
) -> None:
    """While it waits for the first it holds no other, so moderation, which holds the first, gets the others."""
    set_limits(settings, network_story=1)
    articles = sorted((publish_article() for _ in range(6)), key=lambda each: each.id, reverse=True)
    reader = uuid4()
    for article in articles:  # the last one first, as the table then has them
        set_reactions(article_id=article.id, reader_id=reader, kinds=LOVE)
        arrive(article.id, [7])
    Reaction.objects.filter(reader_id=reader).update(held=True)
    for article in articles:
        wave = Wave.objects.create(
            article_id=article.id,
            rule="network_story",
            started_at=NOON,
            last_at=NOON,
            size=1,
            network_count=1,
        )
        Reaction.objects.filter(article_id=article.id, reader_id=reader).update(wave_id=wave.pk)
    first, others = articles[-1].id, [article.id for article in articles[:-1]]

    with transaction.atomic():
        Wave.objects.select_for_update().get(article_id=first)
        erasing = Rival().start(lambda: erase_reader(reader_id=reader))
        wait_for_a_blocked_backend()
        assert is_free(Wave.objects.filter(article_id__in=others))
    assert erasing.result(timeout=30) == 6
    assert set(Wave.objects.values_list("size", flat=True)) == {0}


def test_a_wave_that_is_created_while_an_erasure_waits_is_smaller_by_it(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    *_, held = arrive(article.id, [7] * 4)

    with transaction.atomic():
        aggregate_batch()
        erasing = Rival().start(lambda: erase_reader(reader_id=held))
        wait_for_a_blocked_backend()
    assert erasing.result(timeout=30) == 1

    assert Wave.objects.get().size == 2


def test_erasing_locks_the_rows_of_a_reader_in_key_order(publish_article: PublishArticle) -> None:
    """Else two that erase the same reader could each hold a row that the other needs."""
    articles = sorted((publish_article() for _ in range(6)), key=lambda each: each.id, reverse=True)
    reader = uuid4()
    for article in articles:
        set_reactions(article_id=article.id, reader_id=reader, kinds=LOVE)
    theirs = Reaction.objects.filter(reader_id=reader)

    with transaction.atomic():
        theirs.select_for_update().get(article_id=articles[-1].id)
        erasing = Rival().start(lambda: erase_reader(reader_id=reader))
        wait_for_a_blocked_backend()
        assert is_free(theirs.exclude(article_id=articles[-1].id))
    assert erasing.result(timeout=30) == 6


def test_aggregations_of_a_backlog_do_not_lock_the_same_networks_in_two_orders(
    publish_article: PublishArticle, settings: Settings
) -> None:
    """Each has two minutes and two networks, in opposite order."""
    set_limits(settings, network_minute=1_600)
    articles = [publish_article(), publish_article()]
    for article in articles:
        react(article)
    aggregate()

    for _ in range(5):
        for article, networks in zip(articles, [(7, 8), (8, 7)], strict=True):
            for minute, network in enumerate(networks):
                arrive(article.id, [network] * 150, at=NOON + timedelta(minutes=minute))
        act = partial(aggregate_batch, lock_milliseconds=10_000)
        at_once([partial(act, only=[article.id]) for article in articles])

    assert [totals(article.id) for article in articles] == [{"love": 1_501}] * 2


def test_a_backlog_locks_the_open_waves_in_key_order_and_not_minute_by_minute(
    publish_article: PublishArticle, settings: Settings
) -> None:
    """One that erases a reader locks the waves in key order, too: neither holds what the other waits for."""
    set_limits(settings, network_story=1)
    first, last = sorted((publish_article() for _ in range(2)), key=lambda each: each.id)
    for article in (first, last):
        arrive(article.id, [7] * 3)
    aggregate()
    arrive(last.id, [7] * 3, at=NOON + timedelta(minutes=1))
    arrive(first.id, [7] * 3, at=NOON + timedelta(minutes=2))

    with transaction.atomic():
        Wave.objects.select_for_update().get(article_id=first.id)
        aggregation = Rival().start(lambda: aggregate_batch(lock_milliseconds=10_000))
        wait_for_a_blocked_backend()
        assert is_free(Wave.objects.filter(article_id=last.id))
    aggregation.result(timeout=30)

    assert set(Wave.objects.values_list("size", flat=True)) == {5}


class Crowd:
    """Sixty readers of six articles, whom four threads and more act on at once."""

    def __init__(self, articles: list[Article]) -> None:
        self.articles = articles
        self.readers = [uuid4() for _ in range(60)]

    def come(self) -> None:
        chance = random.Random(1)
        for reader in self.readers:
            signals = Signals(network=chance.randint(1, 4))
            for article in chance.sample(self.articles, 5):
                set_reactions(article_id=article.id, reader_id=reader, kinds=LOVE, signals=signals)

    def go(self, seed: int) -> None:
        for reader in random.Random(seed).sample(self.readers, len(self.readers)):
            erase_reader(reader_id=reader)

    def be_counted(self) -> None:
        for _ in range(25):
            aggregate()

    def be_decided(self) -> None:
        for decide in [release_wave, void_wave] * 20:
            for wave in Wave.objects.all():
                decide(wave_id=wave.pk, editor="ada")
            purge_networks()


def test_erasing_aggregation_decisions_and_purges_never_deadlock(
    publish_article: PublishArticle, settings: Settings
) -> None:
    set_limits(settings, network_story=3, network_minute=1_000)
    crowd = Crowd([publish_article() for _ in range(6)])
    erasing = [partial(crowd.go, seed) for seed in (2, 3, 3)]  # two in the same order
    before = deadlocks()

    crowd.come()
    aggregate()
    acts: list[Callable[[], None]] = [
        crowd.come,
        crowd.be_decided,
        *[crowd.be_counted] * 2,
        *erasing,
    ]
    at_once(acts)
    crowd.go(4)
    while OutboxEntry.objects.exists():
        aggregate()

    assert deadlocks() == before
    assert not Reaction.objects.exists()
    assert set(Wave.objects.values_list("size", flat=True)) == {0}
    for article in crowd.articles:
        assert_counts_are_the_rows(article.id, expected=[])


def deadlocks() -> int:
    """Deadlocks in this database so far, of connections that are closed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (found,) = cursor.fetchone()
    return int(found)
