"""Complaints of users of other systems about stuffed votes, and the result of the same attempt here.

In a loop: walinejs/waline#3817 and #2080, jlelse/GoBlog#71, fossunited/fossunited#1326.
Once more: philparzer/euacc#2, papermark/papermark#309, isso-comments/isso#749, top-gg/issues#455.
Held against honest readers: isso-comments/isso#747.
"""

from collections.abc import Callable
from itertools import count
from secrets import token_urlsafe

import pytest
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.kinds import KINDS
from reactions.models import CountVersion, OutboxEntry, Reaction, Wave
from reactions.moderation.decisions import release_wave
from tests.reactions.crowds import set_limits
from tests.reactions.visitor import Visitor, browser, shown

LOOP = 20
CEILING = 5

_numbers = count()


@pytest.fixture(autouse=True)
def low_ceiling(settings: Settings) -> None:
    set_limits(settings, network_story=CEILING)


def directly(article: Article) -> None:
    Visitor(article).choose("love")


def by_a_script_that_opens_the_page_first(article: Article) -> None:
    visitor = Visitor(article)
    page_token = visitor.client.get(visitor.url).headers["Page-Token"]
    visitor.choose("love", **{"Page-Token": page_token})


def from_an_address_made_up_each_time(article: Article) -> None:
    claimed = f"203.0.{next(_numbers) % 256}.1"
    Visitor(article, **{"X-Forwarded-For": claimed}).choose("love")


def with_a_new_token_each_time(article: Article) -> None:
    token = browser().post("/api/v1/readers/").json()["token"]
    Visitor(article, Authorization=f"Reader {token}").choose("love")


@pytest.mark.parametrize(
    "cheat",
    [
        pytest.param(directly, id="waline#3817-direct-requests-drive-it-to-hundreds-of-millions"),
        pytest.param(
            by_a_script_that_opens_the_page_first, id="waline#2080-inflated-by-a-python-script"
        ),
        pytest.param(from_an_address_made_up_each_time, id="GoBlog#71-almost-a-million-reactions"),
        pytest.param(
            with_a_new_token_each_time, id="fossunited#1326-a-loop-over-curl-gets-a-zillion-likes"
        ),
    ],
)
def test_a_loop_of_requests_moves_a_count_by_no_more_than_the_ceiling(
    article: Article, cheat: Callable[[Article], None]
) -> None:
    for _ in range(LOOP):
        cheat(article)
    aggregate()

    assert shown(article) == {"love": CEILING}
    assert Wave.objects.get().size == LOOP - CEILING


def test_one_request_replayed_hundreds_of_times_counts_once(article: Article) -> None:
    """euacc#2: five thousand times, and all of them counted."""
    visitor = Visitor(article)
    visitor.choose("love")

    changed = [visitor.choose("love")["changed"] for _ in range(50)]
    aggregate()

    assert not any(changed)
    assert shown(article) == {"love": 1}


def test_a_viewer_has_no_unlimited_reactions(article: Article) -> None:
    """papermark#309"""
    viewer = Visitor(article)
    every_kind = [kind.key for kind in KINDS]

    for key in every_kind * 5:
        viewer.choose(key)
    all_at_once = viewer.ask_for(*every_kind)
    aggregate()

    assert all_at_once.status_code == 400
    assert shown(article) == {every_kind[-1]: 1}


def test_double_votes_are_stopped_without_a_login(article: Article) -> None:
    """isso#749: the reader comes back from elsewhere, and after everything was counted."""
    visitor = Visitor(article, address="192.0.2.1")
    visitor.choose("love")
    aggregate()

    visitor.client.defaults["REMOTE_ADDR"] = "198.51.100.1"
    again = visitor.choose("love")
    aggregate()

    assert (again["changed"], again["previous"]) == (False, ["love"])
    assert shown(article) == {"love": 1}


def test_a_forged_cookie_is_no_second_vote_without_a_login(
    article: Article, settings: Settings
) -> None:
    """isso#749"""
    visitor = Visitor(article)
    visitor.choose("love")
    signed = visitor.client.cookies[settings.READER_COOKIE].value

    answers = []
    for _ in range(5):
        visitor.client.cookies[settings.READER_COOKIE] = token_urlsafe(16) + signed[22:]
        answers.append(visitor.ask_for("love").status_code)
    aggregate()

    assert answers == [401] * 5
    assert shown(article) == {"love": 1}


def test_several_behind_one_address_may_all_vote(article: Article) -> None:
    """isso#747"""
    changed = [Visitor(article).choose("love")["changed"] for _ in range(CEILING)]
    aggregate()

    assert all(changed)
    assert shown(article) == {"love": CEILING}


def test_more_behind_one_address_than_the_ceiling_are_let_in_by_an_editor(article: Article) -> None:
    """isso#747"""
    hall = [Visitor(article) for _ in range(2 * CEILING)]
    for reader in hall:
        reader.choose("love")
    aggregate()
    seen_by_the_last = hall[-1].choose("love")["counts"]["love"]

    release_wave(wave_id=Wave.objects.get().pk, editor="ada")
    aggregate()

    assert seen_by_the_last == CEILING + 1
    assert shown(article) == {"love": 2 * CEILING}


def test_a_duplicate_vote_is_no_event_for_anybody(article: Article) -> None:
    """top-gg#455: each one called the webhook again, which paid for it."""
    visitor = Visitor(article)
    visitor.choose("love")
    aggregate()
    etag = browser().get(f"/api/v1/articles/{article.id}/reactions/").headers["ETag"]
    row = Reaction.objects.values().get()

    for _ in range(10):
        visitor.choose("love")
    entries = OutboxEntry.objects.count()
    claimed = aggregate()

    again = browser().get(
        f"/api/v1/articles/{article.id}/reactions/", headers={"If-None-Match": etag}
    )
    assert (entries, claimed, CountVersion.objects.get().version, again.status_code) == (
        0,
        0,
        1,
        304,
    )
    assert Reaction.objects.values().get() == row
