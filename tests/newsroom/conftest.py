"""Fixtures of the tests of what runs the product."""

from collections.abc import Iterator

import pytest
import redis
from pytest_django import Settings


@pytest.fixture
def queue(settings: Settings) -> Iterator["redis.Redis"]:
    """Where tasks are sent: no worker takes them."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete("celery")
    yield client
    client.delete("celery")
    client.close()
