"""Pages as they go over the wire: through the front of the running product, and through a shared cache before it."""

import gzip
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from newsroom.stack.front import answers
from newsroom.stack.guard import Guard
from tests.programs import nginx
from tests.servers import PROJECT, RunningStack, free_port, open_folder

PATIENCE_SECONDS = 15
MOST_BYTES = 5 * 1_024
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
STORY = "/articles/goose-attends-council-meeting/"


def ask(
    stack: RunningStack, path: str, method: str = "GET", **headers: str
) -> tuple[HTTPResponse, bytes]:
    return ask_at(urlsplit(stack.url).netloc, path, method, **headers)


def ask_at(
    address: str, path: str, method: str = "GET", body: str | None = None, **headers: str
) -> tuple[HTTPResponse, bytes]:
    with closing(HTTPConnection(address, timeout=PATIENCE_SECONDS)) as client:
        client.request(method, path, body, headers)
        response = client.getresponse()
        return response, response.read()


@pytest.fixture
def shared_cache(stack: RunningStack) -> Iterator[str]:
    """The address of deploy/nginx.conf in a real nginx, before the product."""
    folder, port = open_folder("cache"), free_port()
    own = (PROJECT / "deploy/nginx.conf").read_text()
    own = own.replace("127.0.0.1:8000", urlsplit(stack.url).netloc)
    own = own.replace("listen 80;", f"listen 127.0.0.1:{port};")
    with Guard() as guard:
        command, environment = nginx(folder, own)
        guard.start(command, env=environment)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not answers("127.0.0.1", port):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"127.0.0.1:{port}"
    shutil.rmtree(folder)


@pytest.mark.parametrize("path", ["/", STORY])
def test_a_page_is_five_kilobytes(stack: RunningStack, path: str) -> None:
    page, body = ask(stack, path, **BROWSER)
    plain, text = ask(stack, path)

    assert len(body) <= MOST_BYTES
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["Content-Length"] == str(len(body))
    assert gzip.decompress(body) == text
    assert plain.headers["Content-Encoding"] is None
    assert page.headers["ETag"] == f'{plain.headers["ETag"][:-1]}-gzip"'
    assert page.headers.get_all("Vary") == plain.headers.get_all("Vary")
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("path", ["/", STORY])
def test_a_page_that_is_compressed_is_revalidated(stack: RunningStack, path: str) -> None:
    page, body = ask(stack, path, **BROWSER)
    etag = page.headers["ETag"]

    known, nothing = ask(stack, path, **{**BROWSER, "If-None-Match": etag})
    head, no_body = ask(stack, path, "HEAD", **BROWSER)
    part, _ = ask(stack, path, Range="bytes=0-99", **BROWSER)

    assert (known.status, nothing, known.headers["ETag"]) == (304, b"", etag)
    assert known.headers.get_all("Vary") == page.headers.get_all("Vary")
    assert (no_body, head.headers["ETag"]) == (b"", etag)
    assert head.headers["Content-Length"] == str(len(body))
    assert part.status == 200  # no part of a page that may change meanwhile


def test_a_readers_own_page_has_its_full_length(stack: RunningStack) -> None:
    made, _ = ask(stack, "/api/v1/readers/", "POST")
    cookie = made.headers["Set-Cookie"].partition(";")[0]

    page, body = ask(stack, f"{STORY}?reaction=closed", Cookie=cookie, **BROWSER)

    assert page.headers["Content-Encoding"] is None
    assert "no-transform" in page.headers["Cache-Control"]
    assert len(body) > MOST_BYTES


def test_a_shared_cache_gives_one_readers_page_to_no_other(shared_cache: str) -> None:
    made, _ = ask_at(shared_cache, "/api/v1/readers/", "POST")
    cookie = made.headers["Set-Cookie"].partition(";")[0]
    mine = f"/api/v1{STORY}reactions/mine/"
    json = {"Content-Type": "application/json", "Cookie": cookie}
    _, before = ask_at(shared_cache, STORY)

    put, _ = ask_at(shared_cache, mine, "PUT", '{"reactions": ["wow"]}', **json)
    try:
        own, owns = ask_at(shared_cache, STORY, Cookie=f"_ga=1; {cookie}", **BROWSER)
        _, others = ask_at(shared_cache, STORY, Cookie="_ga=1; consent=yes")
        again, _ = ask_at(shared_cache, STORY, Cookie=cookie)
        if again.headers["ETag"] != own.headers["ETag"]:  # the reaction was counted in between
            own = again
            again, _ = ask_at(shared_cache, STORY, Cookie=f"_ga=1; {cookie}")
    finally:
        ask_at(shared_cache, mine, "DELETE", **json)

    pressed = b'aria-pressed="true"'
    assert put.status == 200
    assert pressed in owns
    assert "private" in own.headers["Cache-Control"]
    assert own.headers["Content-Encoding"] is None
    assert again.headers["ETag"] == own.headers["ETag"]
    assert pressed not in before
    assert pressed not in others
