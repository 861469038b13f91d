"""The checks of the connection, on a connection without a pooler; test_database.py has them behind PgBouncer."""

from pytest_django.fixtures import Settings

from newsroom.checks import check_pooler, is_pooled
from tests.newsroom.test_database import execute


def test_without_a_database_to_check_nothing_is_said(db: None) -> None:
    assert check_pooler(databases=None) == []


def test_a_direct_connection_is_no_pooler(db: None) -> None:
    assert not is_pooled()
    assert check_pooler(databases=["default"]) == []


def test_behind_a_pooler_each_wait_without_a_limit_is_named(db: None, settings: Settings) -> None:
    settings.DATABASE_POOLER = "transaction"
    execute("SET lock_timeout = 0")
    execute("SET statement_timeout = '5s'")
    execute("SET idle_in_transaction_session_timeout = '5s'")
    (warning,) = check_pooler(databases=["default"])
    execute("SET lock_timeout = '5s'")

    assert warning.msg == "Behind a pooler nothing limits these waits: lock_timeout."
    assert check_pooler(databases=["default"]) == []
