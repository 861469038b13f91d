"""The servers of the tests: their own PostgreSQL and Valkey, and the whole product for tests that ask for it.

A pytest plugin, loaded by name in pyproject.toml, because the settings need the servers' URLs before
anything else is imported. TEST_DATABASE_URL and TEST_REDIS_URL name other servers to use instead.
"""

import atexit
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from newsroom.stack.environment import load_or_create_secrets
from newsroom.stack.guard import Guard
from newsroom.stack.servers import Servers

PROJECT = Path(__file__).resolve().parent.parent

# The tests ignore what the caller's environment sets for a product of theirs.
IGNORED = (
    *(
        "DATABASE_URL",
        "REDIS_URL",
        "CELERY_BROKER_URL",
        "NEWSROOM_DATA",
        "SECRET_KEY",
        "READER_KEY",
        "METRICS_TOKEN",
    ),
    *(
        "PORT",
        "LIVE_PORT",
        "LIVE_HOST",
        "LIVE_SOCKET",
        "HOST",
        "SITE_URL",
        "DEBUG",
        "FRONT",
        "FRONT_TLS",
        "WEB_SOCKET",
        "TRUSTED_PROXY_HOPS",
    ),
)

START_SECONDS = 120

# Started products end when pytest is killed.
START = (sys.executable, "-m", "newsroom.stack", "--with-parent")


def open_folder(name: str) -> Path:
    """A temporary folder that the servers' user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix=f"newsroom-{name}-"))
    folder.chmod(0o755)
    return folder


# The system's random numbers: pytest's workers share the other seed, and would choose the same port.
_random = random.SystemRandom()


def free_port() -> int:
    """A port that is free at this moment, below the ephemeral ports of the system."""
    while True:
        port = _random.randint(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class OwnServers:
    """The servers of one run of pytest; the guard stops them where pytest cannot."""

    def __init__(self) -> None:
        given = {
            variable: url
            for variable in ("DATABASE_URL", "REDIS_URL")
            if (url := os.environ.get(f"TEST_{variable}"))
        }
        for variable in IGNORED:
            os.environ.pop(variable, None)
        self.data = open_folder("test")
        atexit.register(self.stop)
        self._guard = Guard()
        secrets = load_or_create_secrets({})
        # Not durable: the data need not survive a power cut, and tests commit all the time.
        self._servers = Servers(
            data=self.data,
            secret=secrets["READER_KEY"],
            given=given,
            guard=self._guard,
            durable=False,
        )
        os.environ.update(secrets | given | self._servers.urls)
        os.environ["NEWSROOM_DATA"] = str(self.data)
        os.environ["LOG_FORMAT"] = "text"
        os.environ["DJANGO_SETTINGS_MODULE"] = "newsroom.settings"
        self._collecting: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # Takes two seconds, on the other core, while pytest collects and migrates.
        self._collecting = self._guard.start(
            [sys.executable, PROJECT / "manage.py", "collectstatic", "--no-input", "--verbosity=0"],
            cwd=PROJECT,
        )
        self._servers.start()

    def wait_for_static_files(self) -> None:
        if self._collecting:
            code = self._collecting.wait()
            self._guard.stop(self._collecting)
            if code:
                pytest.exit("collectstatic failed: the reason is above.", returncode=1)

    def stop(self) -> None:
        self._servers.stop()
        self._guard.close()
        shutil.rmtree(self.data, ignore_errors=True)


SERVERS = OwnServers()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    options = session.config.option
    only_hands_out = bool(getattr(options, "numprocesses", 0)) and not hasattr(
        session.config, "workerinput"
    )
    if not options.collectonly and not only_hands_out:
        SERVERS.start()


# Folders and files whose tests share what is slow to start, by the beginning of their path.
_TOGETHER = {
    "tests/browser/": "product",
    "tests/articles/media/test_picture_imports.py": "product",
    "tests/reactions/http/test_retries.py": "product",
    "tests/reactions/http/test_other_sites.py": "product",
    "tests/articles/test_publish_due.py": "product",
    "tests/articles/pages/test_wire.py": "product",
    "tests/newsroom/test_fixup.py": "product",
    "tests/clients/": "product",
    "tests/newsroom/test_api_examples.py": "product",
    "tests/live/test_product.py": "product",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a process the tests of a file together, and those of the running product, so that it starts once.

    xdist's own groups (`--dist loadgroup`) set an attribute from which pytest 9.2 does not read a test's id.
    """
    from xdist.scheduler import LoadScopeScheduling

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = _group_of
    return scheduler


