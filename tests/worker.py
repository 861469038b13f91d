"""Another process of the product on the tests' database: it answers calls, one a line, and may be killed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

from tests.servers import PROJECT

_WORKER = """
import json, sys
import newsroom.wsgi
from django.test import Client
exec(sys.argv[1])
for line in sys.stdin:
    call = json.loads(line)
    answer = Client(raise_request_exception=False, SERVER_NAME="localhost").generic(
        call["method"], call["path"], call["body"], content_type="application/json", headers=call["headers"]
    )
    print(json.dumps([answer.status_code, dict(answer.headers), answer.content.decode()]), flush=True)
"""


class Worker:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def send(self, method: str, path: str, headers: Mapping[str, str], body: object = None) -> None:
        """Begin a call; `read_line` waits for its answer."""
        call = {"method": method, "path": path, "headers": headers, "body": json.dumps(body or {})}
        assert self.process.stdin
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()

    def read_line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: object = None
    ) -> tuple[int, dict[str, str], Any]:
        self.send(method, path, headers, body)
        status, answered, content = json.loads(self.read_line())
        return status, answered, content

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@contextmanager
def worker(setup: str = "", **environment: str) -> Iterator[Worker]:
    """`setup` is code that the process runs before it reads its first call."""
    server = settings.DATABASES["default"]
    url = f"postgresql://{server['USER']}@/{connection.settings_dict['NAME']}?host={server['HOST']}"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _WORKER, setup],
        cwd=PROJECT,
        env=os.environ | {"DATABASE_URL": url} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Worker(process)
    finally:
        process.kill()
        process.communicate()
