"""What workers publish in a cluster: each node passes it on, whichever a live process is connected to."""

# mypy: allow-untyped-calls
# redis-py types neither commands by name nor subscriptions.

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from pytest_django.fixtures import Settings

from newsroom.stack.wheels import valkey_program
from reactions.cache.redis import counts_channel
from reactions.counts import put_counts, read_published
from tests.live.conftest import counts_of
from tests.servers import free_port

pytestmark = pytest.mark.chaos

PATIENCE_SECONDS = 15


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[int]]:
    """The ports of two nodes; the first has every slot."""
    ports, buses = [free_port(), free_port()], [free_port(), free_port()]
    processes = []
    for port, bus in zip(ports, buses, strict=True):
        (tmp_path / str(port)).mkdir()
        switches = ["--port", str(port), "--cluster-port", str(bus), "--save", ""]
        switches += ["--cluster-enabled", "yes", "--dir", str(tmp_path / str(port))]
        command = [str(valkey_program(None)), *switches, "--loglevel", "warning"]
        processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    try:
        clients = [redis.Redis(port=port) for port in ports]
        first, second = clients
        _until(lambda: first.ping() and second.ping())
        first.execute_command("CLUSTER ADDSLOTSRANGE 0 16383")
        first.execute_command("CLUSTER MEET", "127.0.0.1", ports[1], buses[1])
        _until(lambda: "ok" in str(second.execute_command("CLUSTER INFO")["cluster_state"]))
        yield ports
        for client in clients:
            client.close()
    finally:
        for process in processes:
            process.kill()
            process.wait(10)


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if condition():
                return
        except redis.RedisError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_counts_reach_a_subscriber_of_another_node(nodes: list[int], settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{nodes[0]}"
    article_id = uuid4()
    client = redis.Redis(port=nodes[1], decode_responses=True)
    with client, client.pubsub() as subscriber:
        subscriber.subscribe(counts_channel())
        subscriber.get_message(timeout=5)

        assert put_counts([counts_of(article_id, 3)]) is not None
        message = subscriber.get_message(ignore_subscribe_messages=True, timeout=5)

    assert message
    published = read_published(message["data"])
    assert published
    assert (published[0], published[1].version) == (article_id, 3)
