"""Fetching over HTTPS, with a certificate authority of the test's own."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme

from articles.http_client import fetch
from tests.articles.test_http_client import Site, answer, reason

MEGABYTE = 1024 * 1024


class SecureSite(Site):
    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.port}{path}"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is in the trust store, as an administrator would put it there."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@pytest.fixture(params=["127.0.0.1"])
def site(authority: trustme.CA, request: pytest.FixtureRequest) -> Iterator[SecureSite]:
    """A server whose certificate is for the host of the fixture's parameter."""
    with secure_site(authority, request.param) as site:
        yield site


@contextmanager
def secure_site(authority: trustme.CA, host: str) -> Iterator[SecureSite]:
    """A server with a certificate for the host."""
    site = SecureSite()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    thread = threading.Thread(target=site.server.serve_forever, args=[0.05])
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


@pytest.mark.usefixtures("trusted")
def test_a_site_that_is_who_it_says_is_fetched(site: SecureSite) -> None:
    site.answers["/"] = answer(b"hello", ETag='"1"')

    fetched = fetch(site.url("/"), allowed=site.allowed)

    assert (fetched.content, fetched.etag) == (b"hello", '"1"')


def test_a_certificate_of_an_unknown_authority_is_refused(site: SecureSite) -> None:
    assert reason(site.url("/"), site.allowed).startswith("the connection is not secure")
    assert site.seen == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("site", ["news.example", "127.0.0.2"], indirect=True)
def test_a_certificate_of_another_host_is_refused(site: SecureSite) -> None:
    assert reason(site.url("/"), site.allowed).startswith("the connection is not secure")
    assert site.seen == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("host", ["127.0.0.2", "169.254.169.254", "10.0.0.1", "[fe80::1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_redirect_to_a_private_address_is_refused(
    site: SecureSite, scheme: str, host: str
) -> None:
    site.answers["/"] = answer(status=301, Location=f"{scheme}://{host}:{site.port}/meta-data/")

    assert reason(site.url("/"), site.allowed).endswith("is not a public address.")


@pytest.mark.usefixtures("trusted")
def test_fifty_megabytes_are_cut_off(site: SecureSite) -> None:
    sent = 0

    def pour(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Content-Length", str(50 * MEGABYTE))
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(b" " * MEGABYTE)
            sent += 1

    site.answers["/"] = pour

    assert reason(site.url("/"), site.allowed) == "the answer has more than 5242880 bytes."
    assert sent < 20  # what the sockets between us hold, and no more


@pytest.mark.usefixtures("trusted")
def test_a_byte_a_second_for_ever_ends_in_time(site: SecureSite) -> None:
    left = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            while not left.wait(1):
                handler.wfile.write(b"x")

    site.answers["/"] = drip
    started = time.monotonic()

    text = reason(site.url("/"), site.allowed, seconds=1.5)
    left.set()

    assert text == "the server took too long."
    assert time.monotonic() - started < 4
