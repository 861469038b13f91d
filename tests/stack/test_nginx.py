"""deploy/nginx.conf in a real nginx: the same rules as the front's."""

import json
import re
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from newsroom.stack.guard import Guard
from tests.programs import nginx
from tests.servers import PROJECT, free_port, open_folder
from tests.slow_clients import SlowClients
from tests.stack.longest_address import LONGEST_ADDRESS

PATIENCE_SECONDS = 15


class Site:
    """nginx, and the application behind it."""

    def __init__(self, folder: Path, guard: Guard) -> None:
        self.port, self._web_port = free_port(), free_port()
        self._guard = guard
        own = (PROJECT / "deploy/nginx.conf").read_text()
        # What the file says to change, and shorter times.
        own = own.replace("127.0.0.1:8000", f"127.0.0.1:{self._web_port}")
        own = own.replace("listen 80;", f"listen 127.0.0.1:{self.port};")
        own = re.sub(r"(client_(?:header|body)_timeout) 10s", r"\1 1s", own)
        command, environment = nginx(folder, own)
        guard.start(command, env=environment)
        self.start_web()

    def start_web(self) -> None:
        command = [sys.executable, "-m", "granian", "tests.stack.echo:application"]
        command += ["--interface", "wsgi", "--port", str(self._web_port), "--no-ws"]
        command += ["--blocking-threads", "4", "--log-level", "warning"]
        self.web = self._guard.start(command, cwd=PROJECT)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop_web(self) -> None:
        self._guard.stop(self.web)

    def ask(
        self, path: str = "/", method: str = "GET", body: Any = None, **headers: str
    ) -> tuple[HTTPResponse, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)) as client:
            client.request(method, path, body, headers)
            response = client.getresponse()
            return response, response.read()

    def seen(self, path: str = "/", method: str = "GET", body: Any = None, **headers: str) -> Any:
        response, answer = self.ask(path, method, body, **headers)
        assert response.status == 200, answer
        return json.loads(answer)

    def _answers(self) -> bool:
        try:
            return self.ask()[0].status == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    folder = open_folder("nginx")
    with Guard() as guard:
        yield Site(folder, guard)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "name",
    ["X_Forwarded_For", "X-Forwarded_For", "X_Forwarded-For", "X_Real_IP", "X_Through_Proxy"],
)
def test_a_header_with_an_underscore_does_not_arrive(site: Site, name: str) -> None:
    assert "203.0.113.7" not in json.dumps(site.seen(**{name: "203.0.113.7"}))


def test_what_a_client_claims_about_itself_is_replaced(site: Site) -> None:
    claimed = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto")

    seen = site.seen(**dict.fromkeys(claimed, "203.0.113.7"))

    assert "203.0.113.7" not in json.dumps(seen)
    assert seen["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "http"


@pytest.mark.parametrize("kind", ["headers", "body", "chunked body"])
def test_slow_clients_are_not_felt(site: Site, kind: str) -> None:
    with SlowClients(site.port, 300, kind):
        for _ in range(20):
            before = time.monotonic()
            site.seen("/", "PUT", b"{}")
            assert time.monotonic() - before < 1


def test_a_body_of_the_largest_size_arrives_and_a_larger_one_is_refused(site: Site) -> None:
    most = 1_048_576

    assert site.seen("/api/", "PUT", b"x" * most)["bytes"] == most
    assert site.seen("/api/", "PUT", iter([b"x" * 1000, b"y"]))["bytes"] == 1001
    response, answer = site.ask("/api/", "PUT", b"x" * (most + 1))

    assert response.status == 413
    assert response.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer)["status"] == 413


def test_the_longest_address_of_the_api_arrives(site: Site) -> None:
    assert site.seen(LONGEST_ADDRESS)["path"] == unquote(LONGEST_ADDRESS)


@pytest.mark.parametrize(
    ("path", "headers", "is_compressed"),
    [
        ("/", {}, True),
        ("/", {"Cookie": "_ga=reader; readers=1; my_sessionid=2"}, True),
        ("/", {"Cookie": "reader=a"}, False),
        ("/", {"Cookie": "_ga=1; __Host-reader=a"}, False),
        ("/", {"Cookie": "_ga=1;sessionid=a"}, False),
        ("/", {"Cookie": "_ga=1; __Host-sessionid=a"}, False),
        ("/", {"Authorization": "Reader a"}, False),
        ("/desk/", {}, False),
    ],
)
def test_what_may_be_one_readers_own_is_not_compressed(
    site: Site, path: str, headers: dict[str, str], is_compressed: bool
) -> None:
    response, _ = site.ask(path, **{"Accept-Encoding": "gzip", **headers})

    assert response.status == 200
    assert (response.headers["Content-Encoding"] == "gzip") == is_compressed


