"""The hook as reactions implement it: widgets for pages, and changes of articles."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from django.db.models import F
from django.test import Client, RequestFactory

from articles.hooks import Interaction, reaction_hooks
from articles.models import Article, State
from reactions.cache import redis as redis_cache
from reactions.counting.aggregate import aggregate
from reactions.counts import Counts, get_counts
from reactions.http import widget
from reactions.kinds import pack
from reactions.models import CountVersion, Policy, Reaction
from reactions.policy import set_policy
from reactions.record import ReactionRefused, set_reactions
from tests.conftest import PublishArticle


def react(article: Article, *keys: str) -> None:
    for key in keys:
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack([key]))
    aggregate()


def change_state(article: Article, state: State) -> None:
    """As the desk does: the row changes, then, after the commit, the hook is notified."""
    Article.objects.filter(pk=article.pk).update(state=state, version=F("version") + 1)
    reaction_hooks().article_changed(article.id)


def state_of(article_id: UUID) -> str | None:
    counts = get_counts(article_id)
    return counts.state if counts else None


def test_lists_show_the_total_and_the_leading_kinds(publish_article: PublishArticle) -> None:
    loved, quiet = publish_article(), publish_article()
    react(loved, "wow", "love", "love", "sad", "sad", "sad")

    totals = reaction_hooks().totals([loved.id, quiet.id])

    assert (totals[loved.id].total, totals[loved.id].top) == (6, ("😢", "❤️", "😮"))
    assert (totals[quiet.id].total, totals[quiet.id].top) == (0, ())


def test_each_interaction_has_the_most_specific_action(
    article: Article, rf: RequestFactory
) -> None:
    react(article, "like", "like", "sad")

    interactions = reaction_hooks().widget(rf.get("/"), article).interactions

    assert Interaction("LikeAction", None, 2) in interactions
    assert Interaction("DislikeAction", None, 0) in interactions
    assert Interaction("ReactAction", "sad", 1) in interactions
    assert interactions[-1] == Interaction("ReactAction", None, 3)


def test_hidden_reactions_are_no_interactions(article: Article, rf: RequestFactory) -> None:
    react(article, "sad")
    set_policy(article_id=article.id, state=Policy.State.HIDDEN)
    reaction_hooks().article_changed(article.id)

    assert reaction_hooks().widget(rf.get("/"), article).interactions == ()


def test_the_articles_answer_has_no_hidden_counts(client: Client, article: Article) -> None:
    react(article, "sad")
    set_policy(article_id=article.id, state=Policy.State.HIDDEN)
    reaction_hooks().article_changed(article.id)

    interactions = client.get(f"/api/v1/articles/{article.id}/").json()["reactions"]

    assert (interactions["state"], interactions["allowed"], interactions["total"]) == (
        "hidden",
        [],
        None,
    )
    assert set(interactions["counts"].values()) == {None}


def test_an_article_page_asks_redis_once(
    client: Client, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[str]] = []
    read_fields = redis_cache.read_fields

    def count(keys: Sequence[str], *fields: str) -> list[list[str | None]] | None:
        asked.append(keys)
        return read_fields(keys, *fields)

    monkeypatch.setattr(redis_cache, "read_fields", count)

    html = client.get(article.get_absolute_url()).content.decode()

    assert len(asked) == 1
    assert "interactionStatistic" in html
    assert "<reader-reactions" in html


def test_a_retracted_article_shows_its_reactions_and_accepts_none(
    client: Client, article: Article, reader_id: UUID
) -> None:
    react(article, "sad")

    change_state(article, State.RETRACTED)

    answer = client.get(f"/api/v1/articles/{article.id}/reactions/").json()
    assert (answer["state"], answer["total"]) == ("closed", 1)
    with pytest.raises(ReactionRefused, match="closed"):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=pack(["sad"]))


@pytest.mark.parametrize("gone", [State.KILLED, State.UNPUBLISHED])
def test_the_counts_of_an_article_go_with_it_and_come_back(
    client: Client, article: Article, gone: State
) -> None:
    react(article, "sad")

    change_state(article, gone)
    while_gone = client.get(f"/api/v1/articles/{article.id}/reactions/").status_code
    change_state(article, State.PUBLISHED)

    assert while_gone == 404
    assert client.get(f"/api/v1/articles/{article.id}/reactions/").json()["total"] == 1
    assert Reaction.objects.count() == 1


def test_a_requested_draft_is_found_once_it_is_published(
    publish_article: PublishArticle,
) -> None:
    draft = publish_article(state=State.DRAFT)
    before = state_of(draft.id)

    change_state(draft, State.PUBLISHED)

    assert (before, state_of(draft.id)) == ("missing", "open")
    assert not CountVersion.objects.exists()


def test_a_sum_that_is_not_known_is_not_shown() -> None:
    unknown = Counts(uuid4())

    assert widget.sum_of(unknown, 0) == ""
    assert widget.sum_of(replace(unknown, state="closed"), 0) == "Reactions are closed."
