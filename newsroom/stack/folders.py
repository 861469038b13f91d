"""Where the embedded servers keep their data and their sockets."""

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
    """Say where PostgreSQL's files are: in the data folder, or where their owner can reach them."""
    if account is None or account.reaches(data):
        return data / "postgres"
    # Named after the secret too: an emptied data folder is a new one, and gets a new database.
    folder = ELSEWHERE / _digest(f"{data.resolve()} {secret}")
    make_open_folder(folder)
    return folder / "postgres"


def make_open_folder(folder: Path) -> None:
    """Make a folder, and what is missing above it, that everybody can enter, whatever the umask."""
    for missing in [*reversed(folder.parents), folder]:
        if not missing.exists():
            missing.mkdir(exist_ok=True)
            missing.chmod(0o755)


def socket_folder(data: Path, account: Account | None) -> Path:
    """Make the servers' private folder for sockets: short, and the same for the same data folder.

    The folder for temporary files belongs to everybody, so a folder of this name that another
    user laid there is left alone and a fresh one made.
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


def remove_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _is_private_folder(folder: Path, owners: set[int]) -> bool:
    found = folder.lstat()
    closed = not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return stat.S_ISDIR(found.st_mode) and closed and found.st_uid in owners


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
