"""Parses what was fetched, in a process of its own: a parser that does not end costs one feed, and not the worker.

A worker's pool is solo, so that no time limit of Celery's acts; and no limit within a process ends a loop in C.
"""

import atexit
import io
import logging
import os
import pickle
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import IO, Any, cast

from django.conf import settings

from articles.formats.page_head import PageHead
from articles.formats.process import LENGTH, Limits, send
from articles.formats.story import Story, StoryError
from articles.formats.wire import refusal

log = logging.getLogger(__name__)

# A feed of 4 MB and 1,000 stories takes 3.4 s, and 40 MB more than the process has when it is ready.
LIMITS = Limits(cpu_seconds=10, memory_bytes=768 * 1024 * 1024)
# On the clock, for a process that waits or that a busy machine gives no time to: of a file, and of a page.
DEADLINE_SECONDS = 60.0
PAGE_SECONDS = 20.0
START_SECONDS = 60.0
JOBS = 1_000  # of one process; what a library keeps of each goes with it
ANSWER_BYTES = 256 * 1024 * 1024
CHUNK = 1024 * 1024
# Settings that parsing reads. It reads no other, and the process has no environment to read a secret from.
SETTINGS = (
    "SITE_URL",
    "MEDIA_URL",
    "MEDIA_ROOT",
    "STORAGES",
    "USE_TZ",
    "TIME_ZONE",
    "LANGUAGE_CODE",
    "SITE_LANGUAGE",
)
ENVIRONMENT = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG", "LC_ALL", "TZ", "TMPDIR")
CLASSES = {
    ("articles.formats.story", name)
    for name in ("Story", "Mistake", "Dateline", "LeadImage", "Author", "Origin")
} | {
    ("articles.formats.page_head", "PageHead"),
    ("datetime", "datetime"),
    ("datetime", "date"),
    ("datetime", "timezone"),
    ("datetime", "timedelta"),
    ("zoneinfo", "ZoneInfo._unpickle"),
}


class ParserStoppedError(Exception):
    """The process ended without an answer, or was ended."""


def read_stories(content: bytes, *, name: str, zone: tzinfo, format_name: str = "") -> list[Story]:
    """The stories of a file, of a format of READERS or of the one that is recognised.

    Raises StoryError, also where a limit was reached.
    """
    arguments = {"content": content, "name": name, "zone": zone, "format_name": format_name}
    return cast("list[Story]", _PARSER.read("stories", name, arguments))


def read_page_head(content: bytes, *, url: str, charset: str = "") -> PageHead:
    """What `articles.formats.page_head` reads of a page. Raises StoryError, also where a limit was reached."""
    arguments = {"content": content, "url": url, "charset": charset}
    return cast(PageHead, _PARSER.read("page_head", url, arguments, seconds=PAGE_SECONDS))


class _Answer(pickle.Unpickler):
    """A process that hostile bytes have taken over can send no more than wrong stories."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in CLASSES:
            raise ParserStoppedError(f"it answered {module}.{name}")
        return super().find_class(module, name)


@dataclass
class Parser:
    """The process, started at the first job and again after one that ended it. One job at a time."""

    limits: Limits = LIMITS
    deadline_seconds: float = DEADLINE_SECONDS
    command: Callable[[], list[str]] = lambda: [sys.executable, "-m", "articles.formats.process"]
    _process: subprocess.Popen[bytes] | None = None
    _owner: int = 0
    _jobs: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(
        self, job: str, name: str, arguments: dict[str, Any], *, seconds: float | None = None
    ) -> object:
        with self._lock:
            try:
                kind, answer = self._ask((job, arguments), seconds or self.deadline_seconds)
            except (ParserStoppedError, OSError, EOFError, pickle.UnpicklingError) as error:
                self.stop()
                raise refusal(name, f"could not be parsed within its limits: {error}.") from None
        if kind == "failed":
            log.error("%s could not be parsed:\n%s", name, answer)
            raise refusal(name, "could not be parsed; the log has the reason.")
        if kind == "memory":
            raise refusal(name, "needs more memory than a file may.")
        if kind == "refused":
            raise StoryError(*cast("tuple[Any, Any]", answer))
        return answer

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        process.wait()

    def _ask(self, message: object, seconds: float) -> tuple[str, object]:
        process = self._running()
        send(cast("Any", process.stdin), message)
        kind, answer = _receive(process, seconds)
        self._jobs += 1
        if self._jobs >= JOBS:
            self.stop()
        return kind, answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process and self._owner == os.getpid() and self._process.poll() is None:
            return self._process
        self.stop()
        self._process = subprocess.Popen(
            self.command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: value for name in ENVIRONMENT if (value := os.environ.get(name))},
            cwd=settings.BASE_DIR,
        )
        self._owner, self._jobs = os.getpid(), 0
        options = {name: getattr(settings, name) for name in SETTINGS}
        send(cast("Any", self._process.stdin), (options, self.limits))
        _receive(self._process, START_SECONDS)
        return self._process


def _receive(process: subprocess.Popen[bytes], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    length = LENGTH.unpack(_read(process, LENGTH.size, deadline))[0]
    if length > ANSWER_BYTES:
        raise ParserStoppedError("its answer is too long")
    return _Answer(io.BytesIO(_read(process, length, deadline))).load()


def _read(process: subprocess.Popen[bytes], length: int, deadline: float) -> bytes:
    pipe = cast("IO[bytes]", process.stdout)
    parts: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while length:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise ParserStoppedError("it took too long")
            part = os.read(pipe.fileno(), min(length, CHUNK))
            if not part:
                raise ParserStoppedError("it took too much time or memory")
            parts.append(part)
            length -= len(part)
    return b"".join(parts)


_PARSER = Parser()
atexit.register(_PARSER.stop)
