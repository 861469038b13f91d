"""Complaints of users of other systems about undoing, switching and repeating, and the result of the same clicks here.

Undone: isso-comments/isso#455 and #114, wearerequired/rest-likes#56, walinejs/waline#1680.
In haste: walinejs/waline#2626 and #3030, misskey-dev/misskey#7431 and #6252, forem/forem#985, davwat/Magnifier#69.
Several at once: FriendsOfFlarum/reactions#64.
"""

from functools import partial
from itertools import cycle, islice

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.models import Reaction
from tests.races.rival import at_once
from tests.reactions.crowds import arrive
from tests.reactions.http.test_form import form_of, page_of
from tests.reactions.visitor import Visitor, shown

KINDS = ["like", "love", "sad", "wow"]


def others_love(article: Article, readers: int) -> None:
    arrive(article.id, range(readers))
    aggregate()


def test_a_reader_sees_and_undoes_their_own_vote(article: Article) -> None:
    """isso#455"""
    visitor = Visitor(article)
    visitor.choose("love")
    aggregate()
    seen = visitor.mine()

    undone = visitor.undo()
    aggregate()

    assert (seen, undone["previous"], visitor.mine()) == (["love"], ["love"], [])
    assert shown(article) == {}


def test_a_vote_on_the_page_shows_its_number_and_can_be_changed(
    client: Client, article: Article
) -> None:
    """isso#114"""
    action, fields = form_of(client, article)
    client.post(action, fields | {"reactions": "sad"}, follow=True)
    aggregate()
    voted = client.get(page_of(article)).content.decode()

    client.post(action, fields | {"reactions": "love"})
    aggregate()

    assert "You are the first" in voted
    assert shown(article) == {"love": 1}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("before", "clicked", "after"),
    [
        pytest.param([], ["love"], 4, id="waline#2626-fast-clicks-add-many"),
        pytest.param(["love"], [], 3, id="waline#3030-fast-clicks-remove-many"),
    ],
)
def test_clicks_faster_than_their_answers_move_the_count_by_one(
    article: Article, before: list[str], clicked: list[str], after: int
) -> None:
    others_love(article, 3)
    reader = Visitor(article)
    reader.choose("wow")  # the reader is known from here on
    reader.choose(*before)

    at_once([partial(tab.choose, *clicked) for tab in reader.tabs(article, 8)])
    aggregate()

    assert shown(article) == {"love": after}


@pytest.mark.django_db(transaction=True)
def test_shortcuts_pressed_in_turn_do_not_multiply_a_readers_reactions(article: Article) -> None:
    """misskey#7431"""
    reader = Visitor(article)
    reader.choose("wow")

    pressed = zip(reader.tabs(article, 8), cycle(KINDS), strict=False)
    at_once([partial(tab.choose, kind) for tab, kind in pressed])
    aggregate()

    (chosen,) = reader.mine()
    assert chosen in KINDS
    assert shown(article) == {chosen: 1}
    assert Reaction.objects.count() == 1


def test_a_reader_who_repeats_fast_removes_no_other_reaction(article: Article) -> None:
    """misskey#6252"""
    others_love(article, 3)
    reader = Visitor(article)

    seen = []
    for _ in range(5):
        for kinds in (["love"], []):
            reader.choose(*kinds)
            aggregate()
            seen.append(shown(article))

    assert seen == [{"love": 4}, {"love": 3}] * 5


@pytest.mark.parametrize("is_aggregated", [True, False])
def test_every_click_in_a_row_is_answered_with_the_right_count(
    article: Article, is_aggregated: bool
) -> None:
    """forem#985"""
    others_love(article, 3)
    reader = Visitor(article)

    answers = []
    for kinds in islice(cycle([["love"], ["sad"], []]), 9):
        answers.append(reader.choose(*kinds)["counts"])
        if is_aggregated:
            aggregate()

    assert [(each["love"], each["sad"]) for each in answers] == [(4, 0), (3, 1), (3, 0)] * 3


def test_undoing_twice_shows_no_minus_one(article: Article) -> None:
    """Magnifier#69"""
    reader = Visitor(article)
    reader.choose("love")
    aggregate()

    answers = [reader.undo()["counts"] for _ in range(3)]
    aggregate()
    answers += [reader.undo()["counts"] for _ in range(3)]

    assert {count for counts in answers for count in counts.values()} == {0}
    assert shown(article) == {}


@pytest.mark.parametrize("most", [1, 3])
def test_the_server_says_how_many_reactions_one_reader_may_have(
    article: Article, settings: Settings, most: int
) -> None:
    """FriendsOfFlarum/reactions#64: the API took several, against what the page allowed."""
    settings.REACTIONS_PER_READER = most
    reader = Visitor(article)
    reader.choose(*KINDS[:most])

    refused = [reader.ask_for(*KINDS[: most + 1]), reader.ask_for("wow", "wow")]
    aggregate()

    assert [each.status_code for each in refused] == [400, 400]
    assert shown(article) == dict.fromkeys(KINDS[:most], 1)


@pytest.mark.parametrize("is_aggregated", [True, False])
def test_like_then_unlike_then_like_is_recorded(article: Article, is_aggregated: bool) -> None:
    """rest-likes#56"""
    reader = Visitor(article)

    changed = []
    for kinds in (["like"], [], ["like"]):
        changed.append(reader.choose(*kinds)["changed"])
        if is_aggregated:
            aggregate()
    aggregate()

    assert changed == [True, True, True]
    assert shown(article) == {"like": 1}


def test_no_reader_clicks_the_count_of_others_down_to_zero(article: Article) -> None:
    """waline#1680: undo was reported as a fault, for it took away more than one's own."""
    others_love(article, 5)
    reader = Visitor(article)
    reader.choose("love")

    for _ in range(10):
        reader.undo()
    aggregate()

    assert shown(article) == {"love": 5}


def test_a_repeated_wish_is_no_undo(article: Article) -> None:
    """waline#1680: one click too many gave +1, then -1."""
    reader = Visitor(article)

    answers = [reader.choose("love")["total"] for _ in range(4)]
    aggregate()

    assert answers == [1, 1, 1, 1]
    assert shown(article) == {"love": 1}
