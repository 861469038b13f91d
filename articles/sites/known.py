"""The sites that this process knows: read again after a second, for every request with a foreign origin needs them."""

import threading
import time
from dataclasses import dataclass

from django.db import OperationalError

from articles.models import Site
from articles.sites.rules import Sites

# A site that an editor changes is known everywhere within so many seconds.
_FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Read:
    sites: Sites
    read_at: float  # monotonic


_last: _Read | None = None
# Where none were ever read, until when the next callers need not find that out themselves; monotonic.
_unreachable_until = 0.0
_lock = threading.Lock()


def known_sites() -> Sites:
    """The active sites. Where PostgreSQL is unreachable, those that were read last; OperationalError without any."""
    global _last, _unreachable_until
    last = _last
    if last is not None and time.monotonic() < last.read_at + _FRESH_SECONDS:
        return last.sites
    with _lock:
        if _last is not last and _last is not None:
            return _last.sites
        if time.monotonic() < _unreachable_until:
            raise OperationalError("The sites could not be read a moment ago.")
        try:
            sites = Sites(Site.objects.filter(active=True).order_by("id"))
        except OperationalError:
            if last is None:
                _unreachable_until = time.monotonic() + _FRESH_SECONDS
                raise
            sites = last.sites
        _last = _Read(sites, time.monotonic())
        return sites


def clear_sites() -> None:
    """Have the next caller read them again: after a change in this process, and in tests."""
    global _last, _unreachable_until
    _last, _unreachable_until = None, 0.0
