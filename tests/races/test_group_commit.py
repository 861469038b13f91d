"""Many threads and two committers at once, against real PostgreSQL: every acknowledged reaction is there, once."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from uuid import UUID

import psycopg
import pytest
from django.db import OperationalError, transaction
from pytest_django import Settings

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.group_commit import GroupCommit
from reactions.kinds import KINDS, pack
from reactions.models import OutboxEntry, Policy, Reaction
from reactions.policy import set_policy
from reactions.record import Change, ReactionRefused, Write, erase_reader, set_alone, set_reactions
from tests.conftest import PublishArticle
from tests.races.rival import on_a_connection_of_its_own, wait_for_a_blocked_backend
from tests.reactions.crowds import from_anywhere
from tests.reactions.oracle import assert_counts_are_the_rows

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, WRITES = 20, 40
LOVE, SAD = pack(["love"]), pack(["sad"])
MASKS = [0, *(kind.mask for kind in KINDS)]


@pytest.fixture
def two(settings: Settings) -> Iterator[list[GroupCommit]]:
    """As in two web processes, which refuse none of these threads."""
    settings.REACTIONS_PER_COMMIT = THREADS
    made = [GroupCommit(), GroupCommit()]
    yield made
    for each in made:
        each.stop()


def run(*acts: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(len(acts)) as pool:
        futures = [pool.submit(on_a_connection_of_its_own, act) for act in acts]
        return [future.result() for future in futures]


def reacting(
    two: list[GroupCommit], articles: list[Article], readers: int, seed: int
) -> Callable[[], list[Change]]:
    """One reader after another reacts; what was accepted."""

    def act() -> list[Change]:
        chance, accepted = random.Random(seed), []
        for _ in range(WRITES):
            write = Write(
                chance.choice(articles).id,
                UUID(int=chance.randrange(1, readers + 1)),
                chance.choice(MASKS),
                from_anywhere(),
            )
            try:
                accepted.append(set_until_taken(chance.choice(two), write))
            except ReactionRefused:
                continue
        return accepted

    return act


def set_until_taken(commits: GroupCommit, write: Write) -> Change:
    """As a browser does that is told to come again: on a busy machine a locked row may stay so for long."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return commits.set(write)
        except OperationalError as busy:
            if time.monotonic() > deadline or not is_busy(busy):
                raise


def is_busy(error: OperationalError) -> bool:
    return isinstance(error.__cause__, psycopg.errors.LockNotAvailable)


def aggregating() -> None:
    for _ in range(40):
        aggregate()


def assert_all_is_exact(articles: list[Article]) -> None:
    aggregate()
    assert not OutboxEntry.objects.exists()
    for article in articles:
        assert_counts_are_the_rows(article.id)
    assert reconcile(dry_run=True).drift == 0


def test_twenty_threads_change_a_few_rows_and_each_replaces_what_was_there(
    publish_article: PublishArticle, two: list[GroupCommit]
) -> None:
    """Few readers, so that every batch meets rows of others; the chain of `previous` has no gap and no branch."""
    articles = [publish_article() for _ in range(2)]

    changes = [
        change
        for found in run(
            *(reacting(two, articles, 6, seed) for seed in range(THREADS)), aggregating
        )
        for change in (found if isinstance(found, list) else [])
        if change.changed
    ]

    balance: dict[UUID, int] = defaultdict(int)
    for change in changes:
        balance[change.article_id] += (change.kinds != 0) - (change.previous != 0)
    for article in articles:
        stored = Reaction.objects.filter(article_id=article.id).exclude(kinds=0).count()
        assert balance[article.id] == stored
    assert len(changes) > THREADS
    assert_all_is_exact(articles)


def test_new_readers_are_there_once_each(
    publish_article: PublishArticle, two: list[GroupCommit]
) -> None:
    articles = [publish_article() for _ in range(3)]

    def arrive(first: int) -> Callable[[], None]:
        def act() -> None:
            for number in range(first, first + WRITES):
                write = Write(articles[number % 3].id, UUID(int=number + 1), LOVE, from_anywhere())
                assert set_until_taken(two[number % 2], write).previous == 0

        return act

    run(*(arrive(thread * WRITES) for thread in range(THREADS)), aggregating)

    assert Reaction.objects.count() == THREADS * WRITES
    assert_all_is_exact(articles)


def test_articles_close_and_open_and_readers_are_erased_while_batches_run(
    publish_article: PublishArticle, two: list[GroupCommit]
) -> None:
    articles = [publish_article() for _ in range(3)]

    def edit() -> None:
        chance = random.Random(7)
        for _ in range(30):
            state = chance.choice([Policy.State.OPEN, Policy.State.CLOSED])
            allowed = chance.choice([None, LOVE, LOVE | SAD])
            set_policy(article_id=chance.choice(articles).id, state=state, allowed=allowed)

    def erase() -> None:
        for number in range(30):
            erase_reader(reader_id=UUID(int=number % 40 + 1))

    run(*(reacting(two, articles, 40, seed) for seed in range(10)), edit, erase, aggregating)

    assert_all_is_exact(articles)


def test_nothing_is_accepted_once_an_article_has_closed(
    article: Article, two: list[GroupCommit]
) -> None:
    set_policy(article_id=article.id, state=Policy.State.CLOSED)

    found = run(*(reacting(two, [article], 500, seed) for seed in range(10)))

    assert not any(
        change.changed for changes in found if isinstance(changes, list) for change in changes
    )
    assert not Reaction.objects.exists()


def test_a_batch_gives_way_where_it_would_block_forever(
    article: Article, two: list[GroupCommit]
) -> None:
    """Another transaction has added one of its rows, and then waits for another one that the batch holds."""
    first, second = UUID(int=1), UUID(int=2)
    set_reactions(article_id=article.id, reader_id=first, kinds=SAD)
    batch = [Write(article.id, reader, LOVE, from_anywhere()) for reader in (first, second)]
    (commits, _), may_change = two, threading.Event()

    def rival() -> None:
        with transaction.atomic():
            set_alone(Write(article.id, second, SAD, from_anywhere()))
            may_change.set()
            wait_for_a_blocked_backend()
            Reaction.objects.filter(reader_id=first).update(changed_at=article.published_at)

    def both() -> list[Change]:
        assert may_change.wait(10)
        with ThreadPoolExecutor(2) as pool, ExitStack() as busy:
            busy.enter_context(commits._busy)
            futures = [
                pool.submit(on_a_connection_of_its_own, lambda write=write: commits.set(write))
                for write in batch
            ]
            busy.close()
            return [future.result() for future in futures]

    _, changes = run(rival, both)

    assert isinstance(changes, list)
    assert [change.previous for change in changes] == [SAD, SAD]
    assert set(Reaction.objects.values_list("kinds", flat=True)) == {LOVE}
    assert_all_is_exact([article])
