"""Celery's connection to Redis, through a proxy that fails for a moment."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from kombu import Connection, Queue
from kombu.exceptions import OperationalError
from redis import RedisError

import newsroom.celery  # noqa: F401  # installs the transport of the workers
from tests.proxy import Proxy

SLOTS = 2


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy(settings.REDIS_URL.removeprefix("unix://")) as running:
        yield running


class Consumer:
    """A consumer with as many prefetch slots as a worker of two processes, on a queue of its own."""

    def __init__(self, port: int) -> None:
        self.connection = Connection(
            f"redis://127.0.0.1:{port}/7", transport_options={"socket_timeout": 2}
        )
        self.messages: list[Any] = []
        queue = Queue("test-slots", "test-slots", routing_key="test-slots")
        channel: Any = self.connection.channel()  # a Redis one, which kombu's types do not say
        channel.basic_qos(0, SLOTS, False)
        self.channel = channel
        self.producer = self.connection.Producer()
        self.queue = queue
        consumer = self.connection.Consumer(
            queue,
            channel=self.channel,
            callbacks=[lambda _, message: self.messages.append(message)],
        )
        consumer.purge()
        consumer.consume()

    def receive(self) -> None:
        """One message more."""
        declared = [self.queue]
        self.producer.publish(
            "x", exchange="test-slots", routing_key="test-slots", declare=declared
        )
        self.connection.drain_events(timeout=5)


@pytest.mark.parametrize("answer", ["ack", "reject"])
def test_a_failed_acknowledgement_frees_its_slot(proxy: Proxy, answer: str) -> None:
    consumer = Consumer(proxy.port)
    for _ in range(SLOTS):
        consumer.receive()
    assert not consumer.channel.qos.can_consume()
    proxy.refuses = True
    proxy.cut()

    for message in consumer.messages:
        with pytest.raises((OperationalError, RedisError, OSError)):
            getattr(message, answer)()

    assert consumer.channel.qos.can_consume()
    proxy.refuses = False
    consumer.connection.close()
