"""Bodies of requests, beyond what a test through the server shows: the longest."""

import io
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from newsroom import bodies
from newsroom.bodies import with_whole_bodies


@pytest.mark.parametrize(
    ("sent", "read"), [(0, 0), (100, 100), (200_000, 200_000), (900_000, 327_680)]
)
def test_a_chunked_body_gets_its_length_and_a_too_long_one_is_cut(
    monkeypatch: pytest.MonkeyPatch, sent: int, read: int
) -> None:
    monkeypatch.setattr(bodies, "_MOST_BYTES", 300_000)
    found: list[tuple[str, int]] = []

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        found.append((environ["CONTENT_LENGTH"], len(environ["wsgi.input"].read())))
        return []

    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(b"x" * sent)}
    with_whole_bodies(application)(environ, lambda *_: lambda _: None)

    assert found == [(str(read), read)]


def test_a_body_with_a_length_is_left_alone() -> None:
    body = io.BytesIO(b"{}")
    environ = {"CONTENT_LENGTH": "2", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": body}

    with_whole_bodies(lambda environ, _: [])(environ, lambda *_: lambda _: None)

    assert environ["wsgi.input"] is body
