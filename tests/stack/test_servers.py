"""The embedded servers by themselves: where they live, and how they come up after a crash."""

import os
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

from newsroom.stack.accounts import server_account
from newsroom.stack.folders import database_folder, socket_folder
from newsroom.stack.guard import Guard
from newsroom.stack.servers import Servers
from tests.servers import open_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends its servers a user")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = open_folder("stack")
    yield made
    shutil.rmtree(made)


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard() as made:
        yield made


@pytest.fixture
def servers(guard: Guard) -> Iterator[Callable[[Path], Servers]]:
    """Makes servers for a data folder, and stops them at the end."""
    made: list[Servers] = []

    def make(data: Path) -> Servers:
        data.mkdir(exist_ok=True)
        made.append(Servers(data=data, secret="s", given={}, guard=guard, durable=False))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def ask(servers: Servers, question: str) -> Any:
    with psycopg.connect(servers.urls["DATABASE_URL"], autocommit=True) as connection:
        answer = connection.execute(question.encode())
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None


def postmaster(data: Path) -> psutil.Process:
    return psutil.Process(int((data / "postgres/postmaster.pid").read_text().split()[0]))


def test_they_start_on_a_path_with_spaces_and_answer(
    folder: Path, servers: Callable[[Path], Servers]
) -> None:
    pair = servers(folder / "my 'own' data")

    pair.start()

    assert ask(pair, "SHOW server_encoding") == "UTF8"
    assert ask(pair, "SHOW data_checksums") == "on"
    assert ask(pair, "SHOW listen_addresses") == ""
    with redis.Redis.from_url(pair.urls["REDIS_URL"]) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-ttl"}
        assert client.config_get("save") == {"save": ""}


def test_the_servers_of_a_killed_run_are_taken_over(
    folder: Path, servers: Callable[[Path], Servers]
) -> None:
    first = servers(folder)
    first.start()
    ask(first, "CREATE TABLE kept AS SELECT 7 AS number")
    left = postmaster(folder)

    second = servers(folder)
    second.start()

    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
    assert second.urls == first.urls
    assert ask(second, "SELECT number FROM kept") == 7


def test_a_reused_process_id_does_no_harm(folder: Path, servers: Callable[[Path], Servers]) -> None:
    pair = servers(folder)
    pair.start()
    old = postmaster(folder)
    text = (folder / "postgres/postmaster.pid").read_text()
    old.kill()
    old.wait(30)
    (folder / "postgres/postmaster.pid").write_text(text.replace(str(old.pid), str(os.getpid())))

    pair.start()

    assert ask(pair, "SELECT 1") == 1


def test_a_database_half_made_is_made_again(
    folder: Path, servers: Callable[[Path], Servers]
) -> None:
    draft = folder / "postgres.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    pair = servers(folder)

    pair.start()

    assert ask(pair, "SELECT 1") == 1
    assert not draft.exists()


def test_a_server_that_dies_is_started_again(
    folder: Path, servers: Callable[[Path], Servers]
) -> None:
    pair = servers(folder)
    pair.start()
    socket = Path(pair.urls["REDIS_URL"].removeprefix("unix://"))
    valkey = psutil.Process(int(socket.with_name("valkey.pid").read_text()))
    # A program that a shell started in the background ignores SIGQUIT; PostgreSQL alone sets what it does.
    for dead, how in ((postmaster(folder), signal.SIGQUIT), (valkey, signal.SIGKILL)):
        dead.send_signal(how)
        dead.wait(30)  # PostgreSQL gives its processes five seconds before it kills them
    for log in (folder / "log").iterdir():
        with log.open("a") as end:
            end.write("why it died\n")

    pair.restart_dead()

    assert ask(pair, "SELECT 1") == 1
    assert all("why it died" in log.read_text() for log in (folder / "log").iterdir())


def test_the_folder_of_the_sockets_is_private_and_stays_the_same(folder: Path) -> None:
    account = server_account(folder)

    sockets = socket_folder(folder, account)

    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert len(str(sockets / ".s.PGSQL.5432.lock")) < 104
    assert socket_folder(folder, account) == sockets
    sockets.rmdir()


@pytest.mark.parametrize("squat", ["a link", "an open folder"])
def test_a_folder_that_another_user_laid_there_is_not_used(folder: Path, squat: str) -> None:
    account = server_account(folder)
    sockets = socket_folder(folder, account)
    sockets.rmdir()
    if squat == "a link":
        sockets.symlink_to(folder)
    else:
        sockets.mkdir()
        sockets.chmod(0o777)

    other = socket_folder(folder, account)

    assert other != sockets
    assert stat.S_IMODE(other.stat().st_mode) == 0o700
    other.rmdir()
    sockets.unlink() if squat == "a link" else sockets.rmdir()


@as_root
def test_root_lends_the_servers_an_ordinary_user(
    folder: Path, servers: Callable[[Path], Servers]
) -> None:
    pair = servers(folder)

    pair.start()

    assert postmaster(folder).username() == "nobody"


@as_root
def test_root_lends_them_the_owner_of_the_data(folder: Path) -> None:
    os.chown(folder, 1, 1)

    account = server_account(folder)

    assert account
    assert account.uid == 1


@as_root
def test_data_that_their_user_cannot_reach_is_kept_elsewhere(
    folder: Path, servers: Callable[[Path], Servers], capsys: pytest.CaptureFixture[str]
) -> None:
    folder.chmod(0o700)
    data = folder / "data"
    pair = servers(data)
    elsewhere = database_folder(data, server_account(data), "s")

    pair.start()

    assert f"PostgreSQL keeps its data in {elsewhere}" in capsys.readouterr().out
    assert ask(pair, "SHOW data_directory") == str(elsewhere)
    pair.stop()
    shutil.rmtree(elsewhere.parent)
