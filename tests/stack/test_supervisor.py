"""The whole product: it starts from nothing, keeps its data, and leaves no process behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from newsroom.stack.environment import recorded_environment
from tests.servers import (
    PROJECT,
    START,
    RunningStack,
    describe,
    free_port,
    open_folder,
    password_in,
)

pytestmark = pytest.mark.stack


@pytest.fixture
def folder() -> Iterator[Path]:
    made = open_folder("up")
    yield made
    shutil.rmtree(made)


@pytest.fixture
def own_stack(folder: Path) -> Iterator[RunningStack]:
    """A product to be stopped and killed, on a path with spaces."""
    (folder / "a folder").mkdir()
    made = RunningStack(folder / "a folder")
    yield made
    made.stop()


def test_after_a_kill_no_process_is_left_and_the_second_start_has_the_data(
    own_stack: RunningStack,
) -> None:
    own_stack.start()
    own_stack.wait_until_up()

    assert "<html" in own_stack.get("/")
    assert own_stack.output().count(password_in(own_stack.output())) == 1

    own_stack.send(signal.SIGKILL)

    assert own_stack.left_over(within_seconds=6) == []

    own_stack.start()
    own_stack.wait_until_up()

    assert "password" not in own_stack.output()
    assert ask(own_stack, "SELECT count(*) FROM auth_user") == 1
    assert own_stack.stop(signal.SIGINT) == 130
    assert own_stack.left_over() == []
    assert "Traceback" not in own_stack.output()


def test_stopped_during_its_start_it_leaves_no_process(own_stack: RunningStack) -> None:
    own_stack.start()
    own_stack.wait_for_output("Valkey is up")

    assert own_stack.stop(signal.SIGTERM) == 143
    assert own_stack.left_over() == []


def test_make_forwards_the_signal(folder: Path) -> None:
    made_by_make = (Path(sys.prefix) / "requirements.lock.stamp").exists()
    venv = Path(sys.prefix) if made_by_make else folder / "venv"
    made = RunningStack(folder, command=("make", "run", f"VENV={venv}", f"PYTHON={sys.executable}"))
    made.start()
    made.wait_for_output("PostgreSQL is up")

    made.stop(signal.SIGTERM)

    assert made.left_over() == []


def test_it_ends_with_the_shell_that_ran_make(folder: Path) -> None:
    words = ["sh", "-c", '"$@" & wait', "sh", *START]
    made = RunningStack(folder, command=tuple(words))
    made.start()
    made.wait_for_output("PostgreSQL is up")

    made.send(signal.SIGKILL)

    assert made.left_over(within_seconds=10) == []


@pytest.mark.parametrize("words", ["celery.beat:Scheduler", "--queues slow"])
def test_a_process_that_dies_is_started_again(stack: RunningStack, words: str) -> None:
    name = "beat" if "beat" in words else "slow"
    restarts = stack.output().count(f"{name} ended (killed by SIGKILL)")
    dead = stack.process_of(words)

    dead.kill()

    stack.wait_for_output(f"{name} ended (killed by SIGKILL)", times=restarts + 1)
    deadline = time.monotonic() + 10
    while not any(is_that(one, words, dead.pid) for one in stack.family()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_web_the_front_and_the_guard_are_up_again_after_a_kill(stack: RunningStack) -> None:
    for words in ("granian newsroom.wsgi", "caddy run", "stack/guard.py"):
        dead = stack.process_of(words)

        dead.kill()

        deadline = time.monotonic() + 20
        while not (any(is_that(one, words, dead.pid) for one in stack.family()) and answers(stack)):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def answers(stack: RunningStack) -> bool:
    try:
        return stack.get("/healthz") == "ok\n"
    except OSError:
        return False


def test_only_the_front_and_the_live_process_listen(stack: RunningStack) -> None:
    front, live = int(stack.env["PORT"]), int(stack.env["LIVE_PORT"])

    listening = {each for process in stack.family() for each in listening_of(process)}

    assert listening == {("caddy", "127.0.0.1", front), ("python", "127.0.0.1", live)}


def listening_of(process: psutil.Process) -> set[tuple[str, str, int]]:
    """Where a process listens: its name, address and port. Nowhere, once it has ended."""
    try:
        found = [
            each for each in process.net_connections("inet") if each.status in {"LISTEN", "NONE"}
        ]
        return {(process.name(), *each.laddr) for each in found}
    except psutil.NoSuchProcess:
        return set()


@pytest.mark.parametrize(
    "path", ["/static/articles/focal-point.css", "/static/reactions/figures.css"]
)
def test_the_front_serves_files_as_django_does(stack: RunningStack, path: str) -> None:
    differs = {"date", "server", "via", "etag", "accept-ranges", "content-type", "content-length"}
    through = headers_of(HTTPConnection("127.0.0.1", int(stack.env["PORT"]), timeout=10), path)
    direct = headers_of(SocketConnection(socket_of(stack)), path)

    assert {name: text for name, text in through.items() if name not in differs} == {
        name: text for name, text in direct.items() if name not in differs
    }
    assert through["content-type"].replace('"', "") == direct["content-type"].replace('"', "")


def test_a_refused_body_gets_its_answer_through_the_front(stack: RunningStack) -> None:
    with closing(HTTPConnection("127.0.0.1", int(stack.env["PORT"]), timeout=10)) as client:
        client.request("POST", "/desk/", b"x" * 1_048_576)

        assert client.getresponse().status == 403  # no CSRF token: Django never reads the body


def socket_of(stack: RunningStack) -> str:
    command = stack.process_of("granian newsroom.wsgi").cmdline()
    return command[command.index("--uds") + 1]


class SocketConnection(HTTPConnection):
    """To a server on a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def headers_of(connection: HTTPConnection, path: str) -> dict[str, str]:
    with closing(connection):
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        return {
            "status": str(response.status),
            **{name.lower(): text for name, text in response.headers.items()},
        }


