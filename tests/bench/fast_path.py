"""The fast path beside Django alone: `python -m tests.bench.fast_path` prints the CPU of one request.

Both answer the same requests in this process, in turns, without a server before them. Only their own processor time
counts: a Redis or PostgreSQL that another program delays does not change it.
"""

import io
import json
import os
import shutil
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from newsroom.stack.environment import recorded_environment
from tests.load import publish
from tests.servers import RunningStack, open_folder

ROUNDS = 7
REQUESTS = 200  # each round
SLUGS = [f"fast-{number}" for number in range(10)]

# The status, headers and body of a response.
Response = tuple[str, list[tuple[str, str]], bytes]


class Clock:
    """The local cache's clock, which `counts, expired` advances."""

    ahead_seconds = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_seconds


def call(
    application: Any, path: str, query: str = "", body: bytes = b"", cookie: str = ""
) -> Response:
    """A GET, or where there is a body a PUT."""
    environ = {
        "REQUEST_METHOD": "PUT" if body else "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "application/json" if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "HTTP_COOKIE": cookie,
        "HTTP_HOST": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }
    started: list[Any] = []
    response = application(environ, lambda status, headers, *_: started.extend([status, headers]))
    try:
        content = b"".join(response)
    finally:
        if hasattr(response, "close"):
            response.close()
    status, headers = started
    if status != "200 OK":
        raise RuntimeError(f"{path}: {status} {content!r}")
    return status, headers, content


def cpu_microseconds(request: Callable[[], object]) -> float:
    before = time.process_time()
    for _ in range(REQUESTS):
        request()
    return (time.process_time() - before) / REQUESTS * 1e6


def requests(application: Any, clock: Clock) -> Mapping[str, Callable[[], object]]:
    """The measured requests by name."""
    from reactions.readers import new_reader  # signs with the key of the running product

    one = f"/api/v1/articles/{SLUGS[0]}/reactions/"
    ids = [
        json.loads(call(application, f"/api/v1/articles/{slug}/reactions/")[2])["article"]
        for slug in SLUGS
    ]
    bodies = [json.dumps({"reactions": [kind]}).encode() for kind in ("sad", "love")]
    cookie = f"reader={new_reader().token}"
    call(application, f"{one}mine/", body=bodies[1], cookie=cookie)

    def expired() -> None:
        clock.ahead_seconds += 1.0
        call(application, one)

    def put() -> None:
        bodies.reverse()
        call(application, f"{one}mine/", body=bodies[0], cookie=cookie)

    return {
        "counts, fresh": lambda: call(application, one),
        "counts of ten, fresh": lambda: call(
            application, "/api/v1/reactions/", query=f"articles={','.join(ids)}"
        ),
        "counts, expired": expired,
        "PUT": put,
    }


def measure() -> None:
    from newsroom import wsgi  # reads the environment of the running product
    from reactions.cache import local

    clock = Clock()
    vars(local)["time"] = clock  # the module calls no other function of it
    fast, alone = requests(wsgi.application, clock), requests(wsgi.django, clock)
    print("| request | fast path | Django alone | ratio, median (min to max) |")
    print("|---|---|---|---|")
    for name in fast:
        for request in (fast[name], alone[name]):
            request()
        rounds = [
            (cpu_microseconds(fast[name]), cpu_microseconds(alone[name])) for _ in range(ROUNDS)
        ]
        ours, theirs = (statistics.median(each) for each in zip(*rounds, strict=True))
        ratios = sorted(one / other for one, other in rounds)
        print(
            f"| {name} | {ours:.1f} µs | {theirs:.0f} µs |"
            f" {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}) |"
        )


def main() -> None:
    folder: Path = open_folder("fast_path")
    stack = RunningStack(folder)
    stack.start()
    try:
        stack.wait_until_up()
        publish(stack, SLUGS)
        os.environ.update(recorded_environment(stack.data))
        measure()
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
