"""The public keys of a site, from its JWKS address (RFC 7517), kept in the process.

They are read again after five minutes, and for a key that is not among them, as after a rotation: at most every ten
seconds, so that tokens with invented key ids cause no flood. Where the address cannot be read, the last keys stay.
"""

import json
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

from articles.http_client import PORTS, AllowedTargets, FetchError, fetch
from articles.models import Site

if TYPE_CHECKING:
    from jwt import PyJWK

logger = logging.getLogger(__name__)

_FRESH_SECONDS = 300.0
_PAUSE_SECONDS = 10.0
# A request of a reader waits for it, and others for that one.
_FETCH_SECONDS = 3.0
_MOST_BYTES = 256 * 1024
_MOST_KEYS = 100
_MOST_KEPT = 200

_KEY_TYPES: Mapping[str, str] = {Site.Algorithm.RS256: "RSA", Site.Algorithm.EDDSA: "OKP"}
# RFC 9864 has a name of its own for the curve.
_NAMES: Mapping[str, set[str]] = {
    Site.Algorithm.RS256: {"RS256"},
    Site.Algorithm.EDDSA: {"EdDSA", "Ed25519"},
}


class KeysUnreachable(Exception):
    """No keys of the site are known: its JWKS address cannot be read, or has none for its algorithm."""


@dataclass(slots=True)
class _Kept:
    """The keys of one address. Times are monotonic seconds."""

    keys: Sequence["PyJWK"] = ()
    expire_at: float = 0.0
    pause_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def choose(self, key_id: str | None) -> Sequence["PyJWK"]:
        """Those that may have signed a token with this key id, or with none."""
        return [each for each in self.keys if key_id is None or each.key_id in {None, key_id}]


_kept: dict[tuple[str, str], _Kept] = {}


def keys_of(site: Site, *, key_id: str | None) -> Sequence["PyJWK"]:
    """The keys of the site that may have signed a token; none where it has no such key. Raises KeysUnreachable."""
    if len(_kept) > _MOST_KEPT:
        _kept.clear()
    kept = _kept.setdefault((site.jwks_url, site.jwt_algorithm), _Kept())
    found = kept.choose(key_id)
    if not found or time.monotonic() > kept.expire_at:
        # With a key the others go on meanwhile; without one they wait for what comes.
        _refresh(kept, site, wait_seconds=0 if found else _FETCH_SECONDS)
        found = kept.choose(key_id)
    if not kept.keys:
        raise KeysUnreachable
    return found


def clear_keys() -> None:
    """Have the next caller read them: in tests."""
    _kept.clear()


def _refresh(kept: _Kept, site: Site, *, wait_seconds: float) -> None:
    if not kept.lock.acquire(timeout=wait_seconds):
        return
    try:
        if time.monotonic() < kept.pause_until:
            return
        try:
            kept.keys = _read(site)
            kept.expire_at = time.monotonic() + _FRESH_SECONDS
        except (FetchError, ValueError) as error:
            logger.warning("The keys of the site %r cannot be read: %s", site.name, error)
        kept.pause_until = time.monotonic() + _PAUSE_SECONDS
    finally:
        kept.lock.release()


def _read(site: Site) -> Sequence["PyJWK"]:
    """The usable keys at the address. Raises FetchError, and ValueError where there are none."""
    # The port that an editor has stated, and the networks that the operator allows.
    ports = PORTS | {urlsplit(site.jwks_url).port or 443}
    allowed = AllowedTargets(ports=ports, networks=settings.FETCH_NETWORKS)
    fetched = fetch(site.jwks_url, allowed=allowed, seconds=_FETCH_SECONDS, most_bytes=_MOST_BYTES)
    try:
        document = json.loads(fetched.content or b"")
    except RecursionError:
        raise ValueError("it is nested too deeply.") from None
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("it is no JWKS, an object with a list of keys.")
    keys = [key for each in listed[:_MOST_KEYS] if (key := _key(each, site.jwt_algorithm))]
    if not keys:
        raise ValueError(f"it has no public key for {site.jwt_algorithm}.")
    return keys


def _key(jwk: Any, algorithm: str) -> "PyJWK | None":
    """The key, bound to the site's algorithm; None for another's, for encryption, and for a key that is not public."""
    from jwt import PyJWK, PyJWTError

    if not isinstance(jwk, Mapping) or "d" in jwk or jwk.get("kty") != _KEY_TYPES[algorithm]:
        return None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) not in _NAMES[algorithm]:
        return None
    try:
        return PyJWK(dict(jwk), algorithm)
    except (PyJWTError, TypeError, ValueError):
        return None
