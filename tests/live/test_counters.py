"""What live processes count, added up with what the others do. No other live process runs beside these."""

from pathlib import Path
from uuid import UUID

from newsroom import counter_store
from tests.live.conftest import WriteCounts
from tests.live.process import live_process

STREAMS, EVENTS = "newsroom_live_streams_total", "newsroom_live_events_sent_total"


def counted(name: str) -> float:
    families = counter_store.read_counters()
    assert families is not None
    return next(
        sample.value for family in families for sample in family.samples if sample.name == name
    )


def test_what_a_process_counts_outlives_it(
    tmp_path: Path, article_id: UUID, write: WriteCounts
) -> None:
    streams, events = counted(STREAMS), counted(EVENTS)

    for version in (2, 3):
        with live_process(tmp_path, LIVE_DRAIN_SECONDS="0") as live:
            with live.stream(f"/live/articles/{article_id}/") as stream:
                stream.begin()
                write(article_id, version)
                stream.next("counts")
            assert live.stop() == 0

    assert (counted(STREAMS) - streams, counted(EVENTS) - events) == (2, 2)
