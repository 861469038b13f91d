"""Readers, moves, merges, sign-ins, erasures and aggregations in any order, against a model in plain Python."""

from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pytest_django.fixtures import Settings

from articles.models import Article, Site, State
from articles.sites.moves import MoveRefused, merge_articles, move_address
from reactions.cache.merges import clear_merges
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.counting.reconcile import reconcile
from reactions.http.following import set_on_current
from reactions.kinds import KINDS
from reactions.models import Reaction
from reactions.move import adopt_reactions, settle_merges
from reactions.record import erase_reader
from tests.articles.sites.sites import (
    BLOG,
    assert_canonical_urls_are_those_of_their_addresses,
    leads_to,
    make_site,
    publish_at,
)
from tests.profiles import examples
from tests.reactions.crowds import set_limits
from tests.reactions.oracle import assert_counts_are_the_rows, count_by_key, totals

ARTICLES, READERS = 4, 4
articles = st.integers(0, ARTICLES - 1)
readers = st.integers(0, READERS - 1)
kinds_of = st.sets(st.sampled_from([kind.mask for kind in KINDS[:3]]), max_size=2).map(sum)


@dataclass
class Model:
    """Each reader's choice on each article with its time, and where merged articles lead."""

    choices: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    into: dict[int, int] = field(default_factory=dict)
    clock: int = 0

    def current(self, article: int) -> int:
        while article in self.into:
            article = self.into[article]
        return article

    def set(self, article: int, reader: int, kinds: int) -> None:
        key = (self.current(article), reader)
        before = self.choices.get(key)
        if (before is None and kinds) or (before is not None and before[0] != kinds):
            self.clock += 1
            self.choices[key] = (kinds, self.clock)

    def move(self, source: tuple[int, int], target: tuple[int, int]) -> None:
        moved = self.choices.pop(source, None)
        there = self.choices.get(target)
        if moved and (there is None or (moved[0] and (not there[0] or moved[1] > there[1]))):
            self.choices[target] = moved

    def merge(self, old: int, new: int) -> None:
        for reader in range(READERS):
            self.move((old, reader), (new, reader))
        self.into[old] = new

    def adopt(self, guest: int, account: int) -> None:
        for article in range(ARTICLES):
            self.move((article, guest), (article, account))

    def counted(self, article: int) -> list[int]:
        return [kinds for (each, _), (kinds, _) in self.choices.items() if each == article]


@dataclass
class _Request:
    META: dict[str, Any] = field(default_factory=dict)
    COOKIES: dict[str, str] = field(default_factory=dict)


class Machine(RuleBasedStateMachine):
    site: ClassVar[Site]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.name = uuid4().hex
        self.paths = [f"/{self.name}/{number}/" for number in range(ARTICLES)]
        self.articles = [publish_at(type(self).site, path) for path in self.paths]
        self.readers = [uuid4() for _ in range(READERS)]

    @rule(article=articles, reader=readers, kinds=kinds_of)
    def a_reader_chooses(self, article: int, reader: int, kinds: int) -> None:
        clear_merges()
        change = set_on_current(
            _Request(),
            article_id=self.articles[article].pk,
            reader_id=self.readers[reader],
            kinds=kinds,
        )
        assert change.article_id == self.articles[self.model.current(article)].pk
        self.model.set(article, reader, kinds)

    @rule(old=articles, new=articles)
    def an_editor_merges(self, old: int, new: int) -> None:
        here, there = self.model.current(old), self.model.current(new)
        self._settle_chain(here)
        if (old in self.model.into and there != here) or old == new:
            with pytest.raises(MoveRefused):
                self._merge(old, new)
        elif old in self.model.into:
            assert self._merge(old, new) == self.articles[there]
        elif here == there:
            with pytest.raises(MoveRefused, match="Both are the same story"):
                self._merge(old, new)
        else:
            self._merge(old, new)
            self.model.merge(here, there)

    def _merge(self, old: int, new: int) -> Article:
        return merge_articles(article_id=self.articles[old].pk, into_id=self.articles[new].pk)

    def _settle_chain(self, article: int) -> None:
        """What is merged into this one is moved before it is merged itself: the rule of empty choices needs the order."""
        if article in self.model.into.values():
            settle_merges(seconds=5)

    @rule(old=articles, new=articles)
    def an_address_moves(self, old: int, new: int) -> None:
        """To that of another article, so that the two are merged, or to itself."""
        here, there = self.model.current(old), self.model.current(new)
        self._settle_chain(here)
        move_address(old_url=f"{BLOG}{self.paths[old]}", new_url=f"{BLOG}{self.paths[new]}")
        if here != there:
            self.model.merge(here, there)

    @rule(old=articles)
    def a_page_has_a_new_address(self, old: int) -> None:
        new = f"/{self.name}/{uuid4().hex}/"
        move_address(old_url=f"{BLOG}{self.paths[old]}", new_url=f"{BLOG}{new}")
        assert leads_to(f"{BLOG}{new}") == self.articles[self.model.current(old)]

    @rule(guest=readers, account=readers)
    def a_guest_signs_in(self, guest: int, account: int) -> None:
        settle_merges(seconds=5)
        adopt_reactions(guest_id=self.readers[guest], account_id=self.readers[account])
        if guest != account:
            self.model.adopt(guest, account)

    @rule(reader=readers)
    def a_reader_leaves(self, reader: int) -> None:
        settle_merges(seconds=5)
        erase_reader(reader_id=self.readers[reader])
        for article in range(ARTICLES):
            self.model.choices.pop((article, reader), None)

    @rule()
    def a_worker_moves_what_is_left(self) -> None:
        settle_merges(seconds=5)

    @rule(most=st.integers(1, 3))
    def a_part_is_aggregated(self, most: int) -> None:
        aggregate_batch(most=most)

    @rule()
    def everything_is_aggregated(self) -> None:
        settle_merges(seconds=5)
        aggregate()
        for number, article in enumerate(self.articles):
            expected = count_by_key(self.model.counted(number))
            stored = totals(article.pk)
            assert {kind.key: stored.get(kind.key, 0) for kind in KINDS} == expected
            if number not in self.model.into:
                assert_counts_are_the_rows(article.pk, expected=self.model.counted(number))

    @rule()
    def reconcile_runs(self) -> None:
        assert reconcile(dry_run=True).is_clean

    @invariant()
    def the_totals_are_what_the_rows_say_is_counted(self) -> None:
        for article in self.articles:
            rows = Reaction.objects.filter(article_id=article.pk)
            counted = count_by_key(rows.values_list("counted", flat=True))
            stored = totals(article.pk)
            assert {kind.key: stored.get(kind.key, 0) for kind in KINDS} == counted

    @invariant()
    def every_address_leads_to_one_article_that_is_not_merged(self) -> None:
        for number, path in enumerate(self.paths):
            found = leads_to(f"{BLOG}{path}")
            assert found == self.articles[self.model.current(number)]
            assert found.state == State.PUBLISHED
        assert_canonical_urls_are_those_of_their_addresses()

    def teardown(self) -> None:
        self.everything_is_aggregated()
        assert reconcile(dry_run=True).is_clean


@pytest.fixture
def no_rules(settings: Settings) -> None:
    set_limits(settings)
    settings.REACTIONS_PER_READER = 2


@pytest.mark.hypothesis
@pytest.mark.django_db
@pytest.mark.usefixtures("no_rules")
def test_every_reader_counts_once_after_any_order_of_moves_and_merges() -> None:
    site = make_site()
    machine = type("OfThisTest", (Machine,), {"site": site})

    run_state_machine_as_test(machine, settings=examples(0.02, *HealthCheck))
