"""Live counts: ten thousand listeners of one process, directly and through the front, while articles change."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import Any
from uuid import UUID

import psutil

from newsroom.stack.front import Front
from newsroom.stack.options import Options
from reactions.counts import Counts, put_counts, read_counts
from tests.bench.table import Row, Samples, at_most
from tests.bench.testbed import web_command
from tests.bench.workload import Workload
from tests.live.streams import Stream
from tests.servers import PROJECT, free_port

LISTENERS = 10_000
ARTICLES = 10
STORM_SECONDS = 10
# The front has two files for each stream, and the system may allow no more than 20,000.
FRONT_LISTENERS = 9_500


class Crowd:
    """The process of tests/bench/listeners.py."""

    def __init__(self, workload: Workload, port: int, paths: Sequence[str]) -> None:
        command = [sys.executable, "-m", "tests.bench.listeners", f"127.0.0.1:{port}", *paths]
        self._process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, *words: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        print(*words, file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        self._process.communicate()


@dataclass
class Site:
    """A live process, the port to reach it by, and the process of the front where that is in between."""

    live: psutil.Process
    port: int
    front: psutil.Process | None = None


def measure(workload: Workload) -> Iterator[Row]:
    articles = [UUID(each) for each in workload.articles[:ARTICLES]]
    with _site(workload, is_behind_front=False) as site:
        yield from _rows(workload, site, articles, LISTENERS, "directly")
    with _site(workload, is_behind_front=True) as site:
        yield from _rows(workload, site, articles, FRONT_LISTENERS, "through the front")


@contextmanager
def _site(workload: Workload, *, is_behind_front: bool) -> Iterator[Site]:
    testbed = workload.testbed
    folder = testbed.data / f"live-{is_behind_front}"
    folder.mkdir()
    options = Options(folder, "127.0.0.1", free_port(), {})
    front = Front(options, guard=testbed.guard)
    port = free_port()
    sockets = {"LIVE_SOCKET": str(front.live_socket), "WEB_SOCKET": str(front.web_socket)}
    environment = {"LIVE_PORT": str(port), "TRUSTED_PROXY_HOPS": "0", **sockets}
    live = testbed.start([sys.executable, "-m", "newsroom.live"], environment)
    try:
        _wait_for(port)
        if is_behind_front:
            front.start()
            (caddy,) = [
                each
                for each in psutil.Process().children(recursive=True)
                if each.name() == "caddy"
                and each.environ().get("FRONT_DATA") == str(folder / "front")
            ]
            web = testbed.start(
                ["/bin/sh", "-c", web_command()], {**sockets, "PORT": str(options.port)}
            )
            try:
                _wait_for_web(front)
                yield Site(psutil.Process(live.pid), options.port, caddy)
            finally:
                testbed.guard.stop(web)
        else:
            yield Site(psutil.Process(live.pid), port)
    finally:
        front.stop()
        front.remove_folder()
        testbed.guard.stop(live)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with Stream(port, "/readyz") as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("The live process does not start.")
        time.sleep(0.05)


def _wait_for_web(front: Front) -> None:
    deadline = time.monotonic() + 30
    while not front.answers():
        if time.monotonic() > deadline:
            raise RuntimeError("Web does not start.")
        time.sleep(0.05)


def _rows(
    workload: Workload, site: Site, articles: Sequence[UUID], listeners: int, how: str
) -> Iterator[Row]:
    crowd = Crowd(workload, site.port, [f"/live/articles/{each}/" for each in articles])
    what = f"live, {listeners:,} listeners {how}"
    before = _memory(site.live), site.front and _memory(site.front)
    changes = Changes(articles)
    page_alone = _page_p99(site.port, changes) if site.front else 0
    opened = crowd.do("open", listeners, 5)
    if opened["opened"] < listeners:
        raise RuntimeError(f"{what}: {opened}")
    time.sleep(1)
    kib = (_memory(site.live) - before[0]) / listeners / 1024
    yield Row(f"{what}: memory of each", Samples([kib], "KiB"), target=at_most(15, "KiB"))
    if site.front and before[1]:
        kib = (_memory(site.front) - before[1]) / listeners / 1024
        yield Row(f"{what}: memory of each in the front", Samples([kib], "KiB"))
    found = [changes.reach(crowd) for _ in range(workload.effort.rounds)]
    for quantile, name in (("p50", "half of them"), ("p99", "99 of 100 of them")):
        seconds = Samples([each[quantile] for each in found], "s")
        target = at_most(1, "s") if quantile == "p99" else None
        yield Row(f"{what}: a change of ten articles has reached {name}", seconds, target=target)
    share = _share(site.live, changes)
    unit = "% of a core"
    yield Row(
        f"{what}: CPU, ten articles change a second",
        Samples([share], unit),
        target=at_most(30, unit),
    )
    if site.front:
        p99 = _page_p99(site.port, changes)
        yield Row(
            f"{what}: a page, 99 of 100 requests",
            Samples([p99], "ms"),
            Samples([page_alone], "ms"),
            target=at_most(200, "ms"),
            note="while ten articles change a second; beside it without listeners",
        )
    again = crowd.do("again", STORM_SECONDS)
    failed = listeners - again["opened"]
    note = f"all had their snapshot after {again['seconds']:.1f} s"
    yield Row(
        f"{what}: come again in {STORM_SECONDS} s, not served",
        Samples([failed]),
        target=at_most(0),
        note=note,
    )
    crowd.do("close")
    crowd.stop()


def _memory(process: psutil.Process) -> int:
    """Its own, in bytes: what it shares with no other."""
    return int(process.memory_full_info().uss)


class Changes:
    """Ever newer counts of ten articles, published as a worker does; each change has a version of its own."""

    def __init__(self, articles: Sequence[UUID]) -> None:
        self._counts: list[Counts] = read_counts(articles)
        self._version = int(time.time())

    def publish(self) -> int:
        self._version += 1
        put_counts([replace(each, version=self._version) for each in self._counts])
        return self._version

    def reach(self, crowd: Crowd) -> dict[str, float]:
        """After how many seconds a change has reached half of the listeners, and 99 of 100."""
        time.sleep(1.2)  # a second after the last event, so that none waits for its turn
        began = time.monotonic()
        found = crowd.do("await", self.publish(), 10)
        if found["count"] < found["expected"]:
            raise RuntimeError(f"A change did not reach all: {found}")
        return {name: found[name] - began for name in ("p50", "p99")}


def _page_p99(port: int, changes: Changes, seconds: float = 5) -> float:
    """Milliseconds of ordinary requests for the front page, one after the other, while all articles change."""
    times = []
    client = HTTPConnection("127.0.0.1", port, timeout=10)
    began = time.monotonic()
    changed_at = 0.0
    while (before := time.monotonic()) < began + seconds:
        if before - changed_at > 1:
            changes.publish()
            changed_at = before = time.monotonic()
        client.request("GET", "/", headers={"Host": "localhost"})
        answer = client.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"The front page answered {answer.status}.")
        times.append(1000 * (time.monotonic() - before))
        time.sleep(0.01)
    client.close()
    return sorted(times)[int(len(times) * 0.99)]


def _share(process: psutil.Process, changes: Changes, seconds: int = 10) -> float:
    """The CPU of a process while all articles change once a second, in percent of a core."""
    times = process.cpu_times()
    began = time.monotonic()
    for number in range(1, seconds + 1):
        changes.publish()
        time.sleep(max(0.0, began + number - time.monotonic()))
    after = process.cpu_times()
    used = after.user + after.system - times.user - times.system
    return 100 * used / (time.monotonic() - began)
