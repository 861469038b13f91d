"""`python -m tests.drills.soak`: the whole product behind nginx for half an hour, at 60 % of what this machine carries.

First as many readers as are answered, which is the capacity of product and load together on this machine; then 60 % of
their rounds. Prints memory of each kind of process and its growth, failures, and whether the counts are the rows; with
`--write` into docs/benchmarks.md, too. Exits 1 where a request failed, a choice that was acknowledged is not there, a
process logged an error, or one has grown by more than a fifth and 20 MB.
"""

import argparse
import os
import shutil
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from newsroom.stack.guard import Guard
from tests.drills.upgrade import ERROR, becomes, rows_of
from tests.drills.visitors import Ledger, Listener, Visitor
from tests.load import Api
from tests.programs import nginx
from tests.servers import PROJECT, RunningStack, free_port, open_folder, running_stack

PAGE = PROJECT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- soak -->", "<!-- end of soak -->"

_SLUGS = (
    "assad-has-fled-syria-war-monitor-says",
    "kelp-forest-returns",
    "goose-attends-council-meeting",
)
_VISITORS, _LISTENERS = 8, 10
_CAPACITY_SECONDS, _SHARE = 40, 0.6
_SAMPLE_SECONDS = 5.0
_GROWN, _GROWN_BYTES = 1.2, 20_000_000
_KINDS = {
    "granian": "web",
    "newsroom.live": "live",
    "--queues slow": "slow",
    "celery.beat": "beat",
    "-A newsroom.celery": "worker",
    "postgres": "PostgreSQL",
    "valkey": "Valkey",
    "newsroom.stack": "supervisor",
    "nginx": "nginx",
}


@dataclass
class Soak:
    """What was measured."""

    ledger: Ledger
    minutes: float
    capacity: float = 0.0  # rounds a second
    rounds: int = 0
    load: list[float] = field(default_factory=list)
    # By kind of process, bytes that no other process shares, every _SAMPLE_SECONDS.
    memory: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    connections: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.capacity * _SHARE


