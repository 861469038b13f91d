"""Streams and pages on one front: what a thousand streams, and a browser that opens and cancels them, cost pages."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from tests.live.conftest import WriteCounts
from tests.live.conftest import write as write  # a fixture
from tests.live.process import LiveProcess, live_process
from tests.live.streams import Stream
from tests.servers import free_port
from tests.stack.test_front import PATIENCE_SECONDS, Site, processes_of, running

pytestmark = pytest.mark.chaos


@pytest.fixture
def article_id(write: WriteCounts) -> UUID:
    article_id = uuid4()
    write(article_id)
    return article_id


@pytest.fixture
def site() -> Iterator[Site]:
    """The front with HTTPS, for HTTP/2, before the application of the tests of the front."""
    port = free_port()
    url = f"https://localhost:{port}"
    with running(PORT=str(port), FRONT_TLS="internal", SITE_URL=url) as made:
        made.port = port
        made.start_web()
        yield made


@pytest.fixture
def live(site: Site) -> Iterator[LiveProcess]:
    sockets = {
        "LIVE_SOCKET": str(site.front.live_socket),
        "WEB_SOCKET": str(site.front.web_socket),
    }
    with live_process(site.data, **sockets) as started:
        yield started


def page_seconds(site: Site) -> float:
    """How long a page takes over a connection of its own."""
    began = time.monotonic()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", site.port), PATIENCE_SECONDS) as client,
        context.wrap_socket(client, server_hostname="localhost") as secure,
    ):
        secure.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in secure.makefile("rb").read()
    return time.monotonic() - began


def test_streams_that_one_connection_opens_and_cancels_delay_no_page(
    site: Site, live: LiveProcess, article_id: UUID
) -> None:
    program = shutil.which("curl")
    assert program, "curl speaks HTTP/2: install it."
    page_seconds(site)
    url = f"https://localhost:{site.port}/live/articles/{article_id}/"
    together = ["--parallel", "--parallel-max", "200", "--http2", "--insecure", "--silent"]
    outputs = [each for _ in range(200) for each in ("--output", "/dev/null", url)]

    for _ in range(2):
        curl = subprocess.Popen([program, *together, "--max-time", "3", *outputs])
        # A browser has one connection, on which Caddy accepts a hundred streams or more at a time.
        live.wait_until(listeners=200, within=3)
        curl.wait(PATIENCE_SECONDS)
        live.wait_until(listeners=0, within=3)

        assert page_seconds(site) < 0.5


def test_a_front_that_restarts_takes_its_streams_with_it(
    site: Site, live: LiveProcess, article_id: UUID
) -> None:
    """Nothing is left of them in the live process, and the next one is served."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = f"GET /live/articles/{article_id}/ HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    clients = []
    for _ in range(200):
        client = socket.create_connection(("127.0.0.1", site.port), PATIENCE_SECONDS)
        clients.append(context.wrap_socket(client, server_hostname="localhost"))
        clients[-1].sendall(request)
    live.wait_until(listeners=200)

    (process,) = processes_of(site)
    process.kill()
    live.wait_until(listeners=0, within=3)
    process.wait(PATIENCE_SECONDS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not site.front.answers():
        assert time.monotonic() < deadline
        site.front.restart_dead()
        time.sleep(0.05)

    assert page_seconds(site) < 1
    with Stream(str(site.front.live_socket), f"/live/articles/{article_id}/") as stream:
        assert stream.next("counts").id == "1"
    for each in clients:
        each.close()
