"""The database of a test: its address, and settings of sessions that no later test has."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def database_url() -> str:
    """The address of the test's own database, for a process of its own."""
    server, _, query = os.environ["DATABASE_URL"].partition("?")
    name = connection.settings_dict["NAME"]
    return f"{server.rpartition('/')[0]}/{name}{'?' if query else ''}{query}"


@contextmanager
def session_settings(**settings: str) -> Iterator[None]:
    """Every connection that this process makes begins with these settings; afterwards none is left that has them.

    A `SET` stays with the connection, which the pool gives to whatever thread asks for one next.
    """
    options = connection.settings_dict["OPTIONS"]
    before = options["options"]
    added = " ".join(f"-c {name}={value}" for name, value in settings.items())
    options["options"] = f"{before} {added}"
    _end_connections()
    try:
        yield
    finally:
        options["options"] = before
        _end_connections()


def _end_connections() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # only a backend with a pool has it