def name_of(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    return next((kind for part, kind in _KINDS.items() if part in words), "other")


def take_sample(processes: Sequence[psutil.Process], soak: Soak) -> None:
    sums: Counter[str] = Counter()
    for process in processes:
        try:
            sums[name_of(process)] += process.memory_full_info().uss
        except psutil.Error:
            continue  # it has ended
    for name, memory in sums.items():
        soak.memory[name].append(memory)
    soak.load.append(os.getloadavg()[0])


class Load:
    """Visitors of the site at this port, at so many rounds a second together."""

    def __init__(self, port: int, ledger: Ledger, rounds: float) -> None:
        self._end = threading.Event()
        self.visitors = [
            Visitor(port, _SLUGS, ledger, self._end, rounds / _VISITORS) for _ in range(_VISITORS)
        ]

    def __enter__(self) -> "Load":
        for each in self.visitors:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for each in self.visitors:
            each.join(30)

    @property
    def rounds(self) -> int:
        return sum(each.rounds for each in self.visitors)


def run(stack: RunningStack, port: int, proxy: psutil.Process, minutes: float) -> Soak:
    soak, end = Soak(Ledger(), minutes), threading.Event()
    listeners = [Listener(port, _SLUGS, end) for _ in range(_LISTENERS)]
    for each in listeners:
        each.start()
    soak.ledger.phase = "capacity"
    with Load(port, soak.ledger, 0) as load:
        time.sleep(_CAPACITY_SECONDS / 4)  # caches fill
        before = load.rounds
        time.sleep(_CAPACITY_SECONDS)
        soak.capacity = (load.rounds - before) / _CAPACITY_SECONDS
    soak.ledger.phase = "soak"
    with Load(port, soak.ledger, soak.rate) as load:
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until:
            time.sleep(_SAMPLE_SECONDS)
            take_sample([*stack.family(), proxy, *proxy.children()], soak)
        soak.rounds = load.rounds
    soak.wrong = compare(stack, soak.ledger, listeners)
    end.set()
    for each in listeners:
        each.join(30)
    return soak


def compare(stack: RunningStack, ledger: Ledger, listeners: Sequence[Listener]) -> list[str]:
    """What is wrong in the end: counts, rows, streams, drift, the log."""
    chosen: dict[str, dict[str, int]] = {slug: {} for slug in _SLUGS}
    for (slug, kind), count in ledger.expected().items():
        if kind:
            chosen[slug][kind] = count
    found: dict[str, tuple[str, dict[str, int]]] = {}

    def are_counted() -> bool:
        with Api(stack.url) as api:
            for slug in _SLUGS:
                answer = api.ask("GET", f"articles/{slug}/reactions/")
                counts = {k: n for k, n in dict(answer["counts"]).items() if n}  # type: ignore[call-overload]
                found[slug] = (str(answer["article"]), counts)
        return {slug: counts for slug, (_, counts) in found.items()} == chosen

    wrong = [] if becomes(are_counted) else ["the counts are not what readers chose"]

    def are_heard() -> bool:
        return all(
            {k: n for k, n in each.counts.get(article, {}).items() if n} == counts
            for each in listeners
            for article, counts in found.values()
        )

    wrong += [] if becomes(are_heard) else ["a stream did not say the counts"]
    rows = rows_of(stack.env, PROJECT)
    wrong += [] if rows == ledger.expected() else ["the rows are not what readers chose"]
    reconciled = stack.manage("reconcile", "--dry-run")
    wrong += ["there is drift"] if reconciled.returncode else []
    wrong += [each for listener in listeners for each in listener.failed]
    return wrong + [line[:300] for line in stack.output().splitlines() if ERROR.search(line)]


def growth(values: Sequence[int]) -> tuple[float, float, float]:
    """Bytes in the second third, in the last one, and the growth an hour. The first third is the start: caches fill."""
    third = max(1, len(values) // 3)
    late = values[third:]
    slope = statistics.linear_regression(range(len(late)), late).slope if len(late) > 1 else 0.0
    before, after = statistics.median(values[third : 2 * third] or values), statistics.median(late)
    return before, statistics.median(values[-third:]) or after, slope * 3600 / _SAMPLE_SECONDS


def grown(memory: Mapping[str, Sequence[int]]) -> list[str]:
    found = {name: growth(values) for name, values in memory.items()}
    return [
        name
        for name, (before, after, _) in found.items()
        if after > before * _GROWN and after - before > _GROWN_BYTES
    ]


def as_markdown(soak: Soak) -> str:
    asked = soak.ledger.asked["soak"]
    seconds = sorted(asked.seconds)
    failed = [each for phase in soak.ledger.asked.values() for each in phase.failed]
    facts = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores; load average"
        f" {min(soak.load):.1f} to {max(soak.load):.1f}, with other work on the machine",
        f"capacity {soak.capacity:.1f} rounds a second, load and product together; held"
        f" {soak.rounds / soak.minutes / 60:.1f}, {_SHARE:.0%} of it, for {soak.minutes:g} minutes,"
        f" with {_LISTENERS} streams of live counts open",
        f"{len(seconds):,} requests, {len(failed)} failed; half within {statistics.median(seconds) * 1000:.0f} ms,"
        f" 99 of 100 within {seconds[len(seconds) * 99 // 100] * 1000:.0f} ms, the slowest {seconds[-1] * 1000:.0f} ms",
        f"{soak.ledger.writes:,} choices of {len(soak.ledger.choices):,} readers acknowledged; "
        + ("; ".join(soak.wrong[:3]) or "the rows, the counts and the streams are these, drift 0"),
    ]
    lines = [f"- {fact}" for fact in facts]
    lines += ["", "| process | memory, MB | in the end | growth an hour |", "|---|--:|--:|--:|"]
    for name, values in sorted(soak.memory.items()):
        before, after, slope = growth(values)
        lines.append(f"| {name} | {before / 1e6:.1f} | {after / 1e6:.1f} | {slope / 1e6:+.1f} |")
    return "\n".join(lines)


def write(table: str, page: Path = PAGE) -> None:
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--write", action="store_true", help="the table into docs/benchmarks.md")
    given = parser.parse_args()
    folder, port = open_folder("soak"), free_port()
    settings = {"FRONT": "none", "TRUSTED_PROXY_HOPS": "1"}
    with ExitStack() as ends:
        ends.callback(shutil.rmtree, folder, ignore_errors=True)
        stack = ends.enter_context(running_stack("soak", **settings))
        guard = ends.enter_context(Guard())
        site = (PROJECT / "deploy" / "nginx.conf").read_text()
        site = site.replace("127.0.0.1:8000", stack.url.removeprefix("http://").strip("/"))
        site = site.replace("127.0.0.1:8001", f"127.0.0.1:{stack.env['LIVE_PORT']}")
        site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
        command, environment = nginx(folder, site)
        proxy = guard.start(command, env=environment)
        time.sleep(1)
        soak = run(stack, port, psutil.Process(proxy.pid), given.minutes)
    table, too_large = as_markdown(soak), grown(soak.memory)
    sys.stdout.write(
        f"{table}\n{'; '.join([*soak.wrong, *(f'{each} has grown' for each in too_large)])}\n"
    )
    if given.write:
        write(table)
    failed = [each for phase in soak.ledger.asked.values() for each in phase.failed]
    sys.stdout.write("".join(f"{each}\n" for each in failed[:10]))
    return 0 if not failed and not soak.wrong and not too_large else 1


if __name__ == "__main__":
    sys.exit(main())
