"""The log: a client's mistakes do not fill it, and what an operator has to know is in it."""

import os
import re
import subprocess
import sys

import pytest

from tests.servers import PROJECT

# In a process of its own: pytest replaces the handlers of the log.
REQUEST = """
import sys
import newsroom.wsgi
from django.test import Client
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from newsroom import health, urls
from django.urls import path
def fail(request):
    raise ValueError("a fault of ours")
def unready(request):
    from django.http import HttpResponse
    return HttpResponse(status=503)
def forbidden(request):
    raise PermissionDenied("not that")
def bad(request):
    raise BadRequest("not so")
def suspicious(request):
    raise SuspiciousOperation("not him")
urls.urlpatterns[:0] = [path("fail/", fail), path("readyz", unready), path("unready/", unready)]
urls.urlpatterns[:0] = [path(f"{each.__name__}/", each) for each in (forbidden, bad, suspicious)]
Client(raise_request_exception=False, headers={"host": sys.argv[2]}).get(sys.argv[1])
"""


@pytest.mark.parametrize(
    ("path", "host", "lines"),
    [
        ("/api/v1/nothing/", "localhost", []),
        ("/forbidden/", "localhost", []),
        ("/bad/", "localhost", []),
        ("/suspicious/", "localhost", ["ERROR django.security.SuspiciousOperation: not him"]),
        ("/readyz", "localhost", []),
        ("/unready/", "localhost", ["ERROR django.request: Service Unavailable: /unready/"]),
        (
            "/nothing/",
            "evil.example",
            [
                "ERROR django.security.DisallowedHost: Invalid HTTP_HOST header: 'evil.example'."
                " You may need to add 'evil.example' to ALLOWED_HOSTS."
            ],
        ),
    ],
)
def test_a_client_writes_one_line_at_most(path: str, host: str, lines: list[str]) -> None:
    assert log_of(path, host) == lines


def test_a_fault_of_ours_has_its_traceback() -> None:
    lines = log_of("/fail/", "localhost")

    assert lines[0] == "ERROR django.request: Internal Server Error: /fail/"
    assert lines[-1] == "ValueError: a fault of ours"


def log_of(path: str, host: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", REQUEST, path, host],
        cwd=PROJECT,
        env=os.environ
        | {"CALLS_PER_NETWORK_MINUTE": "0"},  # whose salt is in a database with tables
        capture_output=True,
        text=True,
        check=True,
    )
    # Each line begins with the name of its request.
    return [re.sub(r"^\[[0-9a-f]{16}\] ", "", line) for line in ran.stderr.splitlines()]
