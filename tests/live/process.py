"""The live process by itself, on the servers of the tests or on others."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import coverage
import psutil

from tests.live.streams import Stream
from tests.servers import PROJECT, free_port

PATIENCE_SECONDS = 30.0


@dataclass
class LiveProcess:
    """`python -m newsroom.live`, up and subscribed. `log` has what it wrote."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path
    _streams: list[Stream] = field(default_factory=list)

    def stream(self, path: str, **headers: str) -> Stream:
        """A stream, closed with the process at the latest."""
        self._streams.append(Stream(self.port, path, headers))
        return self._streams[-1]

    def close_streams(self) -> None:
        for stream in self._streams:
            stream.close()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def record(self) -> dict[str, Any]:
        """What /readyz says, whether it is ready or not."""
        with Stream(self.port, "/readyz") as answer:
            return {**json.loads(answer.body()), "status": answer.status}

    def wait_until(self, *, within: float = PATIENCE_SECONDS, **values: object) -> float:
        """Until its record has these values; returns after how many seconds."""
        began = time.monotonic()
        while True:
            with suppress(OSError):
                found = self.record()
                if all(found[name] == value for name, value in values.items()):
                    return time.monotonic() - began
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < began + within, f"{self.record()}\n{self.log.read_text()}"
            time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, within: float = 20) -> int:
        self.process.send_signal(number)
        return self.process.wait(within)

    def ps(self) -> psutil.Process:
        return psutil.Process(self.process.pid)


@contextmanager
def live_process(folder: Path, **environment: str) -> Iterator[LiveProcess]:
    """A live process with this environment beside the one of the tests."""
    port = free_port()
    log = folder / f"live-{port}.log"
    given = {**os.environ, "LIVE_PORT": str(port), **environment}
    if coverage.Coverage.current():
        given["COVERAGE_PROCESS_START"] = str(PROJECT / "pyproject.toml")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "newsroom.live"],
            cwd=PROJECT,
            env=given,
            stdout=output,
            stderr=output,
        )
    live = LiveProcess(port, process, log)
    try:
        live.wait_until(live=True)
        yield live
    finally:
        live.close_streams()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)  # at once, and what it covered is written
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
