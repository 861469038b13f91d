"""`make bench`: how soon a reaction is public while others react, seen from outside.

Starts the whole product on ports of its own, lets readers react at a steady rate, and meanwhile makes
probes: a reaction to a story that nobody else touches, then counts read until it shows. Prints a table.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable

from tests.load import Api, Load, publish
from tests.servers import House, open_folder

RATE = 300  # reactions a second by others


def freshness(url: str, slug: str, seconds: float) -> list[float]:
    """Seconds from an acknowledged reaction to the public count that holds it, once per probe."""
    waits = []
    with Api(url) as api:
        shown = api.total(slug)
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            api.react(slug, "love")
            acknowledged = time.perf_counter()
            while api.total(slug) == shown:
                time.sleep(0.005)
            waits.append(time.perf_counter() - acknowledged)
            shown += 1
    return waits


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def settled(api: Api, slugs: list[str], expected: int) -> int:
    """The sum of all counts once it stops short of nothing, or what it is after ten seconds."""
    deadline = time.perf_counter() + 10
    while (found := sum(map(api.total, slugs))) != expected and time.perf_counter() < deadline:
        time.sleep(0.1)
    return found


def measure(house: House, seconds: float, say: Callable[[str], None]) -> bool:
    slugs = [f"bench-{number}" for number in range(20)]
    publish(house, [*slugs, "probe"])
    with Load(house.url, slugs, rate=RATE) as load:
        waits = freshness(house.url, "probe", seconds)
        rate = load.rate
    with Api(house.url) as api:
        counted = settled(api, slugs, load.acknowledged)
    p50, p99 = percentile(waits, 50), percentile(waits, 99)
    say(f"machine          {platform.machine()}, Python {platform.python_version()}")
    say(f"load             {rate:.0f} reactions/s by others for {seconds:.0f} s")
    say(f"probes           {len(waits)}")
    say(
        f"public after     p50 {p50:.3f} s, p99 {p99:.3f} s, worst {max(waits):.3f} s (bar: p99 1 s)"
    )
    say(f"acknowledged     {load.acknowledged}, counted {counted}")
    return p99 <= 1 and counted == load.acknowledged


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 seconds instead of 60")
    arguments = parser.parse_args()
    house = House(open_folder("bench"))
    house.start()
    try:
        house.wait_until_up()
        return 0 if measure(house, 20 if arguments.quick else 60, print) else 1
    finally:
        house.stop()


if __name__ == "__main__":
    sys.exit(main())
