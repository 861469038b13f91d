"""The testbed of a run: servers of its own with fsync on, and the processes that are measured. All on loopback."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from newsroom.stack.environment import broker_url_of, load_or_create_secrets
from newsroom.stack.guard import Guard
from newsroom.stack.servers import Servers
from tests.servers import PROJECT, free_port, open_folder

START_SECONDS = 60

# Enough that PostgreSQL groups the commits of one process; two processes have half of them each.
THREADS = 8


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

    def granian(
        self,
        application: str,
        environment: Mapping[str, str] | None = None,
        *,
        python: str | Path = sys.executable,
        workers: int = 1,
    ) -> Server:
        """A WSGI application under the product's own server, with the Procfile's switches."""
        port = free_port()
        command = [
            *(python, "-m", "granian", application, "--interface", "wsgi"),
            *("--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "warning"),
            *("--workers", str(workers)),
            *("--blocking-threads", str(THREADS // workers)),
        ]
        return self.wait_for(f"http://127.0.0.1:{port}", self.start(command, environment))

    def aggregating(
        self, environment: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """The product's aggregation without a broker, in the product's interval."""
        return self.start([sys.executable, "manage.py", "aggregate", "--loop"], environment)

    def wait_for(self, url: str, process: "subprocess.Popen[bytes]") -> Server:
        port = urlsplit(url).port
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port or 0)) == 0:
                    return Server(url, process)
            time.sleep(0.05)
        raise RuntimeError(f"It does not answer:\n{self.output()[-3000:]}")

    def output(self) -> str:
        return (self.data / "output").read_text(errors="replace")

    def stop(self, server: Server) -> None:
        self.guard.stop(server.process)
