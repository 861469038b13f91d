"""What the figures of the rules remember of earlier minutes, hours and days, how it decays, and when it is deleted."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.models import ArticleRate, NetworkRate, Reaction, Wave
from reactions.moderation.client_network import purge_networks
from reactions.moderation.signals import Signals
from reactions.record import erase_reader, set_reactions
from tests.reactions.crowds import LOVE, NOON, arrive, set_limits
from tests.reactions.oracle import totals


def total(article: Article) -> int:
    return sum(totals(article.id).values())


def counted_of(article: Article, *networks: int, after: timedelta, has_page_token: bool) -> int:
    """How many of these are counted, so long after noon."""
    before = total(article)
    arrive(article.id, networks, at=NOON + after, has_page_token=has_page_token)
    aggregate()
    return total(article) - before


def test_the_hour_before_counts_for_readers_without_page_by_what_is_left_of_it(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, unread=10)

    counted = [
        counted_of(
            article,
            *range(100 * minutes, 100 * minutes + 20),
            after=timedelta(minutes=minutes),
            has_page_token=False,
        )
        for minutes in (50, 66, 72, 90, 180)
    ]

    # 10 in the first hour; of the next hour 0.9, 0.8 and 0.5 are left when others come; two hours later all is forgotten.
    assert counted == [10, 1, 1, 3, 10]


def test_the_share_of_a_large_network_decays_with_the_hour_before(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    arrive(article.id, range(1_000, 2_000), at=NOON + timedelta(minutes=30))
    aggregate()

    counted = [
        counted_of(article, *[network] * 9, after=timedelta(minutes=minutes), has_page_token=True)
        for network, minutes in [(7, 31), (8, 90), (9, 96), (10, 180)]
    ]

    assert counted == [5, 2, 2, 1]  # half a percent of 1,000, of 500, of 400, and the limit


def test_a_large_network_has_its_share_of_the_readers_of_a_day(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_day=1)
    arrive(article.id, range(1_000, 2_000))
    aggregate()

    counted = [
        counted_of(article, *[network] * 9, after=timedelta(minutes=minutes), has_page_token=True)
        for network, minutes in [(7, 120), (8, 1_440), (9, 1_446), (10, 2_880 + 1_440)]
    ]

    assert counted == [
        5,
        2,
        2,
        1,
    ]  # of 1,000 on that day, of half of them a day later, and the limit


def test_a_surge_is_compared_with_what_was_usual_lately(
    article: Article, settings: Settings
) -> None:
    set_limits(settings)
    for minute in range(60):
        new = range(minute * 10, minute * 10 + 10)
        arrive(article.id, new, at=NOON + timedelta(minutes=minute), has_page_token=False)
    aggregate()
    set_limits(settings, surge=30)
    from_ten_networks = [1_000 + number % 10 for number in range(70)]

    soon = counted_of(
        article, *from_ten_networks, after=timedelta(minutes=60), has_page_token=False
    )
    later = counted_of(
        article, *from_ten_networks, after=timedelta(minutes=300), has_page_token=False
    )

    assert (soon, later) == (70, 30)  # eight times ten, and the limit


def test_a_surge_is_of_one_minute(article: Article, settings: Settings) -> None:
    """Two aggregations of a minute add up; the minute before is over."""
    set_limits(settings, surge=30)

    counted = [
        counted_of(
            article,
            *[number % 10 for number in range(size)],
            after=timedelta(seconds=seconds),
            has_page_token=False,
        )
        for seconds, size in [(0, 20), (60, 20), (70, 20), (120, 20)]
    ]

    assert counted == [20, 20, 10, 20]


def test_a_reader_erased_before_the_first_aggregation_is_not_moderated(
    article: Article, settings: Settings
) -> None:
    """Neither the network that the reader had is counted, nor one for all without a network."""
    set_limits(settings, network_story=1)
    reader = uuid4()
    set_reactions(article_id=article.id, reader_id=reader, kinds=LOVE, signals=Signals(network=7))

    erase_reader(reader_id=reader)
    aggregate()

    assert not NetworkRate.objects.exists()
    assert not ArticleRate.objects.exists()
    assert not Wave.objects.exists()
    assert not Reaction.objects.exists()


def test_a_reader_erased_after_moderation_is_not_moderated_again(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    readers = arrive(article.id, [7] * 3, at=timezone.now())
    aggregate()

    for reader in readers:
        erase_reader(reader_id=reader)
    aggregate()

    assert NetworkRate.objects.get().in_hour == 3
    assert [wave.size for wave in Wave.objects.all()] == [0]
    assert total(article) == 0


@pytest.mark.parametrize(("hours", "kept"), [(46, True), (48, False)])
def test_rates_are_deleted_within_two_days(article: Article, hours: int, kept: bool) -> None:
    arrive(article.id, [7] * 3, at=timezone.now() - timedelta(hours=hours))
    aggregate()

    purge_networks()

    assert ArticleRate.objects.exists() == NetworkRate.objects.exists() == kept


def test_a_wave_is_closed_an_hour_after_its_last_reaction(
    article: Article, settings: Settings
) -> None:
    set_limits(settings, network_story=1)
    open_waves = []
    for minutes in (61, 59):
        Wave.objects.update(is_open=False)
        arrive(article.id, [minutes] * 3, at=timezone.now() - timedelta(minutes=minutes))
        aggregate()
        purge_networks()
        open_waves.append(Wave.objects.filter(is_open=True).count())

    assert open_waves == [0, 1]
