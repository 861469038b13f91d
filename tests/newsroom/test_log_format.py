"""Lines of the log for programs and for persons, and the request that they belong to, through Celery."""

import json
import logging
import sys
from typing import Any

import pytest
from celery.app.task import Context
from celery.signals import task_postrun, task_prerun
from django.http import HttpResponse
from django.test import Client
from kombu import Connection
from pytest_django import Settings

from newsroom import log_format
from newsroom.celery import app
from newsroom.tasks import every_second
from tests.newsroom.test_redaction import READER

_QUEUE = "test-log-format"


def record_of(message: str, *args: object, **options: Any) -> logging.LogRecord:
    return logging.LogRecord(
        "newsroom.x", logging.WARNING, "x.py", 1, message, args, None, **options
    )


def as_json(record: logging.LogRecord) -> dict[str, Any]:
    line = log_format.JsonFormatter().format(record)
    assert "\n" not in line
    read: dict[str, Any] = json.loads(line)
    return read


def test_a_line_is_one_object() -> None:
    line = as_json(record_of("%d counts may be old:\nPostgreSQL", 3))

    assert line.pop("time").endswith("+00:00")
    assert line.pop("pid") > 0
    assert line.pop("process")
    assert line == {
        "level": "warning",
        "logger": "newsroom.x",
        "message": "3 counts may be old:\nPostgreSQL",
    }


def test_a_traceback_is_in_its_line_and_redacted() -> None:
    try:
        raise ValueError(f"Reader {READER} of 203.0.114.9")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed", (), sys.exc_info())

    line = as_json(record)

    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: Reader … of …")
    assert READER not in json.dumps(line)


def test_lines_name_their_request_and_only_while_it_runs() -> None:
    text = log_format.TextFormatter("%(levelname)s %(message)s")

    with log_format.of_request("0123456789abcdef"):
        during = as_json(record_of("x")), text.format(record_of("x"))
    after = as_json(record_of("x")), text.format(record_of("x"))

    assert (during[0]["request_id"], during[1]) == (
        "0123456789abcdef",
        "[0123456789abcdef] WARNING x",
    )
    assert ("request_id" in after[0], after[1]) == (False, "WARNING x")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of each request, as the view of /healthz sees it."""
    names: list[str] = []

    def answer(*_: object, **__: object) -> HttpResponse:
        names.append(log_format.request_id.get())
        return HttpResponse(status=503)

    monkeypatch.setattr("newsroom.health.HttpResponse", answer)
    return names


def test_each_request_has_a_name_of_its_own_and_an_error_says_it(
    client: Client, asked: list[str]
) -> None:
    answers = [client.get("/healthz", headers={"X-Request-ID": "of-a-client"}) for _ in range(2)]

    assert [each["X-Request-ID"] for each in answers] == asked
    assert len({*asked}) == 2
    assert "of-a-client" not in asked


def test_behind_our_proxy_a_request_has_the_proxys_name(
    client: Client, settings: Settings, asked: list[str]
) -> None:
    settings.TRUSTED_PROXY_HOPS = 1
    for given in ("5f2b9d1c00ab", "x" * 65, "a b c d e f g"):
        client.get("/healthz", headers={"X-Request-ID": given})

    assert asked[0] == "5f2b9d1c00ab"
    assert all(len(each) == 16 for each in asked[1:])


def test_an_answer_that_caches_share_has_no_name(client: Client, db: None) -> None:
    assert "X-Request-ID" not in client.get("/").headers


def test_a_task_carries_the_name_of_the_request_that_sent_it() -> None:
    with log_format.of_request("0123456789abcdef"):
        app.send_task(every_second.name, queue=_QUEUE)
    with Connection(app.conf.broker_url) as broker:
        queue = broker.SimpleQueue(_QUEUE)
        message = queue.get(timeout=5)
        message.ack()
        queue.close()
    every_second.push_request(**vars(Context(message.headers)))
    try:
        task_prerun.send(every_second, task_id="7", task=every_second)
        line = as_json(record_of("x"))
        task_postrun.send(every_second, task_id="7", task=every_second, state="SUCCESS")
    finally:
        every_second.pop_request()

    assert line["request_id"] == "0123456789abcdef"
    assert (line["task"], line["task_id"]) == ("newsroom.every_second", "7")
    assert "task" not in as_json(record_of("x"))
