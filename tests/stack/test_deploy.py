"""deploy/: units, environment file and containers say what the product does, and the tools of their kind accept them."""

import contextlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from honcho.environ import parse_procfile

from newsroom.stack.front import caddy
from newsroom.stack.guard import Guard
from tests.programs import nginx
from tests.servers import PROJECT, free_port, open_folder

DEPLOY = PROJECT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROCESSES: dict[str, str] = parse_procfile(  # type: ignore[no-untyped-call]  # honcho has no types
    (PROJECT / "Procfile").read_text()
).processes
COMPOSE = yaml.safe_load((DEPLOY / "container" / "compose.yml").read_text())
_PYTHON = "/opt/newsroom/.venv/bin/"
# Of `make run`, and what each unit sets for its own process.
_NOT_IN_THE_FILE = {
    *("PORT", "HOST", "FRONT", "FRONT_TLS", "FRONT_HEADER_SECONDS", "FRONT_BODY_SECONDS"),
    *("TRUSTED_PROXIES", "LIVE_SOCKET", "WORKER_ALIVE_FILE", "WEB_SOCKET", "NEWSROOM_PROCESS"),
}


def unit(path: Path) -> dict[str, list[str]]:
    """The lines of [Service], by name."""
    lines: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            lines.setdefault(name, []).append(value)
    return lines


def words_of(command: str) -> list[str]:
    """A command without where it listens, which differs by what starts it."""
    command = re.sub(r"\$\{WEB_SOCKET:\+[^}]*\}", "", command.replace("%%h", "%h"))
    command = re.sub(r"--(?:uds|host|port) \S+", "", command)
    command = re.sub(r"""-W "[^"]*" """, "", command)
    return command.replace(_PYTHON, "").split()


@pytest.mark.parametrize("name", PROCESSES)
def test_units_and_containers_run_what_the_procfile_runs(name: str) -> None:
    expected = words_of(PROCESSES[name])

    (command,) = unit(DEPLOY / "systemd" / f"newsroom-{name}.service")["ExecStart"]
    assert words_of(command) == expected
    assert words_of(COMPOSE["services"][name]["command"]) == expected


def test_the_target_starts_every_unit() -> None:
    wanted = re.search(
        r"^Wants=(.*)$", (DEPLOY / "systemd/newsroom.target").read_text(), re.MULTILINE
    )

    assert wanted is not None
    assert {*wanted[1].split()} == {path.name for path in UNITS}


def test_the_units_of_a_second_release_share_nothing_with_the_first(tmp_path: Path) -> None:
    """docs/operations.md, "Upgrading", makes them: both run for some minutes."""
    page = (PROJECT / "docs/operations.md").read_text("utf-8")
    (made,) = re.findall(r"^ {6}(sed .*) > /etc/systemd/system/(\S+)$", page, re.MULTILINE)
    for name in PROCESSES:
        command = made[0].replace("$unit", name)
        text = subprocess.run(
            ["/bin/sh", "-c", command], cwd=PROJECT, capture_output=True, text=True, check=True
        ).stdout
        (tmp_path / made[1].replace("$unit", name)).write_text(text)

    for name in PROCESSES:
        first = unit(DEPLOY / "systemd" / f"newsroom-{name}.service")
        second = unit(tmp_path / f"newsroom-b-{name}.service")
        assert second.keys() == first.keys()
        assert second["ExecStart"][0].startswith("/opt/newsroom-b/.venv/bin/python ")
        assert words_of(second["ExecStart"][0].replace("-b/", "/")) == words_of(
            first["ExecStart"][0]
        )
        assert second["WorkingDirectory"] == ["/opt/newsroom-b"]
        for place in ("RuntimeDirectory", "Environment"):
            assert not set(second.get(place, [])) & set(first.get(place, []))


# A machine without systemd's program checks what it can: the test above.
if shutil.which("systemd-analyze"):

    def test_systemd_accepts_the_units_and_finds_them_closed(tmp_path: Path) -> None:
        for path in [*UNITS, DEPLOY / "systemd/newsroom.target"]:
            text = path.read_text().replace(_PYTHON, f"{Path(sys.executable).parent}/")
            (tmp_path / path.name).write_text(text.replace("/opt/newsroom", str(PROJECT)))
        made = sorted(map(str, tmp_path.iterdir()))

        verified = _systemd_analyze("verify", "--man=no", *made)

        assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
        # Of 100: a service without any limit has 96, one of Debian's PostgreSQL 92.
        for name in made:
            if name.endswith(".service"):
                closed = _systemd_analyze("security", "--offline=yes", "--threshold=20", name)
                assert closed.returncode == 0, closed.stdout


