"""Crowds of readers: rows as a write would leave them, with the signals and times that a test gives."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

from pytest_django.fixtures import Settings

from reactions.kinds import pack
from reactions.models import OutboxEntry, Reaction, Wave
from reactions.moderation.rules import RULES
from reactions.moderation.signals import Signals

NOON = datetime(2024, 12, 8, 12, 0, tzinfo=UTC)
LOVE = pack(["love"])


def arrive(
    article_id: UUID,
    networks: Iterable[int],
    *,
    at: datetime = NOON,
    every: timedelta = timedelta(0),
    has_history: bool = False,
    has_page_token: bool = True,
    kinds: int = LOVE,
) -> list[UUID]:
    """A new reader from each of these networks reacts, one after the other; not yet aggregated."""
    came = [(uuid4(), network, at + number * every) for number, network in enumerate(networks)]
    Reaction.objects.bulk_create(
        Reaction(
            article_id=article_id, reader_id=reader, kinds=kinds, previous=None, changed_at=when
        )
        for reader, _, when in came
    )
    OutboxEntry.objects.bulk_create(
        OutboxEntry(
            article_id=article_id,
            reader_id=reader,
            created_at=when,
            is_first=True,
            network=network,
            has_page_token=has_page_token,
        )
        for reader, network, when in came
    )
    if has_history:
        _react_the_day_before(came)
    return [reader for reader, _, _ in came]


def _react_the_day_before(came: Iterable[tuple[UUID, int, datetime]]) -> None:
    """A counted reaction of each of these readers to another article."""
    other = uuid4()
    Reaction.objects.bulk_create(
        Reaction(
            article_id=other,
            reader_id=reader,
            kinds=LOVE,
            counted=LOVE,
            changed_at=when - timedelta(days=1),
        )
        for reader, _, when in came
    )


_networks = count(1_000_000_000)


def from_anywhere() -> Signals:
    """The signals of a reader who loaded the page in a network of their own."""
    return Signals(network=next(_networks), has_page_token=True)


def set_limits(settings: Settings, **limits: int) -> None:
    """The limits of the rules of these names; every other rule is off."""
    settings.REACTIONS_LIMITS = {rule.limit.setting: limits.get(rule.name, 0) for rule in RULES}


def hold_back_often(article_id: UUID, times: int) -> None:
    """So many closed waves of one article."""
    Wave.objects.bulk_create(
        Wave(
            article_id=article_id,
            rule="surge",
            is_open=False,
            started_at=NOON,
            last_at=NOON,
            size=1,
            network_count=1,
        )
        for _ in range(times)
    )


def plausible_networks(readers: int) -> list[int]:
    """Where a crowd comes from: four in five from home, one behind a carrier, a campus or an office.

    A network of homes (256 addresses) holds some readers; of 2,000 shared ones the largest, by Zipf's
    law, holds one in three hundred of the whole crowd.
    """
    chance = random.Random(1)
    homes = chance.choices(range(40_000), k=readers * 4 // 5)
    weights = [1 / (rank + 10) for rank in range(2_000)]
    shared = chance.choices(range(1_000_000, 1_002_000), weights, k=readers - len(homes))
    networks = [*homes, *shared]
    chance.shuffle(networks)
    return networks