def test_what_may_be_shared_is_asked_of_web_once(site: Site) -> None:
    path = "/?public,s-maxage=60"
    first = site.seen(path, **{"X-Try": "first"})

    assert site.seen(path, **{"X-Try": "again"}) == first
    assert site.seen(path, Cookie="_ga=1; consent=yes", **{"X-Try": "again"}) == first
    assert site.ask(path, **{"If-None-Match": '"one"'})[0].status == 304
    assert site.ask(path, "HEAD")[0].status == 200
    assert site.seen(path, "PUT", b"{}", **{"X-Try": "again"})["HTTP_X_TRY"] == "again"
    assert site.seen(path, **{"X-Try": "again"}) == first


@pytest.mark.parametrize(
    "own",
    [{"Cookie": "_ga=1; reader=a"}, {"Cookie": "sessionid=a"}, {"Authorization": "Reader a"}],
)
def test_one_readers_own_answer_is_for_no_other(site: Site, own: dict[str, str]) -> None:
    path = f"/{next(iter(own.values()))[:6].strip()}?public,s-maxage=60"

    assert site.seen(path, **own, **{"X-Try": "own"})["HTTP_X_TRY"] == "own"
    shared = site.seen(path, **{"X-Try": "shared"})
    assert shared["HTTP_X_TRY"] == "shared"
    assert site.seen(path, **own, **{"X-Try": "own again"})["HTTP_X_TRY"] == "own again"
    assert site.seen(path, **{"X-Try": "shared again"}) == shared


@pytest.mark.parametrize("cache_control", ["private,max-age=60", "no-store", "public"])
def test_what_may_not_be_shared_is_not_stored(site: Site, cache_control: str) -> None:
    for number in ("1", "2"):
        assert site.seen(f"/?{cache_control}", **{"X-Try": number})["HTTP_X_TRY"] == number


def test_requests_for_what_may_not_be_shared_do_not_wait_for_each_other(site: Site) -> None:
    with ThreadPoolExecutor(2) as clients:
        found = list(clients.map(site.seen, ["/meet?private"] * 2))

    assert [each["met"] for each in found] == [True, True]


def test_a_compressed_copy_is_for_clients_that_accept_it(site: Site) -> None:
    path = "/coded?public,s-maxage=60"
    copies = {
        coding: site.seen(path, **{"Accept-Encoding": coding, "X-Try": coding})["HTTP_X_TRY"]
        for coding in ("identity", "br", "gzip;q=0, br", "gzip; q=0.0")
    }
    coded, _ = site.ask(path, **{"Accept-Encoding": "br, gzip;q=0.8", "X-Try": "gzip"})

    assert copies == dict.fromkeys(copies, "identity")
    assert coded.headers["Content-Encoding"] == "gzip"


def test_an_upload_at_the_desk_may_be_larger(site: Site) -> None:
    upload = b"x" * 2_000_000

    assert site.seen("/desk/", "POST", upload)["bytes"] == len(upload)


def test_without_web_it_asks_to_come_back(site: Site) -> None:
    site.stop_web()
    try:
        response, problem = site.ask("/api/v1/articles/")
    finally:
        site.start_web()

    assert response.status == 503
    assert response.headers["Retry-After"] == "2"
    assert json.loads(problem)["code"] == "unavailable"


def test_a_preflight_and_the_headers_of_another_origin_arrive(site: Site) -> None:
    sent = {
        "Origin": "https://blog.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization",
    }

    response, answer = site.ask("/api/v1/articles/a/reactions/mine/?no-store", "OPTIONS", **sent)

    seen = json.loads(answer)
    assert (response.status, seen["method"]) == (200, "OPTIONS")
    assert seen["HTTP_ORIGIN"] == response.headers["Access-Control-Allow-Origin"] == sent["Origin"]
    assert seen["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] == "PUT"
    assert seen["HTTP_ACCESS_CONTROL_REQUEST_HEADERS"] == "authorization"
    assert "Origin" in response.headers["Vary"]


def test_what_it_answers_itself_may_be_read_by_pages_of_others(site: Site) -> None:
    large, _ = site.ask("/api/v1/readers/", "POST", b"x" * 1_048_577)
    page, _ = site.ask("/", "POST", b"x" * 1_048_577)
    site.stop_web()
    try:
        down, _ = site.ask("/api/v1/reactions/", Origin="https://blog.example")
        page_down, _ = site.ask("/")
    finally:
        site.start_web()

    assert (large.status, page.status, down.status, page_down.status) == (413, 413, 503, 503)
    for response in (large, down):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]
    for response in (page, page_down):
        assert "Access-Control-Allow-Origin" not in response.headers