def is_that(process: psutil.Process, words: str, not_pid: int) -> bool:
    return process.pid != not_pid and words in describe(process)


def test_a_second_run_on_the_same_data_is_refused(stack: RunningStack) -> None:
    ports = {"PORT": str(free_port()), "LIVE_PORT": str(free_port())}

    refused = run_up(stack.env | ports)

    assert refused.returncode == 1
    assert "NEWSROOM_DATA" in refused.stderr
    assert "PORT" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_taken_port_is_named_before_anything_is_made(stack: RunningStack, folder: Path) -> None:
    environment = stack.env | {"NEWSROOM_DATA": str(folder / "data")}

    refused = run_up(environment, sys.executable, "manage.py", "up")

    assert refused.returncode == 1
    assert "set PORT" in refused.stderr
    assert not (folder / "data").exists()


def test_a_command_in_another_shell_finds_the_servers(stack: RunningStack) -> None:
    assert stack.manage("check", "--database", "default").returncode == 0


def test_the_supervisors_process_is_small(stack: RunningStack) -> None:
    mapped = {Path(found.path).name for found in stack.process.memory_maps()}

    assert not [name for name in mapped if name.startswith(("_psycopg", "hiredis"))]
    assert stack.process.memory_info().rss < 40_000_000


def test_given_servers_are_used_instead_of_embedded_ones(stack: RunningStack, folder: Path) -> None:
    theirs = recorded_environment(stack.data)
    ask(stack, "CREATE DATABASE theirs")
    database = f"{theirs['DATABASE_URL'].rpartition('/')[0]}/theirs"
    given = {"DATABASE_URL": database, "REDIS_URL": f"{theirs['REDIS_URL']}?db=7"}
    second = RunningStack(folder, environment=given)
    second.start()
    try:
        second.wait_for_output("The tables are up to date")

        programs = " ".join(map(describe, second.family()))
        assert "postgres -D" not in programs
        assert "valkey-server" not in programs
        assert not {"DATABASE_URL", "REDIS_URL"} & set(recorded_environment(second.data))
        assert ask(stack, "SELECT count(*) FROM django_migrations", url=database)
    finally:
        second.stop()
        ask(stack, "DROP DATABASE theirs WITH (FORCE)")
    assert second.left_over() == []


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("DATABASE_URL", "postgresql://me:hushhush@127.0.0.1:9/news"),
        ("REDIS_URL", "redis://:hushhush@127.0.0.1:9/0"),
    ],
)
def test_a_server_that_cannot_be_reached_is_named_in_a_sentence(
    folder: Path, variable: str, url: str
) -> None:
    made = RunningStack(folder, environment={variable: url})
    made.start()

    assert made.process.wait(30) == 1
    assert f"{variable} cannot be reached" in made.output()
    assert "hushhush" not in made.output()
    assert "Traceback" not in made.output()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_an_ordinary_user_can_run_it(folder: Path) -> None:
    ordinary_user = 65534
    project, packages = folder / "the project", folder / "packages"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(".*", "node_modules"))
    shutil.copytree(Path(psutil.__file__).parents[1], packages, copy_function=link_or_copy)
    python = python_for(ordinary_user, folder)
    home = folder / "home"
    home.mkdir()
    os.chown(home, ordinary_user, ordinary_user)
    own = {
        "HOME": str(home),
        "PYTHONPATH": str(packages),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LD_LIBRARY_PATH": str(python.parents[1] / "lib"),
    }
    command = (str(python), *START[1:])
    made = RunningStack(home, project=project, command=command, user=ordinary_user, environment=own)
    made.start()
    try:
        made.wait_until_up()

        assert {one.uids().real for one in made.family()} == {ordinary_user}
        assert "<html" in made.get("/")
    finally:
        made.stop()
    assert made.left_over() == []


def ask(stack: RunningStack, question: str, *, url: str = "") -> Any:
    """The result from the product's own database, or from another one of its server."""
    url = url or recorded_environment(stack.data)["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(question.encode())
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None


def python_for(user: int, folder: Path) -> Path:
    """Our interpreter, or a copy where this user can reach it: root's may lie in root's home."""
    real = Path(sys.executable).resolve()
    if can_run(user, real):
        return real
    home = Path(sys.base_prefix)
    ignored = shutil.ignore_patterns("site-packages", "test", "share", "*.a")
    shutil.copytree(
        home, folder / "python", ignore=ignored, copy_function=link_or_copy, symlinks=True
    )
    return folder / "python" / real.relative_to(home)


def can_run(user: int, python: Path) -> bool:
    words = ["/bin/sh", "-c", '"$0" -c ""', str(python)]
    found = subprocess.run(words, user=user, cwd="/", capture_output=True, check=False)
    return found.returncode == 0


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def run_up(environment: dict[str, str], *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command or START,
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
