"""A worker that aggregates when it is asked to: `python -m tests.bench.aggregator`.

For each line of its input it aggregates until the outbox is empty, and then writes a line.
"""

import sys
import time

import django

django.setup()

from reactions.counting.aggregate import aggregate, measure_backlog  # noqa: E402  # they need Django

# What another worker has claimed is still in the outbox. The product looks again after an interval.
_PAUSE_SECONDS = 0.01


def main() -> None:
    print("ready", flush=True)
    for _ in sys.stdin:
        while aggregate() or measure_backlog().outbox_entries:
            time.sleep(_PAUSE_SECONDS)
        print("empty", flush=True)


if __name__ == "__main__":
    main()
