"""Empties the database after a test that commits: the tables that have rows, and what `migrate` wrote stays.

Django truncates every table and runs what follows a migration again, permissions and roles among it: longer than most
tests take. That is done only after a test that changed these.
"""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

# What runs after a migration writes these; nothing else refers to a row that is emptied.
KEPT = (
    *("django_migrations", "django_content_type", "auth_permission"),
    *("auth_group", "auth_group_permissions", "reactions_knownkind"),
)
_digest = ""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """pytest-django's, and a look at what the migrations left."""
    with django_db_blocker.unblock():
        _look_at_kept()
        connection.close()


def empty_database(case: TransactionTestCase) -> None:
    """In place of TransactionTestCase._fixture_teardown."""
    if _digest_of_kept() != _digest:
        call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
        _look_at_kept()
        return
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = [f'"{table}"' for table in sorted(set(tables) - set(KEPT))]
    look = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in quoted
    )
    if full := [table for (table,) in _select(look)]:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(full)} CASCADE")


def _look_at_kept() -> None:
    global _digest
    _digest = _digest_of_kept()


def _digest_of_kept() -> str:
    rows = " UNION ALL ".join(f'SELECT t::text AS row FROM "{table}" t' for table in KEPT)
    ((digest,),) = _select(f"SELECT md5(string_agg(row, ',' ORDER BY row)) FROM ({rows}) kept")
    return str(digest)


def _select(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


TransactionTestCase._fixture_teardown = empty_database  # type: ignore[attr-defined]  # Django's own hook
