"""Visitors of a drill: they read, react, change their minds, poll and listen, and remember what was acknowledged."""

import http.client
import json
import random
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.load import KINDS

_TIMEOUT_SECONDS = 20
_STATIC = re.compile(r'"(/static/[^"]+)"')
_RECONNECT_SECONDS = 0.5


@dataclass
class Asked:
    """The requests of one phase."""

    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Ledger:
    """What all visitors were answered, by the phase in which they asked."""

    def __init__(self) -> None:
        self.phase = "start"
        self.asked: dict[str, Asked] = defaultdict(Asked)
        self.choices: dict[str, tuple[str, str]] = {}  # token: slug, kind or nothing
        self.doubtful: set[str] = set()
        self.writes = 0
        self.assets: set[str] = set()
        self._lock = threading.Lock()

    def note(self, seconds: float, failure: str) -> None:
        with self._lock:
            asked = self.asked[self.phase]
            asked.seconds.append(seconds)
            if failure:
                asked.failed.append(failure)

    def choose(self, token: str, slug: str, kind: str) -> None:
        with self._lock:
            self.writes += 1
            self.choices[token] = (slug, kind)

    def expected(self) -> Counter[tuple[str, str]]:
        """How many chose what, by slug and kind; who took the choice back is under no kind."""
        return Counter(self.choices.values())


class Visitor(threading.Thread):
    """Rounds of a page, a poll, and a new reader who reacts; in every third an earlier reader chooses again.

    Each request has a connection of its own, and each reader a network: all of 127.0.0.0/8 is this machine. 0 rounds a
    second: as many as are answered.
    """

    def __init__(
        self,
        port: int,
        slugs: Sequence[str],
        ledger: Ledger,
        end: threading.Event,
        rounds_a_second: float = 10,
    ) -> None:
        super().__init__(daemon=True)
        self.rounds, self._rate = 0, rounds_a_second
        self._port, self._slugs, self._ledger, self._end = port, slugs, ledger, end
        self._address = ""
        self._readers: list[tuple[str, str, str]] = []  # token, slug, address

    def run(self) -> None:
        began = time.monotonic()
        while not self._end.wait(self._pause(began)):
            number = self.rounds
            self._address = f"127.{random.randint(1, 250)}.{random.randint(1, 250)}.9"
            slug = self._slugs[number % len(self._slugs)]
            page = self._ask("GET", f"/articles/{slug}/")
            self._ledger.assets.update(_STATIC.findall(page.decode()))
            self._ask("GET", f"/api/v1/reactions/?articles={','.join(self._slugs)}")
            self._react(slug, KINDS[number % len(KINDS)])
            if number % 3 == 2:
                self._choose_again(number)
            self.rounds += 1

    def _pause(self, began: float) -> float:
        """Seconds until the next round is due. What is late is not made up for in a burst."""
        if not self._rate:
            return 0
        late = time.monotonic() - began - (self.rounds + random.random()) / self._rate
        return max(0.0, -late)

    def _react(self, slug: str, kind: str) -> None:
        answer = self._ask("POST", "/api/v1/readers/")
        token = json.loads(answer)["token"] if answer else ""
        if token and self._put(token, slug, kind):
            self._readers.append((token, slug, self._address))

    def _choose_again(self, number: int) -> None:
        if self._readers:
            token, slug, self._address = random.choice(self._readers)
            self._put(token, slug, "" if number % 2 else KINDS[(number + 3) % len(KINDS)])

    def _put(self, token: str, slug: str, kind: str) -> bool:
        path = f"/api/v1/articles/{slug}/reactions/mine/"
        self._ask("GET", path)
        body = json.dumps({"reactions": [kind] if kind else []})
        headers = {"Authorization": f"Reader {token}", "Content-Type": "application/json"}
        headers["Page-Token"] = self._page_token
        if self._ask("PUT", path, headers, body):
            self._ledger.choose(token, slug, kind)
            return True
        self._ledger.doubtful.add(token)
        return False

    def _ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: str = ""
    ) -> bytes:
        """The content of an answer; empty where it failed."""
        began, failure, content = time.monotonic(), "", b""
        try:
            status, content = self._exchange(method, path, headers or {}, body)
            if status >= 300:
                failure = f"{method} {path}: {status} {content[:200]!r}"
        except (OSError, http.client.HTTPException) as error:
            failure = f"{method} {path}: {type(error).__name__} {error}"
        self._ledger.note(time.monotonic() - began, failure)
        return b"" if failure else content

    def _exchange(
        self, method: str, path: str, headers: dict[str, str], body: str
    ) -> tuple[int, bytes]:
        client = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=_TIMEOUT_SECONDS, source_address=(self._address, 0)
        )
        try:
            client.request(method, path, body or None, headers)
            answer = client.getresponse()
            content = answer.read()
            self._page_token = answer.headers.get("Page-Token", "")
            return answer.status, content
        finally:
            client.close()


class Listener(threading.Thread):
    """A stream of live counts, opened again when it ends, as browsers do."""

    def __init__(self, port: int, slugs: Sequence[str], end: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port, self._slugs, self._end = port, slugs, end
        self.opened = 0
        self.failed: list[str] = []
        self.counts: dict[str, dict[str, int]] = {}

    def run(self) -> None:
        while not self._end.wait(_RECONNECT_SECONDS):
            client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_SECONDS)
            try:
                client.request("GET", f"/live/?articles={','.join(self._slugs)}")
                answer = client.getresponse()
                if answer.status == 200:
                    self.opened += 1
                    self._read(answer)
                else:
                    self.failed.append(f"stream: {answer.status} {answer.read()[:200]!r}")
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(f"stream: {type(error).__name__} {error}")
            finally:
                client.close()

    def _read(self, answer: http.client.HTTPResponse) -> None:
        while not self._end.is_set() and (line := answer.readline()):
            if line.startswith(b"data: ") and b'"counts"' in line:
                said = json.loads(line[6:])
                self.counts[said["article"]] = said["counts"]