def _systemd_analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [shutil.which("systemd-analyze") or "", "--no-pager", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_environment_file_explains_every_variable() -> None:
    text = (DEPLOY / "environment").read_text()
    listed = {*re.findall(r"^#?([A-Z][A-Z_0-9]+)=", text, re.MULTILINE)}
    operations = (PROJECT / "docs/operations.md").read_text()
    table = operations[operations.index("## Settings") : operations.index("### Secrets")]
    rows = (line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    documented = {name for row in rows for name in re.findall(r"`([A-Z][A-Z_0-9]+)`", row)}

    assert listed == documented - _NOT_IN_THE_FILE
    assert set_in_code() <= listed | _NOT_IN_THE_FILE
    for block in text.split("\n\n"):
        first = block.strip().splitlines()[0] if block.strip() else "#"
        assert first.startswith("#"), first  # each begins with what it means


def set_in_code() -> set[str]:
    """The variables that settings.py and what it imports read by name."""
    read = r'\b(?:text|number|flag|words|networks|required|time_zone)\("([A-Z_0-9]+)"'
    files = ("settings.py", "mail.py", "postgresql/options.py")
    return {
        name
        for file in files
        for name in re.findall(read, (PROJECT / "newsroom" / file).read_text())
    }


def test_systemd_reads_the_environment_file() -> None:
    for name in ("environment", "front.environment"):
        for line in (DEPLOY / name).read_text().splitlines():
            assert not line or line.startswith("#") or re.match(r"[A-Z_0-9]+=", line), line


def test_containers_are_closed_and_have_their_secrets_in_files() -> None:
    services: dict[str, Any] = COMPOSE["services"]
    own = {*PROCESSES, "front", "prepare"}
    for name in own:
        service = services[name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert not any(
            "KEY" in each and not each.endswith("_FILE") for each in service["environment"]
        )
    assert {*services} == own | {"postgres", "valkey"}
    assert {*services["front"].get("ports", [])} == {"80:80", "443:443", "443:443/udp"}
    assert not any(services[name].get("ports") for name in {*services} - {"front"})


def test_the_image_has_every_file_that_it_copies() -> None:
    text = (DEPLOY / "container/Containerfile").read_text()
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE)

    missing = [each for line in copied for each in line.split() if not (PROJECT / each).exists()]

    assert copied
    assert missing == []
    # Files of the docs that the product shows.
    shown = re.findall(r'_DOCS / "(\w+\.md)"', (PROJECT / "newsroom/problem_page.py").read_text())
    assert all(f"docs/{name}" in text for name in shown)


@pytest.fixture(scope="module")
def secure_nginx() -> Iterator[tuple[int, int, trustme.CA]]:
    """nginx with our TLS: its ports with and without, and who has signed its certificate."""
    folder, (port, plain) = open_folder("tls"), (free_port(), free_port())
    authority = trustme.CA()
    certificate = authority.issue_cert("news.example.org")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
    tls = (DEPLOY / "nginx-tls.conf").read_text()
    tls = re.sub(r"/etc/letsencrypt/\S+\.pem", f"{folder}/both.pem", tls)
    tls = re.sub(r"listen \[::\]:443.*", "", tls).replace("443", f"127.0.0.1:{port}")
    redirect = (DEPLOY / "nginx-redirect.conf").read_text()
    redirect = redirect.replace("    listen [::]:80;", "").replace(
        "listen 80", f"listen 127.0.0.1:{plain}"
    )
    site = (DEPLOY / "nginx.conf").read_text().replace("listen 80;", tls)
    command, environment = nginx(folder, site + redirect)
    with Guard() as guard:
        guard.start(command, env=environment)
        deadline = time.monotonic() + 15
        while not _listens(port):
            assert time.monotonic() < deadline, "nginx does not listen."
            time.sleep(0.02)
        yield port, plain, authority
    shutil.rmtree(folder)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_nginx_speaks_http_2_with_tls_1_2_and_1_3_alone(
    secure_nginx: tuple[int, int, trustme.CA],
) -> None:
    port, _, authority = secure_nginx

    def greet(version: ssl.TLSVersion) -> tuple[str | None, str | None]:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.minimum_version = context.maximum_version = version
        with (
            socket.create_connection(("127.0.0.1", port), 5) as client,
            context.wrap_socket(client, server_hostname="news.example.org") as secure,
        ):
            return secure.version(), secure.selected_alpn_protocol()

    assert greet(ssl.TLSVersion.TLSv1_3) == ("TLSv1.3", "h2")
    assert greet(ssl.TLSVersion.TLSv1_2) == ("TLSv1.2", "h2")


@pytest.fixture(scope="module")
def plain_caddy() -> Iterator[int]:
    """Port 80 of Caddy with our file."""
    folder, plain = open_folder("redirects"), free_port()
    environment = {
        "HOME": str(folder),
        "FRONT_DATA": str(folder),
        "FRONT_SITE": f"http://127.0.0.1:{free_port()}",
        "FRONT_REDIRECTS": f"import redirects news.example.org:{plain} https://news.example.org",
    }
    command = [str(caddy()), "run", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    with Guard() as guard:
        guard.start(command, env=environment)
        deadline = time.monotonic() + 15
        while not _listens(plain):
            assert time.monotonic() < deadline, "Caddy does not listen."
            time.sleep(0.02)
        yield plain
    shutil.rmtree(folder)


@pytest.fixture(params=["nginx", "Caddy"])
def port_80(request: pytest.FixtureRequest) -> int:
    if request.param == "Caddy":
        return int(request.getfixturevalue("plain_caddy"))
    return int(request.getfixturevalue("secure_nginx")[1])


def _ask_plainly(port: int, path: str) -> tuple[HTTPResponse, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as client:
        client.request("GET", path, headers={"Host": "news.example.org"})
        answer = client.getresponse()
        return answer, answer.read()


def test_port_80_redirects(port_80: int) -> None:
    answer, _ = _ask_plainly(port_80, "/articles/a/?b=c")

    assert answer.status == 301
    assert answer.headers["Location"] == "https://news.example.org/articles/a/?b=c"


def test_a_program_that_speaks_in_the_clear_is_refused(port_80: int) -> None:
    answer, body = _ask_plainly(port_80, "/api/v1/articles/?limit=1")

    assert answer.status == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["detail"].startswith("Use https.")
