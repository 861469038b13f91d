"""Calls that wait for a change, through the front and the server of web: who leaves frees their place."""

import json
import socket
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.servers import RunningStack

pytestmark = pytest.mark.stack

# More than all processes of web let wait.
MANY = 40
PATIENCE_SECONDS = 15


def ask(stack: RunningStack, query: str) -> tuple[dict[str, Any], float]:
    parts = urlsplit(stack.url)
    client = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS)
    started = time.monotonic()
    try:
        client.request("GET", f"/api/v1/changes/?{query}")
        body: dict[str, Any] = json.loads(client.getresponse().read())
    finally:
        client.close()
    return body, time.monotonic() - started


def quiet_cursor(stack: RunningStack) -> str:
    """The cursor after which nothing comes."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        cursor = ask(stack, "cursor=latest")[0]["next"]
        if ask(stack, f"cursor={cursor}&wait=3")[1] > 2.5:
            return str(cursor)
    raise AssertionError("the feed is never quiet")


def test_a_client_that_leaves_frees_its_place_within_five_seconds(stack: RunningStack) -> None:
    cursor = quiet_cursor(stack)
    parts = urlsplit(stack.url)
    address = (parts.hostname or "", parts.port or 80)
    request = (
        f"GET /api/v1/changes/?cursor={cursor}&wait=30 HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
    )
    with ExitStack() as clients:
        for _ in range(MANY):
            client = clients.enter_context(socket.create_connection(address))
            client.sendall(request.encode())
        until = time.monotonic() + PATIENCE_SECONDS
        while ask(stack, f"cursor={cursor}&wait=2")[1] > 1:  # they have not all arrived
            assert time.monotonic() < until
    left_at = time.monotonic()

    while ask(stack, f"cursor={cursor}&wait=1")[1] < 0.9:
        assert time.monotonic() - left_at < 5 + 1
        time.sleep(0.1)

    assert time.monotonic() - left_at < 5 + 1 + 1
