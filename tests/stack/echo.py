"""A WSGI application that answers with the request as it arrived: what really gets through a front."""

import json
import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

# Shorter than any time for which a proxy makes one request wait for another.
_MEETING_SECONDS = 3
_meeting = threading.Barrier(2)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The headers, and the number of bytes of the body, as JSON long enough to be compressed; 304 for its ETag.

    The query is the answer's Cache-Control; `public` without one. The answer allows the origin that the request names.
    A request of /meet is answered when another one is there, too: `met`.
    """
    if environ.get("HTTP_IF_NONE_MATCH") == '"one"':
        start_response("304 Not Modified", [("ETag", '"one"')])
        return []
    body = b"".join(iter(lambda: environ["wsgi.input"].read(65_536), b""))
    seen = {name: value for name, value in environ.items() if name.startswith(("HTTP_", "REMOTE"))}
    seen |= {"method": environ["REQUEST_METHOD"], "path": environ["PATH_INFO"], "bytes": len(body)}
    if environ["PATH_INFO"] == "/meet":
        seen["met"] = _has_met()
    answer = json.dumps(seen).encode() + b" " * 600
    cache_control = environ["QUERY_STRING"] or "public"
    headers = [("Content-Type", "application/json"), ("ETag", '"one"')]
    headers += [("Cache-Control", cache_control)]
    if origin := environ.get("HTTP_ORIGIN"):
        headers += [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
    start_response("200 OK", [*headers, ("Content-Length", str(len(answer)))])
    return [answer]


def _has_met() -> bool:
    try:
        _meeting.wait(_MEETING_SECONDS)
    except threading.BrokenBarrierError:
        _meeting.reset()
        return False
    return True
