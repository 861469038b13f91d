"""Which first reactions are held back, and what an editor's decision does to the counts."""

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
from tests.reactions.crowds import LOVE, NOON, arrive, plausible_networks, set_limits
from tests.reactions.oracle import assert_counts_are_the_rows, totals

SAD = pack(["sad"])
CEILING = 20


def total(article: Article) -> int:
    return sum(totals(article.id).values())


def test_one_network_moves_an_article_by_its_ceiling(article: Article) -> None:
    arrive(article.id, [7] * 50)

    aggregate()

    assert total(article) == CEILING
    wave = Wave.objects.get()
    assert (wave.rule, wave.size, wave.network_count) == ("network_story", 30, 1)
    assert Reaction.objects.filter(held=True, wave_id=wave.pk).count() == 30


def test_the_first_ones_are_counted_and_the_later_ones_held(article: Article) -> None:
    readers = arrive(article.id, [7] * 25)

    aggregate()

    held = set(Reaction.objects.filter(held=True).values_list("reader_id", flat=True))
    assert held == set(readers[CEILING:])


def test_the_ceiling_holds_across_folds_and_ends_after_an_hour(article: Article) -> None:
    counted = []
    for minutes in (0, 20, 40, 61):
        arrive(article.id, [7] * 15, at=NOON + timedelta(minutes=minutes))
        aggregate()
        counted.append(total(article))

    assert counted == [15, 20, 20, 35]


def test_the_ceiling_is_of_one_article(publish_article: PublishArticle) -> None:
    articles = [publish_article(), publish_article()]
    for article in articles:
        arrive(article.id, [7] * 20)

    aggregate()

    assert [total(article) for article in articles] == [20, 20]


def test_a_network_is_held_after_so_many_in_a_minute_wherever(
    publish_article: PublishArticle,
) -> None:
    articles = [publish_article() for _ in range(10)]
    for article in articles:
        arrive(article.id, [7] * 10)
        aggregate()

    assert sum(map(total, articles)) == 60
    assert set(Wave.objects.values_list("rule", flat=True)) == {"network_minute"}


def test_on_an_article_with_many_readers_a_large_network_may_have_its_share(
    article: Article,
) -> None:
    arrive(article.id, range(1_000, 7_000))
    aggregate()

    arrive(article.id, [7] * 80, at=NOON + timedelta(seconds=30), every=timedelta(seconds=1))
    aggregate()

    assert total(article) == 6_000 + 30  # half a percent of the others


def test_a_network_makes_itself_no_room(article: Article) -> None:
    """What is held is no part of what a share is taken of."""
    for _ in range(3):
        arrive(article.id, [7] * 2_000)
        aggregate()

    assert total(article) == CEILING


def test_what_is_held_makes_room_for_nobody_else_either(article: Article) -> None:
    arrive(article.id, [7] * 10_000)
    aggregate()

    arrive(article.id, [8] * 100)
    aggregate()

    assert total(article) == 2 * CEILING


def test_a_rush_of_clients_that_never_saw_the_page_is_held(article: Article) -> None:
    arrive(article.id, [number % 50 for number in range(1_000)], has_page_token=False)

    aggregate()

    assert total(article) <= 120 + 50 * 3
    rules = set(Wave.objects.values_list("rule", flat=True))
    assert rules <= {"surge", "unread"}
    assert Wave.objects.filter(network_count__gte=40).exists()


def test_a_rush_of_readers_who_saw_the_page_is_none(article: Article) -> None:
    arrive(article.id, [number % 100 for number in range(1_000)], every=timedelta(milliseconds=50))

    aggregate()

    assert total(article) == 1_000


def test_clients_that_never_saw_the_page_do_not_outnumber_readers(article: Article) -> None:
    arrive(article.id, range(1_000, 1_400), at=NOON - timedelta(minutes=20))
    aggregate()

    arrive(article.id, range(5_000, 6_000), has_page_token=False, every=timedelta(seconds=1))
    for _ in range(20):
        aggregate_batch(most=50)

    unread_counted = total(article) - 400
    assert 200 <= unread_counted <= 420
    assert Wave.objects.get().rule == "unread"


def test_readers_with_history_are_no_rush(article: Article) -> None:
    arrive(article.id, range(500), has_history=True, has_page_token=False)

    aggregate()

    assert total(article) == 500


def test_what_waited_for_a_worker_is_no_rush(article: Article) -> None:
    arrive(
        article.id,
        [number % 30 for number in range(300)],
        has_page_token=False,
        every=timedelta(minutes=1),
    )

    while aggregate_batch(most=10):
        pass

    assert total(article) == 300


@pytest.mark.parametrize("rule", ["network_story", "network_minute"])
def test_a_threshold_of_nothing_switches_a_rule_off(
    article: Article, settings: Settings, rule: str
) -> None:
    set_limits(settings, **{rule: 5})
    arrive(article.id, [7] * 200, has_page_token=False)

    aggregate()

    assert total(article) == 5
    assert Wave.objects.get().rule == rule


def test_a_changed_mind_is_never_held(article: Article) -> None:
    signals = Signals(network=7)
    readers = [uuid4() for _ in range(CEILING)]
    for kinds in (LOVE, SAD, 0, LOVE):
        for reader in readers:
            set_reactions(article_id=article.id, reader_id=reader, kinds=kinds, signals=signals)
        aggregate()

    assert totals(article.id) == {"love": CEILING, "sad": 0}
    assert not Wave.objects.exists()


