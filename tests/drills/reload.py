"""`python -m tests.drills.reload`: web is reloaded twice while readers react; prints requests, failures, and what was recorded.

Exits 1 where a request failed, or a reaction that was acknowledged is not there.
"""

import http.client
import json
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

from newsroom.stack.environment import load_or_create_secrets
from newsroom.stack.guard import Guard
from tests.drills.restore import PROJECT, run, servers

_SECONDS, _RELOADS, _CLIENTS = 24, 2, 4
_PREPARE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("make_traffic", stories=3, reactions=30, days=1, stdout=open("/dev/null", "w"))
from articles.models import Article
print(Article.objects.order_by("pk").first().pk)
"""
_COUNT = """
import django, sys
django.setup()
from reactions.models import Reaction
print(Reaction.objects.filter(article_id=sys.argv[1]).count())
"""


class _Connection(http.client.HTTPConnection):
    """To web's socket, as the front has it."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=15)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(15)
        self.sock.connect(self._path)


class Readers(threading.Thread):
    """Become a reader and react, each time another one, until told to end. A new connection each time."""

    def __init__(self, path: Path, article: str, end: threading.Event) -> None:
        super().__init__(daemon=True)
        self._path, self._article, self._end = path, article, end
        self.acknowledged = 0
        self.failed: list[str] = []

    def run(self) -> None:
        while not self._end.is_set():
            try:
                token = json.loads(self._ask("POST", "/api/v1/readers/", {}))["token"]
                mine = f"/api/v1/articles/{self._article}/reactions/mine/"
                self._ask(
                    "PUT", mine, {"Authorization": f"Reader {token}"}, '{"reactions":["love"]}'
                )
                self.acknowledged += 1
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failed.append(f"{type(error).__name__}: {error}")

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> bytes:
        client = _Connection(self._path)
        try:
            sent = {"Content-Type": "application/json", "X-Forwarded-For": "198.18.0.1", **headers}
            client.request(method, path, body or None, sent)
            answer = client.getresponse()
            content = answer.read()
            if answer.status >= 300:
                raise ValueError(f"{answer.status} {content[:200]!r}")
            return content
        finally:
            client.close()


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="newsroom-drill-"))
    folder.chmod(0o755)
    try:
        with Guard() as guard, servers(folder / "one", load_or_create_secrets({}), guard) as given:
            article = run(given, "-c", _PREPARE).split()[-1]
            before = int(run(given, "-c", _COUNT, article))
            path = folder / "web.sock"
            environment = {**given, "WEB_SOCKET": str(path), "NEW_READERS_PER_NETWORK_HOUR": "0"}
            environment["PYTHONWARNINGS"] = "ignore"  # there are no static files
            command = [sys.executable, "-m", "granian", "newsroom.wsgi:application"]
            command += ["--interface", "wsgi", "--uds", str(path), "--workers", "2", "--no-ws"]
            command += [
                "--blocking-threads",
                "20",
                "--respawn-failed-workers",
                "--log-level",
                "error",
            ]
            command += ["--workers-kill-timeout", "3"]
            web = guard.start(command, env=environment, cwd=PROJECT)
            _wait_for(path)
            end = threading.Event()
            readers = [Readers(path, article, end) for _ in range(_CLIENTS)]
            for each in readers:
                each.start()
            for _ in range(_RELOADS):
                time.sleep(_SECONDS / (_RELOADS + 1))
                web.send_signal(signal.SIGHUP)
            time.sleep(_SECONDS / (_RELOADS + 1))
            end.set()
            for each in readers:
                each.join(20)
            guard.stop(web)
            recorded = int(run(given, "-c", _COUNT, article)) - before
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    acknowledged = sum(each.acknowledged for each in readers)
    failed = [error for each in readers for error in each.failed]
    print(  # noqa: T201
        f"{_RELOADS} reloads in {_SECONDS} s: {acknowledged} reactions acknowledged, {recorded} recorded,"
        f" {len(failed)} requests failed"
    )
    for error in failed[:5]:
        print(f"  {error}")  # noqa: T201
    return 0 if not failed and recorded == acknowledged else 1


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        client = _Connection(path)
        try:
            client.request("GET", "/healthz")
            if client.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            client.close()
        if time.monotonic() > deadline:
            raise SystemExit("Web does not answer.")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
