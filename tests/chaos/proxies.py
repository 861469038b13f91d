"""Real proxies in front of the product, with the configurations of deploy/: Caddy, nginx and HAProxy.

A client's address is the one that it connects from: every address of 127.0.0.0/8 is this machine.
"""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from newsroom.stack.front import caddy
from tests.programs import find_program, nginx
from tests.servers import PROJECT, free_port, open_folder

_DEPLOY = PROJECT / "deploy"
_PATIENCE_SECONDS = 20

# A proxy that does not say where its clients are, in the two ways that were seen.
_UNREADABLE = "    http-request set-header X-Forwarded-For unknown\n"
_MISSING = "    http-request del-header X-Forwarded-For\n"


def _caddy(folder: Path, port: int, web: int) -> tuple[list[str], dict[str, str]]:
    command = [
        str(caddy()),
        "run",
        "--adapter",
        "caddyfile",
        "--config",
        str(_DEPLOY / "Caddyfile"),
    ]
    return command, {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "FRONT_DATA": str(folder),
        "FRONT_SITE": f"http://:{port}",
        "FRONT_WEB": f"127.0.0.1:{web}",
    }


def _nginx(folder: Path, port: int, web: int) -> tuple[list[str], dict[str, str]]:
    site = (_DEPLOY / "nginx.conf").read_text()
    site = site.replace("server 127.0.0.1:8000;", f"server 127.0.0.1:{web};")
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
    return nginx(folder, site)


def _haproxy(
    folder: Path, port: int, web: int, *, more: str = ""
) -> tuple[list[str], dict[str, str]]:
    site = (_DEPLOY / "haproxy.cfg").read_text()
    site = re.sub(r"bind :80\b", f"bind 127.0.0.1:{port}", site)
    site = site.replace("server front 127.0.0.1:8000", f"server front 127.0.0.1:{web}")
    site = site.replace("    default_backend", f"{more}    default_backend")
    configuration = folder / "haproxy.cfg"
    configuration.write_text(site)
    program = find_program("haproxy")
    return [program.path, "-db", "-f", str(configuration)], program.environment


_Start = Callable[[Path, int, int], tuple[list[str], dict[str, str]]]
PROXIES: dict[str, _Start] = {
    "Caddy": _caddy,
    "nginx": _nginx,
    "HAProxy": _haproxy,
    "unreadable address": lambda *places: _haproxy(*places, more=_UNREADABLE),
    "missing address": lambda *places: _haproxy(*places, more=_MISSING),
}


@contextmanager
def running_proxies(web: int) -> Iterator[dict[str, int]]:
    """Every proxy, in front of this port of web; the port of each."""
    ports = {name: free_port() for name in PROXIES}
    with ExitStack() as ends:
        for name, port in ports.items():
            folder = open_folder("proxy")
            ends.callback(shutil.rmtree, folder, ignore_errors=True)
            command, environment = PROXIES[name](folder, port, web)
            server = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
            )
            ends.callback(server.wait, _PATIENCE_SECONDS)
            ends.callback(server.terminate)
            _wait_for(server, port)
        yield ports


def _wait_for(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        assert server.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
