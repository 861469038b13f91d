"""Streams through the fronts: each event at once, and nothing compressed, whatever stands in between."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from newsroom.stack.front import make_front
from newsroom.stack.guard import Guard
from newsroom.stack.options import Options
from tests.live.conftest import WriteCounts
from tests.live.process import LiveProcess, live_process
from tests.live.streams import Stream
from tests.programs import find_program, nginx
from tests.servers import PROJECT, free_port, open_folder

PATIENCE_SECONDS = 15
STOCK = """
server {{
  listen 127.0.0.1:{port};
  gzip on; proxy_buffering on;
  location / {{ proxy_pass http://127.0.0.1:{live}; }}
}}
"""


@contextmanager
def _caddy(guard: Guard, folder: Path, live: LiveProcess) -> Iterator[int]:
    """The shipped front; a live process of its own listens on its socket."""
    port = free_port()
    front = make_front(Options.read({"NEWSROOM_DATA": str(folder), "PORT": str(port)}), guard=guard)
    assert front
    with live_process(folder, LIVE_SOCKET=str(front.live_socket), WEB_SOCKET="unused"):
        try:
            front.start()
            yield port
        finally:
            front.stop()
            front.remove_folder()


@contextmanager
def _nginx(guard: Guard, folder: Path, live: LiveProcess) -> Iterator[int]:
    port = free_port()
    site = (PROJECT / "deploy/nginx.conf").read_text()
    site = site.replace("127.0.0.1:8001", f"127.0.0.1:{live.port}")
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
    command, environment = nginx(folder, site)
    guard.start(command, env=environment)
    yield port


@contextmanager
def _stock_nginx(guard: Guard, folder: Path, live: LiveProcess) -> Iterator[int]:
    port = free_port()
    command, environment = nginx(folder, STOCK.format(port=port, live=live.port))
    guard.start(command, env=environment)
    yield port


@contextmanager
def _haproxy(guard: Guard, folder: Path, live: LiveProcess) -> Iterator[int]:
    """HAProxy before the shipped front, as its file says."""
    with _caddy(guard, folder, live) as front:
        port = free_port()
        site = (PROJECT / "deploy/haproxy.cfg").read_text()
        site = re.sub(r"bind :80\b", f"bind 127.0.0.1:{port}", site)
        site = site.replace("127.0.0.1:8000", f"127.0.0.1:{front}")
        (folder / "haproxy.cfg").write_text(site)
        program = find_program("haproxy")
        guard.start([program.path, "-f", str(folder / "haproxy.cfg")], env=program.environment)
        yield port


FRONTS = {"caddy": _caddy, "nginx": _nginx, "stock nginx": _stock_nginx, "haproxy": _haproxy}


@pytest.mark.parametrize("name", FRONTS)
def test_each_event_comes_at_once_and_uncompressed(
    live: LiveProcess, article_id: UUID, write: WriteCounts, name: str
) -> None:
    folder = open_folder("fronts")
    with Guard() as guard, FRONTS[name](guard, folder, live) as port:
        _wait_for(port, article_id)
        headers = {"Accept-Encoding": "gzip, br, zstd"}
        with Stream(port, f"/live/articles/{article_id}/", headers) as stream:
            began = stream.begin()
            delays = []
            for version in (2, 3):
                before = time.monotonic()
                write(article_id, version)
                delays.append(stream.next("counts").at - before)
                time.sleep(1.1)
    shutil.rmtree(folder)

    assert stream.head_after < 0.2
    assert began[-1].at - stream.began < 0.5
    assert max(delays) < 0.5
    assert "content-encoding" not in stream.answer
    assert stream.answer["cache-control"] == "no-store, no-transform"


def _wait_for(port: int, article_id: UUID) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with Stream(port, f"/live/articles/{article_id}/") as stream:
                assert stream.status == 200
                return
        except (OSError, EOFError):
            assert time.monotonic() < deadline
            time.sleep(0.05)
