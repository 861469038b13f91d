"""System checks of the connection to PostgreSQL, with `check --database default`, and `migrate`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection

_HINT = "See DATABASE_POOLER in docs/operations.md."
_LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


@checks.register(checks.Tags.database)
def check_pooler(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Whether a connection pooler is in between that DATABASE_POOLER does not name."""
    if "default" not in (databases or ()):
        return []
    has_pooler = is_pooled()
    if has_pooler and not settings.DATABASE_POOLER:
        return [
            checks.Error(
                "DATABASE_URL leads to a connection pooler, and DATABASE_POOLER is not set.",
                hint=f"Set it to the pooler's pool_mode, session or transaction. {_HINT}",
                id="newsroom.E001",
            )
        ]
    if settings.DATABASE_POOLER and (unlimited := _unlimited()):
        return [
            checks.Warning(
                f"Behind a pooler nothing limits these waits: {', '.join(unlimited)}.",
                hint=f"Set them for the role with ALTER ROLE. {_HINT}",
                id="newsroom.W001",
            )
        ]
    return []


def is_pooled() -> bool:
    """Whether the process that answers is another one than the one that the connection was made to."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ((backend,),) = cursor.fetchall()
    return bool(connection.connection.info.backend_pid != backend)


def _unlimited() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings WHERE name = ANY (%s) AND setting = '0' ORDER BY name",
            [list(_LIMITS)],
        )
        return [name for (name,) in cursor.fetchall()]
