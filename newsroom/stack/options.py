"""The options of the supervisor, read from the environment and checked before anything is started."""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from newsroom.stack.console import StartupError
from newsroom.stack.environment import with_secret_files

PROJECT = Path(__file__).resolve().parents[2]

SCHEMES = {
    "DATABASE_URL": ("postgresql://", "postgres://"),
    "REDIS_URL": ("redis://", "rediss://", "unix://"),
}

# How long the guard of a run that was just killed may need to free its port.
PORT_RELEASE_SECONDS = 3.0


@dataclass(frozen=True)
class Options:
    """The data folder, the address to listen on, and the environment as given."""

    data: Path
    host: str
    port: int
    given: Mapping[str, str]

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Options":
        # An empty variable is one that was not set.
        try:
            given = with_secret_files({name: value for name, value in environment.items() if value})
        except ValueError as error:
            raise StartupError(str(error)) from None
        return cls(
            data=Path(given.get("NEWSROOM_DATA", PROJECT / ".data")).absolute(),
            host=given.get("HOST", "127.0.0.1"),
            port=_port(given, "PORT", 8000),
            given=given,
        )

    def check(self) -> None:
        """Raise StartupError for options that cannot work."""
        for variable, schemes in SCHEMES.items():
            if not self.given.get(variable, schemes[0]).startswith(schemes):
                raise StartupError(f"{variable} has to begin with {' or '.join(schemes)}.")
        deadline = time.monotonic() + PORT_RELEASE_SECONDS
        if self.port == self.live_port:
            raise StartupError(f"PORT and LIVE_PORT are both {self.port}: set one of them.")
        self._check_free("PORT", self.host, self.port, deadline)
        self._check_free("LIVE_PORT", self.live_host, self.live_port, deadline)

    @property
    def live_port(self) -> int:
        return _port(self.given, "LIVE_PORT", self.port + 1)

    @property
    def live_host(self) -> str:
        """The address of LIVE_PORT: this machine's own, since the network reaches the live process by the front."""
        return self.given.get("LIVE_HOST", "127.0.0.1")

    def _check_free(self, variable: str, host: str, port: int, deadline: float) -> None:
        while error := _refusal_to_bind(host, port):
            if time.monotonic() > deadline:
                raise StartupError(
                    f"Port {port} on {host} cannot be had ({error}): set {variable}."
                )
            time.sleep(0.2)

    @contextlib.contextmanager
    def claimed_data(self) -> Iterator[None]:
        """Lock the data folder, so that no second run starts servers on it."""
        advice = "set NEWSROOM_DATA to another folder"
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            lock = (self.data / "lock").open("a")
        except OSError as error:
            raise StartupError(
                f"{self.data} cannot be used ({error.strerror}): {advice}."
            ) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StartupError(
                    f"Another `make run` is at work on {self.data}: {advice}, and PORT to another port."
                ) from None
            yield


def _port(given: Mapping[str, str], variable: str, default: int) -> int:
    text = given.get(variable, str(default))
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise StartupError(f"{variable} is {text!r}, which is not a port: 1 to 65535.")
    return int(text)


def _refusal_to_bind(host: str, port: int) -> str:
    """Why no server can listen there; empty where one can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: connections of one that just ended do not prevent it.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            return os.strerror(error.errno) if error.errno else str(error)
    return ""
