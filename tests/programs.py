"""Real proxies, poolers and load for the tests: nginx, HAProxy, PgBouncer, promtool and wrk, from the machine or from Debian.

A package is downloaded once and unpacked inside the virtual environment, never installed: no service starts, and the
machine is as it was.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PATIENCE_SECONDS = 300
_FOLDER = Path(sys.prefix) / "debian"

# Debian's packages of each program, with the libraries that a small machine lacks.
_PACKAGES = {
    "nginx": ["nginx"],
    "haproxy": ["haproxy", "liblua5.3-0", "libopentracing1", "libopentracing-c-wrapper0"],
    "promtool": ["prometheus"],
    "pgbouncer": ["pgbouncer", "libc-ares2", "libevent-2.1-7"],
    "wrk": ["wrk", "libluajit2-5.1-2"],
}


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


@dataclass(frozen=True)
class Program:
    """Where a program is, and the environment that it needs to find its libraries."""

    path: str
    environment: dict[str, str]


@cache
def find_program(name: str) -> Program:
    """The program of this name. Raises RuntimeError, which says how to get it."""
    if installed := shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin"):
        return Program(installed, dict(os.environ))
    folder = _FOLDER / name
    _FOLDER.mkdir(exist_ok=True)
    with (_FOLDER / f"{name}.lock").open("w") as lock:
        # Tests run in several processes.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _unpack(name, folder)
    libraries = {str(found.parent) for found in folder.rglob("*.so*")}
    path = next(each for each in folder.glob(f"usr/*bin/{name}"))
    return Program(str(path), {**os.environ, "LD_LIBRARY_PATH": ":".join(sorted(libraries))})


def nginx(folder: Path, site: str) -> tuple[list[str], dict[str, str]]:
    """The command and the environment of an nginx with this content of `http`, which writes into the folder alone."""
    configuration = folder / "nginx.conf"
    site = site.replace("/var/cache/newsroom", f"{folder}/cache")
    configuration.write_text(_NGINX.format(folder=folder, site=site))
    program = find_program("nginx")
    command = [program.path, "-p", str(folder), "-e", "stderr", "-c", str(configuration)]
    return command, program.environment


def _unpack(name: str, folder: Path) -> None:
    draft = folder.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "packages").mkdir(parents=True)
    download = ["apt-get", "download", *_PACKAGES[name]]
    if not _run(download, draft / "packages"):
        _run(["apt-get", "update"], draft)
        if not _run(download, draft / "packages"):
            raise RuntimeError(
                f"{name} was not found and could not be downloaded: install it, on Debian with"
                f" `apt-get install {name}`."
            )
    for package in sorted((draft / "packages").glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(draft)], draft)
    shutil.rmtree(draft / "packages")
    draft.rename(folder)


def _run(command: list[str], folder: Path) -> bool:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            check=False,
            timeout=_PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
