"""A WSGI application that answers with the request as it arrived: what really gets through a front."""

import json
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The headers, and the number of bytes of the body, as JSON long enough to be compressed; 304 for its ETag.

    The query is the answer's Cache-Control; `public` without one. The answer allows the origin that the request names.
    """
    if environ.get("HTTP_IF_NONE_MATCH") == '"one"':
        start_response("304 Not Modified", [("ETag", '"one"')])
        return []
    body = b"".join(iter(lambda: environ["wsgi.input"].read(65_536), b""))
    seen = {name: value for name, value in environ.items() if name.startswith(("HTTP_", "REMOTE"))}
    seen |= {"method": environ["REQUEST_METHOD"], "path": environ["PATH_INFO"], "bytes": len(body)}
    answer = json.dumps(seen).encode() + b" " * 600
    cache_control = environ["QUERY_STRING"] or "public"
    headers = [("Content-Type", "application/json"), ("ETag", '"one"')]
    headers += [("Cache-Control", cache_control)]
    if origin := environ.get("HTTP_ORIGIN"):
        headers += [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
    start_response("200 OK", [*headers, ("Content-Length", str(len(answer)))])
    return [answer]
