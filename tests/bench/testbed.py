"""The testbed of a run: servers of its own with fsync on, and the processes that are measured. All on loopback."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
from honcho.environ import parse_procfile

from newsroom.stack.environment import broker_url_of, load_or_create_secrets
from newsroom.stack.front import Front
from newsroom.stack.guard import Guard
from newsroom.stack.options import Options
from newsroom.stack.servers import Servers
from tests.servers import PROJECT, free_port, open_folder

START_SECONDS = 60

PRODUCT = "newsroom.wsgi:application"

# Of a process whose requests have a commit each: enough that PostgreSQL groups them, and more make it no faster.
THREADS = 8
# Each PUT of ours in a statement and a commit of its own.
UNCOMBINED = {"REACTIONS_PER_COMMIT": "1"}


def web_command(
    application: str = PRODUCT,
    *,
    python: str | Path = sys.executable,
    workers: int = 1,
    threads: int | None = None,
) -> str:
    """The Procfile's command of `web`, for the shell: this application, so many workers, and where given threads of each."""
    line: str = parse_procfile((PROJECT / "Procfile").read_text()).processes["web"]  # type: ignore[no-untyped-call]
    line = _replaced(r"^python (?=.*-m granian)", f"exec {shlex.quote(str(python))} ", line)
    line = _replaced(re.escape(PRODUCT), application, line)
    line = _replaced(r"--workers \S+", f"--workers {workers}", line)
    return (
        _replaced(r"--blocking-threads \S+", f"--blocking-threads {threads}", line)
        if threads
        else line
    )


def _replaced(pattern: str, text: str, line: str) -> str:
    replaced, count = re.subn(pattern, lambda _: text, line)
    if count != 1:
        raise RuntimeError(f"The Procfile's command of web has no {pattern}: {line}")
    return replaced


@dataclass
class Server:
    """One contender, up and answering."""

    url: str
    process: "subprocess.Popen[bytes]"

    def workers(self) -> list[psutil.Process]:
        """The processes that answer: the children of the one that was started, or itself."""
        parent = psutil.Process(self.process.pid)
        return parent.children() or [parent]

    def cpu_seconds(self) -> float:
        times = [process.cpu_times() for process in self.workers()]
        return sum(each.user + each.system for each in times)


class Testbed:
    """Starts the measured processes, and stops all of them, also where the run is killed."""

    def __init__(self) -> None:
        self.data = open_folder("bench")
        self.guard = Guard()
        self.secrets = load_or_create_secrets({})
        self._log = (self.data / "output").open("wb")
        self._servers = Servers(
            data=self.data, secret=self.secrets["READER_KEY"], given={}, guard=self.guard
        )
        self.database_url = self._servers.urls["DATABASE_URL"]
        self.redis_url = self._servers.urls["REDIS_URL"]

    def __enter__(self) -> "Testbed":
        try:
            self._servers.start()
            self.manage("migrate", "--verbosity=0")
            self.manage("collectstatic", "--no-input", "--verbosity=0")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._servers.stop()
        self.guard.close()
        self._log.close()
        shutil.rmtree(self.data, ignore_errors=True)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the product and the contenders, without the caller's servers."""
        return {
            **os.environ,
            **self.secrets,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "CELERY_BROKER_URL": broker_url_of(self.redis_url),
            "NEWSROOM_DATA": str(self.data),
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            # The load comes through one proxy that forwards each reader's address.
            "TRUSTED_PROXY_HOPS": "1",
        }

    def adopt_django(self) -> None:
        """Make this process one of the product's, on the testbed's servers."""
        import django

        os.environ.update(self.environment)
        django.setup()

    def manage(
        self, *arguments: str, settings: str = "newsroom.settings", **environment: str
    ) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env={**self.environment, "DJANGO_SETTINGS_MODULE": settings, **environment},
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def make_database(self, name: str, template: str = "template1") -> str:
        """A further database of the same server; its URL."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"{self.database_url.rpartition('/')[0]}/{name}"

    def start(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str] | None = None,
        *,
        cwd: Path = PROJECT,
    ) -> "subprocess.Popen[bytes]":
        return self.guard.start(
            command,
            env={**self.environment, **(environment or {})},
            cwd=cwd,
            stdout=self._log,
            stderr=self._log,
        )

    def product(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        workers: int = 1,
        threads: int | None = None,
    ) -> Server:
        """The product's web with the Procfile's switches; a number of threads takes the place of its own."""
        return self._granian(web_command(workers=workers, threads=threads), environment)

    def contender(
        self,
        application: str,
        environment: Mapping[str, str] | None = None,
        *,
        python: str | Path = sys.executable,
    ) -> Server:
        """Another WSGI application with the same switches, and the threads that suit it best."""
        return self._granian(web_command(application, python=python, threads=THREADS), environment)

    def _granian(self, command: str, environment: Mapping[str, str] | None) -> Server:
        port = free_port()
        listening = {"HOST": "127.0.0.1", "PORT": str(port), "WEB_SOCKET": ""}
        process = self.start(["/bin/sh", "-c", command], {**(environment or {}), **listening})
        return self.wait_for(f"http://127.0.0.1:{port}", process)

    @contextmanager
    def behind_front(self) -> Iterator[Server]:
        """The product's web behind Caddy, as `make run` starts both. The CPU of the server is web's alone."""
        folder = self.data / "behind-front"
        folder.mkdir()
        options = Options(folder, "127.0.0.1", free_port(), {"TRUSTED_PROXY_HOPS": "1"})
        front = Front(options, guard=self.guard)
        listening = {"PORT": str(options.port), "WEB_SOCKET": str(front.web_socket)}
        web = self.start(["/bin/sh", "-c", web_command()], listening)
        try:
            front.start()
            server = Server(front.url.rstrip("/"), web)
            self._wait_until(front.answers, web)
            yield server
        finally:
            front.stop()
            self.guard.stop(web)
            front.remove_folder()
            shutil.rmtree(folder)

    def aggregating(
        self, environment: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """The product's aggregation without a broker, in the product's interval."""
        return self.start([sys.executable, "manage.py", "aggregate", "--loop"], environment)

    def wait_for(self, url: str, process: "subprocess.Popen[bytes]") -> Server:
        port = urlsplit(url).port

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port or 0)) == 0

        self._wait_until(listens, process)
        return Server(url, process)

    def _wait_until(self, is_up: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_up():
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"It does not answer:\n{self.output()[-3000:]}")
            time.sleep(0.05)

    def output(self) -> str:
        return (self.data / "output").read_text(errors="replace")

    def stop(self, server: Server) -> None:
        self.guard.stop(server.process)
