"""Load of many readers over HTTP, for the benchmark and the failure tests."""

import json
import random
import threading
import time
from email.message import Message
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.servers import RunningStack

KINDS = ("like", "dislike", "love", "funny", "angry", "sad", "wow")
TIMEOUT_SECONDS = 10


class UnexpectedStatus(Exception):
    """The response is no 2xx."""

    def __init__(self, status: int, content: bytes) -> None:
        super().__init__(f"{status} {content[:200]!r}")
        self.status = status


class Api:
    """One kept-alive connection to the product."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
        self._tokens: dict[str, str] = {}
        self._headers: Message = Message()  # of the last response

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: object = None, **more: str) -> dict[str, object]:
        """The response's JSON. Raises UnexpectedStatus, or what the connection raises."""
        headers = {"Content-Type": "application/json", "X-Forwarded-For": _address(), **more}
        encoded = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, f"/api/v1/{path}", encoded, headers)
            answer = self._connection.getresponse()
            content, self._headers = answer.read(), answer.headers
        except (OSError, HTTPException):
            self._connection.close()
            raise
        if answer.status >= 300:
            raise UnexpectedStatus(answer.status, content)
        return dict(json.loads(content))

    def react(self, slug: str, kind: str) -> dict[str, object]:
        """A new reader, who has loaded the article, reacts: two requests, as the widget's first press sends."""
        path = f"articles/{slug}/reactions/mine/"
        if slug not in self._tokens:
            self.ask("GET", path)
            self._tokens[slug] = self._headers["Page-Token"]
        headers = {"Page-Token": self._tokens[slug], "Authorization": self.new_reader()}
        return self.ask("PUT", path, {"reactions": [kind]}, **headers)

    def new_reader(self) -> str:
        """The `Authorization` of a reader whom the product does not know yet."""
        return f"Reader {self.ask('POST', 'readers/')['token']}"

    def total(self, slug: str) -> int:
        return int(str(self.ask("GET", f"articles/{slug}/reactions/")["total"]))


def _address() -> str:
    """Some reader's address, as a proxy in front forwards it (TRUSTED_PROXY_HOPS): few share a network."""
    return f"{random.randint(11, 99)}.{random.randint(0, 255)}.{random.randint(0, 255)}.9"


def publish(stack: RunningStack, slugs: list[str]) -> None:
    with TemporaryDirectory() as folder:
        files = []
        for slug in slugs:
            file = Path(folder) / f"{slug}.md"
            file.write_text(f"---\nheadline: {slug}\nslug: {slug}\n---\n\nText.\n")
            files.append(file)
        done = stack.manage("publish", *files)
        assert done.returncode == 0, done.stderr


class Load:
    """New readers who react at a steady rate, nine of ten to the first article.

    What was answered with 200 is acknowledged; what was answered otherwise is refused; where no response
    came it is in doubt: the reaction may be stored or not.
    """

    def __init__(self, url: str, slugs: list[str], *, rate: int, connections: int = 4) -> None:
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pause = connections / rate
        self.acknowledged = self.refused = self.in_doubt = 0
        self.statuses: set[int] = set()
        self._started = time.perf_counter()
        self._threads = [
            threading.Thread(target=self._react, args=(url, slugs)) for _ in range(connections)
        ]

    @property
    def rate(self) -> float:
        """Reactions acknowledged a second, so far."""
        return self.acknowledged / (time.perf_counter() - self._started)

    def _react(self, url: str, slugs: list[str]) -> None:
        sent, due = 0, time.perf_counter()
        with Api(url) as api:
            while not self._stop.is_set():
                slug = slugs[0] if sent % 10 else slugs[sent // 10 % len(slugs)]
                self._count(api, slug, KINDS[sent % len(KINDS)])
                sent += 1
                due = max(due + self._pause, time.perf_counter() - 1)
                time.sleep(max(0, due - time.perf_counter()))

    def _count(self, api: Api, slug: str, kind: str) -> None:
        try:
            api.react(slug, kind)
        except UnexpectedStatus as answer:
            with self._lock:
                self.refused += 1
                self.statuses.add(answer.status)
            time.sleep(0.05)
        except (OSError, HTTPException):
            with self._lock:
                self.in_doubt += 1
            time.sleep(0.05)
        else:
            with self._lock:
                self.acknowledged += 1

    def __enter__(self) -> "Load":
        self._started = time.perf_counter()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
