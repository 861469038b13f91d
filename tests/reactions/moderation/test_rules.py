"""Which first reactions the moderation rules hold, and what an editor's decision does to the counts.

The rules are shown with low limits and some dozens of rows. test_honest_crowd.py has them at their defaults.
"""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.counting.aggregate import aggregate, aggregate_batch
from reactions.kinds import pack
from reactions.models import NetworkRate, OutboxEntry, Reaction, Wave, WaveDecision
from reactions.moderation.client_network import purge_networks
from reactions.moderation.decisions import UnknownWave, apply_decisions, release_wave, void_wave
from reactions.moderation.signals import Signals
from reactions.record import clear_reactions, list_mine, set_reactions
from tests.conftest import PublishArticle
from tests.reactions.crowds import LOVE, NOON, arrive, set_limits
from tests.reactions.oracle import assert_counts_are_the_rows, totals

SAD = pack(["sad"])
CEILING = 5


@pytest.fixture(autouse=True)
def low_limits(settings: Settings) -> None:
    set_limits(settings, network_story=CEILING, network_minute=15, surge=30, unread=20)


def total(article: Article) -> int:
    return sum(totals(article.id).values())


def test_one_network_moves_an_article_by_its_ceiling(article: Article) -> None:
    arrive(article.id, [7] * 12)

    aggregate()

    assert total(article) == CEILING
    wave = Wave.objects.get()
    assert (wave.rule, wave.size, wave.network_count) == ("network_story", 7, 1)
    assert Reaction.objects.filter(held=True, wave_id=wave.pk).count() == 7


def test_the_first_ones_are_counted_and_the_later_ones_held(article: Article) -> None:
    readers = arrive(article.id, [7] * (CEILING + 3))

    aggregate()

    held = set(Reaction.objects.filter(held=True).values_list("reader_id", flat=True))
    assert held == set(readers[CEILING:])


def test_the_ceiling_spans_aggregations_and_ends_after_an_hour(article: Article) -> None:
    counted = []
    for minutes in (0, 20, 40, 61):
        arrive(article.id, [7] * 4, at=NOON + timedelta(minutes=minutes))
        aggregate()
        counted.append(total(article))

    assert counted == [4, CEILING, CEILING, CEILING + 4]


def test_the_ceiling_is_of_one_article(publish_article: PublishArticle) -> None:
    articles = [publish_article(), publish_article()]
    for article in articles:
        arrive(article.id, [7] * CEILING)

    aggregate()

    assert [total(article) for article in articles] == [CEILING, CEILING]


def test_a_network_is_held_after_so_many_in_a_minute_on_any_article(
    publish_article: PublishArticle,
) -> None:
    articles = [publish_article() for _ in range(10)]
    for article in articles:
        arrive(article.id, [7] * 4)
        aggregate()

    assert sum(map(total, articles)) == 15
    assert set(Wave.objects.values_list("rule", flat=True)) == {"network_minute"}


