"""System checks of the connection to PostgreSQL, with `check --database default`, and `migrate`; with `--deploy` those of
newsroom/production.py and of what else a public site should not have.
"""

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.db import ProgrammingError, connection
from redis import RedisError

from articles.sealed import unreadable
from newsroom.production import COMMON_PASSWORDS, list_dangers
from reactions.cache import redis as redis_cache
from reactions.moderation.client_network import has_unknown_proxy
from reactions.readers import LEEWAY_SECONDS

# Seconds. A clock that is this far ahead refuses what sites have just signed.
_WRONG_CLOCK_SECONDS = LEEWAY_SECONDS
_LATE_CLOCK_SECONDS = 2
# Older ones let who may connect choose the search path of other sessions (CVE-2025-12819).
_OLDEST_PGBOUNCER = (1, 25, 1)
_OLDEST_REDIS, _OLDEST_VALKEY = (7, 2), (8, 0)
# Accounts whose passwords are tried: hashing one takes a quarter of a second.
_MOST_ACCOUNTS = 5

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


@checks.register(checks.Tags.security, deploy=True)
def check_production(**_: Any) -> list[checks.CheckMessage]:
    return list_dangers()


@checks.register(checks.Tags.database)
def check_clocks(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Whether this machine's clock is that of PostgreSQL and of Redis: both decide what is late, and what has expired."""
    if "default" not in (databases or ()):
        return []
    return [
        found
        for server, seconds in (
            ("PostgreSQL", _seconds_ahead_of_postgresql()),
            ("Redis", _seconds_ahead_of_redis()),
        )
        if seconds is not None and (found := _of_clock(server, seconds))
    ]


@checks.register(checks.Tags.database)
def check_pgbouncer(
    *, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    if "default" not in (databases or ()) or not settings.DATABASE_POOLER:
        return []
    version = _pgbouncer_version()
    if version is None or version >= _OLDEST_PGBOUNCER:
        return []
    return [
        checks.Warning(
            f"PgBouncer is {_dotted(version)}.",
            hint=f"Upgrade it to {_dotted(_OLDEST_PGBOUNCER)} or newer (CVE-2025-12819).",
            id="newsroom.W004",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_installation(
    *, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """What only a running installation shows, with `check --deploy --database default`."""
    return list(_of_installation()) if "default" in (databases or ()) else []


def _of_installation() -> Iterator[checks.CheckMessage]:
    if settings.TRUSTED_PROXY_HOPS == settings.BEHIND_FRONT and has_unknown_proxy():
        yield checks.Error(
            "Requests come through a proxy, and TRUSTED_PROXY_HOPS is 0: all readers are one network.",
            hint="Set it to the number of your proxies. See docs/operations.md.",
            id="newsroom.E015",
        )
    for column in _unreadable_secrets():
        yield checks.Error(
            f"Secrets in {column} were sealed with a key that is not known.",
            hint="Put it into SECRET_KEY_FALLBACKS, or store these secrets again.",
            id="newsroom.E018",
        )
    for name in _accounts_with_common_passwords():
        yield checks.Error(
            f"The password of {name} is a common one.",
            hint=f"`manage.py changepassword {name}` sets another.",
            id="newsroom.E016",
        )
    if (product := _old_redis()) is not None:
        yield checks.Warning(
            f"REDIS_URL leads to {product}.",
            hint="Redis 7.2, Valkey 8 or newer is supported.",
            id="newsroom.W005",
        )


@checks.register(checks.Tags.database, deploy=True)
def check_role(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Whether the role of DATABASE_URL may do what only who migrates needs."""
    if "default" not in (databases or ()) or not (rights := _unneeded_rights()):
        return []
    return [
        checks.Warning(
            f"The role of PostgreSQL in DATABASE_URL may {' and '.join(rights)}.",
            hint="Let one role own the tables and migrate, and another run the processes: deploy/roles.sql.",
            id="newsroom.W006",
        )
    ]


def _unneeded_rights() -> list[str]:
    """What no process needs, and this role may all the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR has_schema_privilege('public', 'CREATE')"
            " OR has_database_privilege(current_database(), 'CREATE')"
            " OR pg_has_role((SELECT relowner FROM pg_class WHERE oid = to_regclass('articles_article')), 'USAGE'),"
            # Null where `migrate` has not made it yet.
            " has_table_privilege(to_regclass('articles_auditentry'), 'UPDATE')"
            " OR has_table_privilege(to_regclass('articles_auditentry'), 'DELETE')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        ((changes_tables, changes_log),) = cursor.fetchall()
    rights = {"change tables": changes_tables, "change the audit log": changes_log}
    return [what for what, may in rights.items() if may]


def _unreadable_secrets() -> list[str]:
    try:
        return unreadable()
    except ProgrammingError:  # the tables do not exist yet
        return []


def _accounts_with_common_passwords() -> Iterator[str]:
    """Of the newest accounts that may do everything at the desk."""
    users = get_user_model()._default_manager.filter(is_active=True, is_superuser=True)
    try:
        newest = list(users.order_by("-pk")[:_MOST_ACCOUNTS])
    except ProgrammingError:  # the tables do not exist yet
        return
    for user in newest:
        name = user.get_username()
        if any(user.check_password(each) for each in {*COMMON_PASSWORDS, name} if each):
            yield name


def _old_redis() -> str | None:
    """The product and its version, where it is too old; None where it does not say."""
    try:
        info = redis_cache.client().info("server")
    except RedisError:
        return None
    is_valkey = "valkey_version" in info
    version = _version_in(str(info["valkey_version" if is_valkey else "redis_version"]))
    oldest = _OLDEST_VALKEY if is_valkey else _OLDEST_REDIS
    return None if version >= oldest else f"{'Valkey' if is_valkey else 'Redis'} {_dotted(version)}"


def _of_clock(server: str, seconds: float) -> checks.CheckMessage | None:
    if abs(seconds) < _LATE_CLOCK_SECONDS:
        return None
    message = checks.Error if abs(seconds) >= _WRONG_CLOCK_SECONDS else checks.Warning
    way = "ahead of" if seconds > 0 else "behind"
    return message(
        f"The clock of this machine is {abs(seconds):.0f} seconds {way} that of {server}.",
        hint="Run an NTP client on both.",
        id="newsroom.E017" if message is checks.Error else "newsroom.W003",
    )


def _seconds_ahead_of_postgresql() -> float:
    with connection.cursor() as cursor:
        began = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float")
        ((there,),) = cursor.fetchall()
    return (began + time.time()) / 2 - float(there)


def _seconds_ahead_of_redis() -> float | None:
    began = time.time()
    try:
        seconds, microseconds = redis_cache.client().time()
    except RedisError:
        return None
    return (began + time.time()) / 2 - (seconds + microseconds / 1_000_000)


def _pgbouncer_version() -> tuple[int, ...] | None:
    """What its console says; None where this role may not ask, or no PgBouncer answers."""
    given = connection.get_connection_params()
    login = {name: given[name] for name in ("host", "port", "user", "password") if given.get(name)}
    try:
        with psycopg.connect(
            **login, dbname="pgbouncer", connect_timeout=3, autocommit=True
        ) as console:
            answer = console.pgconn.exec_(b"SHOW VERSION")
            text = (answer.get_value(0, 0) or b"").decode()
    except psycopg.Error:
        return None
    return _version_in(text) or None


def _version_in(text: str) -> tuple[int, ...]:
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(map(int, found[0].split("."))) if found else ()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


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
