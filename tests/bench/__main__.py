"""`make bench`: how soon a reaction is public while others react, seen from outside.

Starts the whole product on ports of its own, lets readers react at a steady rate, and meanwhile makes
probes: a reaction to a story that nobody else touches, then counts read until it shows. Prints a table.
"""

import argparse
import json
import platform
import statistics
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.servers import House, open_folder

RATE = 300  # reactions a second by others
READERS = 4  # connections that share the load
KINDS = ("like", "dislike", "love", "funny", "angry", "sad", "wow")


class Api:
    """One kept-alive connection to the product."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)

    def ask(
        self, method: str, path: str, body: object = None, token: str = ""
    ) -> dict[str, object]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Reader {token}"
        encoded = None if body is None else json.dumps(body)
        self._connection.request(method, f"/api/v1/{path}", encoded, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:200]!r}")
        return dict(json.loads(content))

    def react(self, slug: str, kind: str, token: str = "") -> dict[str, object]:
        body = {"reactions": [kind]}
        return self.ask("PUT", f"articles/{slug}/reactions/mine/", body, token)

    def total(self, slug: str) -> int:
        return int(str(self.ask("GET", f"articles/{slug}/reactions/")["total"]))


def publish(house: House, slugs: list[str]) -> None:
    with TemporaryDirectory() as folder:
        files = []
        for slug in slugs:
            file = Path(folder) / f"{slug}.md"
            file.write_text(f"---\nheadline: {slug}\nslug: {slug}\n---\n\nText.\n")
            files.append(file)
        done = house.manage("publish", *files)
        assert done.returncode == 0, done.stderr


class Load:
    """New readers who react at a steady rate, most of them to one story."""

    def __init__(self, url: str, slugs: list[str]) -> None:
        self._stop = threading.Event()
        self.acknowledged = [0] * READERS
        self._threads = [
            threading.Thread(target=self._react, args=(url, slugs, number))
            for number in range(READERS)
        ]

    def _react(self, url: str, slugs: list[str], number: int) -> None:
        api, pause, sent = Api(url), READERS / RATE, 0
        due = time.perf_counter()
        while not self._stop.is_set():
            slug = slugs[0] if sent % 10 else slugs[1 + sent // 10 % (len(slugs) - 1)]
            api.react(slug, KINDS[sent % len(KINDS)])
            self.acknowledged[number] += 1
            sent += 1
            due += pause
            time.sleep(max(0, due - time.perf_counter()))

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def freshness(url: str, slug: str, seconds: float) -> list[float]:
    """Seconds from an acknowledged reaction to the public count that holds it, once per probe."""
    api, waits = Api(url), []
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
    with Load(house.url, slugs) as load:
        started = time.perf_counter()
        waits = freshness(house.url, "probe", seconds)
        took = time.perf_counter() - started
    acknowledged = sum(load.acknowledged)
    counted = settled(Api(house.url), slugs, acknowledged)
    p50, p99 = percentile(waits, 50), percentile(waits, 99)
    say(f"machine          {platform.machine()}, Python {platform.python_version()}")
    say(f"load             {acknowledged / took:.0f} reactions/s by others for {took:.0f} s")
    say(f"probes           {len(waits)}")
    say(
        f"public after     p50 {p50:.3f} s, p99 {p99:.3f} s, worst {max(waits):.3f} s (bar: p99 1 s)"
    )
    say(f"acknowledged     {acknowledged}, counted {counted}")
    return p99 <= 1 and counted == acknowledged


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
