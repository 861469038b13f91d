"""Calls that wait for a change, through the front and the server of web: who leaves frees their place."""

import json
import select
import socket
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.servers import RunningStack

pytestmark = pytest.mark.stack

# One of the two processes of web gets more of them than it lets wait, and the other may get none.
MANY = 40
OF_ONE_PROCESS, OF_ALL = 6, 12
LEAVE_SECONDS = 5
PATIENCE_SECONDS = 15


def latest_cursor(stack: RunningStack) -> str:
    with closing(HTTPConnection(urlsplit(stack.url).netloc, timeout=PATIENCE_SECONDS)) as client:
        client.request("GET", "/api/v1/changes/?cursor=latest")
        return str(json.loads(client.getresponse().read())["next"])


def count_waiting(stack: RunningStack) -> int:
    """How many of MANY clients that ask at once are not answered at once. They have left when it returns."""
    parts = urlsplit(stack.url)
    path = f"/api/v1/changes/?cursor={latest_cursor(stack)}&wait=30"
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    with ExitStack() as opened:
        waiting = set()
        for _ in range(MANY):
            client = socket.create_connection((parts.hostname or "", parts.port or 80))
            opened.enter_context(client)
            client.sendall(request)
            waiting.add(client)
        while True:  # until a second has passed without a whole answer
            ready, _, _ = select.select(waiting, [], [], 1)
            answered = {each for each in ready if b'"more"' in each.recv(65_536)}
            if not answered and not ready:
                return len(waiting)
            waiting -= answered
            if len(waiting) <= OF_ALL and not answered:
                return len(waiting)


def test_clients_that_leave_free_their_places_within_five_seconds(stack: RunningStack) -> None:
    """If they did not, no more than OF_ALL could ever wait."""
    waited = 0
    while waited <= OF_ALL:
        until = time.monotonic() + LEAVE_SECONDS + PATIENCE_SECONDS
        while (waiting := count_waiting(stack)) < OF_ONE_PROCESS:
            assert time.monotonic() < until, f"{waited} have waited, and no more may"
        waited += waiting
