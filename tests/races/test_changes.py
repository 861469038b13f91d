"""The change feed beside writers that commit late, and beside other processes that number."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from articles import workflow
from articles.models import Article
from reactions.changes.numbering import number_changes
from reactions.counting.aggregate import aggregate
from reactions.kinds import pack
from reactions.models import Change, ChangeNote
from reactions.record import set_reactions
from tests.conftest import PublishArticle
from tests.races.rival import held_open, on_a_connection_of_its_own
from tests.reactions.changes.mirror import Mirror, true_counts, truth

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 4
# With the readers they take the whole pool of connections.
WRITERS = 3


def write(article_id: UUID, seed: int, ends_at: float) -> None:
    """Corrects, unpublishes and publishes, each time with a transaction that commits a while later."""
    chance = random.Random(seed)
    while time.monotonic() < ends_at:
        with transaction.atomic():
            state = Article.objects.get(pk=article_id).state
            if state == "unpublished":
                workflow.publish(article_id=article_id)
            elif chance.random() < 0.3:
                workflow.unpublish(article_id=article_id)
            else:
                workflow.correct(article_id=article_id, text="x")
            time.sleep(chance.random() / 20)


def react(article_ids: list[UUID], ends_at: float) -> None:
    while time.monotonic() < ends_at:
        for article_id in article_ids:
            set_reactions(article_id=article_id, reader_id=uuid4(), kinds=pack(["love"]))
        aggregate()


def repeat(act: Callable[[], object], has_ended: Event) -> None:
    while not has_ended.is_set():
        act()


def test_a_mirror_equals_the_truth_beside_writers_who_commit_late(
    publish_article: PublishArticle,
) -> None:
    articles = [publish_article() for _ in range(WRITERS)]
    calm = [publish_article().pk for _ in range(3)]
    mirrors = [Mirror(limit=limit) for limit in (2, 7)]
    ends_at, has_ended = time.monotonic() + SECONDS, Event()
    writers = [
        *(partial(write, each.pk, seed, ends_at) for seed, each in enumerate(articles)),
        partial(react, calm, ends_at),
    ]
    readers = [
        *(partial(repeat, mirror.catch_up, has_ended) for mirror in mirrors),
        partial(repeat, number_changes, has_ended),
    ]

    with ThreadPoolExecutor(len(writers) + len(readers)) as pool:
        reading = [pool.submit(on_a_connection_of_its_own, act) for act in readers]
        writing = [pool.submit(on_a_connection_of_its_own, act) for act in writers]
        try:
            for each in writing:
                each.result()
        finally:
            has_ended.set()
        for each in reading:
            each.result()
    aggregate()
    for mirror in mirrors:
        mirror.catch_up()

    expected = truth()
    for mirror in mirrors:
        seen = {*expected, *mirror.content}
        changed = {each: mirror.content.get(each) for each in seen}
        assert changed == {each: expected.get(each) for each in seen}
        assert mirror.counts == true_counts()
    positions = [*Change.objects.values_list("position", flat=True)]
    assert len({*positions}) == len(positions)


def test_numbering_waits_for_no_other_process(publish_article: PublishArticle) -> None:
    article = publish_article()
    number_changes()
    workflow.correct(article_id=article.pk, text="x")

    with held_open(number_changes):  # which is rolled back
        assert number_changes() == 0
        assert ChangeNote.objects.exists()

    assert number_changes() > 0
    assert not ChangeNote.objects.exists()
