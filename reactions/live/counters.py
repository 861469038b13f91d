"""What a live process counts for the metrics of the whole product; newsroom/counter_store.py adds the processes up.

The hub counts in plain numbers, which cost a stream nothing, and hands on what has been added once a second.
"""

from collections.abc import Mapping

from prometheus_client import Counter

from articles.counters import COUNTERS

# By the name in a hub's record.
COUNTERS_OF_RECORDS = {
    "opened": Counter("newsroom_live_streams", "Streams that were opened.", registry=COUNTERS),
    "sent": Counter(
        "newsroom_live_events_sent", "Events of counts that were sent.", registry=COUNTERS
    ),
    "late": Counter(
        "newsroom_live_events_late",
        "Events that a slow stream did not take; it gets the newest counts when it does.",
        registry=COUNTERS,
    ),
    "dropped": Counter(
        "newsroom_live_dropped",
        "Streams that were cut because they were too slow.",
        registry=COUNTERS,
    ),
    "refused": Counter(
        "newsroom_live_refused",
        "Streams that were refused for want of room.",
        registry=COUNTERS,
    ),
}


class Handover:
    """How much of one hub's numbers the counters have."""

    def __init__(self) -> None:
        self._noted = dict.fromkeys(COUNTERS_OF_RECORDS, 0)

    def note(self, record: Mapping[str, int]) -> None:
        """Add what the hub has counted since the last time. The hub's numbers never go down."""
        for name, counter in COUNTERS_OF_RECORDS.items():
            counter.inc(record[name] - self._noted[name])
            self._noted[name] = record[name]
