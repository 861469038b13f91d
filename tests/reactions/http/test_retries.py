"""What a real server and a real nginx do to a reaction: send it twice because an answer never came, or in chunks."""

import http.client
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

import pytest

from tests import programs
from tests.servers import RunningStack, free_port, open_folder

pytestmark = pytest.mark.stack

PATIENCE_SECONDS = 20

# nginx's own defaults decide what is repeated: a PUT is idempotent (RFC 9110, 9.2.2).
SITE = """
upstream newsroom {{
  server 127.0.0.1:{dying} max_fails=0;
  server 127.0.0.1:{living} backup;
}}
server {{
  listen 127.0.0.1:{port};
  location / {{ proxy_pass http://newsroom; proxy_set_header Host 127.0.0.1; }}
}}
"""


class DyingUpstream:
    """A web process that ends between commit and answer: it has the request answered, and closes the connection."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.swallowed: list[int] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE_SECONDS)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(PATIENCE_SECONDS)
                self.swallowed.append(self._ask(_read_request(client)))

    def _ask(self, request: bytes) -> int:
        with socket.create_connection(("127.0.0.1", self._behind), PATIENCE_SECONDS) as web:
            web.sendall(request)
            return int(web.recv(65_536).split()[1])


def _read_request(client: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += client.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < length:
        body += client.recv(65_536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def nginx(stack: RunningStack) -> Iterator[tuple[int, DyingUpstream]]:
    """The port of an nginx in front of the product, whose first upstream never answers."""
    folder, port = open_folder("nginx"), free_port()
    living = int(stack.env["PORT"])
    with ExitStack() as ends:
        ends.callback(shutil.rmtree, folder, ignore_errors=True)
        dying = ends.enter_context(closing(DyingUpstream(living)))
        command, environment = programs.nginx(
            folder, SITE.format(port=port, dying=dying.port, living=living)
        )
        server = subprocess.Popen(command, env=environment)
        ends.callback(server.wait, PATIENCE_SECONDS)
        ends.callback(server.terminate)
        _wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
        yield port, dying


def _wait_for(connect: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connect()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


@pytest.fixture
def slug(stack: RunningStack, tmp_path: Path) -> str:
    name = f"retried-{uuid4().hex[:8]}"
    file = tmp_path / "story.md"
    file.write_text(f"---\nheadline: The bridge is open\nslug: {name}\n---\n\nIt is.\n")
    published = stack.manage("publish", file)
    assert published.returncode == 0, published.stderr
    return name


def ask(port: int, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict]:  # type: ignore[type-arg]  # JSON
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as api:
        sent = None if body is None else json.dumps(body)
        api.request(
            method, f"/api/v1/{path}", sent, {"Content-Type": "application/json", **headers}
        )
        answer = api.getresponse()
        return answer.status, json.loads(answer.read())


def total_of(stack: RunningStack, slug: str) -> int:
    """The count in PostgreSQL once everything is aggregated, which an answer to a stranger's DELETE has."""
    stack.manage("aggregate")
    port = int(stack.env["PORT"])
    return int(ask(port, "DELETE", f"articles/{slug}/reactions/mine/")[1]["total"])


def test_a_first_reaction_that_nginx_sends_twice_counts_once(
    stack: RunningStack, nginx: tuple[int, DyingUpstream], slug: str
) -> None:
    port, dying = nginx
    mine = f"articles/{slug}/reactions/mine/"
    _, reader = ask(int(stack.env["PORT"]), "POST", "readers/")
    authorization = {"Authorization": f"Reader {reader['token']}"}

    status, change = ask(port, "PUT", mine, {"reactions": ["love"]}, **authorization)

    assert dying.swallowed == [200]  # the first was committed, and its answer lost
    assert (status, change["changed"], change["reactions"]) == (200, False, ["love"])
    assert change["total"] == 1
    assert total_of(stack, slug) == 1
    _, undone = ask(int(stack.env["PORT"]), "DELETE", mine, **authorization)
    assert (undone["changed"], undone["total"]) == (True, 0)


def test_a_reaction_without_a_reader_counts_nowhere_however_often_it_is_sent(
    stack: RunningStack, nginx: tuple[int, DyingUpstream], slug: str
) -> None:
    port, dying = nginx

    status, problem = ask(port, "PUT", f"articles/{slug}/reactions/mine/", {"reactions": ["love"]})

    assert dying.swallowed == [401]
    assert (status, problem["code"]) == (401, "reader_required")
    assert total_of(stack, slug) == 0


def test_a_body_in_chunks_is_read(stack: RunningStack, slug: str) -> None:
    port, mine = int(stack.env["PORT"]), f"/api/v1/articles/{slug}/reactions/mine/"
    _, reader = ask(port, "POST", "readers/")

    def put(*chunks: bytes) -> tuple[int, dict]:  # type: ignore[type-arg]  # JSON
        with closing(
            http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        ) as api:
            headers = {
                "Content-Type": "application/json",
                "Authorization": f"Reader {reader['token']}",
                "Transfer-Encoding": "chunked",
            }
            api.request("PUT", mine, iter(chunks), headers, encode_chunked=True)
            answer = api.getresponse()
            return answer.status, json.loads(answer.read())

    answers = [put(b'{"reactions": ', b'["love"', b"]}"), put(b'{"reactions":["sad"]}')]
    too_long = put(*[b" " * 65_536] * 3)

    assert [(status, change["reactions"]) for status, change in answers] == [
        (200, ["love"]),
        (200, ["sad"]),
    ]
    assert too_long[0] == 413


@pytest.mark.parametrize("length", [100, 60_000])
def test_a_refusal_whose_body_was_not_needed_keeps_the_connection(
    stack: RunningStack, slug: str, length: int
) -> None:
    body = json.dumps({"reactions": ["love"]}).ljust(length)
    json_body = {"Content-Type": "application/json"}
    wrong_key = json_body | {"Authorization": "Bearer nr_1234567890_wrong"}
    mine, statuses = f"/api/v1/articles/{slug}/reactions/mine/", []

    with closing(
        http.client.HTTPConnection("127.0.0.1", int(stack.env["PORT"]), timeout=PATIENCE_SECONDS)
    ) as api:
        api.connect()
        connection = api.sock
        for method, path, headers in [
            ("PUT", mine, json_body),
            ("PATCH", f"/api/v1/articles/{slug}/", wrong_key),
            ("POST", "/api/v1/nowhere/", json_body),
        ] * 20:
            api.request(method, path, body, headers)
            answer = api.getresponse()
            answer.read()
            statuses.append(answer.status)

        assert api.sock is connection
    assert statuses == [401, 401, 404] * 20
