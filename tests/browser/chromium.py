"""A real Chromium: one that is installed, else Playwright's own, else Debian's package where that may be had."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
ADVICE = (
    "No Chromium was found and none could be had. Install one: `apt-get install chromium` on Debian, "
    "`playwright install chromium` elsewhere; or name one with CHROMIUM=/path/to/chromium."
)
_PATIENCE_SECONDS = 600


def find_chromium(*, playwrights_own: str) -> str:
    """The path of a Chromium that can be started. Raises RuntimeError, which says how to get one."""
    return (
        _installed(playwrights_own)
        or _ask([sys.executable, "-m", "playwright", "install", "chromium"], playwrights_own)
        or _ask_debian()
        or _give_up()
    )


def _installed(playwrights_own: str = "") -> str | None:
    named = os.environ.get("CHROMIUM", "")
    found = [named, *(shutil.which(name) or "" for name in NAMES), *PLACES, playwrights_own]
    return next((path for path in found if path and Path(path).is_file()), None)


def _ask(command: list[str], path: str) -> str | None:
    _run(command)
    return path if Path(path).is_file() else None


def _ask_debian() -> str | None:
    """Debian's package, where the user is root on a machine that has apt."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    _run(["apt-get", "update"])
    _run(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"])
    return _installed()


def _run(command: list[str]) -> None:
    """Runs it silently and ignores its exit code: the caller checks whether there is a browser afterwards."""
    print(f"Looking for a browser: {' '.join(command)}", file=sys.stderr)  # noqa: T201
    try:
        subprocess.run(
            command,
            check=False,
            timeout=_PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  {error}", file=sys.stderr)  # noqa: T201


def _give_up() -> str:
    raise RuntimeError(ADVICE)
