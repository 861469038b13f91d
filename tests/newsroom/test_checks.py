"""The checks of the connection, on a connection without a pooler; test_database.py has them behind PgBouncer."""

import pytest
from pytest_django.fixtures import Settings

from newsroom.checks import check_pooler, is_pooled
from tests.sessions import session_settings


def test_without_a_database_to_check_nothing_is_said(db: None) -> None:
    assert check_pooler(databases=None) == []


def test_a_direct_connection_is_no_pooler(db: None) -> None:
    assert not is_pooled()
    assert check_pooler(databases=["default"]) == []


@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_each_wait_without_a_limit_is_named(settings: Settings) -> None:
    settings.DATABASE_POOLER = "transaction"
    limits = {"statement_timeout": "5s", "idle_in_transaction_session_timeout": "5s"}

    with session_settings(lock_timeout="0", **limits):
        (warning,) = check_pooler(databases=["default"])
    with session_settings(lock_timeout="5s", **limits):
        assert check_pooler(databases=["default"]) == []

    assert warning.msg == "Behind a pooler nothing limits these waits: lock_timeout."
