"""Processes of the product that a test starts, holds and kills."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import PROJECT
from tests.sessions import database_url


@contextmanager
def process(program: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that runs this with the test's database. Killed in the end."""
    started = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "DATABASE_URL": database_url(), **environment},
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate(timeout=30)
