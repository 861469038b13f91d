"""How the product connects: the limits of every wait, by the kind of the process, and what a pooler allows."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# Milliseconds; 0 is no limit. docs/operations.md has the reasons.
_LIMITS = {
    # A thread of web waits for a lock for two seconds, longer than a batch of an aggregation; then it answers 503.
    "web": {"lock": 2_000, "statement": 10_000, "idle": 10_000},
    # A worker that is frozen inside a transaction loses it, and its locks, before its article is missed for long.
    "worker": {"lock": 5_000, "statement": 60_000, "idle": 15_000},
    # As web: who opens a stream waits for the counts of an article that no listener has asked for before.
    "live": {"lock": 2_000, "statement": 10_000, "idle": 10_000},
    # A command may read a table of any size, and its output may be stopped at a terminal.
    "command": {"lock": 30_000, "statement": 0, "idle": 600_000},
}
# How often the server checks, while it runs a statement, that its client is still there.
_CHECK_CLIENT_MILLISECONDS = 2_000

POOLERS = ("", "session", "transaction")


def connection_options(
    process: str,
    pooler: str,
    number: Callable[[str, int], int],
    *,
    of_url: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The OPTIONS of Django's database that follow from the kind of process and the pooler in between.

    `number` reads a setting; `of_url` are the options that DATABASE_URL has, which win. Raises ImproperlyConfigured.
    """
    if pooler not in POOLERS:
        raise ImproperlyConfigured(
            f"DATABASE_POOLER is empty, session or transaction, not {pooler!r}."
        )
    if process not in _LIMITS:
        raise ImproperlyConfigured(
            f"NEWSROOM_PROCESS is web, worker, live or command, not {process!r}."
        )
    limits = _LIMITS[process]
    timeouts = {
        "lock_timeout": number("DATABASE_LOCK_TIMEOUT", limits["lock"]),
        "statement_timeout": number("DATABASE_STATEMENT_TIMEOUT", limits["statement"]),
        "idle_in_transaction_session_timeout": number("DATABASE_IDLE_TIMEOUT", limits["idle"]),
        "client_connection_check_interval": _CHECK_CLIENT_MILLISECONDS,
    }
    options: dict[str, Any] = {
        "connect_timeout": 3,
        # The server's limits end no wait for a server that has lost its power: these do, within half a minute.
        "tcp_user_timeout": 20_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "pool": {"min_size": 0, "max_size": number("DATABASE_POOL", 8), "timeout": 3},
        # Prepares statements at their first use. PgBouncer gives every transaction another connection, which has
        # not prepared them.
        "prepare_threshold": None if pooler == "transaction" else 0,
    }
    # PgBouncer refuses a connection with options: there they are the role's (ALTER ROLE ... SET).
    given = dict(of_url or {})
    if not pooler:
        limits_of_ours = " ".join(f"-c {name}={value}" for name, value in timeouts.items())
        given["options"] = f"{limits_of_ours} {given.get('options', '')}".rstrip()
    return options | given
