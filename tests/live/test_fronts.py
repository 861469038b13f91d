"""Streams through the fronts: each event at once, and nothing compressed, whatever stands in between."""

import json
import re
import shutil
import time
from collections.abc import Iterator
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
from tests.stack.longest_address import LONGEST_ADDRESS

PATIENCE_SECONDS = 15
# As Debian configures it: the file of a site says no more than where to go.
STOCK = """
server {{
  listen 127.0.0.1:{port};
  gzip on; proxy_buffering on;
  location / {{ proxy_pass http://127.0.0.1:{live}; }}
}}
"""


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """The port of each front: ours, and HAProxy before it; nginx with our file, and without."""
    folder = open_folder("fronts")
    names = ("caddy", "haproxy", "nginx", "stock nginx")
    ports = {name: free_port() for name in names}
    with Guard() as guard:
        given = {"NEWSROOM_DATA": str(folder), "PORT": str(ports["caddy"])}
        front = make_front(Options.read(given), guard=guard)
        assert front
        sockets = {"LIVE_SOCKET": str(front.live_socket), "WEB_SOCKET": str(front.web_socket)}
        # HAProxy finds that a client has gone when it writes the next heartbeat.
        limits = {"LIVE_PER_NETWORK": "6", "LIVE_HEARTBEAT_SECONDS": "1"}
        with live_process(folder, **sockets, **limits) as live:
            try:
                front.start()
                _start_haproxy(guard, folder, ports)
                _start_nginx(guard, folder, ports, live)
                yield ports
            finally:
                front.stop()
                front.remove_folder()
    shutil.rmtree(folder)


def _start_haproxy(guard: Guard, folder: Path, ports: dict[str, int]) -> None:
    site = (PROJECT / "deploy/haproxy.cfg").read_text()
    site = re.sub(r"bind :80\b", f"bind 127.0.0.1:{ports['haproxy']}", site)
    (folder / "haproxy.cfg").write_text(
        site.replace("127.0.0.1:8000", f"127.0.0.1:{ports['caddy']}")
    )
    program = find_program("haproxy")
    guard.start([program.path, "-f", str(folder / "haproxy.cfg")], env=program.environment)


def _start_nginx(guard: Guard, folder: Path, ports: dict[str, int], live: LiveProcess) -> None:
    ours = (PROJECT / "deploy/nginx.conf").read_text()
    ours = ours.replace("127.0.0.1:8001", f"127.0.0.1:{live.port}")
    ours = ours.replace("listen 80;", f"listen 127.0.0.1:{ports['nginx']};")
    stock = STOCK.format(port=ports["stock nginx"], live=live.port)
    for name, site in (("nginx", ours), ("stock", stock)):
        (folder / name).mkdir()
        command, environment = nginx(folder / name, site)
        guard.start(command, env=environment)


@pytest.mark.parametrize("name", ["caddy", "haproxy", "nginx", "stock nginx"])
def test_each_event_comes_at_once_and_uncompressed(
    ports: dict[str, int], article_id: UUID, write: WriteCounts, name: str
) -> None:
    path = f"/live/articles/{article_id}/"
    _wait_for(ports[name], path)

    with Stream(ports[name], path, {"Accept-Encoding": "gzip, br, zstd"}) as stream:
        began = stream.begin()
        before = time.monotonic()
        write(article_id, 2)
        event = stream.next("counts")

    assert stream.head_after < 0.2
    assert began[-1].at - stream.began < 0.5
    assert event.at - before < 0.5
    assert "content-encoding" not in stream.answer
    assert stream.answer["cache-control"] == "no-store, no-transform"


def test_a_network_that_is_full_is_refused_whatever_it_claims_to_be(
    ports: dict[str, int], article_id: UUID
) -> None:
    path = f"/live/articles/{article_id}/"
    _wait_for(ports["caddy"], path)
    streams = [Stream(ports["caddy"], path) for _ in range(6)]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(stream.status != 200 for stream in streams):  # those of other tests have not ended
        assert time.monotonic() < deadline
        for stream in streams:
            stream.close()
        time.sleep(0.1)
        streams = [Stream(ports["caddy"], path) for _ in range(6)]

    with Stream(ports["caddy"], path, {"X-Forwarded-For": "203.0.113.7"}) as refused:
        problem = json.loads(refused.body())
    for stream in streams:
        stream.close()

    assert refused.status == problem["status"] == 503
    assert refused.answer["content-type"] == "application/problem+json"
    assert refused.answer["access-control-allow-origin"] == "*"
    assert 5 <= int(refused.answer["retry-after"]) <= 30


def test_the_longest_address_of_the_api_comes_through_haproxy(
    ports: dict[str, int], article_id: UUID
) -> None:
    _wait_for(ports["haproxy"], f"/live/articles/{article_id}/")

    with Stream(ports["haproxy"], LONGEST_ADDRESS) as refused:
        problem = json.loads(refused.body())

    assert (refused.status, problem["code"]) == (
        503,
        "unavailable",
    )  # the front, which has no web here


def _wait_for(port: int, path: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with Stream(port, path) as stream:
                if stream.status == 200:
                    return
        except (OSError, EOFError):
            pass
        assert time.monotonic() < deadline
        time.sleep(0.05)
