"""The moderation rules at their default limits, against a crowd at its real size."""

from datetime import timedelta

from articles.models import Article
from reactions.counting.aggregate import aggregate_batch
from reactions.models import Reaction
from tests.reactions.crowds import NOON, arrive, plausible_networks
from tests.reactions.oracle import totals


def test_an_honest_crowd_is_held_for_less_than_one_percent(article: Article) -> None:
    """The first 20,000 of the crowd whose whole is in tests/chaos/test_attacks.py."""
    networks, step = plausible_networks(20_000), timedelta(seconds=60 / 2_000)

    for start in range(0, 20_000, 2_000):
        arrive(article.id, networks[start : start + 2_000], at=NOON + start * step, every=step)
        while aggregate_batch(most=500).entries:
            pass

    held = Reaction.objects.filter(held=True).count()
    assert held < 200
    assert sum(totals(article.id).values()) == 20_000 - held
