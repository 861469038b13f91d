"""Real proxies in front of the product, with the configurations of deploy/: Caddy, nginx and HAProxy.

A client's address is the one that it connects from: every address of 127.0.0.0/8 is this machine.
"""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.programs import Program, find_program
from tests.servers import PROJECT, free_port, open_folder

_DEPLOY = PROJECT / "deploy"
_PATIENCE_SECONDS = 20

_NGINX = """
daemon off;
error_log stderr crit;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{site}
}}
"""

# A proxy that does not say where its clients are, in the two ways that were seen.
_UNREADABLE = "    http-request set-header X-Forwarded-For unknown\n"
_MISSING = "    http-request del-header X-Forwarded-For\n"


def _caddy(folder: Path, port: int, web: int) -> tuple[list[str], Program, dict[str, str]]:
    program = Program(str(Path(sys.executable).parent / "caddy"), {"PATH": "/usr/bin:/bin"})
    command = [program.path, "run", "--adapter", "caddyfile", "--config"]
    return (
        [*command, str(_DEPLOY / "Caddyfile")],
        program,
        {
            "HOME": str(folder),
            "FRONT_DATA": str(folder),
            "FRONT_SITE": f"http://:{port}",
            "FRONT_WEB": f"127.0.0.1:{web}",
        },
    )


def _nginx(folder: Path, port: int, web: int) -> tuple[list[str], Program, dict[str, str]]:
    site = (_DEPLOY / "nginx.conf").read_text()
    site = site.replace("server 127.0.0.1:8000;", f"server 127.0.0.1:{web};")
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=folder, site=site))
    program = find_program("nginx")
    return [program.path, "-p", str(folder), "-c", str(configuration)], program, {}


def _haproxy(
    folder: Path, port: int, web: int, *, more: str = ""
) -> tuple[list[str], Program, dict[str, str]]:
    site = (_DEPLOY / "haproxy.cfg").read_text()
    site = re.sub(r"bind :80\b", f"bind 127.0.0.1:{port}", site)
    site = site.replace("server front 127.0.0.1:8000", f"server front 127.0.0.1:{web}")
    site = site.replace("    default_backend", f"{more}    default_backend")
    configuration = folder / "haproxy.cfg"
    configuration.write_text(site)
    program = find_program("haproxy")
    return [program.path, "-db", "-f", str(configuration)], program, {}


_Start = Callable[[Path, int, int], tuple[list[str], Program, dict[str, str]]]
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
            command, program, variables = PROXIES[name](folder, port, web)
            server = subprocess.Popen(
                command,
                env={**program.environment, **variables},
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