def test_on_an_article_with_many_readers_a_large_network_may_have_its_share(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    arrive(article.id, range(1_000, 1_600))
    aggregate()

    arrive(article.id, [7] * 8, at=NOON + timedelta(seconds=30), every=timedelta(seconds=1))
    aggregate()

    assert total(article) == 600 + 3  # half a percent of the others


def test_a_network_makes_itself_no_room(article: Article, settings: Settings) -> None:
    """Its own reactions, counted or held, do not raise its share."""
    set_limits(settings, network_story=1)
    for _ in range(3):
        arrive(article.id, [7] * 400)
        aggregate()

    assert total(article) == 1


def test_what_is_held_makes_room_for_no_other_network(article: Article, settings: Settings) -> None:
    set_limits(settings, network_story=1)
    arrive(article.id, [7] * 600)
    aggregate()

    arrive(article.id, [8] * 8)
    aggregate()

    assert total(article) == 2


@pytest.mark.parametrize(
    ("limit", "counted"),
    [
        pytest.param(12, 30, id="three-of-each-network"),
        pytest.param(40, 40, id="all-within-the-limit"),
    ],
)
def test_a_surge_of_clients_that_never_loaded_the_page_is_held(
    article: Article, settings: Settings, limit: int, counted: int
) -> None:
    set_limits(settings, surge=limit)
    arrive(article.id, [number % 10 for number in range(60)], has_page_token=False)

    aggregate()

    assert total(article) == counted
    wave = Wave.objects.get()
    assert (wave.rule, wave.size, wave.network_count) == ("surge", 60 - counted, 10)


def test_a_surge_of_readers_who_loaded_the_page_is_not_held(article: Article) -> None:
    arrive(article.id, [number % 20 for number in range(80)], every=timedelta(milliseconds=50))

    aggregate()

    assert total(article) == 80


def test_clients_that_never_loaded_the_page_do_not_outnumber_readers(article: Article) -> None:
    arrive(article.id, range(1_000, 1_060))
    aggregate()

    later = NOON + timedelta(minutes=20)
    arrive(article.id, range(5_000, 5_100), at=later, has_page_token=False)
    while aggregate_batch(most=5).entries:
        pass

    without_page = total(article) - 60
    assert without_page == 59  # one more would make them as many
    assert Wave.objects.get().rule == "unread"


def test_readers_with_history_are_no_surge(article: Article) -> None:
    arrive(article.id, range(60), has_history=True, has_page_token=False)

    aggregate()

    assert total(article) == 60


def test_reactions_that_waited_for_a_worker_are_no_surge(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, surge=15, network_minute=5)
    arrive(
        article.id,
        [number % 6 for number in range(60)],
        has_page_token=False,
        every=timedelta(minutes=1),
    )

    while aggregate_batch(most=10).entries:
        pass

    assert total(article) == 60


@pytest.mark.parametrize("rule", ["network_story", "network_minute"])
def test_a_limit_of_zero_switches_a_rule_off(
    article: Article, settings: Settings, rule: str
) -> None:
    set_limits(settings, **{rule: 5})
    arrive(article.id, [7] * 40, has_page_token=False)

    aggregate()

    assert total(article) == 5
    assert Wave.objects.get().rule == rule


def test_a_backlog_is_moderated_minute_by_minute(article: Article, settings: Settings) -> None:
    """An outage of the worker: forty readers behind one address, one a minute, and a script without page."""
    set_limits(settings, network_minute=5, surge=15)
    arrive(article.id, [7] * 40, every=timedelta(minutes=1))
    arrive(
        article.id,
        [100 + number % 10 for number in range(100)],
        has_page_token=False,
        at=NOON + timedelta(hours=1),
        every=timedelta(minutes=1),
    )

    aggregate()

    assert total(article) == 140
    assert not Wave.objects.exists()


def test_a_surge_within_a_backlog_is_held(article: Article, settings: Settings) -> None:
    set_limits(settings, surge=15)
    arrive(article.id, range(30), every=timedelta(minutes=1))
    arrive(
        article.id,
        [100 + number % 6 for number in range(60)],
        has_page_token=False,
        at=NOON + timedelta(minutes=10),
    )

    aggregate()

    assert total(article) == 30 + 18  # three of each network
    assert Wave.objects.get().rule == "surge"


def test_clients_without_a_network_share_one(article: Article, reader_id: UUID) -> None:
    arrive(article.id, [7] * 4, at=timezone.now())
    OutboxEntry.objects.update(network=None)
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=LOVE)

    aggregate()

    assert total(article) == CEILING
    assert Wave.objects.get().size == 1


def test_one_network_moves_an_article_by_the_ceiling_of_a_day(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=CEILING, network_day=2 * CEILING + 1)
    counted = []
    for hours in (0, 2, 4, 6, 25):
        arrive(article.id, [7] * CEILING, at=NOON + timedelta(hours=hours))
        aggregate()
        counted.append(total(article))

    assert counted == [5, 10, 11, 11, 16]
    assert [wave.rule for wave in Wave.objects.order_by("id")] == ["network_day"]


@pytest.mark.parametrize(
    ("counted", "days", "is_history"),
    [(LOVE, 1, True), (LOVE, 0, False), (0, 1, False)],
    ids=["counted yesterday", "counted today", "held or taken back"],
)
def test_history_is_a_counted_reaction_of_another_day_to_another_article(
    article: Article, settings: Settings, counted: int, days: int, is_history: bool
) -> None:
    set_limits(settings, unread=10)
    readers = arrive(article.id, range(30), has_page_token=False)
    Reaction.objects.bulk_create(
        Reaction(
            article_id=UUID(int=1),
            reader_id=reader,
            kinds=LOVE,
            counted=counted,
            changed_at=NOON - timedelta(days=days),
        )
        for reader in readers
    )

    aggregate()

    assert total(article) == (30 if is_history else 10)


def test_a_wave_stores_a_thousand_networks(article: Article, settings: Settings) -> None:
    set_limits(settings, unread=1)
    for start in (0, 800):
        arrive(article.id, range(start, start + 800), has_page_token=False)
        aggregate()

    wave = Wave.objects.get()
    assert (wave.size, wave.network_count, len(wave.networks)) == (1_599, 1_000, 1_000)


def test_a_changed_mind_is_never_held(article: Article) -> None:
    signals = Signals(network=7)
    readers = [uuid4() for _ in range(CEILING)]
    for kinds in (LOVE, SAD, 0, LOVE):
        for reader in readers:
            set_reactions(article_id=article.id, reader_id=reader, kinds=kinds, signals=signals)
        aggregate()

    assert totals(article.id) == {"love": CEILING, "sad": 0}
    assert not Wave.objects.exists()


def test_a_reaction_cleared_before_its_aggregation_is_moderated_all_the_same(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=CEILING)
    signals = Signals(network=7)
    for _ in range(12):
        reader = uuid4()
        set_reactions(article_id=article.id, reader_id=reader, kinds=LOVE, signals=signals)
        clear_reactions(article_id=article.id, reader_id=reader)
        aggregate()
        set_reactions(article_id=article.id, reader_id=reader, kinds=LOVE, signals=signals)

    aggregate()

    assert total(article) == CEILING


