"""How the product connects: the limits of every wait, by the kind of the process, and what a pooler allows."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# Milliseconds; 0 is no limit. docs/operations.md has the reasons.
_LIMITS = {
    # A thread of the web waits for a lock for a second: then the client hears 503, and the thread serves others.
    "web": {"lock": 1_000, "statement": 10_000, "idle": 10_000},
    # A worker that is frozen inside a transaction loses it, and its locks, before its article is missed for long.
    "worker": {"lock": 5_000, "statement": 60_000, "idle": 15_000},
    # A command may read a table of any size; somebody at a terminal may stop its output for a while.
    "command": {"lock": 30_000, "statement": 0, "idle": 600_000},
}
# How often the server checks, while it runs a statement, that its client is still there.
_CHECK_CLIENT_MILLISECONDS = 2_000

POOLERS = ("", "session", "transaction")


def connection_options(
    process: str, pooler: str, number: Callable[[str, int], int]
) -> dict[str, Any]:
    """The OPTIONS of Django's database that follow from the kind of process and the pooler in between.

    `number` reads a setting. Raises ImproperlyConfigured.
    """
    if pooler not in POOLERS:
        raise ImproperlyConfigured(
            f"DATABASE_POOLER is empty, session or transaction, not {pooler!r}."
        )
    if process not in _LIMITS:
        raise ImproperlyConfigured(f"NEWSROOM_PROCESS is web, worker or command, not {process!r}.")
    limits = _LIMITS[process]
    timeouts = {
        "lock_timeout": number("DATABASE_LOCK_TIMEOUT", limits["lock"]),
        "statement_timeout": number("DATABASE_STATEMENT_TIMEOUT", limits["statement"]),
        "idle_in_transaction_session_timeout": number("DATABASE_IDLE_TIMEOUT", limits["idle"]),
        "client_connection_check_interval": _CHECK_CLIENT_MILLISECONDS,
    }
    options: dict[str, Any] = {
        "connect_timeout": 3,
        "pool": {"min_size": 0, "max_size": number("DATABASE_POOL", 8), "timeout": 3},
        # Prepares statements at their first use. PgBouncer gives every transaction another connection, which has
        # not prepared them.
        "prepare_threshold": None if pooler == "transaction" else 0,
    }
    # PgBouncer refuses a connection with options: there they are the role's (ALTER ROLE ... SET).
    if not pooler:
        options["options"] = " ".join(f"-c {name}={value}" for name, value in timeouts.items())
    return options
