"""The HTTP client for feeds and pictures: public addresses only, with limits of time and size.

The name is resolved once and the connection goes to the address that was checked, so that a name
which answers differently the second time gains nothing. Redirects are followed by hand, each as a
request of its own with the same checks.
"""

import http.client
import io
import ipaddress
import socket
import ssl
import time
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BYTES = 5 * 1024 * 1024  # of a body, as sent and as unpacked
SECONDS = 20.0  # for everything: names, redirects, and a server that sends a byte at a time
REDIRECTS = 5
LONGEST_WAIT = 7 * 24 * 3600.0  # seconds that a server may ask for
PORTS = frozenset({80, 443})
CHUNK = 64 * 1024
AGENT = "Newsroom/1"
ACCEPT = "application/feed+json, application/json, application/xml, text/html;q=0.8, */*;q=0.5"

# Networks whose addresses embed IPv4 addresses: the embedded address is the one that is reached.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
COMPATIBLE = ipaddress.IPv6Network("::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class FetchError(Exception):
    """What could not be fetched, and why; `retry_after` in seconds where the server said so."""

    def __init__(self, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class AllowedTargets:
    """What may be reached besides public addresses on the usual ports; for tests and intranets."""

    ports: Collection[int] = PORTS
    networks: Collection[Network] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `content` is None where nothing changed since the last time."""

    url: str
    content: bytes | None
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a receiver said, as much of it as was read. `retry_after` is in seconds."""

    status: int
    content: bytes
    retry_after: float | None = None


PUBLIC = AllowedTargets()


def fetch(
    url: str,
    *,
    etag: str = "",
    last_modified: str = "",
    allowed: AllowedTargets = PUBLIC,
    seconds: float = SECONDS,
    most_bytes: int = BYTES,
) -> Fetched:
    """GET the address. Raises FetchError for every failure, and no other exception."""
    deadline = time.monotonic() + seconds
    headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    conditions = {name: value for name, value in headers.items() if _is_header(value)}
    for _ in range(REDIRECTS + 1):
        try:
            answer = _get(url, conditions, allowed, deadline, most_bytes)
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            raise FetchError(_reason(error)) from None
        if isinstance(answer, Fetched):
            return answer
        url = answer
    raise FetchError(f"more than {REDIRECTS} redirects.")


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    allowed: AllowedTargets = PUBLIC,
    seconds: float,
    most_bytes: int,
) -> Answered:
    """POST to the address and read the answer's first bytes; it follows no redirect. FetchError where there is no answer.

    `seconds` are for everything: names, the connection, and a server that sends a byte at a time.
    """
    deadline = time.monotonic() + seconds
    try:
        parts, port = _parts(url, allowed)
        connection, raw = _connect(parts, port, allowed, deadline)
        try:
            own = {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
            connection.request("POST", _path(parts), body, {**_headers(parts, port), **own})
            response = connection.getresponse()
            return Answered(response.status, response.read(most_bytes), _wait(response))
        finally:
            raw.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(_reason(error)) from None


def check_address(address: Address, allowed: AllowedTargets = PUBLIC) -> None:
    """Raises FetchError for an address that is not a public one."""
    if any(address in network for network in allowed.networks):
        return
    for one in (address, *_inside(address)):
        if not one.is_global or one.is_multicast or one.is_reserved or one.is_unspecified:
            raise FetchError(f"{address} is not a public address.")


def _inside(address: Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address embeds: mapped, compatible, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64 or address in NAT64_LOCAL or address in COMPATIBLE:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def _get(
    url: str,
    conditions: Mapping[str, str],
    allowed: AllowedTargets,
    deadline: float,
    most_bytes: int,
) -> Fetched | str:
    """The answer, or where it sends us."""
    parts, port = _parts(url, allowed)
    connection, raw = _connect(parts, port, allowed, deadline)
    try:
        connection.request("GET", _path(parts), headers={**_headers(parts, port), **conditions})
        response = connection.getresponse()
        if response.status in {301, 302, 303, 307, 308}:
            return urljoin(url, response.getheader("Location") or "")
        if response.status == 304:
            return _fetched(url, response, None)
        if response.status != 200:
            raise FetchError(f"the server answered {response.status}.", retry_after=_wait(response))
        return _fetched(url, response, _body(response, most_bytes))
    finally:
        raw.close()


def _parts(url: str, allowed: AllowedTargets) -> tuple[SplitResult, int]:
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise FetchError("the address has characters that no address has.")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise FetchError("only http and https are fetched.")
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise FetchError("the address has no host, or a name and password.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if port not in allowed.ports:
        raise FetchError(f"the port {port} is not allowed.")
    return parts, port


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _connect(
    parts: SplitResult, port: int, allowed: AllowedTargets, deadline: float
) -> tuple[http.client.HTTPConnection, socket.socket]:
    """A connection to the first of the host's addresses that answers; each is checked before any is used."""
    host = parts.hostname or ""
    addresses = _resolve(host, port)
    for address in addresses:
        check_address(address, allowed)
    for number, address in enumerate(addresses, start=1):
        try:
            raw = socket.create_connection((str(address), port), timeout=_left(deadline))
            break
        except OSError:
            if number == len(addresses):
                raise
    connection = http.client.HTTPConnection(host, port)
    connection.auto_open = 0  # it must never resolve the name by itself
    try:
        if parts.scheme == "https":
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    except BaseException:
        raw.close()
        raise
    connection.sock = _Timed(raw, deadline)  # all of a socket that it uses
    return connection, raw


def _resolve(host: str, port: int) -> list[Address]:
    """Every address of the host, once. What getaddrinfo reads from 0x7f.1 or 2130706433 is checked too."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]
    return list(dict.fromkeys(addresses))


def _headers(parts: SplitResult, port: int) -> dict[str, str]:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    usual = port == (443 if parts.scheme == "https" else 80)
    return {
        "Host": host if usual else f"{host}:{port}",
        "User-Agent": AGENT,
        "Accept": ACCEPT,
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }


def _body(response: http.client.HTTPResponse, most_bytes: int) -> bytes:
    """Unpacked as it comes, so that neither a bomb nor a long answer is ever held whole."""
    encoding = (response.getheader("Content-Encoding") or "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise FetchError(f"the encoding {encoding[:20]!r} was not asked for.")
    unpacker = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    parts: list[bytes] = []
    received = unpacked = 0
    while chunk := response.read1(CHUNK):
        part = unpacker.decompress(chunk, most_bytes + 1) if unpacker else chunk
        received += len(chunk)
        unpacked += len(part)
        if max(received, unpacked) > most_bytes:
            raise FetchError(f"the answer has more than {most_bytes} bytes.")
        parts.append(part)
    if response.length or (unpacker and not unpacker.eof):
        raise FetchError("the answer breaks off.")
    return b"".join(parts)


def _fetched(url: str, response: http.client.HTTPResponse, content: bytes | None) -> Fetched:
    return Fetched(
        url=url,
        content=content,
        content_type=(response.getheader("Content-Type") or "")[:200],
        etag=(response.getheader("ETag") or "")[:1000],
        last_modified=(response.getheader("Last-Modified") or "")[:100],
    )


def _wait(response: http.client.HTTPResponse) -> float | None:
    """Retry-After, which is a number of seconds or a date."""
    value = (response.getheader("Retry-After") or "").strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:10]), LONGEST_WAIT))
    try:
        moment = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(moment - time.time(), 0.0), LONGEST_WAIT)


def _is_header(value: str) -> bool:
    """Whether it may be sent back: what came from outside is never trusted to stay in its line."""
    return bool(value) and value.isascii() and value.isprintable()


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the server took too long."
    if isinstance(error, ssl.SSLError):
        return f"the connection is not secure: {error.reason or error}."
    if isinstance(error, socket.gaierror):
        return "the host has no address."
    if isinstance(error, zlib.error):
        return "the answer is not gzip."
    if isinstance(error, OSError):
        return f"the connection failed: {(error.strerror or str(error)).lower()}."
    return f"the answer is not HTTP: {type(error).__name__}."


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Reader(io.RawIOBase):
    """What the other side sends, until the deadline."""

    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self.raw = raw
        self.deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        self.raw.settimeout(_left(self.deadline))
        return self.raw.recv_into(buffer)


class _Timed:
    """A socket whose every read and write ends by one deadline, however slowly the bytes come."""

    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self.raw = raw
        self.deadline = deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self.raw, self.deadline))

    def sendall(self, content: bytes) -> None:
        self.raw.settimeout(_left(self.deadline))
        self.raw.sendall(content)

    def close(self) -> None:
        """http.client closes what it has answered by before the body is read; `_get` does it after."""
