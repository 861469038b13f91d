"""Firefox, WebKitGTK and Xvfb: those of the machine, else Debian's packages, of which nothing is installed.

The packages are downloaded once into the virtual environment, with the libraries that the machine lacks. Browsers know
their files by absolute paths, so their processes see the unpacked packages laid over /usr, in a mount namespace of
their own; that needs no root, and no other process sees them.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

_PATIENCE_SECONDS = 600
_FOLDER = Path(sys.prefix) / "debian"
_PACKAGES = ["firefox-esr", "webkit2gtk-driver", "xvfb"]
_PLACES = [
    *("/usr/bin", "/usr/lib/firefox-esr", "/usr/lib/firefox"),
    *(f"/usr/lib/x86_64-linux-gnu/webkit{version}" for version in ("2gtk-4.1", "gtk-6.0")),
    *(f"/usr/lib/aarch64-linux-gnu/webkit{version}" for version in ("2gtk-4.1", "gtk-6.0")),
]
_OVERLAY = 'mount -t overlay overlay -o lowerdir="$0/usr:/usr" /usr && exec "$@"'


class NotFound(Exception):
    """A program cannot be had; the message says why."""


def command_of(*names: str) -> list[str]:
    """How to start the first of these programs that there is. Raises NotFound."""
    for name in names:
        if path := shutil.which(name, path=":".join([os.environ["PATH"], *_PLACES])):
            return [path]
    folder = _unpacked()
    for name in names:
        for place in _PLACES:
            if (folder / place[1:] / name).is_file():
                return [*_over(folder), f"{place}/{name}"]
    raise NotFound(f"Debian's packages {', '.join(_PACKAGES)} hold no {names[0]}.")


def _over(folder: Path) -> list[str]:
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _OVERLAY, str(folder)]


@cache
def _unpacked() -> Path:
    folder = _FOLDER / "browsers"
    _FOLDER.mkdir(exist_ok=True)
    with (_FOLDER / "browsers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _unpack(folder)
    if not _run([*_over(folder), "true"]):
        raise NotFound("this system lets its users mount nothing (`unshare --user --mount`).")
    return folder


def _unpack(folder: Path) -> None:
    draft = folder.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    archives = draft / "archives"
    (archives / "partial").mkdir(parents=True)
    download = ["apt-get", "install", "--yes", "--no-install-recommends", "--download-only"]
    download += ["-o", "Debug::NoLocking=1", "-o", f"Dir::Cache::archives={archives}", *_PACKAGES]
    # The lists of a fresh machine are empty, or name packages that are no longer there.
    if not _run(download) and not (_run(["apt-get", "update"]) and _run(download)):
        raise NotFound(
            "it is not here, and could not be downloaded: `apt-get install"
            f" {' '.join(_PACKAGES)}` installs it on Debian."
        )
    for package in sorted(archives.glob("*.deb")):
        if not _run(["dpkg-deb", "-x", str(package), str(draft)]):
            raise NotFound(f"{package.name} could not be unpacked.")
    shutil.rmtree(archives)
    draft.rename(folder)


def _run(command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            check=False,
            timeout=_PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
