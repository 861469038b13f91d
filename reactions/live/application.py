"""The ASGI application: streams of public counts as server-sent events, and the probes of this process.

No Django request, no cookie, no identity: the stream is the same for every client.
"""

import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

from articles.problems import CONTENT_TYPE, problem
from reactions.live import events
from reactions.live.articles import LiveArticle
from reactions.live.hub import Full, Hub
from reactions.live.listeners import Message, Send
from reactions.live.metrics import exposition
from reactions.live.requests import (
    Asked,
    Refused,
    Scope,
    may_read_metrics,
    network_of,
    read_request,
)

Receive = Callable[[], Awaitable[Message]]

# In the scope, from newsroom/live.py: cuts the connection, whatever waits in its buffer.
ABORT = "newsroom.abort"

_STREAM = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"access-control-allow-origin", b"*"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
# Seconds after which a client that found no room may try again, each after another time.
_RETRY_AFTER_SECONDS = (5, 30)


class Live:
    """The application. `hub` is made by the process that serves it, inside its event loop."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self.hub is None:
            return
        path = scope["path"]
        if path in {"/healthz", "/readyz", "/metrics"}:
            await _answer_probe(self.hub, scope, send)
            return
        try:
            await self._stream(self.hub, scope, receive, send)
        except Refused as refused:
            await _refuse(refused, send)

    async def _stream(self, hub: Hub, scope: Scope, receive: Receive, send: Send) -> None:
        asked = read_request(scope)
        network = network_of(scope)
        try:
            hub.check_room(network)
            articles, first = await _find(hub, asked)
            if scope["method"] == "HEAD":
                await _send_head(200, _STREAM, send)
                await send({"type": "http.response.body", "body": b""})
                return
            await _send_head(200, _STREAM, send)
            listener = hub.add(send, scope[ABORT], articles, network, first=first)
        except Full:
            raise _full() from None
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            hub.remove(listener)


async def _find(hub: Hub, asked: Asked) -> tuple[list[LiveArticle], bytes]:
    """The articles, and the events of those that there are not. Raises Refused."""
    found = await hub.find(asked.addresses)
    if len(found) < len(asked.addresses):
        raise _unavailable("Which articles these are cannot be found out at this moment.")
    articles = [each for each in found.values() if each]
    if not asked.is_list:
        if not articles or (articles[0].answer and not articles[0].answer.is_shown):
            raise Refused(
                404, "not_found", "There is no such article, or its reactions are not shown."
            )
        await hub.compare(articles[0], asked.last_event_id)
    return articles, b"".join(
        events.merged(each, article.article_id) if article else events.missing(each)
        for each, article in found.items()
        if not article or hub.is_merged(each, article)
    )


async def _answer_probe(hub: Hub, scope: Scope, send: Send) -> None:
    status, content_type = 200, "text/plain; charset=utf-8"
    match scope["path"]:
        case "/healthz":
            content = "ok\n"
        case "/readyz":
            record = hub.record()
            is_ready = record["live"] and not record["draining"]
            status, content_type = 200 if is_ready else 503, "application/json"
            content = json.dumps({"state": "ok" if is_ready else "down", **record})
        case _ if may_read_metrics(scope):
            content, content_type = (
                exposition([hub.record()]),
                "text/plain; version=0.0.4; charset=utf-8",
            )
        case _:
            status, content = 404, "There is nothing here.\n"
    await _answer(status, content_type, content.encode(), {}, send)


def _full() -> Refused:
    seconds = random.randint(*_RETRY_AFTER_SECONDS)  # noqa: S311  # no secret
    return Refused(
        503, "full", "There is no room for another stream; try again later.",
        headers={"Retry-After": str(seconds)},
    )  # fmt: skip


def _unavailable(detail: str) -> Refused:
    seconds = random.randint(*_RETRY_AFTER_SECONDS)  # noqa: S311  # no secret
    return Refused(503, "unavailable", detail, headers={"Retry-After": str(seconds)})


async def _refuse(refused: Refused, send: Send) -> None:
    code, errors = refused.code, None
    if refused.parameter:
        error = {"field": refused.parameter, "code": code, "detail": refused.detail}
        code, errors = "invalid", [error]
    body = problem(refused.status, code=code, detail=refused.detail, errors=errors)
    content = json.dumps(body).encode()
    await _answer(refused.status, CONTENT_TYPE, content, dict(refused.headers), send)


async def _answer(
    status: int, content_type: str, content: bytes, headers: dict[str, str], send: Send
) -> None:
    every = {
        "Content-Type": content_type,
        "Content-Length": str(len(content)),
        "Cache-Control": "no-store",
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "cross-origin",
        **headers,
    }
    await _send_head(
        status, [(name.encode(), value.encode()) for name, value in every.items()], send
    )
    await send({"type": "http.response.body", "body": content})


async def _send_head(status: int, headers: Any, send: Send) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
