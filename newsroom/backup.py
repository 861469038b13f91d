"""Backup and restore of an installation: its database and its pictures, without what identifies visitors of today.

A backup is a folder: `database.dump` (pg_dump's own format), `media.tar`, and `backup.json`, which says what both hold.
Left out are the salt of the day and the rates of networks, with which addresses could be found again, and the sessions
of the desk. The secrets are not in it; `backup.json` names the keys by which the restored installation has to know
its readers.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

from articles.models import ApiKey, Article, DeskSession
from newsroom.stack.console import StartupError
from newsroom.stack.wheels import postgres_programs
from reactions.cache import redis, redis_keys
from reactions.models import ArticleCount, ArticleRate, NetworkRate, Reaction, Salt
from reactions.readers import key_name

DATABASE, MEDIA, CONTENTS = "database.dump", "media.tar", "backup.json"
# Their tables are in the backup, their rows are not.
WITHOUT_ROWS: tuple[type[models.Model], ...] = (
    Salt,
    NetworkRate,
    ArticleRate,
    Session,
    DeskSession,
)
# Rows of these are an installation that a restore would replace.
_SIGNS_OF_USE: tuple[type[models.Model], ...] = (Article, Reaction, ApiKey)
_LIBPQ = ("host", "port", "user", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey")


class BackupError(Exception):
    """A sentence for the operator."""


def back_up(folder: Path) -> Mapping[str, Any]:
    """Write a backup into a new folder, readable by its owner alone; returns what it holds. Raises BackupError.

    The database is of one moment. Pictures are copied after it: a file never changes, and what came since is no harm.
    """
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise BackupError(f"{folder} is there already: name a new folder.") from None
    contents = {"made_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", **describe()}
    without = [f"--exclude-table-data={model._meta.db_table}" for model in WITHOUT_ROWS]
    _run(
        *("pg_dump", "--format=custom", "--no-owner", "--no-privileges"),
        *("--no-unlogged-table-data", *without, f"--file={folder / DATABASE}"),
    )
    with tarfile.open(folder / MEDIA, "w") as archive:
        if settings.MEDIA_ROOT.is_dir():
            archive.add(settings.MEDIA_ROOT, arcname=".")
    contents["sha256"] = {name: _digest(folder / name) for name in (DATABASE, MEDIA)}
    (folder / CONTENTS).write_text(json.dumps(contents, indent=2) + "\n")
    for each in folder.iterdir():
        each.chmod(0o600)
    return contents


def restore(folder: Path) -> Mapping[str, Any]:
    """Read a backup into an empty installation; returns what it holds then. Raises BackupError, and changes nothing then.

    `manage.py migrate` brings the tables up to date where the release is a newer one.
    """
    expected = read_contents(folder)
    _check_keys(expected)
    has_tables = bool(connection.introspection.table_names())
    if has_tables and (used := _first_in_use()):
        raise BackupError(f"This installation is in use, it has {used}: restore into an empty one.")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of the backend for PostgreSQL
    _run(
        *("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"),
        *(["--clean", "--if-exists"] if has_tables else []),
        str(folder / DATABASE),
    )
    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / MEDIA) as archive:
        archive.extractall(settings.MEDIA_ROOT, filter="data")
    forget_counts()
    return describe()


def read_contents(folder: Path) -> dict[str, Any]:
    """What a backup says that it holds, after its files were found whole. Raises BackupError."""
    try:
        contents: dict[str, Any] = json.loads((folder / CONTENTS).read_text())
        wrong = [
            name for name, digest in contents["sha256"].items() if _digest(folder / name) != digest
        ]
    except (OSError, ValueError, KeyError) as error:
        raise BackupError(f"{folder} is no whole backup: {error}.") from None
    if wrong:
        raise BackupError(f"{wrong[0]} is not as it was written.")
    return contents


def describe() -> dict[str, Any]:
    """What an installation holds that a restore has to bring back."""
    return {
        "migrations": _last_migrations(),
        "articles": Article.objects.count(),
        "reactions": Reaction.objects.count(),
        "counted": ArticleCount.objects.aggregate(sum=models.Sum("count"))["sum"] or 0,
        "api_keys": ApiKey.objects.count(),
        "reader_keys": [
            key_name(key) for key in (settings.READER_KEY, *settings.READER_KEY_PREVIOUS)
        ],
    }


def forget_counts() -> None:
    """Drop the counts in Redis, of which older versions would not be replaced by newer ones of the backup."""
    client = redis.client()
    for key in client.scan_iter(match="counts:*", count=1_000):
        client.delete(key)
    client.delete(redis_keys.EPOCH)


def _check_keys(contents: Mapping[str, Any]) -> None:
    """Whether readers of the backup would be the same here."""
    known = {key_name(key) for key in (settings.READER_KEY, *settings.READER_KEY_PREVIOUS)}
    if missing := [name for name in contents["reader_keys"] if name not in known]:
        raise BackupError(
            f"READER_KEY is another one than that of the backup ({missing[0]}): its readers would be lost."
            " Set it, or READER_KEY_PREVIOUS, to the old value."
        )


def _first_in_use() -> str:
    tables = {*connection.introspection.table_names()}
    for model in _SIGNS_OF_USE:
        if model._meta.db_table in tables and model._default_manager.exists():
            return str(model._meta.verbose_name_plural)
    return ""


def _last_migrations() -> dict[str, str]:
    applied = MigrationRecorder(connection).applied_migrations()
    own = {app.label for app in apps.get_app_configs()}
    return {app: name for app, name in sorted(applied) if app in own}


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on our database. Raises BackupError with what it says."""
    given = connection.get_connection_params()
    login = {name: str(given[name]) for name in _LIBPQ if given.get(name)}
    # Not among the arguments, which every user of the machine can read.
    environment = {**os.environ, "PGPASSWORD": str(given.get("password") or "")}
    conninfo = " ".join(f"{name}='{_quoted(value)}'" for name, value in login.items())
    done = subprocess.run(
        [str(_find(program)), f"--dbname={conninfo}", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{program} failed: {' '.join(done.stderr.split())}")


def _quoted(value: str) -> str:
    return value.replace("\\", r"\\").replace("'", r"\'")


def _find(program: str) -> Path:
    """The program of the server's release, else of a newer one: that of the machine, or of the wheel."""
    connection.ensure_connection()
    server = connection.connection.info.server_version // 10_000
    found = {major: path for path in _installed(program) if (major := _major_of(path)) >= server}
    if not found:
        raise BackupError(f"There is no {program} of PostgreSQL {server} or newer: install it.")
    return found[min(found)]


def _installed(program: str) -> Iterator[Path]:
    if on_path := shutil.which(program):
        yield Path(on_path)
    try:
        yield postgres_programs(None) / program
    except StartupError:  # a machine for which there is no wheel
        return


def _major_of(program: Path) -> int:
    try:
        says = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r"(\d+)(?:\.\d+)?", says.stdout)
    return int(found[1]) if found else 0


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
