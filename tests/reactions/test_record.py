from uuid import UUID, uuid4

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from articles.models import Article, State
from reactions.counting.aggregate import aggregate
from reactions.kinds import pack
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

LOVE, SAD, WOW = pack(["love"]), pack(["sad"]), pack(["wow"])


def test_a_reaction_is_a_row_and_an_outbox_entry(article: Article, reader_id: UUID) -> None:
    change = set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    assert (change.previous, change.changed) == (0, True)
    row = Reaction.objects.get()
    assert (row.article_id, row.reader_id, row.kinds) == (article.id, reader_id, LOVE)
    assert (row.counted, row.held) == (0, False)
    assert OutboxEntry.objects.values_list("article_id", "reader_id").get() == (
        article.id,
        reader_id,
    )


def test_a_new_choice_replaces_the_old(article: Article, reader_id: UUID) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    change = set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)

    assert (change.previous, change.kinds) == (LOVE, SAD)
    assert Reaction.objects.values_list("kinds", "previous").get() == (SAD, LOVE)


def test_clearing_what_was_never_set_writes_nothing(article: Article, reader_id: UUID) -> None:
    change = clear_reactions(article_id=article.id, reader_id=reader_id)

    assert not change.changed
    assert not Reaction.objects.exists()
    assert not OutboxEntry.objects.exists()


@pytest.mark.parametrize("state", set(State) - {"published", "corrected", "retracted"})
def test_an_article_that_is_not_public_records_nothing(
    publish_article: PublishArticle, reader_id: UUID, state: State
) -> None:
    article = publish_article(state=state)

    with pytest.raises(ReactionRefused, match="missing"):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    assert not Reaction.objects.exists()


@pytest.mark.parametrize(
    ("state", "allowed", "reason"),
    [
        (Policy.State.CLOSED, None, "closed"),
        (Policy.State.HIDDEN, None, "missing"),
        (Policy.State.OPEN, SAD, "not_allowed"),
    ],
)
def test_a_policy_refuses_with_its_reason(
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

    assert list_mine(article_ids=[one.id, other.id], reader_id=reader_id) == {
        one.id: LOVE,
        other.id: 0,
    }


def test_an_erased_reader_leaves_no_trace_and_exact_counts(
    publish_article: PublishArticle, reader_id: UUID
) -> None:
    articles = [publish_article() for _ in range(3)]
    for article in articles:
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    aggregate()

    erased = erase_reader(reader_id=reader_id)
    seen_before_aggregation = Reaction.objects.filter(reader_id=reader_id).exists()
    aggregate()

    assert erased == 3
    assert not seen_before_aggregation
    assert not Reaction.objects.exists()
    assert export_reader(reader_id=reader_id) == []


def test_an_export_has_everything_stored(article: Article, reader_id: UUID) -> None:
    for kinds in (LOVE, SAD):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=kinds)

    (stored,) = export_reader(reader_id=reader_id)

    assert (stored.article_id, stored.slug, stored.kinds) == (article.id, article.slug, SAD)


def test_a_reader_who_has_more_than_is_allowed_today_may_take_away_and_not_add(
    article: Article, reader_id: UUID, settings: Settings
) -> None:
    settings.REACTIONS_PER_READER = 3
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE | SAD | WOW)
    settings.REACTIONS_PER_READER = 1

    fewer = set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE | SAD)
    with pytest.raises(ReactionRefused, match="too_many"):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE | WOW)
    one = set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)

    assert (fewer.previous, one.previous) == (LOVE | SAD | WOW, LOVE | SAD)
    assert Reaction.objects.get().kinds == SAD
