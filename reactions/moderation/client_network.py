"""The network of a client, as a keyed hash that cannot be computed again two days later.

A network is what one party usually controls: a /24 of IPv4, a /48 of IPv6. The key is a salt of the day, which the
database deletes when the next day is over. The address itself is stored nowhere.
"""

import logging
import secrets
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from django.conf import settings

from reactions.cache import redis, redis_keys
from reactions.readers import HasReader
from reactions.sql import row, rows

logger = logging.getLogger(__name__)

_IPV4_BYTES, _IPV6_BYTES = 3, 6  # /24 and /48
_SALT_BYTES = 32


def hash_client_network(request: HasReader) -> int | None:
    """A 64-bit hash of the client's network; None where its address is missing or cannot be read."""
    prefix = _prefix(_client_address(request))
    if prefix is None:
        return None
    digest = blake2b(prefix, key=_salt(datetime.now(UTC).date()), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def hash_client(request: HasReader) -> bytes:
    """16 bytes for the client's address and User-Agent, which cannot be computed again two days later.

    Many readers of one office with one browser are one client. It must be stored in no database.
    """
    agent = str(request.META.get("HTTP_USER_AGENT", ""))
    named = f"{_client_address(request)}\0{agent}".encode("utf-8", "surrogatepass")
    return blake2b(named, key=_salt(datetime.now(UTC).date()), digest_size=16).digest()


def client_network(request: HasReader) -> bytes | None:
    """The client's network itself, for a process that counts what is open; it must not be stored anywhere.

    None for a program on this machine, empty where the address is missing or cannot be read.
    """
    address = _client_address(request)
    return None if _is_loopback(address) else _prefix(address) or b""


def reader_of_day(request: HasReader, article_id: UUID) -> UUID | None:
    """The reader that an anonymous client is to one article for one day: the hash of address, program and article.

    Clients that share all three are one reader, so that nobody counts twice. It joins nothing: another article has
    another hash, and without the day's salt it cannot be computed again. None where the address cannot be read.
    """
    host = _prefix(_client_address(request), ipv4_bytes=4, ipv6_bytes=8)
    if host is None:
        return None
    agent = str(request.META.get("HTTP_USER_AGENT", "")).encode("utf-8", "replace")
    seen = b"\0".join((host, article_id.bytes, agent))
    key = _salt(datetime.now(UTC).date())
    return UUID(bytes=blake2b(seen, key=key, person=b"reader of day", digest_size=16).digest())


def purge_networks() -> int:
    """Delete salts, rates and hashes of two days ago; returns how many rates of networks. Safe to repeat."""
    ((deleted,),) = rows("purge_networks")
    return int(deleted)


def _client_address(request: HasReader) -> str:
    """The address that the outermost trusted proxy saw; what the client claims is left of it.

    Without proxies (TRUSTED_PROXY_HOPS = 0) it is the peer of the connection, and X-Forwarded-For is ignored.
    """
    nearest = str(request.META.get("REMOTE_ADDR", ""))
    claimed = request.META.get("HTTP_X_FORWARDED_FOR")
    hops = settings.TRUSTED_PROXY_HOPS
    # The front replaces X-Forwarded-For of a proxy that it does not know, and says that there is one.
    proxy = "HTTP_X_THROUGH_PROXY" in request.META if settings.BEHIND_FRONT else claimed
    if proxy and hops == settings.BEHIND_FRONT:
        _warn_of_unknown_proxy()
    if not hops:
        return nearest
    seen = [*(each.strip() for each in (claimed or "").split(",") if each.strip()), nearest]
    # A client that came past the first proxies has the address that the last one saw, the front or web itself.
    return seen[-1 - hops] if len(seen) > hops else seen[-1 - settings.BEHIND_FRONT :][0]


@lru_cache(maxsize=4096)
def _prefix(
    address: str, ipv4_bytes: int = _IPV4_BYTES, ipv6_bytes: int = _IPV6_BYTES
) -> bytes | None:
    """The network part of an address, which may carry a port or a zone."""
    try:
        parsed = ip_address(_without_port(address).partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return mapped.packed[:ipv4_bytes] if mapped else parsed.packed[:ipv6_bytes]
    return parsed.packed[:ipv4_bytes]


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(_without_port(address).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _without_port(address: str) -> str:
    """Some proxies write 192.0.2.1:4711 or [2001:db8::1]:4711."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


@lru_cache(maxsize=2)
def _salt(day: date) -> bytes:
    """The salt of a day, the same in every process."""
    made = row("get_or_create_salt", {"day": day, "salt": secrets.token_bytes(_SALT_BYTES)})
    if made is None:  # another process has made it since this statement began
        made = row("get_or_create_salt", {"day": day, "salt": b""})
    assert made is not None  # noqa: S101  # a row that is there has been committed
    return bytes(made[0])


@cache
def _warn_of_unknown_proxy() -> None:
    """Once a process: behind a proxy that is not configured, all readers seem to be one network."""
    logger.warning(
        "A request carries X-Forwarded-For, and TRUSTED_PROXY_HOPS is 0: behind a reverse proxy, set it,"
        " or all readers count as one network."
    )
    redis.write_text(
        redis_keys.UNKNOWN_PROXY, "seen", ttl_seconds=redis_keys.UNKNOWN_PROXY_TTL_SECONDS
    )


def has_unknown_proxy() -> bool:
    """Whether a request came through a proxy that no setting names, within a day; False where Redis cannot say."""
    return redis.read_text(redis_keys.UNKNOWN_PROXY) is not None
