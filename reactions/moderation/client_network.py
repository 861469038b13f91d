"""Which network a request comes from, as a hash that two days later nobody can make again.

A network is what one party usually holds: 256 addresses of IPv4, a /48 of IPv6. Its hash is keyed by a
salt of the day, which the database destroys when the next day is over. The address itself is
written nowhere.
"""

import logging
import secrets
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

from reactions.sql import row, rows

logger = logging.getLogger(__name__)

_IPV4_BYTES, _IPV6_BYTES = 3, 6  # /24 and /48
_SALT_BYTES = 32


def network_of(request: HttpRequest) -> int | None:
    """A 64-bit hash of the network that the client is in; None where its address is not known."""
    prefix = _prefix(_client_address(request))
    if prefix is None:
        return None
    digest = blake2b(prefix, key=_salt(datetime.now(UTC).date()), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def forget_networks() -> int:
    """Forget salts and hashes of two days ago; returns how many networks were forgotten. Safe to repeat."""
    ((forgotten,),) = rows("forget_networks")
    return int(forgotten)


def _client_address(request: HttpRequest) -> str:
    """The address that the outermost of our own proxies saw; whatever the client claims stands left of it.

    Without proxies (TRUSTED_PROXY_HOPS = 0) the connection tells, and X-Forwarded-For is not looked at.
    """
    nearest = str(request.META.get("REMOTE_ADDR", ""))
    claimed = request.META.get("HTTP_X_FORWARDED_FOR")
    hops = settings.TRUSTED_PROXY_HOPS
    if not hops:
        if claimed:
            _warn_of_unknown_proxy()
        return nearest
    seen = [*(each.strip() for each in (claimed or "").split(",") if each.strip()), nearest]
    return seen[-1 - hops] if len(seen) > hops else nearest


@lru_cache(maxsize=4096)
def _prefix(address: str) -> bytes | None:
    """The network's part of an address, with or without a port or a zone."""
    try:
        parsed = ip_address(_without_port(address).partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return mapped.packed[:_IPV4_BYTES] if mapped else parsed.packed[:_IPV6_BYTES]
    return parsed.packed[:_IPV4_BYTES]


def _without_port(address: str) -> str:
    """Some proxies write 192.0.2.1:4711 or [2001:db8::1]:4711."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


@lru_cache(maxsize=2)
def _salt(day: date) -> bytes:
    """The same in every process: whichever asks first on a day makes it."""
    made = row("take_salt", {"day": day, "salt": secrets.token_bytes(_SALT_BYTES)})
    if made is None:  # another process has made it since this statement began
        made = row("take_salt", {"day": day, "salt": b""})
    assert made is not None  # noqa: S101  # a row that is there has been committed
    return bytes(made[0])


@cache
def _warn_of_unknown_proxy() -> None:
    """Once a process: behind a proxy that it does not know of, it would take all readers for one network."""
    logger.warning(
        "A request carries X-Forwarded-For, and TRUSTED_PROXY_HOPS is 0: if a proxy of yours stands"
        " in front, set it, or all readers count as one network."
    )
