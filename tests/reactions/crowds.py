"""Readers by the thousand, put where a write would put them, with the signs and at the moments that a test says."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from reactions.kinds import pack
from reactions.models import Mark, Reaction, Wave

NOON = datetime(2024, 12, 8, 12, 0, tzinfo=UTC)
LOVE = pack(["love"])


def arrive(
    article_id: UUID,
    networks: Iterable[int],
    *,
    at: datetime = NOON,
    every: timedelta = timedelta(0),
    is_newcomer: bool = True,
    has_read: bool = True,
    kinds: int = LOVE,
) -> list[UUID]:
    """A new reader from each of these networks reacts, one after the other; nobody has folded yet."""
    came = [(uuid4(), network, at + number * every) for number, network in enumerate(networks)]
    Reaction.objects.bulk_create(
        Reaction(
            article_id=article_id, reader_id=reader, kinds=kinds, previous=None, changed_at=when
        )
        for reader, _, when in came
    )
    Mark.objects.bulk_create(
        Mark(
            article_id=article_id,
            reader_id=reader,
            marked_at=when,
            is_first=True,
            network=network,
            is_newcomer=is_newcomer,
            has_read=has_read,
        )
        for reader, network, when in came
    )
    return [reader for reader, _, _ in came]


def hold_back_often(article_id: UUID, times: int) -> None:
    """So many waves of one story, long over."""
    Wave.objects.bulk_create(
        Wave(
            article_id=article_id,
            rule=Wave.Rule.SURGE,
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
