"""Calls that name an article which was merged into another lead to the other one."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from articles.api.api_keys import issue_key
from articles.hooks import reaction_hooks
from articles.models import Article, ArticleURL, State
from articles.sites.moves import merge_articles
from reactions.cache.limits import database_breaker
from reactions.cache.merges import (
    articles_merged_into,
    clear_merges,
    find_merge,
    follow_merges,
)
from reactions.counting.aggregate import aggregate
from reactions.models import OutboxEntry, Reaction
from reactions.move import settle_merges
from reactions.readers import new_reader, page_token
from reactions.record import set_reactions
from tests.articles.sites.sites import make_site, publish_at
from tests.conftest import PublishArticle
from tests.reactions.crowds import LOVE
from tests.reactions.visitor import Visitor, browser, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(publish_article: PublishArticle) -> Article:
    return publish_at(make_site(), "/old/")


@pytest.fixture
def new(old: Article) -> Article:
    assert old.site is not None
    return publish_at(old.site, "/new/")


def merge(old: Article, new: Article) -> None:
    """As a request does that commits."""
    merge_articles(article_id=old.pk, into_id=new.pk)
    reaction_hooks().article_changed(old.pk)
    clear_merges()
    settle_merges(seconds=5)


def api(path: str, **query: str) -> Any:
    response = browser().get(f"/api/v1/{path}", query)
    assert response.status_code == 200, response.content
    return response.json()


def names(old: Article) -> Iterator[str]:
    yield from (str(old.pk), old.slug, "former")


def test_counts_of_one_and_of_many_are_those_of_the_other_one(old: Article, new: Article) -> None:
    ArticleURL.objects.create(article=old, slug="former")
    for article in (old, new):
        Visitor(article).choose("love")
    aggregate()
    before = [shown(article) for article in (old, new)]

    merge(old, new)
    aggregate()

    listed = api("reactions/", articles=",".join([*names(old), "unknown", str(new.pk)]))["results"]
    assert before == [{"love": 1}, {"love": 1}]
    for answer in (*(api(f"articles/{name}/reactions/") for name in names(old)), listed[0]):
        assert (answer["article"], answer["counts"]["love"]) == (str(new.pk), 2)
    assert listed[0] == listed[1] == listed[2] == listed[4]
    assert "error" in listed[3]


def test_a_press_in_a_tab_opened_before_counts_for_the_other_one(
    old: Article, new: Article
) -> None:
    visitor, first = Visitor(old), Visitor(old)
    first.choose("sad")
    visitor.become_reader()
    merge(old, new)

    chosen = visitor.choose("love", **{"Page-Token": page_token(old.pk)})
    entry = OutboxEntry.objects.get(is_first=True, reader_id=_reader_of(LOVE))
    mine = visitor.mine()
    listed = visitor.client.get(f"/api/v1/reactions/mine/?articles={old.slug},{new.pk}").json()
    changed = first.choose("love")
    undone = visitor.undo()
    aggregate()

    assert (chosen["article"], chosen["previous"]) == (str(new.pk), [])
    assert (entry.article_id, entry.has_page_token) == (new.pk, True)
    assert mine == ["love"]
    assert listed["results"] == [{"article": str(new.pk), "reactions": ["love"]}] * 2
    assert changed["previous"] == ["sad"]
    assert undone["previous"] == ["love"]
    assert shown(new) == {"love": 1}


def _reader_of(kinds: int) -> UUID:
    return Reaction.objects.get(kinds=kinds).reader_id


def test_the_page_token_of_the_merged_article_counts_for_the_other_one(
    old: Article, new: Article
) -> None:
    merge(old, new)

    for sent in (page_token(old.pk), page_token(new.pk), "of none"):
        Visitor(new).choose("love", **{"Page-Token": sent})

    assert sorted(OutboxEntry.objects.values_list("has_page_token", flat=True)) == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("way", ["delete", "put"])
def test_what_a_reader_takes_back_before_it_is_moved_stays_taken_back(
    old: Article, new: Article, way: str
) -> None:
    visitor, other = Visitor(old), Visitor(old)
    for each in (visitor, other):
        each.choose("love")
    merge_articles(article_id=old.pk, into_id=new.pk)

    undone = visitor.undo() if way == "delete" else visitor.choose()
    settle_merges(seconds=5)
    aggregate()

    assert (undone["previous"], undone["changed"]) == (["love"], True)
    assert shown(new) == {"love": 1}


def test_a_reader_who_has_nothing_to_take_back_changes_nothing(old: Article, new: Article) -> None:
    merge(old, new)
    visitor = Visitor(new)
    visitor.become_reader()

    undone = visitor.undo()

    assert (undone["article"], undone["changed"]) == (str(new.pk), False)


def test_where_postgresql_cannot_be_asked_no_merge_is_known(old: Article, new: Article) -> None:
    merge(old, new)
    database_breaker.trip()

    assert follow_merges([old.pk]) == {}
    assert articles_merged_into(new.pk) == ()


def test_the_page_token_in_the_answer_is_that_of_the_other_one(old: Article, new: Article) -> None:
    merge(old, new)

    response = browser().get(f"/api/v1/articles/{old.slug}/reactions/mine/")

    assert response.json()["article"] == str(new.pk)
    assert response["Page-Token"] == page_token(new.pk)


@pytest.mark.parametrize("named", ["old", "new"])
def test_the_form_of_a_page_opened_before_counts_for_the_other_one(
    old: Article, new: Article, named: str
) -> None:
    slug = {"old": old, "new": new}[named].slug
    merge(old, new)
    client = browser()
    client.post("/api/v1/readers/")

    response = client.post(
        f"/articles/{slug}/reactions/", {"reactions": "love", "token": page_token(old.pk)}
    )

    assert response.status_code == 302
    assert Reaction.objects.get().article_id == new.pk


def test_an_article_that_is_merged_nowhere_is_not_found_by_any_call(
    old: Article, new: Article
) -> None:
    Article.objects.filter(pk=old.pk).update(state=State.UNPUBLISHED)
    visitor = Visitor(new)
    visitor.become_reader()

    for path in ("reactions/", "reactions/mine/"):
        assert visitor.client.get(f"/api/v1/articles/{old.pk}/{path}").status_code == 404
    visitor.url = f"/api/v1/articles/{old.pk}/reactions/mine/"
    assert visitor.ask_for("love").status_code == 404


def test_an_article_merged_into_one_that_was_killed_since_is_not_found(
    old: Article, new: Article
) -> None:
    merge(old, new)
    Article.objects.filter(pk=new.pk).update(state=State.KILLED)

    assert browser().get(f"/api/v1/articles/{old.pk}/reactions/").status_code == 404
    assert browser().get(f"/api/v1/articles/{old.slug}/").status_code == 410
    assert Visitor(old).ask_for("love").status_code == 404


def test_a_chain_of_merges_leads_to_its_end(old: Article, new: Article) -> None:
    assert old.site is not None
    last = publish_at(old.site, "/last/")
    set_reactions(article_id=old.pk, reader_id=new_reader().id, kinds=LOVE)
    merge(old, new)
    merge(new, last)
    aggregate()

    assert api(f"articles/{old.pk}/reactions/")["article"] == str(last.pk)
    assert shown(last) == {"love": 1}
    assert find_merge(old.pk) == last.pk
    assert follow_merges([old.pk, new.pk, last.pk]) == {old.pk: last.pk, new.pk: last.pk}
    assert set(articles_merged_into(last.pk)) == {old.pk, new.pk}


def test_an_article_that_is_merged_on_between_two_look_ups_is_followed(
    old: Article, new: Article
) -> None:
    """This process has looked up where the first one leads just before."""
    assert old.site is not None
    last = publish_at(old.site, "/last/")
    visitor = Visitor(old)
    visitor.choose("love")
    merge(old, new)
    assert visitor.mine() == ["love"]
    merge_articles(article_id=new.pk, into_id=last.pk)
    reaction_hooks().article_changed(new.pk)
    settle_merges(seconds=5)
    aggregate()

    assert visitor.mine() == ["love"]
    assert api(f"articles/{old.pk}/reactions/")["article"] == str(last.pk)
    assert visitor.choose("sad")["previous"] == ["love"]


def test_policy_waves_and_statistics_are_those_of_the_other_one(old: Article, new: Article) -> None:
    merge(old, new)
    issued = issue_key(name="Desk", scopes=["reactions:manage", "stats:read"])
    key = {"Authorization": f"Bearer {issued}"}

    def ask(path: str) -> Any:
        return browser().get(f"/api/v1/{path}", headers=key).json()

    policy = browser().put(
        f"/api/v1/articles/{old.slug}/reactions/policy/",
        {"state": "closed"},
        content_type="application/json",
        headers=key,
    )
    assert policy.json()["article"] == str(new.pk)
    assert ask(f"articles/{old.pk}/reactions/policy/")["state"] == "closed"
    assert ask(f"stats/articles/{old.pk}/")["article"] == str(new.pk)
    assert ask(f"waves/?article={old.slug}")["results"] == []
