"""Sends a request again where that is safe, when the server asks for it or did not answer."""

import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
# Busy or restarting; what of it was done is not known.
_UNKNOWN = frozenset({502, 503, 504})
_FIRST_PAUSE = 0.5


class Retrying(httpx.BaseTransport):
    """A transport that waits as `Retry-After` says, or else twice as long each time, and sends the request again.

    After 429 nothing was done, so anything is sent again. After a lost connection, 502, 503 and 504 that is not known:
    then only what is safe to repeat is, which a POST is with an `Idempotency-Key`; and so after a 409 that says that the
    first call with this key is running. A pause longer than `most_wait` seconds is not waited for.
    """

    def __init__(self, inner: httpx.BaseTransport, *, retries: int, most_wait: float) -> None:
        self._inner = inner
        self._retries = retries
        self._most_wait = most_wait

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        is_safe = request.method in _IDEMPOTENT or "Idempotency-Key" in request.headers
        for attempt in range(self._retries):
            pause = _FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1)  # noqa: S311  # spreads clients
            try:
                response = self._inner.handle_request(request)
            except httpx.TransportError:
                if not is_safe:
                    raise
            else:
                asked = retry_after(response.headers.get("Retry-After"))
                if not _is_repeated(
                    response.status_code, is_safe=is_safe, is_asked=asked is not None
                ):
                    return response
                pause = pause if asked is None else asked
                if pause > self._most_wait:
                    return response
                response.close()
            time.sleep(min(pause, self._most_wait))
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def retry_after(value: str | None) -> float | None:
    """The seconds that a header field asks for, as a number or a date; None for neither."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def _is_repeated(status: int, *, is_safe: bool, is_asked: bool) -> bool:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return True
    return is_safe and (status in _UNKNOWN or (status == httpx.codes.CONFLICT and is_asked))
