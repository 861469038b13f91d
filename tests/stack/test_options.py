"""What `manage.py up` refuses before it touches anything."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsroom.stack import options as plans
from newsroom.stack.console import StartupError
from newsroom.stack.options import Plan
from tests.servers import free_port


@pytest.fixture
def taken_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port on which somebody listens, without the patience for one who is about to leave."""
    monkeypatch.setattr(plans, "PORT_RELEASE_SECONDS", 0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_without_a_word_everything_has_its_place() -> None:
    plan = Plan.read({"PORT": "", "NEWSROOM_DATA": ""})

    assert (plan.host, plan.port, plan.live_port) == ("127.0.0.1", 8000, 8001)
    assert plan.data == plans.PROJECT / ".data"


@pytest.mark.parametrize("variable", ["PORT", "LIVE_PORT"])
def test_a_taken_port_is_named_with_its_variable(variable: str, taken_port: int) -> None:
    ports = {"PORT": str(free_port()), "LIVE_PORT": str(free_port()), variable: str(taken_port)}

    with pytest.raises(StartupError, match=rf"Port {taken_port} .* set {variable}\.$"):
        Plan.read(ports).check()


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "80.5"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(StartupError, match=r"PORT is .* which is no port"):
        Plan.read({"PORT": port})


def test_two_servers_cannot_share_a_port() -> None:
    with pytest.raises(StartupError, match="PORT and LIVE_PORT are both 8000"):
        Plan.read({"LIVE_PORT": "8000"}).check()


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL"])
def test_a_url_of_another_kind_is_refused_without_repeating_it(variable: str) -> None:
    with pytest.raises(StartupError, match=f"{variable} has to begin with") as refusal:
        Plan.read({variable: "mysql://me:secret@host/"}).check()

    assert "secret" not in str(refusal.value)


def test_a_data_folder_belongs_to_one_run_at_a_time(tmp_path: Path) -> None:
    plan = Plan.read({"NEWSROOM_DATA": str(tmp_path)})

    with plan.claimed_data(), pytest.raises(StartupError, match=r"NEWSROOM_DATA.*PORT"):
        plan.claimed_data().__enter__()

    with plan.claimed_data():
        pass


def test_a_data_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StartupError, match="set NEWSROOM_DATA"):
        Plan.read({"NEWSROOM_DATA": str(tmp_path / "file")}).claimed_data().__enter__()
