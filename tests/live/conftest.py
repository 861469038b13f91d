"""A live process for the tests of a module, and counts in Redis as a worker writes them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from reactions.counts import Counts, put_counts
from reactions.kinds import KINDS
from tests.live.process import LiveProcess, live_process

WriteCounts = Callable[..., Counts]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProcess]:
    with live_process(tmp_path_factory.mktemp("live")) as started:
        yield started


def counts_of(article_id: UUID, version: int = 1, **fields: Any) -> Counts:
    """Counts whose number of likes is their version."""
    counts = dict.fromkeys((kind.key for kind in KINDS), 0) | {"like": version}
    usual = Counts(
        article_id,
        state="open",
        allowed=tuple(counts),
        counts=counts,
        version=version,
        as_of=datetime(2024, 12, 8).isoformat() + "Z",  # noqa: DTZ001  # text
    )
    return replace(usual, **fields)


@pytest.fixture
def write() -> WriteCounts:
    """Writes the counts of an article as a worker does."""

    def write(article_id: UUID, version: int = 1, **fields: Any) -> Counts:
        counts = counts_of(article_id, version, **fields)
        assert put_counts([counts]) is not None
        return counts

    return write


@pytest.fixture
def article_id(write: WriteCounts) -> UUID:
    """An article whose counts have version 1. Redis has all that the live process asks for, and no row exists."""
    article_id = uuid4()
    write(article_id)
    return article_id