def test_a_held_reader_sees_the_reaction_counted(article: Article) -> None:
    arrive(article.id, [7] * CEILING, at=timezone.now())
    aggregate()
    reader = uuid4()

    change = set_reactions(
        article_id=article.id, reader_id=reader, kinds=LOVE, signals=Signals(network=7)
    )
    aggregate()
    again = set_reactions(
        article_id=article.id, reader_id=reader, kinds=LOVE, signals=Signals(network=7)
    )

    assert total(article) == CEILING
    assert change.counts["love"] == again.counts["love"] == CEILING + 1
    assert list_mine(article_ids=[article.id], reader_id=reader) == {article.id: LOVE}


def test_a_held_reader_who_changes_their_mind_stays_held(article: Article) -> None:
    readers = arrive(article.id, [7] * (CEILING + 1))
    aggregate()

    set_reactions(article_id=article.id, reader_id=readers[-1], kinds=SAD)
    aggregate()

    assert totals(article.id) == {"love": CEILING}


def test_a_released_wave_is_counted_once(article: Article) -> None:
    arrive(article.id, [7] * 20)
    aggregate()

    released = [release_wave(wave_id=Wave.objects.get().pk, editor="ada") for _ in range(2)]
    apply_decisions()
    aggregate()

    assert released == [15, 0]
    assert_counts_are_the_rows(article.id, expected=[LOVE] * 20)
    assert WaveDecision.objects.count() == 1


def test_a_wave_may_be_voided_after_its_release_and_released_again(article: Article) -> None:
    arrive(article.id, [7] * 12)
    aggregate()
    wave_id = Wave.objects.get().pk
    seen = []

    for decide in (release_wave, void_wave, release_wave):
        decide(wave_id=wave_id, editor="ada", note="because")
        apply_decisions()
        aggregate()
        seen.append(total(article))

    assert seen == [12, CEILING, 12]
    assert_counts_are_the_rows(article.id)
    assert [each.decision for each in WaveDecision.objects.order_by("id")] == [
        "released",
        "void",
        "released",
    ]


def test_a_release_counts_what_the_reader_chose_after_being_held(article: Article) -> None:
    readers = arrive(article.id, [7] * (CEILING + 1))
    aggregate()
    set_reactions(article_id=article.id, reader_id=readers[-1], kinds=SAD)

    release_wave(wave_id=Wave.objects.get().pk, editor="ada")
    apply_decisions()
    aggregate()

    assert totals(article.id) == {"love": CEILING, "sad": 1}


def test_a_decision_whose_process_died_is_applied_by_the_next_aggregation(article: Article) -> None:
    arrive(article.id, [7] * 12)
    aggregate()

    release_wave(wave_id=Wave.objects.get().pk, editor="ada")  # and dies before apply_decisions
    aggregate()

    assert total(article) == 12


def test_what_comes_after_a_decision_is_another_wave(article: Article) -> None:
    arrive(article.id, [7] * 12)
    aggregate()
    release_wave(wave_id=Wave.objects.get().pk, editor="ada")

    arrive(article.id, [7] * 4)
    aggregate()

    assert total(article) == 12
    assert sorted(Wave.objects.values_list("state", "size")) == [("held", 4), ("released", 7)]


def test_a_decision_on_an_unknown_wave_is_an_error(db: None) -> None:
    with pytest.raises(UnknownWave):
        release_wave(wave_id=1, editor="ada")


def test_a_wave_spans_all_networks_and_aggregations_of_its_rule(
    article: Article, settings: Settings
) -> None:
    """180 reactions from 10 networks: one wave, and no more than ten ceilings."""
    set_limits(settings, network_story=CEILING)
    for _ in range(3):
        arrive(article.id, [number % 10 for number in range(60)])
        aggregate()

    assert total(article) == 10 * CEILING
    wave = Wave.objects.get()
    assert (wave.size, wave.network_count) == (130, 10)


def test_a_lecture_hall_is_released_by_one_decision(article: Article) -> None:
    for minute in range(10):
        arrive(article.id, [7] * 4, at=NOON.replace(hour=12, minute=55) + timedelta(minutes=minute))
        aggregate()

    release_wave(wave_id=Wave.objects.get().pk, editor="ada")
    aggregate()

    assert total(article) == 40


def test_networks_are_deleted_within_two_days(article: Article) -> None:
    arrive(article.id, [7] * 12)
    aggregate()

    deleted = purge_networks()

    assert deleted == 1  # all this was in 2024
    assert not NetworkRate.objects.exists()
    wave = Wave.objects.get()
    assert (wave.networks, wave.network_count, wave.is_open) == ([], 1, False)


def test_an_outbox_entry_has_a_network_only_for_a_first_reaction(
    article: Article, reader_id: UUID
) -> None:
    for kinds in (LOVE, SAD):
        set_reactions(
            article_id=article.id, reader_id=reader_id, kinds=kinds, signals=Signals(7, True)
        )

    entries = OutboxEntry.objects.order_by("id").values_list(
        "is_first", "network", "has_page_token"
    )

    assert list(entries) == [(True, 7, True), (False, None, False)]
