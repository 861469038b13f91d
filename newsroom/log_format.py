"""The lines of the log: one JSON object each, or text for a terminal; with the request or task that they belong to.

Loads nothing of Django's: beat has none. `request_id` follows a request into the tasks that it sends (newsroom/celery.py).
"""

import json
import logging
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from articles.redaction import RedactingFormatter, redact

# Of the request that this thread answers, or that sent the task that it runs; empty where there is none.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# Name and id of the task that this thread runs.
task: ContextVar[tuple[str, str]] = ContextVar("task", default=("", ""))

# What a proxy of ours may have written.
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def new_request_id() -> str:
    return secrets.token_hex(8)


def is_request_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


@contextmanager
def of_request(name: str) -> Iterator[None]:
    """Lines of this thread are of this request, until the block ends."""
    reset = request_id.set(name)
    try:
        yield
    finally:
        request_id.reset(reset)


class TextFormatter(RedactingFormatter):
    """For a person who reads along: `[request]` only where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        name = request_id.get()
        return f"[{name}] {line}" if name else line


class JsonFormatter(logging.Formatter):
    """For a program that collects logs: one object a line, redacted."""

    def format(self, record: logging.LogRecord) -> str:
        task_name, task_id = task.get()
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": os.environ.get("NEWSROOM_PROCESS", "command"),
            "pid": record.process,
            "request_id": request_id.get(),
            "task": task_name,
            "task_id": task_id,
            "exception": self.formatException(record.exc_info) if record.exc_info else "",
        }
        return json.dumps(
            {name: _redacted(value) for name, value in fields.items() if value}, ensure_ascii=False
        )


def _redacted(value: Any) -> Any:
    return redact(value) if isinstance(value, str) else value
