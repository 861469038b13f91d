"""`python -m tests.drills.soak --minutes 30`: the whole product behind nginx, readers who read and react at a steady pace.

Prints memory of each process at the beginning and at the end, errors, and the drift. Exits 1 where a request failed, a
count differs from the rows, or a process has grown by more than a fifth and 20 MB.
"""

import argparse
import http.client
import json
import random
import shutil
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict

import psutil

from newsroom.stack.guard import Guard
from tests.programs import nginx
from tests.servers import PROJECT, free_port, open_folder, running_stack

_SLUGS = (
    "assad-has-fled-syria-war-monitor-says",
    "kelp-forest-returns",
    "goose-attends-council-meeting",
)
_SAMPLE_SECONDS = 5.0
_GROWN, _GROWN_BYTES = 1.2, 20_000_000


class Reader(threading.Thread):
    """So many rounds a second: a page, the counts, and in every fourth round a new reader who reacts."""

    def __init__(self, port: int, rounds_a_second: float, end: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port, self._pause, self._end = port, 1 / rounds_a_second, end
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []

    def run(self) -> None:
        number = 0
        while not self._end.wait(self._pause * random.uniform(0.5, 1.5)):  # no secret
            slug = _SLUGS[number % len(_SLUGS)]
            self._ask("GET", f"/articles/{slug}/")
            self._ask("GET", f"/api/v1/articles/{slug}/reactions/")
            if number % 4 == 0:
                token = json.loads(self._ask("POST", "/api/v1/readers/") or b"{}").get("token", "")
                mine = f"/api/v1/articles/{slug}/reactions/mine/"
                self._ask("PUT", mine, token, '{"reactions":["love"]}')
            number += 1

    def _ask(self, method: str, path: str, token: str = "", body: str = "") -> bytes:
        headers = {"Authorization": f"Reader {token}"} if token else {}
        if body:
            headers["Content-Type"] = "application/json"
        began = time.perf_counter()
        try:
            client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            client.request(method, path, body or None, headers)
            answer = client.getresponse()
            content = answer.read()
            client.close()
            self.statuses[str(answer.status)] += 1
        except (OSError, http.client.HTTPException) as error:
            self.statuses[type(error).__name__] += 1
            return b""
        self.seconds.append(time.perf_counter() - began)
        return content


def name_of(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    kinds = {
        "granian": "web",
        "newsroom.live": "live",
        "--queues slow": "slow",
        "celery.beat": "beat",
        "-A newsroom.celery": "worker",
        "postgres": "postgresql",
        "valkey": "valkey",
        "newsroom.stack": "supervisor",
    }
    return next((kind for part, kind in kinds.items() if part in words), "other")


def sample(processes: list[psutil.Process], into: dict[str, list[int]]) -> None:
    sums: Counter[str] = Counter()
    for process in processes:
        try:
            memory = process.memory_full_info().uss
            sums[name_of(process)] += memory
        except psutil.Error:
            continue
    for name, memory in sums.items():
        into[name].append(memory)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rounds", type=float, default=20, help="rounds a second of all readers")
    given = parser.parse_args()
    folder, port = open_folder("soak"), free_port()
    memory: dict[str, list[int]] = defaultdict(list)
    unlimited = {"NEW_READERS_PER_NETWORK_HOUR": "0", "FRONT": "none", "TRUSTED_PROXY_HOPS": "1"}
    try:
        with Guard() as guard, running_stack("soak", **unlimited) as stack:
            web = stack.url.removeprefix("http://").strip("/")
            site = (PROJECT / "deploy/nginx.conf").read_text()
            site = site.replace("127.0.0.1:8000", web).replace(
                "listen 80;", f"listen 127.0.0.1:{port};"
            )
            command, environment = nginx(folder, site)
            guard.start(command, env=environment)
            time.sleep(1)
            end = threading.Event()
            readers = [Reader(port, given.rounds / 8, end) for _ in range(8)]
            for each in readers:
                each.start()
            until = time.monotonic() + given.minutes * 60
            while time.monotonic() < until:
                time.sleep(_SAMPLE_SECONDS)
                sample(stack.family(), memory)
            end.set()
            for each in readers:
                each.join(30)
            time.sleep(3)
            reconciled = stack.manage("reconcile", "--dry-run")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report(readers, memory, reconciled.stdout, reconciled.returncode)


def report(readers: list[Reader], memory: dict[str, list[int]], reconciled: str, code: int) -> int:
    statuses = sum((each.statuses for each in readers), Counter[str]())
    seconds = sorted(second for each in readers for second in each.seconds)
    lines = [f"{sum(statuses.values())} requests: {dict(statuses)}"]
    lines.append(
        f"seconds: half {statistics.median(seconds):.3f}, 99 of 100 {seconds[len(seconds) * 99 // 100]:.3f}"
    )
    grown = []
    for name, values in sorted(memory.items()):
        third = max(1, len(values) // 3)
        # The first third is the start, in which caches fill.
        before = statistics.median(values[third : 2 * third] or values)
        after = statistics.median(values[-third:])
        lines.append(f"  {name:12} {before / 1e6:7.1f} MB, then {after / 1e6:7.1f} MB")
        if after > before * _GROWN and after - before > _GROWN_BYTES:
            grown.append(name)
    lines += [f"  {line}" for line in reconciled.splitlines()]
    lines += [f"GROWN: {', '.join(grown)}"] if grown else []
    sys.stdout.write("\n".join(lines) + "\n")
    failed = [status for status in statuses if not status.startswith("2")]
    return 0 if not failed and not grown and code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
