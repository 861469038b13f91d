"""Load: prepared requests, sent by `wrk`, or where it cannot be had by tests/bench/sender.py."""

import itertools
import json
import random
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.error import HTTPError

from tests.bench.testbed import Server
from tests.programs import Program, find_program
from tests.servers import PROJECT

# Two for each thread of a contender: none waits for work.
CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("load.lua")
SENDER = "tests/bench/sender.py"

# Which article each of so many requests is for.
Choose = Callable[[Sequence[str], int], list[str]]

_numbers = itertools.count()
_networks = random.Random(20)


@dataclass(frozen=True)
class Result:
    """What a load did in one round. `sent` may exceed `answers` by those without a response at the end."""

    seconds: float
    answers: int
    refused: int
    broken: int
    sent: int
    p50: float
    p99: float
    cpu_seconds: float
    # What PostgreSQL did for it, the counting included; known of our own writes.
    database_cpu_seconds: float = 0
    log_bytes: int = 0

    @property
    def accepted(self) -> int:
        return self.answers - self.refused

    @property
    def rate(self) -> float:
        return self.accepted / self.seconds


@cache
def find_wrk() -> Program | None:
    """`wrk`, which takes a tenth of the CPU of our own sender; None where it cannot be had."""
    try:
        return find_program("wrk")
    except RuntimeError:
        return None


def tool() -> str:
    """What sends the load."""
    return "wrk" if find_wrk() else SENDER


class Load:
    """Requests to one server: a line each with method, path and headers, and the bodies that they send in turn."""

    def __init__(
        self,
        folder: Path,
        requests: Iterable[str],
        bodies: Sequence[str] = ("",),
        *,
        expected: int = 200,
        renew: Callable[[], Iterable[str]] | None = None,
    ) -> None:
        """`renew` makes the requests of each further round, which may then send each of them once only."""
        number = next(_numbers)
        self._heads, self._tails, self._answer = (
            folder / f"{name}-{number}" for name in ("heads", "tails", "answer")
        )
        self._renew = renew
        self._count = 0
        lines = self._write(requests)
        self._tails.write_text("".join(f"{body}\n" for body in bodies))
        self._lines, self._bodies = lines, bodies
        self._expected = expected
        self._first = 0

    def _write(self, requests: Iterable[str]) -> list[str]:
        lines = list(requests)
        self._heads.write_text("".join(f"{line}\n" for line in lines))
        self._count = len(lines)
        return lines

    def check(self, server: Server) -> bytes:
        """Send the next request and check its status; returns the content.

        One of the sequence: another one would leave a row that a later request of its reader does not change.
        """
        turn, place = divmod(self._first, len(self._lines))
        head, body = self._lines[place], self._bodies[(place + turn) % len(self._bodies)]
        self._first += 1
        line, *headers = head.split("\t")
        method, path, _ = line.split(" ")
        request = urllib.request.Request(  # noqa: S310 - our own server
            server.url + path,
            method=method,
            data=body.encode() or None,
            headers={"Content-Type": "application/json", **dict(h.split(": ", 1) for h in headers)},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                status, content = answer.status, answer.read()
        except HTTPError as error:
            status, content = error.code, error.read()
        if status != self._expected:
            raise RuntimeError(f"{method} {server.url}{path}: {status} {content[:300]!r}")
        return bytes(content)

    def run(self, server: Server, seconds: float, connections: int = CONNECTIONS) -> Result:
        """One round; the next one continues where it ended, or sends other requests."""
        if self._renew:
            self._write(self._renew())
            self._first = 0
        before = server.cpu_seconds()
        arguments = [self._heads, self._tails, str(self._first), self._answer]
        wrk = find_wrk()
        if wrk:
            switches = ["-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", SCRIPT, server.url]
            command = [wrk.path, *switches, "--", *arguments]
        else:
            sender = [sys.executable, "-m", "tests.bench.sender", server.url]
            command = [*sender, str(connections), str(seconds), *arguments]
        subprocess.run(
            list(map(str, command)),
            cwd=PROJECT,
            env=wrk.environment if wrk else None,
            check=True,
            timeout=seconds + 30,
            stdout=subprocess.DEVNULL,
        )
        found = json.loads(self._answer.read_text())
        self._first += found["sent"]
        if self._renew and self._first > self._count:
            raise RuntimeError(f"{found['sent']} requests were sent, and only {self._count} made.")
        return Result(**found, cpu_seconds=server.cpu_seconds() - before)


def line(method: str, path: str, **headers: str) -> str:
    """The beginning of a request from one of very many networks."""
    sent_headers = {"Host": "localhost", "X-Forwarded-For": address(), **headers}
    named = [f"{name.replace('_', '-')}: {value}" for name, value in sent_headers.items()]
    return "\t".join([f"{method} {path} HTTP/1.1", *named])


def address() -> str:
    """Some reader's public IPv4 address."""
    number = _networks.randint
    return f"{number(11, 99)}.{number(0, 255)}.{number(0, 255)}.{number(1, 254)}"


def hot(articles: Sequence[str], count: int) -> list[str]:
    """Nine of ten at the first article, the others spread."""
    return [
        articles[0] if number % 10 else articles[number // 10 % len(articles)]
        for number in range(count)
    ]


def spread(articles: Sequence[str], count: int) -> list[str]:
    return [articles[number % len(articles)] for number in range(count)]
