"""Many writers at once, against real PostgreSQL: rows, totals and Redis agree exactly in the end."""

import random
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from articles.models import Article
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.counting.reconcile import reconcile
from reactions.kinds import KINDS, pack
from reactions.models import ArticleCount, CountVersion, OutboxEntry, Reaction
from reactions.record import erase_reader, set_reactions
from tests.conftest import PublishArticle
from tests.races.rival import Rival, on_a_connection_of_its_own, wait_for_a_blocked_backend
from tests.reactions.oracle import assert_counts_are_the_rows, totals

pytestmark = pytest.mark.django_db(transaction=True)

LOVE, SAD = pack(["love"]), pack(["sad"])


def test_twenty_threads_set_switch_and_clear_for_five_readers(article: Article) -> None:
    readers = [uuid4() for _ in range(5)]
    masks = [0, *(kind.mask for kind in KINDS)]

    def react(seed: int) -> int:
        chance = random.Random(seed)
        for _ in range(25):
            set_reactions(
                article_id=article.id,
                reader_id=chance.choice(readers),
                kinds=chance.choice(masks),
            )
            if chance.random() < 0.1:
                aggregate()
        return seed

    with ThreadPoolExecutor(20) as pool:
        done = list(
            pool.map(lambda seed: on_a_connection_of_its_own(lambda: react(seed)), range(20))
        )
    aggregate()

    assert done == list(range(20))
    assert Reaction.objects.count() == 5
    assert not OutboxEntry.objects.exists()
    assert_counts_are_the_rows(article.id)


def test_many_readers_and_many_aggregations_on_a_few_articles(
    publish_article: PublishArticle,
) -> None:
    articles = [publish_article() for _ in range(3)]

    def react(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(40):
            set_reactions(
                article_id=chance.choice(articles).id,
                reader_id=UUID(int=chance.randrange(30)),
                kinds=chance.choice(KINDS).mask,
            )

    def keep_aggregating(_: int) -> None:
        for _ in range(30):
            aggregate()

    with ThreadPoolExecutor(11) as pool:
        acts = [pool.submit(on_a_connection_of_its_own, lambda n=n: react(n)) for n in range(8)]
        aggregations = [
            pool.submit(on_a_connection_of_its_own, lambda n=n: keep_aggregating(n))
            for n in range(3)
        ]
        for each in [*acts, *aggregations]:
            each.result()
    aggregate()

    for article in articles:
        assert_counts_are_the_rows(article.id)


def test_a_row_with_entries_in_two_aggregations_is_counted_once(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    OutboxEntry.objects.create(article_id=article.id, reader_id=reader_id)

    with transaction.atomic():
        first = aggregate_batch(most=1)
        rival = Rival().start(lambda: aggregate_batch(most=1))
        wait_for_a_blocked_backend()

    assert (first.entries, rival.result().entries) == (1, 1)
    assert totals(article.id) == {"love": 1}
    assert CountVersion.objects.get().version == 1


def test_a_change_during_an_aggregation_is_counted_by_the_next(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    with transaction.atomic():
        aggregate_batch()
        rival = Rival().start(
            lambda: set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)
        )
        wait_for_a_blocked_backend()
    change = rival.result()
    aggregate()

    assert change.previous == LOVE
    assert change.counts["sad"] == 1
    assert min(change.counts.values()) == 0
    assert totals(article.id) == {"love": 0, "sad": 1}


def test_an_aggregation_counts_what_a_reader_committed_while_it_waited(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    with transaction.atomic():
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)
        rival = Rival().start(lambda: aggregate_batch(most=1))
        wait_for_a_blocked_backend()
    rival.result()
    aggregate()

    assert totals(article.id).get("love", 0) == 0
    assert_counts_are_the_rows(article.id, expected=[SAD])


def test_two_aggregations_of_one_article_leave_two_versions(
    publish_article: PublishArticle,
) -> None:
    article = publish_article()
    for _ in range(2):
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)

    with transaction.atomic():
        aggregate_batch(most=1)
        rival = Rival().start(lambda: aggregate_batch(most=1))
        wait_for_a_blocked_backend()
    rival.result()

    assert totals(article.id) == {"love": 2}
    assert CountVersion.objects.get().version == 2


def test_no_reader_waits_for_an_editor_who_saves_the_article(
    article: Article, reader_id: UUID
) -> None:
    with transaction.atomic():
        Article.objects.select_for_update().get()
        Article.objects.update(headline="The bridge is shut")

        reader = Rival().start(
            lambda: set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
        )

        assert reader.result(timeout=10).changed


def test_a_reader_erased_during_an_aggregation_leaves_no_row(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    with transaction.atomic():
        aggregate_batch()
        rival = Rival().start(lambda: erase_reader(reader_id=reader_id))
        wait_for_a_blocked_backend()
    erased = rival.result()
    aggregate()

    assert erased == 1
    assert not Reaction.objects.exists()
    assert totals(article.id) == {"love": 0}


def test_drift_is_repaired_once_while_readers_react_and_aggregations_run(
    publish_article: PublishArticle,
) -> None:
    articles = [publish_article() for _ in range(3)]
    for article in articles:
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)
    aggregate()
    ArticleCount.objects.update(count=40)

    def react(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(40):
            set_reactions(
                article_id=chance.choice(articles).id,
                reader_id=UUID(int=chance.randrange(30)),
                kinds=chance.choice(KINDS).mask,
            )
            if chance.random() < 0.3:
                aggregate()

    with ThreadPoolExecutor(6) as pool:
        acts = [pool.submit(on_a_connection_of_its_own, lambda n=n: react(n)) for n in range(4)]
        repairs = [pool.submit(on_a_connection_of_its_own, reconcile) for _ in range(2)]
        for act in acts:
            act.result()
        repaired = sum(repair.result().repaired for repair in repairs)
    aggregate()
    reconcile()

    assert repaired
    for article in articles:
        assert_counts_are_the_rows(article.id)
