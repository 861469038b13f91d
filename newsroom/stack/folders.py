"""The folders of the embedded servers: their data and their sockets."""

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from newsroom.stack.accounts import Account, give_to

# For root whose project the servers' user cannot reach, as in a closed home.
ELSEWHERE = Path("/var/lib/newsroom")

# A socket's path ends at 107 bytes (103 on macOS); its name and ours take about 50 of them.
LONGEST_TEMPORARY_FOLDER = 50


def database_folder(data: Path, account: Account | None, secret: str) -> Path:
    """The folder of PostgreSQL's files: in the data folder, or where the servers' user can reach them."""
    if account is None or account.reaches(data):
        return data / "postgres"
    # Named after the secret too: an emptied data folder is a new installation, and gets a new database.
    folder = ELSEWHERE / _digest(f"{data.resolve()} {secret}")
    make_open_folder(folder)
    return folder / "postgres"


def make_open_folder(folder: Path) -> None:
    """Make a folder, and its missing parents, that every user can enter, whatever the umask."""
    for missing in [*reversed(folder.parents), folder]:
        if not missing.exists():
            missing.mkdir(exist_ok=True)
            missing.chmod(0o755)


def socket_folder(data: Path, account: Account | None) -> Path:
    """Make the servers' private folder for sockets: short, and the same for the same data folder.

    Every user can write to the folder for temporary files: a folder of this name that another user made is not used,
    and a new one is made.
    """
    temporary = Path(tempfile.gettempdir())
    if len(os.fsencode(temporary)) > LONGEST_TEMPORARY_FOLDER:
        temporary = Path("/tmp")  # noqa: S108 - the folder made in it is private
    owner = account.uid if account else os.geteuid()
    folder = temporary / f"newsroom-{owner}-{_digest(str(data.resolve()))}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not _is_private_folder(folder, {owner, os.geteuid()}):
            folder = Path(tempfile.mkdtemp(prefix="newsroom-", dir=temporary))
    give_to(account, folder)
    return folder


def log_folder(data: Path) -> Path:
    """The folder of the servers' logs, which only its owner can enter. The servers write to files that we open."""
    folder = data / "log"
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)  # of an earlier release
    return folder


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _is_private_folder(folder: Path, owners: set[int]) -> bool:
    found = folder.lstat()
    closed = not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return stat.S_ISDIR(found.st_mode) and closed and found.st_uid in owners


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
