"""What a request for a stream asks for, and who sends it, from the scope of ASGI."""

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings

from reactions.moderation.client_network import client_network

Scope = Mapping[str, Any]

# As many as one stream may name; a front page has some thirty.
MOST_ARTICLES = 50
_ONE = "/live/articles/"
_MANY = "/live/"


class Refused(Exception):
    """A request that gets a problem (RFC 9457) in place of a stream; `parameter` is the one at fault."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        parameter: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.parameter = parameter
        self.headers = headers or {}


@dataclass(frozen=True)
class Asked:
    """The articles that a stream is asked for, each once."""

    addresses: list[str]
    is_list: bool
    last_event_id: str = ""


def read_request(scope: Scope) -> Asked:
    """What a path and its query ask for. Raises Refused."""
    path: str = scope["path"]
    if path != _MANY and not path.startswith(_ONE):
        raise Refused(404, "not_found", _hint(path))
    if scope["method"] not in {"GET", "HEAD"}:
        raise Refused(
            405, "method_not_allowed", "A stream is read by GET.", headers={"Allow": "GET, HEAD"}
        )
    values = _read_query(scope["query_string"], {"articles"} if path == _MANY else set())
    last_event_id = header(scope, b"last-event-id")
    if path != _MANY:
        address = path[len(_ONE) : -1]
        if not path.endswith("/") or not address or "/" in address:
            raise Refused(404, "not_found", _hint(path))
        return Asked([address], is_list=False, last_event_id=last_event_id)
    addresses = list(dict.fromkeys(each for each in values.get("articles", "").split(",") if each))
    if not addresses:
        raise Refused(
            400, "required", "Name the articles, separated by commas.", parameter="articles"
        )
    if len(addresses) > MOST_ARTICLES:
        raise Refused(
            400,
            "too_many",
            f"At most {MOST_ARTICLES} articles in one stream.",
            parameter="articles",
        )
    return Asked(addresses, is_list=True)


def header(scope: Scope, name: bytes) -> str:
    """The last header of this name, empty where there is none."""
    found = [value for each, value in scope["headers"] if each == name]
    return found[-1].decode("latin-1") if found else ""


def network_of(scope: Scope) -> bytes | None:
    """The network that the stream counts for; None for one that no limit of a network concerns.

    On its socket only the front reaches this process, and what it says about the client is true. On its port anyone
    may, so there the proxies that TRUSTED_PROXY_HOPS counts are trusted only where there is no front.
    """
    client = scope.get("client")
    request = _Request({"REMOTE_ADDR": client[0] if client else ""})
    if not client or not settings.BEHIND_FRONT:
        names = {
            b"x-forwarded-for": "HTTP_X_FORWARDED_FOR",
            b"x-through-proxy": "HTTP_X_THROUGH_PROXY",
        }
        for name, key in names.items():
            if value := header(scope, name):
                request.META[key] = value
    network = client_network(request)
    # A proxy on this machine that does not say whom it serves would make all readers one network.
    return b"loopback" if network is None and settings.LIVE_COUNTS_LOOPBACK else network


def may_read_metrics(scope: Scope) -> bool:
    """Only the bearer of METRICS_TOKEN; without one, no client."""
    token: str = settings.METRICS_TOKEN
    given = header(scope, b"authorization").encode()
    return bool(token) and compare_digest(given, f"Bearer {token}".encode())


@dataclass(frozen=True)
class _Request:
    """As much of Django's request as the client's network is read from."""

    META: dict[str, Any]

    @property
    def COOKIES(self) -> Mapping[str, str]:  # noqa: N802  # Django's name
        return {}


def _read_query(query: bytes, known: set[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            raise Refused(400, "unknown", "There is no such parameter.", parameter=name)
        if name in values:
            raise Refused(400, "repeated", "This parameter may be given once.", parameter=name)
        values[name] = value
    return values


def _hint(path: str) -> str:
    if not path.endswith("/"):
        return "There is nothing here. The addresses of streams end with a slash."
    return "There is nothing here."
