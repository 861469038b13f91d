"""Fetching: public addresses only, with a limit on every step. Real servers on localhost."""

import gzip
import ipaddress
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from articles.http_client import AllowedTargets, FetchError, check_address, fetch

Answer = Callable[[BaseHTTPRequestHandler], None]
LOOPBACK = ipaddress.ip_network("127.0.0.1/32")


class Site:
    """A server on localhost, and the opener through which tests reach it."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.seen.append((self.path, dict(self.headers)))
                with suppress(OSError):  # the client may have closed the connection
                    site.answers[self.path](self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.allowed = AllowedTargets(ports=[self.port], networks=[LOOPBACK])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, args=[0.05])
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Answer:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return write


def reason(url: str, allowed: AllowedTargets, **limits: float) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(url, allowed=allowed, **limits)  # type: ignore[arg-type]  # the limits' types differ
    return str(caught.value)


def test_a_document_is_fetched(site: Site) -> None:
    site.answers["/feed?a=1"] = answer(
        b"hello", ETag='"1"', Last_Modified="Sun", Content_Type="text/x"
    )

    fetched = fetch(site.url("/feed?a=1"), allowed=site.allowed)

    assert (fetched.content, fetched.content_type) == (b"hello", "text/x")
    assert (fetched.etag, fetched.last_modified) == ('"1"', "Sun")
    assert site.seen[0][1]["Host"] == f"127.0.0.1:{site.port}"


def test_an_unchanged_document_is_not_fetched_again(site: Site) -> None:
    site.answers["/"] = answer(status=304)

    fetched = fetch(site.url("/"), etag='"1"', last_modified="Sun", allowed=site.allowed)

    assert fetched.content is None
    assert site.seen[0][1]["If-None-Match"] == '"1"'
    assert site.seen[0][1]["If-Modified-Since"] == "Sun"


def test_a_tag_with_a_line_break_is_not_sent_back(site: Site) -> None:
    site.answers["/"] = answer(b"x")

    fetch(site.url("/"), etag='"1"\r\nX-Evil: 1', allowed=site.allowed)

    assert "X-Evil" not in site.seen[0][1]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://localhost/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[ff02::1]/",
        "http://[2002:7f00:1::]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::7f00:1]/",
    ],
)
def test_an_address_that_is_not_public_is_refused(url: str) -> None:
    assert reason(url, AllowedTargets()).endswith("is not a public address.")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_a_public_address_is_let_through(address: str) -> None:
    check_address(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("file:///etc/passwd", "only http and https are fetched."),
        ("ftp://example.org/", "only http and https are fetched."),
        ("gopher://example.org/", "only http and https are fetched."),
        ("http://example.org:22/", "the port 22 is not allowed."),
        ("http://example.org:99999/", "the answer is not HTTP: ValueError."),
        ("http://user:word@example.org/", "the address has no host, or a name and password."),
        ("http:///", "the address has no host, or a name and password."),
        ("http://example.org/\r\nHost: x", "the address has characters that no address has."),
        ("http://no-such-host.invalid/", "the host has no address."),
    ],
)
def test_an_address_that_cannot_be_fetched_is_refused(url: str, text: str) -> None:
    assert reason(url, AllowedTargets()) == text


@pytest.mark.parametrize("host", ["127.0.0.2", "169.254.169.254", "10.0.0.1", "[::1]"])
def test_a_redirect_to_an_address_that_is_not_public_is_refused(site: Site, host: str) -> None:
    site.answers["/"] = answer(status=302, Location=f"http://{host}:{site.port}/latest/meta-data/")

    assert reason(site.url("/"), site.allowed).endswith("is not a public address.")


def test_this_machine_is_not_a_public_address() -> None:
    with pytest.raises(FetchError, match=r"^127\.0\.0\.1 is not a public address\.$"):
        check_address(ipaddress.ip_address("127.0.0.1"))


def test_a_redirect_to_a_file_is_refused(site: Site) -> None:
    site.answers["/"] = answer(status=301, Location="file:///etc/passwd")

    assert reason(site.url("/"), site.allowed) == "only http and https are fetched."


def test_five_redirects_are_followed_and_no_sixth(site: Site) -> None:
    for number in range(6):
        site.answers[f"/{number}"] = answer(status=302, Location=f"/{number + 1}")
    site.answers["/6"] = answer(b"there")

    assert fetch(site.url("/1"), allowed=site.allowed).content == b"there"
    assert reason(site.url("/0"), site.allowed) == "more than 5 redirects."


@pytest.mark.parametrize("part", ["body", "headers"])
def test_a_server_that_sends_a_byte_at_a_time_times_out(site: Site, part: str) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if part == "body" else b"X-A: "))
        for _ in range(40):
            time.sleep(0.05)
            handler.wfile.write(b"x")

    site.answers["/"] = drip
    started = time.monotonic()

    assert reason(site.url("/"), site.allowed, seconds=0.4) == "the server took too long."
    assert time.monotonic() - started < 1.5


def test_a_long_answer_is_refused(site: Site) -> None:
    site.answers["/"] = answer(b"x" * 2000)

    assert (
        reason(site.url("/"), site.allowed, most_bytes=1999)
        == "the answer has more than 1999 bytes."
    )


def test_a_bomb_is_not_unpacked(site: Site) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    site.answers["/"] = answer(bomb, Content_Encoding="gzip")

    assert reason(site.url("/"), site.allowed) == "the answer has more than 5242880 bytes."


def test_a_packed_answer_is_unpacked(site: Site) -> None:
    site.answers["/"] = answer(gzip.compress(b"hello"), Content_Encoding="gzip")

    assert fetch(site.url("/"), allowed=site.allowed).content == b"hello"


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (answer(b"xx", Content_Length="9"), "the answer breaks off."),
        (answer(gzip.compress(b"hello")[:-4], Content_Encoding="gzip"), "the answer breaks off."),
        (answer(b"xx", Content_Encoding="gzip"), "the answer is not gzip."),
        (answer(b"xx", Content_Encoding="br"), "the encoding 'br' was not asked for."),
        (answer(status=404), "the server answered 404."),
    ],
)
def test_an_unusable_response_is_refused(site: Site, reply: Answer, text: str) -> None:
    site.answers["/"] = reply

    assert reason(site.url("/"), site.allowed) == text


def test_retry_after_is_read(site: Site) -> None:
    site.answers["/"] = answer(status=503, Retry_After="120")

    with pytest.raises(FetchError) as caught:
        fetch(site.url("/"), allowed=site.allowed)

    assert caught.value.retry_after == 120
