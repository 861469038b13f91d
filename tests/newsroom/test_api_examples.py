"""Every example of docs/api.md, run against the product; those of Node where it is present."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from django.test import RequestFactory
from standardwebhooks import Webhook

from tests.load import publish
from tests.servers import PROJECT, RunningStack, free_port

pytestmark = pytest.mark.stack

_PAGE = (PROJECT / "docs" / "api.md").read_text("utf-8")
_NODE = shutil.which("node")
_NODE_MODULES = PROJECT / "tests" / "javascript" / "node_modules"
# The examples name a sample of a new installation; the tests have a story of their own.
_SLUG = "examples-of-the-api"
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_LANGUAGES = {"sh", "python", "js"}


@dataclass(frozen=True)
class Example:
    task: str
    language: str
    receiver: str
    code: str

    def __str__(self) -> str:
        return f"{self.task}: {self.receiver or self.language}".replace(" ", "-")


def _examples() -> Iterator[Example]:
    part = _PAGE.split("\n## Examples by task\n")[1].split("\n## ")[0]
    for section in part.split("\n### ")[1:]:
        task = section.partition("\n")[0]
        for info, code in re.findall(
            r"^```([^\n]+)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE
        ):
            language, _, receiver = info.partition(" receiver=")
            yield Example(task, language, receiver, code.replace("kelp-forest-returns", _SLUG))


EXAMPLES = list(_examples())
# Without Node those in JavaScript are not collected, nor without its package Express that of a receiver.
TASKS = [each for each in EXAMPLES if not each.receiver and (each.language != "js" or _NODE)]
RECEIVERS = [
    each
    for each in EXAMPLES
    if each.receiver and (each.language != "js" or (_NODE and (_NODE_MODULES / "express").is_dir()))
]

# What an example of each task prints, in every language.
PRINTS = {
    "Read articles and counts": [_SLUG],
    "Read the counts of many articles": ["love", "There is no such article"],
    "React as a reader": ["love", "1"],
    "Mirror articles and counts": [],
    "Ask for figures": ["Europe/Oslo", "love"],
    "Write and publish an article": ["published", "/articles/ferry-sails-"],
    "Receive webhooks": ["whsec_"],
}


def test_each_task_is_shown_in_each_language() -> None:
    shown: dict[str, set[str]] = {}
    for each in EXAMPLES:
        if not each.receiver:
            shown.setdefault(each.task, set()).add(each.language)

    assert shown == dict.fromkeys(PRINTS, _LANGUAGES)
    assert {each.receiver for each in EXAMPLES if each.receiver} == {
        *("django", "flask", "fastapi", "express")
    }


@pytest.fixture(scope="module")
def environment(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    publish(stack, [_SLUG])
    scopes = ("articles:read", "articles:write", "stats:read", "webhooks:manage")
    issued = stack.manage("issue_key", f"examples-{uuid4().hex[:8]}", "--scopes", *scopes)
    assert issued.returncode == 0, issued.stderr
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "NEWSROOM": stack.url.rstrip("/"),
        "KEY": issued.stdout.strip(),
        "PYTHONWARNINGS": "error",
    }


@pytest.mark.parametrize("example", TASKS, ids=str)
def test_an_example_works(example: Example, environment: dict[str, str], tmp_path: Path) -> None:
    run = subprocess.run(
        _command(example, tmp_path),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 0, run.stderr + run.stdout
    for expected in PRINTS[example.task]:
        assert expected in run.stdout
    if example.task == "Mirror articles and counts":
        assert re.search(r"[1-9]\d* articles; next cursor: \S+|\"kind\":\"content\"", run.stdout)


def _command(example: Example, folder: Path) -> list[str]:
    if example.language == "sh":
        return ["bash", "-eo", "pipefail", "-c", example.code]
    name = {"python": "example.py", "js": "example.mjs"}[example.language]
    (folder / name).write_text(example.code)
    return [sys.executable if example.language == "python" else str(_NODE), name]


# --- receivers of webhooks

# Texts that are other bytes once they were parsed and written again.
BODY = '{"type":"article.published","data":{"a":"é\u2028</script>","n":1e21, "b" : "\\u00e9"}}'.encode()

Receive = Callable[[bytes, dict[str, str]], int]


def _signed(body: bytes) -> dict[str, str]:
    now = datetime.now(UTC)
    signature = Webhook(_SECRET).sign("msg_1", now, body.decode())
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
        "content-type": "application/json",
    }


@pytest.mark.parametrize("example", RECEIVERS, ids=str)
def test_a_receiver_verifies_the_raw_body(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", _SECRET)
    headers = _signed(BODY)
    with _RECEIVERS[example.receiver](example, tmp_path) as receive:
        assert receive(BODY, headers) == 204
        parsed_and_written = json.dumps(json.loads(BODY)).encode()
        assert receive(parsed_and_written, headers) == 400
        assert receive(BODY, headers | {"webhook-signature": "v1,Zm9yZ2Vk"}) == 400
        assert receive(BODY, headers | {"webhook-signature": "nonsense"}) == 400
        assert receive(BODY, headers | {"webhook-timestamp": "1"}) == 400
        assert receive(BODY, {"content-type": "application/json"}) == 400


def _module(example: Example, folder: Path) -> ModuleType:
    path = folder / f"receiver_{example.receiver}.py"
    path.write_text(example.code)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _django(example: Example, folder: Path) -> Iterator[Receive]:
    view = _module(example, folder).receive

    def receive(body: bytes, headers: dict[str, str]) -> int:
        fields = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in headers.items()}
        request: Any = RequestFactory().generic("POST", "/newsroom", body, **fields)  # type: ignore[arg-type]  # fields
        return int(view(request).status_code)

    yield receive


@contextmanager
def _flask(example: Example, folder: Path) -> Iterator[Receive]:
    client = _module(example, folder).app.test_client()

    def receive(body: bytes, headers: dict[str, str]) -> int:
        return int(client.post("/newsroom", data=body, headers=headers).status_code)

    yield receive


@contextmanager
def _fastapi(example: Example, folder: Path) -> Iterator[Receive]:
    """Served by uvicorn, as it is in production."""
    port = free_port()
    config = uvicorn.Config(
        _module(example, folder).app, port=port, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield _receiver_at(port, is_alive=thread.is_alive)
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def _express(example: Example, folder: Path) -> Iterator[Receive]:
    (folder / "node_modules").symlink_to(_NODE_MODULES)
    (folder / "receiver.mjs").write_text(example.code)
    port = free_port()
    process = subprocess.Popen(
        [str(_NODE), "receiver.mjs"], cwd=folder, env=os.environ | {"PORT": str(port)}
    )
    try:
        yield _receiver_at(port, is_alive=lambda: process.poll() is None)
    finally:
        process.terminate()
        process.wait(10)


def _receiver_at(port: int, *, is_alive: Callable[[], bool]) -> Receive:
    url = f"http://127.0.0.1:{port}/newsroom"

    def receive(body: bytes, headers: dict[str, str]) -> int:
        request = urllib.request.Request(url, body, headers)  # ours
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # ours
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    deadline = time.monotonic() + 30
    while True:
        try:
            receive(b"", {})
        except urllib.error.URLError:
            assert is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return receive


_RECEIVERS: dict[str, Callable[[Example, Path], AbstractContextManager[Receive]]] = {
    "django": _django,
    "flask": _flask,
    "fastapi": _fastapi,
    "express": _express,
}
