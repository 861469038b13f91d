"""Pages as they go over the wire, through the front of the running product."""

import gzip
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from tests.servers import RunningStack

PATIENCE_SECONDS = 15
MOST_BYTES = 5_000
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
STORY = "/articles/goose-attends-council-meeting/"


def ask(
    stack: RunningStack, path: str, method: str = "GET", **headers: str
) -> tuple[HTTPResponse, bytes]:
    address = urlsplit(stack.url).netloc
    with closing(HTTPConnection(address, timeout=PATIENCE_SECONDS)) as client:
        client.request(method, path, headers=headers)
        response = client.getresponse()
        return response, response.read()


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
