"""Readers, editors, aggregations, crashes and reconciling in any order, against a model in plain Python."""

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.counting.reconcile import reconcile
from reactions.kinds import KINDS, unpack
from reactions.models import CountVersion, Policy, Reaction, Wave
from reactions.moderation.decisions import apply_decisions, release_wave, void_wave
from reactions.moderation.signals import Signals
from reactions.policy import set_policy
from reactions.record import ReactionRefused, erase_reader, set_reactions
from tests.conftest import PublishArticle
from tests.profiles import examples
from tests.reactions.crowds import set_limits
from tests.reactions.oracle import assert_counts_are_the_rows, count_by_key, totals

CEILING = 3
PER_READER = 2

kinds_of = st.sets(st.sampled_from([kind.mask for kind in KINDS]), max_size=PER_READER + 1).map(sum)
networks = st.integers(1, 2)


@dataclass
class Model:
    """The expected state, without a database: readers in the order of their first reactions."""

    sets: dict[UUID, int] = field(default_factory=dict)
    network: dict[UUID, int] = field(default_factory=dict)
    unmoderated: list[UUID] = field(default_factory=list)
    wave_of: dict[UUID, int] = field(default_factory=dict)  # by the wave's number among the waves
    waves: list[str] = field(default_factory=list)
    seen: dict[int, int] = field(default_factory=dict)
    is_open: bool = True

    def moderate(self) -> None:
        """What aggregation does to the first reactions since the last: beyond the ceiling they join the open wave."""
        surplus = [reader for reader in self.unmoderated if not self._passes(reader)]
        self.unmoderated = []
        if surplus and not (self.waves and self.waves[-1] == "held"):
            self.waves.append("held")
        self.wave_of |= {reader: len(self.waves) - 1 for reader in surplus}

    def _passes(self, reader: UUID) -> bool:
        network = self.network[reader]
        self.seen[network] = self.seen.get(network, 0) + 1
        return self.seen[network] <= CEILING

    def counted(self) -> list[int]:
        return [kinds for reader, kinds in self.sets.items() if self._counts(reader)]

    def _counts(self, reader: UUID) -> bool:
        wave = self.wave_of.get(reader)
        return wave is None or self.waves[wave] == "released"


class Machine(RuleBasedStateMachine):
    publish: ClassVar[PublishArticle]

    def __init__(self) -> None:
        super().__init__()
        self.article: Article = type(self).publish()
        self.model = Model()
        self.version = 0

    def _set(self, reader: UUID, kinds: int, network: int) -> None:
        signals = Signals(network=self.article.pk.int % 2**32 * 4 + network)
        put = partial(
            set_reactions,
            article_id=self.article.pk,
            reader_id=reader,
            kinds=kinds,
            signals=signals,
        )
        if not self.model.is_open or len(unpack(kinds)) > PER_READER:
            with pytest.raises(
                ReactionRefused, match="too_many" if self.model.is_open else "closed"
            ):
                put()
            return
        put()
        if reader in self.model.sets or kinds:
            if reader not in self.model.sets:
                self.model.unmoderated.append(reader)
                self.model.network[reader] = network
            self.model.sets[reader] = kinds

    @rule(kinds=kinds_of, network=networks)
    def a_new_reader_reacts(self, kinds: int, network: int) -> None:
        self._set(uuid4(), kinds, network)

    @rule(data=st.data(), kinds=kinds_of)
    def a_reader_changes_their_mind(self, data: st.DataObject, kinds: int) -> None:
        if self.model.sets:
            reader = data.draw(st.sampled_from(list(self.model.sets)))
            self._set(reader, kinds, self.model.network[reader])

    @rule(data=st.data())
    def a_reader_leaves(self, data: st.DataObject) -> None:
        moderated = [each for each in self.model.sets if each not in self.model.unmoderated]
        if moderated:
            reader = data.draw(st.sampled_from(moderated))
            assert erase_reader(reader_id=reader) == 1
            del self.model.sets[reader]

    @rule(state=st.sampled_from([Policy.State.OPEN, Policy.State.CLOSED]))
    def the_desk_opens_or_closes(self, state: Policy.State) -> None:
        set_policy(article_id=self.article.pk, state=state)
        self.model.is_open = state == Policy.State.OPEN

    @rule(data=st.data(), release=st.booleans())
    def an_editor_decides(self, data: st.DataObject, release: bool) -> None:
        waves = list(Wave.objects.filter(article_id=self.article.pk).order_by("id"))
        assert [wave.state for wave in waves] == self.model.waves
        if waves:
            number = data.draw(st.sampled_from(range(len(waves))))
            decide = release_wave if release else void_wave
            decide(wave_id=waves[number].pk, editor="ada")
            apply_decisions()
            self.model.waves[number] = "released" if release else "void"

    @rule()
    def everything_is_aggregated(self) -> None:
        aggregate()
        self.model.moderate()
        assert_counts_are_the_rows(self.article.pk, expected=self.model.counted())

    @rule(most=st.integers(1, 3))
    def an_aggregation_dies_before_its_commit(self, most: int) -> None:
        with transaction.atomic():
            aggregate_batch(most=most)
            transaction.set_rollback(True)

    @rule()
    def reconcile_runs(self) -> None:
        assert reconcile().is_clean

    @invariant()
    def the_totals_are_what_the_rows_say_is_counted(self) -> None:
        rows = Reaction.objects.filter(article_id=self.article.pk)
        stored = totals(self.article.pk)
        counted = count_by_key(rows.values_list("counted", flat=True))
        assert {kind.key: stored.get(kind.key, 0) for kind in KINDS} == counted
        assert all(count >= 0 for count in stored.values())

    @invariant()
    def the_version_never_goes_back(self) -> None:
        count_version = CountVersion.objects.filter(article_id=self.article.pk).first()
        assert (count_version.version if count_version else 0) >= self.version
        self.version = count_version.version if count_version else 0

    def teardown(self) -> None:
        aggregate()
        self.model.moderate()
        assert_counts_are_the_rows(self.article.pk, expected=self.model.counted())


@pytest.fixture
def only_the_ceiling(settings: Settings) -> None:
    set_limits(settings, network_story=CEILING)
    settings.REACTIONS_PER_READER = PER_READER


@pytest.mark.hypothesis
@pytest.mark.usefixtures("only_the_ceiling")
def test_the_counts_are_the_rows_after_any_order_of_events(
    publish_article: PublishArticle,
) -> None:
    run_state_machine_as_test(
        type("OfThisTest", (Machine,), {"publish": staticmethod(publish_article)}),
        settings=examples(0.1, *HealthCheck),
    )