def test_whoever_clears_before_the_judge_came_is_judged_all_the_same(article: Article) -> None:
    signals = Signals(network=7)
    for _ in range(40):
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
    readers = arrive(article.id, [7] * 21)
    aggregate()

    set_reactions(article_id=article.id, reader_id=readers[-1], kinds=SAD)
    aggregate()

    assert totals(article.id) == {"love": CEILING}


def test_a_released_wave_is_counted_once(article: Article) -> None:
    arrive(article.id, [7] * 200)
    aggregate()

    released = [release_wave(wave_id=Wave.objects.get().pk, editor="ada") for _ in range(2)]
    apply_decisions()
    aggregate()

    assert released == [180, 0]
    assert_counts_are_the_rows(article.id, expected=[LOVE] * 200)
    assert WaveDecision.objects.count() == 1


def test_a_wave_may_be_voided_after_its_release_and_released_again(article: Article) -> None:
    arrive(article.id, [7] * 30)
    aggregate()
    wave_id = Wave.objects.get().pk
    seen = []

    for decide in (release_wave, void_wave, release_wave):
        decide(wave_id=wave_id, editor="ada", note="because")
        apply_decisions()
        aggregate()
        seen.append(total(article))

    assert seen == [30, 20, 30]
    assert_counts_are_the_rows(article.id)
    assert [each.decision for each in WaveDecision.objects.order_by("id")] == [
        "released",
        "void",
        "released",
    ]


def test_a_decision_keeps_what_the_reader_chose_meanwhile(article: Article) -> None:
    readers = arrive(article.id, [7] * 21)
    aggregate()
    set_reactions(article_id=article.id, reader_id=readers[-1], kinds=SAD)

    release_wave(wave_id=Wave.objects.get().pk, editor="ada")
    apply_decisions()
    aggregate()

    assert totals(article.id) == {"love": CEILING, "sad": 1}


def test_a_decision_whose_process_died_is_carried_out_by_the_next_fold(article: Article) -> None:
    arrive(article.id, [7] * 30)
    aggregate()

    release_wave(wave_id=Wave.objects.get().pk, editor="ada")  # and no word after the commit
    aggregate()

    assert total(article) == 30


def test_what_comes_after_a_decision_is_another_wave(article: Article) -> None:
    arrive(article.id, [7] * 30)
    aggregate()
    release_wave(wave_id=Wave.objects.get().pk, editor="ada")

    arrive(article.id, [7] * 5)
    aggregate()

    assert total(article) == 30
    assert sorted(Wave.objects.values_list("state", "size")) == [("held", 5), ("released", 10)]


def test_a_decision_on_no_wave_is_an_error(db: None) -> None:
    with pytest.raises(UnknownWave):
        release_wave(wave_id=1, editor="ada")


def test_a_wave_takes_all_networks_and_folds_of_its_rule(article: Article) -> None:
    """10,000 reactions from 50 networks: one wave, and no more than fifty ceilings."""
    for _ in range(10):
        arrive(article.id, [number % 50 for number in range(1_000)])
        aggregate()

    assert total(article) == 50 * CEILING
    wave = Wave.objects.get()
    assert (wave.size, wave.network_count) == (9_000, 50)


def test_a_lecture_hall_is_released_by_one_decision(article: Article) -> None:
    for minute in range(10):
        arrive(
            article.id, [7] * 20, at=NOON.replace(hour=12, minute=55) + timedelta(minutes=minute)
        )
        aggregate()

    release_wave(wave_id=Wave.objects.get().pk, editor="ada")
    aggregate()

    assert total(article) == 200


def test_honest_virality_is_held_for_less_than_one_percent(article: Article) -> None:
    """The first 20,000 of the crowd whose whole is in tests/chaos/test_attacks.py."""
    networks, step = plausible_networks(20_000), timedelta(seconds=60 / 2_000)

    for start in range(0, 20_000, 2_000):
        arrive(article.id, networks[start : start + 2_000], at=NOON + start * step, every=step)
        while aggregate_batch(most=500):
            pass

    held = Reaction.objects.filter(held=True).count()
    assert held < 200
    assert total(article) == 20_000 - held


def test_networks_are_forgotten_within_two_days(article: Article) -> None:
    arrive(article.id, [7] * 30)
    aggregate()

    missed_rows = purge_networks()

    assert missed_rows == 1  # all this was in 2024
    assert not NetworkRate.objects.exists()
    wave = Wave.objects.get()
    assert (wave.networks, wave.network_count, wave.is_open) == ([], 1, False)


def test_a_mark_carries_a_network_only_for_a_first_reaction(
    article: Article, reader_id: UUID
) -> None:
    for kinds in (LOVE, SAD):
        set_reactions(
            article_id=article.id, reader_id=reader_id, kinds=kinds, signals=Signals(7, True, True)
        )

    marks = OutboxEntry.objects.order_by("id").values_list(
        "is_first", "network", "has_history", "has_page_token"
    )

    assert list(marks) == [(True, 7, True, True), (False, None, False, False)]
