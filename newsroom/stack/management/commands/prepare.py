"""`manage.py prepare`: the steps of a start that need Django, in one process.

Progress goes to stderr; the text that the supervisor prints when all is up goes to stdout.
"""

import hashlib
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import redis
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from kombu import Connection

from articles import audit
from newsroom.production import list_dangers

OLDEST_POSTGRES = 15
EDITOR = "editor"


class Command(BaseCommand):
    """Safe to repeat: a second run changes only what is out of date."""

    help = (
        "Checks the servers, brings tables and static files up to date, fills a new installation."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        check_settings()
        check_database()
        check_redis()
        check_broker()
        self._timed("The tables are up to date", migrate)
        self._timed("The static files are in place", collect_static_files)
        self._timed("The sample stories are published", publish_samples)
        if password := create_editor():
            self.stdout.write(
                f"Sign in at the desk as {EDITOR} with the password {password}\n"
                f"It is shown this once; `manage.py changepassword {EDITOR}` sets another."
            )

    def _timed(self, text: str, step: Callable[[], bool]) -> None:
        started = monotonic()
        if step():
            self.stderr.write(f"{text} ({monotonic() - started:.1f} s).", lambda line: line)


def check_settings() -> None:
    """Refuse what the processes would refuse, before anything is changed."""
    if dangers := list_dangers():
        lines = [f"{each.msg} {each.hint or ''}".strip() for each in dangers]
        raise CommandError("\n".join(lines))


def check_database() -> None:
    """Refuse a database that is unreachable or too old; never print its password."""
    try:
        # Not through the pool, which would wait and then report only that it waited.
        with psycopg.connect(**connection.get_connection_params()) as found:
            check_version(found.info.server_version)
    except psycopg.OperationalError as error:
        raise CommandError(
            f"DATABASE_URL cannot be reached: {_one_line(error)}{_hint_of(error)}"
        ) from None


def _hint_of(error: Exception) -> str:
    """PgBouncer refuses the options with which the product limits its waits."""
    if "unsupported startup parameter" not in str(error):
        return ""
    return " It is PgBouncer: set DATABASE_POOLER to its pool_mode, session or transaction."


def check_version(server_version: int) -> None:
    """Refuse a PostgreSQL that is too old; 150004 is 15.4."""
    if server_version < OLDEST_POSTGRES * 10_000:
        raise CommandError(
            f"DATABASE_URL leads to PostgreSQL {server_version // 10_000};"
            f" Newsroom needs {OLDEST_POSTGRES} or newer."
        )


def check_redis() -> None:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise CommandError(f"REDIS_URL cannot be reached: {_one_line(error)}") from None


def check_broker() -> None:
    """Refuse a broker that does not answer; each transport raises its own errors."""
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=3) as broker:
            broker.ensure_connection(max_retries=1, timeout=3)
    except Exception as error:  # noqa: BLE001 - each transport has its own
        raise CommandError(f"CELERY_BROKER_URL cannot be reached: {_one_line(error)}") from None


def migrate() -> bool:
    call_command("migrate", interactive=False, verbosity=0)
    return True


def collect_static_files() -> bool:
    """Collect and compress, which takes seconds, where a file changed since the last time."""
    stamp = Path(f"{settings.STATIC_ROOT}.stamp")
    fingerprint = _fingerprint_of_static_files()
    is_there = settings.STATIC_ROOT.exists() and stamp.exists()
    if is_there and stamp.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(fingerprint)
    return True


def _fingerprint_of_static_files() -> str:
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list(None):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def publish_samples() -> bool:
    """Publish sample stories in a new installation, once: an editor may delete them for good."""
    stamp = settings.DATA / "samples.stamp"
    if stamp.exists():
        return False
    samples = sorted(settings.BASE_DIR.glob("articles/samples/*.md"))
    is_empty = not apps.get_model("articles", "Article")._default_manager.exists()
    if is_empty:
        call_command("publish", *map(str, samples), stdout=sys.stderr)
    stamp.touch()
    return is_empty


def create_editor() -> str | None:
    """Make the first editor's account; returns its random password, None where the account exists."""
    users = get_user_model()._default_manager
    if users.filter(username=EDITOR).exists():
        return None
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        editor = users.create_superuser(username=EDITOR, password=password)
        audit.record("added", editor, after=audit.values_of(editor))
    return password


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
