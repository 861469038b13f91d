from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from articles.models import Article, State
from reactions.counting.aggregate import aggregate
from reactions.kinds import KINDS, pack
from reactions.models import OutboxEntry, Policy, Reaction
from reactions.policy import set_policy
from reactions.record import (
    ReactionRefused,
    clear_reactions,
    erase_reader,
    export_reader,
    list_mine,
    set_reactions,
)
from tests.conftest import PublishArticle

LOVE, SAD = pack(["love"]), pack(["sad"])


def test_a_reaction_is_a_row_and_a_mark(article: Article, reader_id: UUID) -> None:
    change = set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    assert (change.previous, change.changed) == (0, True)
    row = Reaction.objects.get()
    assert (row.article_id, row.reader_id, row.kinds) == (article.id, reader_id, LOVE)
    assert (row.counted, row.held) == (0, False)
    assert OutboxEntry.objects.values_list("article_id", "reader_id").get() == (
        article.id,
        reader_id,
    )


def test_setting_the_same_reaction_twice_changes_nothing(article: Article, reader_id: UUID) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    before = Reaction.objects.values().get()

    change = set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    assert (change.previous, change.changed) == (LOVE, False)
    assert Reaction.objects.values().get() == before
    assert OutboxEntry.objects.count() == 1


def test_a_new_choice_replaces_the_old(article: Article, reader_id: UUID) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    change = set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)

    assert (change.previous, change.kinds) == (LOVE, SAD)
    assert Reaction.objects.values_list("kinds", "previous").get() == (SAD, LOVE)


def test_the_answer_counts_the_callers_own_change_before_and_after_fold(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)
    aggregate()

    first = set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    aggregate()
    second = set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)

    assert (first.counts["love"], first.counts["sad"]) == (2, 0)
    assert (second.counts["love"], second.counts["sad"]) == (1, 1)


def test_clearing_leaves_an_empty_set_and_is_safe_to_repeat(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    changes = [clear_reactions(article_id=article.id, reader_id=reader_id) for _ in range(2)]

    assert [change.changed for change in changes] == [True, False]
    assert Reaction.objects.get().kinds == 0


def test_clearing_what_was_never_set_writes_nothing(article: Article, reader_id: UUID) -> None:
    change = clear_reactions(article_id=article.id, reader_id=reader_id)

    assert not change.changed
    assert not Reaction.objects.exists()
    assert not OutboxEntry.objects.exists()


@pytest.mark.parametrize("most", [1, 3, 7])
def test_no_reader_has_more_reactions_than_the_setting(
    article: Article, reader_id: UUID, settings: Settings, most: int
) -> None:
    settings.REACTIONS_PER_READER = most
    fits, too_many = (pack(kind.key for kind in KINDS[:n]) for n in (most, most + 1))

    set_reactions(article_id=article.id, reader_id=reader_id, kinds=fits)

    assert Reaction.objects.get().kinds == fits
    if most < len(KINDS):
        with pytest.raises(ReactionRefused, match="too_many"):
            set_reactions(article_id=article.id, reader_id=reader_id, kinds=too_many)
        assert Reaction.objects.get().kinds == fits


@pytest.mark.parametrize("state", set(State) - {"published", "corrected", "retracted"})
def test_an_article_that_is_not_public_takes_nothing(
    publish_article: PublishArticle, reader_id: UUID, state: State
) -> None:
    article = publish_article(state=state)

    with pytest.raises(ReactionRefused, match="missing"):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    assert not Reaction.objects.exists()


def test_an_article_that_is_not_there_takes_nothing(db: None, reader_id: UUID) -> None:
    with pytest.raises(ReactionRefused, match="missing"):
        set_reactions(article_id=uuid4(), reader_id=reader_id, kinds=LOVE)


@pytest.mark.parametrize(
    ("state", "allowed", "reason"),
    [
        (Policy.State.CLOSED, None, "closed"),
        (Policy.State.HIDDEN, None, "missing"),
        (Policy.State.OPEN, SAD, "not_allowed"),
    ],
)
def test_an_article_takes_what_its_policy_says(
    article: Article, reader_id: UUID, state: Policy.State, allowed: int | None, reason: str
) -> None:
    set_policy(article_id=article.id, state=state, allowed=allowed)

    with pytest.raises(ReactionRefused, match=reason):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    assert not Reaction.objects.exists()


def test_a_reaction_is_one_query_and_leaves_the_article_alone(
    article: Article, reader_id: UUID, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = Article.objects.values().get()

    with django_assert_num_queries(1):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    assert Article.objects.values().get() == before


def test_a_reader_finds_only_their_own(publish_article: PublishArticle, reader_id: UUID) -> None:
    one, other = publish_article(), publish_article()
    set_reactions(article_id=one.id, reader_id=reader_id, kinds=LOVE)
    set_reactions(article_id=other.id, reader_id=uuid4(), kinds=SAD)

    assert list_mine(article_ids=[one.id, other.id], reader_id=reader_id) == {one.id: LOVE}


def test_an_erased_reader_leaves_no_trace_and_exact_counts(
    publish_article: PublishArticle, reader_id: UUID
) -> None:
    articles = [publish_article() for _ in range(3)]
    for article in articles:
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    aggregate()

    erased = erase_reader(reader_id=reader_id)
    seen_before_fold = Reaction.objects.filter(reader_id=reader_id).exists()
    aggregate()

    assert erased == 3
    assert not seen_before_fold
    assert not Reaction.objects.exists()
    assert export_reader(reader_id=reader_id) == []


def test_an_export_holds_everything_kept(article: Article, reader_id: UUID) -> None:
    for kinds in (LOVE, SAD):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=kinds)

    (kept,) = export_reader(reader_id=reader_id)

    assert (kept.article_id, kept.slug, kept.kinds) == (article.id, article.slug, SAD)


def test_changes_follow_one_another(article: Article, reader_id: UUID) -> None:
    wishes = [LOVE, SAD, 0, LOVE]

    changes = [
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=kinds) for kinds in wishes
    ]

    assert all(after.previous == before.kinds for before, after in pairwise(changes))
