"""`unshare --net python -m tests.drills.containers`: the image’s processes run as compose.yml has them; a reader reacts.

Needs Linux, root and podman, and the image `newsroom`, built from deploy/container/Containerfile. The containers share the
network of this process, which is to be one of its own (`unshare --net`): there the ports are those of compose.yml, and
nothing leaves the machine. PostgreSQL and Valkey are those of `make run`, in the place of their images. Prints what was
proved; exits 1 where anything is not so.
"""

import argparse
import contextlib
import http.client
import json
import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from newsroom.stack.environment import load_or_create_secrets
from newsroom.stack.guard import Guard
from tests.drills.restore import PROJECT, servers
from tests.drills.upgrade import ERROR, becomes

_COMPOSE = yaml.safe_load((PROJECT / "deploy/container/compose.yml").read_text())
_OURS = ("web", "live", "worker", "slow", "beat", "front")
_HOST = "news.example.org"
_PREPARE_SECONDS = 120
_STORY = "---\nheadline: Harbour\nslug: harbour\n---\n\nText.\n"


class Podman:
    """podman with this runtime, and names of containers and volumes that are this drill’s."""

    def __init__(self, runtime: str, folder: Path) -> None:
        self._command = ["podman", "--runtime", runtime, "--cgroup-manager", "cgroupfs"]
        self._folder = folder
        self._prefix = f"drill-{secrets.token_hex(4)}"

    def run(self, name: str, *more: str, **environment: str) -> str:
        """Run a service of compose.yml, in the background where `more` begins with --detach; its output."""
        service = _COMPOSE["services"][name]
        command = service["command"]
        words = command.split() if isinstance(command, str) else command
        words = [each.replace("$$", "$") for each in words]
        return self._do(
            "run", *more, "--name", self._of(name), *self._options(service, environment), "newsroom", *words
        )  # fmt: skip

    def _options(self, service: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[str]:
        yield from ("--network", "host", "--workdir", service.get("working_dir", "/opt/newsroom"))
        if service["read_only"]:
            yield "--read-only"
        secrets = [
            f"{self._folder}/secrets/{each}:/run/secrets/{each}:ro" for each in service["secrets"]
        ]
        variables = {**service["environment"], **environment}
        options = {
            # Those of this machine may be lower than podman’s own.
            "--ulimit": ["nofile=4096:4096", "nproc=4096:4096"],
            "--add-host": [f"{host}:127.0.0.1" for host in (*_OURS, "postgres", "valkey")],
            "--cap-drop": service["cap_drop"],
            "--cap-add": service.get("cap_add", []),
            "--security-opt": [each.removesuffix(":true") for each in service["security_opt"]],
            "--tmpfs": service["tmpfs"],
            "--volume": [*(f"{self._prefix}-{each}" for each in service["volumes"]), *secrets],
            "--env": [f"{name}={value}" for name, value in variables.items()],
        }
        for option, values in options.items():
            for value in values:
                yield from (option, value)

    def is_healthy(self, name: str) -> bool:
        """Whether the service’s own check says so; one without a check is to run."""
        check = _COMPOSE["services"][name].get("healthcheck")
        words = check["test"][1:] if check else ["true"]
        done = subprocess.run(
            [*self._command, "exec", self._of(name), *words], capture_output=True, check=False
        )
        return done.returncode == 0

    def stop(self, name: str, seconds: int) -> int:
        """The exit code of a process that got SIGTERM, and so many seconds."""
        self._do("stop", "--time", str(seconds), self._of(name))
        return int(self._do("wait", self._of(name)))

    def log(self, name: str) -> str:
        return self._do("logs", self._of(name))

    def remove(self) -> None:
        names = [self._of(name) for name in ("prepare", "publish", *_OURS)]
        with contextlib.suppress(SystemExit):
            self._do("rm", "--force", "--ignore", "--time", "1", *names)
        for volume in _COMPOSE["volumes"]:
            with contextlib.suppress(SystemExit):
                self._do("volume", "rm", "--force", f"{self._prefix}-{volume}")

    def publish(self) -> str:
        """A story, by a command in the container of web."""
        words = [
            "sh",
            "-c",
            'printf %s "$0" > /tmp/harbour.md && python manage.py publish /tmp/harbour.md',
        ]
        return self._do("exec", self._of("web"), *words, _STORY)

    def _of(self, name: str) -> str:
        return f"{self._prefix}-{name}"

    def _do(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_PREPARE_SECONDS,
        )
        if done.returncode:
            raise SystemExit(f"podman {arguments[0]} failed:\n{done.stdout}")
        return done.stdout


def relay(port: int, path: str) -> None:
    """Have this TCP port lead to the socket at `path`, as long as this process runs."""
    listening = socket.create_server(("127.0.0.1", port))

    def copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        while True:
            client, _ = listening.accept()
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(path)
            except OSError:
                client.close()
                continue
            for pair in ((client, server), (server, client)):
                threading.Thread(target=copy, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def write_secrets(folder: Path) -> None:
    """As compose.yml says."""
    folder.mkdir(mode=0o700)
    made = {name: secrets.token_hex(32) for name in _COMPOSE["secrets"]}
    made["database_url"] = f"postgresql://newsroom:{made['database_password']}@postgres/newsroom"
    for name, content in made.items():
        (folder / name).write_text(content + "\n")


class Site:
    """What a browser sees: HTTPS at the front, by the name of the site."""

    def __init__(self) -> None:
        self._context = ssl.create_default_context()
        # The front’s own authority, which no client knows.
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE

    def ask(self, method: str, path: str, token: str = "", body: str = "") -> tuple[int, Any]:
        client = http.client.HTTPSConnection(_HOST, 443, timeout=15, context=self._context)
        with contextlib.closing(client):
            client._create_connection = lambda _, *rest: socket.create_connection(("127.0.0.1", 443), *rest)  # type: ignore[attr-defined]  # fmt: skip
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            if token:
                headers["Authorization"] = f"Reader {token}"
            client.request(method, path, body or None, headers)
            answer = client.getresponse()
            content = answer.read()
            is_json = "json" in answer.headers.get("Content-Type", "")
            return answer.status, json.loads(content) if is_json else content

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def love(self) -> int:
        """What readers’ counts say of it."""
        counts = self.ask("GET", "/api/v1/articles/harbour/reactions/")[1]["counts"]
        return int(counts["love"])

    def react(self) -> int:
        token = self.ask("POST", "/api/v1/readers/")[1]["token"]
        mine = "/api/v1/articles/harbour/reactions/mine/"
        return self.ask("PUT", mine, token, '{"reactions":["love"]}')[0]


def drill(podman: Podman) -> dict[str, bool]:
    """What has to be so, and whether it is."""
    proofs: dict[str, bool] = {}
    podman.run("prepare", "--rm")
    proofs["prepare migrates, and finds nothing dangerous"] = True
    for name in _OURS:
        more = {"FRONT_TLS_LINE": "tls internal"} if name == "front" else {}
        podman.run(name, "--detach", **more)
    site = Site()
    proofs["/readyz answers 200 through the front, over HTTPS"] = becomes(site.answers)
    proofs["a story is published by a command in a container"] = bool(podman.publish())
    proofs["its page is there"] = site.ask("GET", "/articles/harbour/")[0] == 200
    proofs["a reader’s reaction is accepted"] = site.react() == 200
    proofs["the worker counts it"] = becomes(lambda: site.love() == 1)
    for name in _OURS:
        healthy: Callable[[], bool] = lambda name=name: podman.is_healthy(name)  # type: ignore[misc]  # noqa: E731
        proofs[f"{name} is healthy"] = becomes(healthy)
    errors = [
        f"{name}: {line[:300]}"
        for name in _OURS
        for line in podman.log(name).splitlines()
        if ERROR.search(line)
    ]
    proofs[f"{len(errors)} errors in the logs {errors[:3] or ''}"] = not errors
    for name in reversed(_OURS):
        began, code = time.monotonic(), podman.stop(name, 20)
        seconds = time.monotonic() - began
        proofs[f"{name} ends by SIGTERM within {seconds:.0f} s, exit code {code}"] = seconds < 20
    return proofs


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills.containers", description=__doc__)
    parser.add_argument("--runtime", default="crun", help="of podman: crun or runc")
    given = parser.parse_args()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)  # noqa: S607 - of this network alone
    folder = Path(tempfile.mkdtemp(prefix="newsroom-drill-"))
    folder.chmod(0o755)
    podman = Podman(given.runtime, folder)
    with ExitStack() as ends:
        ends.callback(shutil.rmtree, folder, ignore_errors=True)
        ends.callback(podman.remove)
        guard = ends.enter_context(Guard())
        urls = ends.enter_context(servers(folder / "data", load_or_create_secrets({}), guard))
        database = urlsplit(urls["DATABASE_URL"])
        relay(5432, f"{unquote(database.hostname or '')}/.s.PGSQL.5432")
        relay(6379, urlsplit(urls["REDIS_URL"]).path)
        write_secrets(folder / "secrets")
        proofs = drill(podman)
    lines = [f"  {'yes' if is_so else 'NO':3} {what}" for what, is_so in proofs.items()]
    sys.stdout.write("\n".join(["Containers:", *lines]) + "\n")
    return 0 if all(proofs.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
