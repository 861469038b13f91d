"""Editors and readers at once: the database decides who is first, and the counts equal the rows."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from pytest_django import Settings

from articles.models import Article, ArticleTag, Tag
from reactions.counting.aggregate import aggregate
from reactions.default_policies import refresh_articles, save_default_policy
from reactions.kinds import EVERY_KIND, pack
from reactions.models import CountVersion, DefaultPolicy, PolicyRefresh, PolicyState, Reaction
from reactions.policy import get_policy, set_policy, set_state
from reactions.record import Change, ReactionRefused, clear_reactions, set_reactions
from reactions.sql import row
from tests.conftest import PublishArticle
from tests.races.rival import Rival, on_a_connection_of_its_own, wait_for_a_blocked_backend
from tests.reactions.crowds import from_anywhere
from tests.reactions.oracle import assert_counts_are_the_rows

pytestmark = pytest.mark.django_db(transaction=True)

LOVE, SAD, FUNNY = pack(["love"]), pack(["sad"]), pack(["funny"])


def test_a_put_that_began_before_the_close_is_recorded_and_the_next_is_not(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    with transaction.atomic():
        Reaction.objects.select_for_update().get(reader_id=reader_id)
        press = Rival().start(
            lambda: set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)
        )
        wait_for_a_blocked_backend()
        close = Rival().start(lambda: set_state(article_ids=[article.id], state=PolicyState.CLOSED))
        close.result(timeout=10)  # an editor never waits for a reader

    assert press.result().changed
    with pytest.raises(ReactionRefused, match="closed"):
        clear_reactions(article_id=article.id, reader_id=reader_id)
    aggregate()
    assert_counts_are_the_rows(article.id, expected=[SAD])


def test_a_kind_no_longer_allowed_that_one_tab_undid_another_cannot_set(
    article: Article, reader_id: UUID, settings: Settings
) -> None:
    settings.REACTIONS_PER_READER = 3
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=FUNNY)
    set_policy(article_id=article.id, allowed=EVERY_KIND & ~FUNNY)

    with transaction.atomic():
        clear_reactions(article_id=article.id, reader_id=reader_id)
        other_tab = Rival().start(
            lambda: set_reactions(article_id=article.id, reader_id=reader_id, kinds=FUNNY | LOVE)
        )
        wait_for_a_blocked_backend()

    with pytest.raises(ReactionRefused, match="not_allowed"):
        other_tab.result()
    assert Reaction.objects.get().kinds == 0


def test_no_joke_is_recorded_once_the_default_policy_is_in_effect(article: Article) -> None:
    tag = Tag.objects.create(slug="obituary", name="Obituary")
    ArticleTag.objects.create(article=article, tag=tag, position=1)
    reached = []

    def joke_until_refused(_: int) -> int:
        for taken in range(100_000):
            try:
                set_reactions(
                    article_id=article.id,
                    reader_id=uuid4(),
                    kinds=FUNNY,
                    signals=from_anywhere(),
                )
            except ReactionRefused as refused:
                reached.append(refused.reason)
                return taken
        raise AssertionError("the policy was never seen")

    with ThreadPoolExecutor(4) as pool:
        jokes = [
            pool.submit(on_a_connection_of_its_own, lambda n=n: joke_until_refused(n))
            for n in range(4)
        ]
        save_default_policy(DefaultPolicy(name="No jokes", tag=tag, allowed=EVERY_KIND & ~FUNNY))
        with pytest.raises(ReactionRefused, match="not_allowed"):
            set_reactions(article_id=article.id, reader_id=uuid4(), kinds=FUNNY)
        taken = sum(each.result() for each in jokes)
    aggregate()

    assert reached == ["not_allowed"] * 4
    assert_counts_are_the_rows(article.id, expected=[FUNNY] * taken)


def test_two_editors_serialise_and_the_last_policy_wins(article: Article) -> None:
    with transaction.atomic():
        set_policy(article_id=article.id, state=PolicyState.CLOSED, allowed=SAD)
        other = Rival().start(
            lambda: set_policy(article_id=article.id, state=PolicyState.HIDDEN, close_after_days=3)
        )
        wait_for_a_blocked_backend()
    other.result()

    found = get_policy(article.id)
    assert found is not None
    assert (found[0].state, found[0].allowed, found[0].close_after_days) == ("hidden", None, 3)
    assert CountVersion.objects.get().version == 2


def test_two_editors_who_close_the_same_articles_do_not_deadlock(
    publish_article: PublishArticle,
) -> None:
    articles = [publish_article().id for _ in range(30)]

    def close(number: int) -> int:
        order = articles if number % 2 else articles[::-1]
        return sum(set_state(article_ids=order, state=PolicyState.CLOSED) for _ in range(10))

    with ThreadPoolExecutor(4) as pool:
        done = list(
            pool.map(lambda number: on_a_connection_of_its_own(lambda: close(number)), range(4))
        )

    assert done == [300] * 4
    assert set(CountVersion.objects.values_list("version", flat=True)) == {40}


def test_two_workers_do_not_refresh_for_the_same_default_policy(article: Article) -> None:
    tag = Tag.objects.create(slug="obituary", name="Obituary")
    ArticleTag.objects.create(article=article, tag=tag, position=1)
    save_default_policy(DefaultPolicy(name="No jokes", tag=tag, allowed=SAD))

    with transaction.atomic():
        mine = row("refresh_articles", {"most": 100})
        other = Rival().start(refresh_articles).result(timeout=10)

    assert (mine, other) == (([article.id],), 0)
    assert CountVersion.objects.get().version == 1
    assert not PolicyRefresh.objects.exists()


def test_a_reader_never_waits_for_an_editor_who_changes_a_default_policy(article: Article) -> None:
    tag = Tag.objects.create(slug="obituary", name="Obituary")
    ArticleTag.objects.create(article=article, tag=tag, position=1)

    with transaction.atomic():
        save_default_policy(DefaultPolicy(name="Closed", tag=tag, state=PolicyState.CLOSED))
        press: Change = (
            Rival()
            .start(lambda: set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE))
            .result(timeout=10)
        )

    assert press.changed
    with pytest.raises(ReactionRefused, match="closed"):
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)
