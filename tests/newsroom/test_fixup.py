"""The connections of the running worker."""

import time

import psycopg
import pytest

from newsroom.stack.environment import recorded_environment
from tests.servers import RunningStack

SESSIONS = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"


@pytest.mark.stack
def test_a_worker_opens_no_session_of_postgresql_for_each_task(stack: RunningStack) -> None:
    """Beat sends three tasks a second. A process of the worker, or a feed that is due, may open one meanwhile."""
    url = recorded_environment(stack.data)["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as database:
        ((before,), *_) = database.execute(SESSIONS).fetchall()
        time.sleep(2)
        ((after,), *_) = database.execute(SESSIONS).fetchall()

    assert after - before <= 3
