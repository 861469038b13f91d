"""Merges, moves and sign-ins beside readers, editors and aggregations: each reader counts once, and drift is 0."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from articles.models import Article, ArticleAddress, Site, State
from articles.sites.moves import MoveRefused, merge_articles, move_address
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.http.following import set_on_current
from reactions.kinds import KINDS, pack
from reactions.models import Reaction
from reactions.move import adopt_reactions, merge_batch, settle_merges
from reactions.record import erase_reader
from tests.articles.sites.sites import (
    BLOG,
    assert_canonical_urls_are_those_of_their_addresses,
    leads_to,
    make_site,
    publish_at,
)
from tests.conftest import PublishArticle
from tests.races.rival import Rival, at_once, held_open, on_a_connection_of_its_own
from tests.reactions.crowds import arrive
from tests.reactions.oracle import assert_counts_are_the_rows, totals

pytestmark = pytest.mark.django_db(transaction=True)

LOVE, SAD = pack(["love"]), pack(["sad"])


@dataclass
class Request:
    """As much of a request as signals are read from: each comes from a network of its own, with a page token."""

    COOKIES: dict[str, str] = field(default_factory=dict)

    @property
    def META(self) -> dict[str, Any]:  # noqa: N802  # Django's name
        return {"REMOTE_ADDR": str(IPv4Address(random.randrange(2**24, 2**31)))}


def press(article_id: UUID, reader_id: UUID, kinds: int) -> None:
    """As the API does it: a merged article leads to the other one."""
    set_on_current(
        Request(), article_id=article_id, reader_id=reader_id, kinds=kinds, has_page_token=True
    )


def in_threads(*acts: Callable[[], object]) -> None:
    with ThreadPoolExecutor(len(acts)) as pool:
        for each in [pool.submit(on_a_connection_of_its_own, act) for act in acts]:
            each.result()


def settle_and_count() -> None:
    settle_merges(seconds=10)
    aggregate()


def test_readers_who_press_on_both_articles_during_a_merge_count_once(db: None) -> None:
    site = make_site()
    articles = [publish_at(site, f"/{name}/") for name in "abc"]
    readers = [uuid4() for _ in range(12)]
    last: dict[UUID, int] = {}
    has_ended, drift = Event(), list[object]()

    def react(seed: int) -> None:
        chance = random.Random(seed)
        own = readers[seed::4]
        for _ in range(40):
            reader, kinds = chance.choice(own), chance.choice(KINDS).mask
            press(chance.choice(articles).pk, reader, kinds)
            last[reader] = kinds

    def merge() -> None:
        for old, new in ((0, 1), (1, 2)):
            merge_articles(article_id=articles[old].pk, into_id=articles[new].pk)
            settle_merges(seconds=1)

    def keep_counting() -> None:
        while not has_ended.is_set():
            aggregate()
            found = reconcile(dry_run=True)
            drift.extend([] if found.is_clean else [found])

    def press_and_merge() -> None:
        try:
            in_threads(*(partial(react, seed) for seed in range(4)), merge)
        finally:
            has_ended.set()

    in_threads(press_and_merge, keep_counting, keep_counting)
    settle_and_count()

    assert drift == []
    assert dict(Reaction.objects.values_list("reader_id", "kinds")) == last
    assert_counts_are_the_rows(articles[2].pk, expected=last.values())
    assert not any(count for each in articles[:2] for count in totals(each.pk).values())
    assert reconcile(dry_run=True).is_clean


def test_of_two_merges_in_opposite_directions_one_is_refused(db: None) -> None:
    site = make_site()
    first, second = publish_at(site, "/a/"), publish_at(site, "/b/")

    def merge(old: Article, new: Article) -> str:
        try:
            merge_articles(article_id=old.pk, into_id=new.pk)
        except MoveRefused as refused:
            return refused.code
        return "merged"

    done = at_once([partial(merge, first, second), partial(merge, second, first)])

    assert sorted(done) == ["itself", "merged"]
    assert Article.objects.filter(state=State.MERGED).count() == 1
    assert leads_to(f"{BLOG}/a/") == leads_to(f"{BLOG}/b/")


def test_merges_and_moves_at_once_leave_one_chain(db: None) -> None:
    site = make_site()
    a, b, c = (publish_at(site, f"/{name}/") for name in "abc")
    for article in (a, b, c):
        arrive(article.pk, range(5))

    at_once(
        [
            lambda: merge_articles(article_id=a.pk, into_id=b.pk),
            lambda: merge_articles(article_id=b.pk, into_id=c.pk),
            lambda: move_address(old_url=f"{BLOG}/c/", new_url=f"{BLOG}/d/"),
        ]
    )
    settle_and_count()

    assert {leads_to(f"{BLOG}/{name}/") for name in "abcd"} == {c}
    assert_canonical_urls_are_those_of_their_addresses()
    assert Article.objects.get(pk=c.pk).canonical_url == f"{BLOG}/d/"
    assert totals(c.pk) == {"love": 15}


def test_two_moves_of_one_page_at_once_leave_one_canonical_address(db: None) -> None:
    site = make_site()
    article = publish_at(site, "/a/")

    at_once(
        [
            partial(move_address, old_url=f"{BLOG}/a/", new_url=f"{BLOG}/{number}/")
            for number in range(4)
        ]
    )

    assert_canonical_urls_are_those_of_their_addresses()
    assert ArticleAddress.objects.filter(article=article).count() == 5


def test_a_press_that_commits_after_the_merge_is_counted_for_the_other_article(
    db: None,
) -> None:
    site = make_site()
    old, new = publish_at(site, "/a/"), publish_at(site, "/b/")
    reader = uuid4()

    with held_open(partial(press, old.pk, reader, LOVE), commits=True):
        merge_articles(article_id=old.pk, into_id=new.pk)
        settle_and_count()
        before = totals(new.pk)
    settle_and_count()

    assert before == {}
    assert totals(new.pk) == {"love": 1}
    assert Reaction.objects.get().article_id == new.pk


def test_aggregation_counts_other_rows_while_a_batch_is_moved(
    publish_article: PublishArticle,
) -> None:
    old, new, other = (publish_article().pk for _ in range(3))
    arrive(old, range(3))
    arrive(other, range(2))
    aggregate()
    arrive(other, range(2))

    with transaction.atomic():
        merge_batch(article_id=old, into_id=new)
        counted = Rival().start(aggregate).result()
        found = Rival().start(partial(reconcile, dry_run=True)).result()
    aggregate()

    assert counted == 2
    assert found.is_clean
    assert (totals(old), totals(new), totals(other)) == ({"love": 0}, {"love": 3}, {"love": 4})


def test_a_row_that_comes_to_the_other_article_meanwhile_is_found_by_the_next_batch(
    publish_article: PublishArticle, reader_id: UUID
) -> None:
    """Its insert was not committed when the batch began: the batch waits for it and leaves the pair alone."""
    old, new = publish_article().pk, publish_article().pk
    press(old, reader_id, LOVE)

    with held_open(partial(press, new, reader_id, SAD), commits=True):
        batch = Rival().start(partial(merge_batch, article_id=old, into_id=new))
    first = batch.result(timeout=10)
    second = merge_batch(article_id=old, into_id=new)
    aggregate()

    assert (first.found, second.found) == (1, 1 - first.moved)
    assert_counts_are_the_rows(new, expected=[SAD])


def test_readers_who_are_erased_or_sign_in_during_a_merge_leave_no_drift(
    publish_article: PublishArticle,
) -> None:
    first, second = sorted(publish_article().pk for _ in range(2))
    gone, guests = [uuid4() for _ in range(20)], [uuid4() for _ in range(20)]
    accounts = [uuid4() for _ in guests]
    for reader in (*gone, *guests, *accounts):
        for article_id in (first, second):
            press(article_id, reader, LOVE)
    aggregate()

    def merge() -> None:
        while merge_batch(article_id=second, into_id=first, most=7).found:
            pass

    in_threads(
        merge,
        lambda: [erase_reader(reader_id=each) for each in gone],
        lambda: [
            adopt_reactions(guest_id=guest, account_id=account)
            for guest, account in zip(guests, accounts, strict=True)
        ],
    )
    merge()
    aggregate()

    assert set(Reaction.objects.values_list("reader_id", flat=True)) == set(accounts)
    assert_counts_are_the_rows(first, expected=[LOVE] * 20)
    assert reconcile(dry_run=True).is_clean


def test_a_merge_waits_for_another_move_and_then_says_that_it_is_busy(site: Site) -> None:
    article = publish_at(site, "/a/")

    with held_open(lambda: move_address(old_url=f"{BLOG}/a/", new_url=f"{BLOG}/b/"), commits=True):
        rival = Rival().start(lambda: move_address(old_url=f"{BLOG}/a/", new_url=f"{BLOG}/c/"))
    rival.result(timeout=10)

    article.refresh_from_db()
    assert article.canonical_url == f"{BLOG}/c/"


@pytest.fixture
def site(db: None) -> Site:
    return make_site()
