"""Adds up what the processes count: each hands Redis what it has counted since the last time, every few seconds.

So any web process answers for all, on whatever machine they run, and a process that ends leaves its counts behind.
docs/decisions/0058-counters.md has the reasons.
"""

import atexit
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import Metric
from prometheus_client.samples import Sample

from articles.counters import COUNTERS

# A process shows the families that it knows, whichever process counts them.
from newsroom import request_counters as request_counters
from newsroom import task_counters as task_counters
from reactions import counters as counters
from reactions.cache import redis, redis_keys
from reactions.live.counters import COUNTERS_OF_RECORDS as COUNTERS_OF_RECORDS

# What a process that is killed has counted since is lost. Prometheus scrapes every fifteen seconds.
FLUSH_SECONDS = 5.0

# By field of the hash in Redis: what it has of this process.
_handed_over: dict[str, float] = {}
_handing_over = threading.Lock()


def flush() -> bool:
    """Hand Redis what this process has counted since the last time; False where it is unreachable, and then next time."""
    with _handing_over:
        counted = _counted()
        added = {
            field: value - _handed_over.get(field, 0)
            for field, value in counted.items()
            if value != _handed_over.get(field, 0)
        }
        if not added:
            return True
        if not redis.add_amounts_to_fields(redis_keys.COUNTERS, added):
            return False
        _handed_over.update(counted)
        return True


def read_counters() -> list[Metric] | None:
    """Every counter of the product, of all processes; None where Redis is unreachable."""
    flush()
    stored = redis.read_hash(redis_keys.COUNTERS)
    if stored is None:
        return None
    samples = dict.fromkeys(_counted(), 0.0) | {
        field: float(value) for field, value in stored.items()
    }
    return list(_families(samples))


def start_flushing() -> None:
    """Hand over every FLUSH_SECONDS as long as this process runs, and at its end."""
    threading.Thread(target=_flush_forever, name="counters", daemon=True).start()
    atexit.register(flush)


def _flush_forever() -> None:
    while True:
        time.sleep(FLUSH_SECONDS)
        flush()


def _counted() -> dict[str, float]:
    return {
        _field(sample): sample.value
        for family in COUNTERS.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def _families(samples: Mapping[str, float]) -> Iterator[Metric]:
    """The samples in the families that this release has; what another one counted is left out."""
    by_name: dict[str, list[Sample]] = {}
    for field, value in sorted(samples.items()):
        name, labels = json.loads(field)
        by_name.setdefault(name, []).append(Sample(name, labels, value))
    for family in COUNTERS.collect():
        found = Metric(family.name, family.documentation, family.type)
        for suffix in ("_total", "_bucket", "_count", "_sum"):
            found.samples += _in_order(by_name.get(f"{family.name}{suffix}", []))
        yield found


def _in_order(samples: Iterable[Sample]) -> list[Sample]:
    """Buckets by their limits, as the format asks for."""
    return sorted(samples, key=lambda sample: float(sample.labels.get("le", 0)))


def _field(sample: Sample) -> str:
    return json.dumps([sample.name, dict(sorted(sample.labels.items()))])


def _begin_again() -> None:
    """In a process that was forked: what its parent has counted is the parent's to hand over."""
    global _handing_over
    _handing_over = threading.Lock()
    _handed_over.clear()
    _handed_over.update(_counted())


os.register_at_fork(after_in_child=_begin_again)
