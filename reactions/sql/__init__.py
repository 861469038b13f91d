"""Runs the statements of this folder, prepared, on Django's own connection and inside its transaction.

Django's cursors bind parameters in the client, so PostgreSQL plans every statement again; measured on the write, a
prepared statement answers 1.15 times as many requests. A statement is named by its file. `{{public_states}}` in it
is the list of the states in which anyone may read an article, `{{current_states}}` the same without retracted ones; a
caller may pass further fragments.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Self

import psycopg
from django.db import Error, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg.abc import Params

from articles.models import CURRENT_STATES, PUBLIC_STATES

# A list of literals and not a parameter, so that PostgreSQL sees which partial indexes fit.
_FRAGMENTS = {
    "public_states": ", ".join(f"'{state}'" for state in PUBLIC_STATES),
    "current_states": ", ".join(f"'{state}'" for state in CURRENT_STATES),
}


# The backends of a server end within milliseconds of each other, on a busy machine within some tens.
_AFTER_LOSS_SECONDS = 0.1


@cache
def statement(name: str, fragments: tuple[tuple[str, str], ...] = ()) -> str:
    """The text of a statement with its fragments put in. Its name is in place of its head, for pg_stat_activity.

    psycopg converts a text of more than 4,096 characters again with each call.
    """
    return _put_together(name, fragments)


def _put_together(name: str, fragments: Iterable[tuple[str, str]]) -> str:
    text = _template(name)
    for fragment, content in (*fragments, *_FRAGMENTS.items()):
        text = text.replace(f"{{{{{fragment}}}}}", content)
    return text


@cache
def _template(name: str) -> str:
    lines = files(__name__).joinpath(f"{name}.sql").read_text("utf-8").splitlines()
    return "\n".join([f"-- {name}", *(line for line in lines if not line.startswith("--"))])


class _Unprepared(psycopg.Cursor[Any]):
    """Prepares nothing, so that each run is planned for the tables as they are."""

    def execute(self, query: Any, params: Params | None = None, **_: Any) -> Self:
        return super().execute(query, params, prepare=False)


def rows(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    fragments: Mapping[str, str] | None = None,
    unprepared: bool = False,
    repeatable: bool = False,
    on: BaseDatabaseWrapper | None = None,
) -> list[Any]:
    """All rows of a statement, `on` another connection than this thread's. Raises Django's database errors.

    A `repeatable` statement runs once more where the connection was lost while it ran: it may have been committed, and
    changes nothing the second time.
    """
    # Fragments of an unprepared statement may be of any number, so their texts are not kept.
    put_together = _put_together if unprepared else statement
    text = put_together(name, tuple((fragments or {}).items()))
    cursor_class = _Unprepared if unprepared else psycopg.Cursor
    wrapper = on or connection
    try:
        return _execute(wrapper, cursor_class, text, parameters)
    except Error:
        if not (repeatable and _was_lost(wrapper)):
            raise
    replace_lost_connection(wrapper)
    return _execute(wrapper, cursor_class, text, parameters)


def replace_lost_connection(lost: BaseDatabaseWrapper | None = None) -> None:
    """Before a second try. A server that ends all its connections has ended the next one of the pool by then, too."""
    (lost or connection).close()
    time.sleep(_AFTER_LOSS_SECONDS)


def _execute(
    on: BaseDatabaseWrapper,
    cursor_class: type[psycopg.Cursor[Any]],
    text: str,
    parameters: Mapping[str, Any] | None,
) -> list[Any]:
    on.ensure_connection()
    wrapper = CursorDebugWrapper if on.queries_logged else CursorWrapper
    with wrapper(cursor_class(on.connection), on) as cursor:
        cursor.execute(text, parameters)
        found: list[Any] = cursor.fetchall()
    return found


def _was_lost(wrapper: BaseDatabaseWrapper) -> bool:
    """Whether there was a connection, outside a transaction, and it is closed."""
    lost = wrapper.connection is not None and wrapper.connection.closed
    return bool(lost) and not wrapper.in_atomic_block


def row(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    fragments: Mapping[str, str] | None = None,
    unprepared: bool = False,
    repeatable: bool = False,
) -> Any | None:
    """The first row of a statement, or None; as `rows` otherwise."""
    found = rows(
        name, parameters, fragments=fragments, unprepared=unprepared, repeatable=repeatable
    )
    return found[0] if found else None


def stream(
    name: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    fragments: Mapping[str, str] | None = None,
    batch: int = 2_000,
) -> Iterator[Any]:
    """The rows of a statement as they are consumed, `batch` at a time; the server keeps the rest.

    Holds one snapshot, and its transaction, until it ends. Raises Django's database errors.
    """
    text = _put_together(name, (fragments or {}).items())
    with transaction.atomic(), connection.wrap_database_errors:
        connection.ensure_connection()
        with psycopg.ServerCursor(connection.connection, name) as cursor:
            cursor.itersize = batch
            cursor.execute(text, parameters)
            yield from cursor