def _group_of(nodeid: str) -> str:
    path = nodeid.partition("::")[0]
    return next((name for start, name in _TOGETHER.items() if path.startswith(start)), path)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    SERVERS.wait_for_static_files()


class RunningStack:
    """The whole product as `make run` starts it, on ports and data of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        project: Path = PROJECT,
        command: tuple[str, ...] = START,
        user: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data = folder / "data"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/"
        self.env = {
            **{name: value for name, value in os.environ.items() if name not in IGNORED},
            "NEWSROOM_DATA": str(self.data),
            "PORT": str(port),
            "LIVE_PORT": str(free_port()),
            **(environment or {}),
        }
        self._project = project
        self._command = command
        self._user = user
        self._log = folder / "output"
        self._process: psutil.Popen | None = None
        self._family: list[psutil.Process] = []

    def start(self) -> None:
        """Start without waiting; each start has its own output."""
        with self._log.open("wb") as log:
            self._process = psutil.Popen(
                self._command,
                cwd=self._project,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
            )
        self._family = []

    def wait_until_up(self) -> None:
        self.wait_for_output("Newsroom is up")

    def wait_for_output(self, text: str, times: int = 1) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self.output().count(text) < times:
            assert self.process.poll() is None, f"It ended:\n{self.output()}"
            assert time.monotonic() < deadline, f"It never printed {text!r}:\n{self.output()}"
            time.sleep(0.05)

    @property
    def process(self) -> psutil.Popen:
        assert self._process, "The product was never started."
        return self._process

    def output(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    def manage(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run a command of manage.py against this product, as in a second shell."""
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=self._project,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )

    def get(self, path: str) -> str:
        url = self.url + path.removeprefix("/")
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - it begins with http
            return str(answer.read().decode())

    def family(self) -> list[psutil.Process]:
        """Every process of the product, the supervisor first."""
        try:
            return [self.process, *self.process.children(recursive=True)]
        except psutil.NoSuchProcess:
            # One of them ended in between.
            return self.family()

    def process_of(self, words: str) -> psutil.Process:
        """The oldest process of the product whose command line contains these words."""
        return next(found for found in self.family() if words in describe(found))

    def send(self, number: signal.Signals) -> None:
        self._family = self.family()
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, within_seconds: float = 10) -> int:
        """Stops it as its owner does; returns the exit code."""
        if self.process.poll() is None:
            self.send(number)
        return int(self.process.wait(within_seconds))

    def left_over(self, *, within_seconds: float = 0) -> list[str]:
        """The processes of the product that are still alive; waits for them to end."""
        deadline = time.monotonic() + within_seconds
        while any(map(describe, self._family)) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.process.poll()
        return list(filter(None, map(describe, self._family)))


def describe(process: psutil.Process) -> str:
    """A process in words; empty where it has ended or is a zombie."""
    try:
        is_zombie = process.status() == psutil.STATUS_ZOMBIE
        return "" if is_zombie else f"{process.pid} {' '.join(process.cmdline())}"
    except psutil.NoSuchProcess:
        return ""


@contextmanager
def running_stack(name: str, **environment: str) -> Iterator[RunningStack]:
    """The whole product, up and answering; stopped in the end, with nothing left over."""
    folder = open_folder(name)
    started = RunningStack(folder, environment=environment)
    started.start()
    try:
        started.wait_until_up()
        yield started
    finally:
        started.stop()
        shutil.rmtree(folder, ignore_errors=True)
    assert started.left_over() == []


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """The whole product, shared by all tests that ask: a test leaves it as it was. It fetches pages of this machine."""
    with running_stack(
        "stack", FETCH_NETWORKS="127.0.0.1/32", REACTIONS_PUBLIC_RANKINGS="love", OPEN_HEART="1"
    ) as started:
        yield started


def password_in(output: str) -> str:
    """The editor's password as the first start prints it."""
    found = re.search(r"as editor with the password (\S+)", output)
    assert found, output
    return found[1]
