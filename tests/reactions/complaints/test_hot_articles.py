"""Complaints of users of another system about articles with many reactions at once, and what ours do under the same.

misskey-dev/misskey#11093: a row rewritten for every reaction, and a buffer that loses what comes while it is emptied.
misskey-dev/misskey#14621: a buffer that was switched off with reactions in it.
"""

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.cache import limits
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.counting.cache_writer import write_stale_counts
from reactions.counts import clear_counts
from reactions.kinds import pack
from reactions.models import CountVersion
from tests.races.rival import Rival
from tests.reactions.crowds import LOVE, arrive
from tests.reactions.visitor import Visitor, shown

racing = pytest.mark.django_db(transaction=True)

SAD = pack(["sad"])


def row_of_the_article(article: Article) -> tuple[object, ...]:
    """Where PostgreSQL keeps it, and which transaction wrote it there: another after any rewrite."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid, xmin FROM articles_article WHERE id = %s", [article.id])
        return tuple(cursor.fetchone())


# --- misskey#11093


def test_a_hundred_reactions_are_not_a_hundred_rewrites_of_a_row(article: Article) -> None:
    before = row_of_the_article(article)

    arrive(article.id, range(99))
    Visitor(article).choose("love")
    aggregate()

    assert shown(article) == {"love": 100}
    assert row_of_the_article(article) == before
    assert CountVersion.objects.get().version == 1


@racing
def test_no_reader_waits_for_another_who_has_not_finished(article: Article) -> None:
    with transaction.atomic():
        Visitor(article).choose("love")  # and the connection holds its locks until the end

        other = Rival().start(lambda: Visitor(article).choose("sad"))

        assert other.result(timeout=10)["changed"]


@racing
def test_no_reader_waits_for_an_aggregation_and_a_reaction_during_it_is_not_lost(
    article: Article,
) -> None:
    Visitor(article).choose("love")
    aggregate()
    Visitor(article).choose("love")

    with transaction.atomic():
        aggregate_batch()  # holds the count version of the article and its counts
        rival = Rival().start(lambda: Visitor(article).choose("love"))
        written = rival.result(timeout=10)["total"]
    aggregate()

    assert written == 2  # the aggregated one, and its own
    assert shown(article) == {"love": 3}


@racing
def test_a_reaction_between_aggregation_and_cache_writing_is_not_lost(article: Article) -> None:
    Visitor(article).choose("love")
    aggregate_batch()
    Visitor(article).choose("love")

    write_stale_counts()
    first = shown(article)
    aggregate()

    assert first == {"love": 1}
    assert shown(article) == {"love": 2}


def test_five_and_three_with_one_and_two_more_are_six_and_five(article: Article) -> None:
    """The stored code of that buffer made five and five of them."""
    for kinds, readers in ((LOVE, range(5)), (SAD, range(5, 8))):
        arrive(article.id, readers, kinds=kinds)
    aggregate()
    before = shown(article)

    for kind in ("love", "sad", "sad"):
        Visitor(article).choose(kind)
    aggregate()

    assert before == {"love": 5, "sad": 3}
    assert shown(article) == {"love": 6, "sad": 5}


# --- misskey#14621


@pytest.mark.parametrize("most", [1, 3])
def test_a_worker_that_is_switched_off_strands_no_reaction(article: Article, most: int) -> None:
    for _ in range(5):
        Visitor(article).choose("love")
    aggregate_batch(most=most)  # and is killed: Redis has no counts, and the rest waits

    call_command("aggregate")

    assert shown(article) == {"love": 5}


def test_a_worker_killed_before_its_commit_strands_no_reaction(article: Article) -> None:
    for _ in range(5):
        Visitor(article).choose("love")
    with transaction.atomic():
        aggregate_batch()
        transaction.set_rollback(True)

    call_command("aggregate")

    assert shown(article) == {"love": 5}


def test_redis_that_is_switched_off_strands_no_reaction(
    article: Article, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    Visitor(article).choose("love")
    aggregate()
    while_off = shown(article)

    settings.REDIS_URL = url
    limits.redis_breaker.reset()
    written = write_stale_counts()
    clear_counts()

    assert (while_off, written) == ({"love": 1}, 1)
    assert shown(article) == {"love": 1}
