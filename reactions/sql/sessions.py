"""A connection of one thread, outside the pool, with settings of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


@contextmanager
def session(settings: Mapping[str, str]) -> Iterator[BaseDatabaseWrapper]:
    """A connection to the default database for this thread: opened at its first use, and again where it was lost.

    `settings` are PostgreSQL's, and each connection begins with them. They outlive a transaction, so behind PgBouncer
    in transaction mode they would reach other clients.
    """
    wrapper: BaseDatabaseWrapper = connection.copy()
    wrapper.settings_dict["OPTIONS"].pop("pool", None)

    def begin(connection: BaseDatabaseWrapper, **_: Any) -> None:
        if connection is wrapper:
            with wrapper.cursor() as cursor:
                for name, value in settings.items():
                    cursor.execute("SELECT set_config(%s, %s, false)", [name, value])

    connection_created.connect(begin)
    try:
        yield wrapper
    finally:
        connection_created.disconnect(begin)
        wrapper.close()
