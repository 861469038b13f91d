"""What `manage.py up` refuses before it touches anything."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsroom.stack import options as module
from newsroom.stack.console import StartupError
from newsroom.stack.options import Options
from tests.servers import free_port


@pytest.fixture
def taken_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port in use, without the wait for one that is about to be free."""
    monkeypatch.setattr(module, "PORT_RELEASE_SECONDS", 0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_every_option_has_a_default() -> None:
    options = Options.read({"PORT": "", "NEWSROOM_DATA": ""})

    assert (options.host, options.port) == ("127.0.0.1", 8000)
    assert (options.live_host, options.live_port) == ("127.0.0.1", 8001)
    assert options.data == module.PROJECT / ".data"


def test_a_port_in_use_is_named_with_its_variable(taken_port: int) -> None:
    with pytest.raises(StartupError, match=rf"Port {taken_port} .* set PORT\.$"):
        Options.read({"PORT": str(taken_port)}).check()
    with pytest.raises(StartupError, match=rf"Port {taken_port} .* set LIVE_PORT\.$"):
        Options.read({"PORT": str(free_port()), "LIVE_PORT": str(taken_port)}).check()


def test_live_has_a_port_of_its_own() -> None:
    port = str(free_port())

    with pytest.raises(StartupError, match="PORT and LIVE_PORT are both"):
        Options.read({"PORT": port, "LIVE_PORT": port}).check()


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "80.5"])
def test_an_invalid_port_is_refused(port: str) -> None:
    with pytest.raises(StartupError, match=r"PORT is .* which is not a port"):
        Options.read({"PORT": port})


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL"])
def test_a_url_of_another_kind_is_refused_without_repeating_it(variable: str) -> None:
    with pytest.raises(StartupError, match=f"{variable} has to begin with") as refusal:
        Options.read({variable: "mysql://me:secret@host/"}).check()

    assert "secret" not in str(refusal.value)


def test_a_data_folder_belongs_to_one_run_at_a_time(tmp_path: Path) -> None:
    options = Options.read({"NEWSROOM_DATA": str(tmp_path)})

    with options.claimed_data(), pytest.raises(StartupError, match=r"NEWSROOM_DATA.*PORT"):
        options.claimed_data().__enter__()

    with options.claimed_data():
        pass


def test_an_impossible_data_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StartupError, match="set NEWSROOM_DATA"):
        Options.read({"NEWSROOM_DATA": str(tmp_path / "file")}).claimed_data().__enter__()
