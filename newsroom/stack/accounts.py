"""The user that the embedded servers run as: PostgreSQL refuses root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Account:
    """An unprivileged user of the machine, as which root starts the servers."""

    name: str
    uid: int
    gid: int

    def options(self) -> dict[str, Any]:
        """What makes `subprocess` run a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, path: Path) -> bool:
        """Whether this user may enter the folder, or run the program, at `path`."""
        test = subprocess.run(
            ["/bin/sh", "-c", 'test -x "$0"', str(path)], cwd="/", check=False, **self.options()
        )
        return test.returncode == 0


def server_account(data: Path) -> Account | None:
    """The servers' user: the current one (None), or for root the owner of the data, else the user `nobody`."""
    if os.geteuid() != 0:
        return None
    for folder in (data / "postgres", data):
        if folder.exists() and (account := _ordinary_account(folder.stat().st_uid)):
            return account
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_name, nobody.pw_uid, nobody.pw_gid)


def _ordinary_account(uid: int) -> Account | None:
    # initdb looks its user up by name, so an owner without one cannot run it.
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return None
    return Account(entry.pw_name, uid, entry.pw_gid) if uid else None


def run_as(account: Account | None) -> dict[str, Any]:
    return account.options() if account else {}


def give_to(account: Account | None, path: Path) -> None:
    """Make the servers' user the owner of a file or folder."""
    if account:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
