"""From what stands in an address, a UUID or a slug, to an article's id."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from uuid import UUID

from django.db import OperationalError

from reactions.cache.limits import public_read
from reactions.cache.local import Copies
from reactions.sql import rows


def find_article(address: str) -> UUID | None:
    """The id of the article at this address. A UUID is taken at its word and costs no query."""
    return find_articles([address])[0]


def find_articles(addresses: Sequence[str]) -> list[UUID | None]:
    """The ids behind these addresses, in their order; None where a slug is nobody's.

    A slug leads to one article for as long as that exists, so where PostgreSQL is away an old copy does.
    Raises OperationalError where there is none.
    """
    ids: dict[str, UUID | None] = {address: _as_uuid(address) for address in addresses}
    slugs = [address for address, found in ids.items() if found is None and "\0" not in address]
    if slugs:
        ids |= (found := _ids.get_many(slugs))
        if len(found) < len(slugs):
            raise OperationalError("PostgreSQL cannot be asked which articles these are.")
    return [ids[address] for address in addresses]


def held_article(address: str) -> UUID | None:
    """The id of the article at this address, as far as this process knows it. Asks nobody."""
    if found := _as_uuid(address):
        return found
    held = _ids.fresh([address])
    return held[0] if held else None


def _read_ids(slugs: list[str]) -> Mapping[str, UUID | None]:
    try:
        with public_read():
            return dict.fromkeys(slugs) | dict(rows("find_articles", {"slugs": slugs}))
    except OperationalError:
        return {}


# Half a second: that long a slug may seem to be nobody's after a story has taken it.
_ids = Copies[str, UUID](_read_ids, most=4_096, fresh_seconds=0.5, stale_seconds=3_600)
forget_slugs = _ids.clear


@lru_cache(maxsize=4_096)
def _as_uuid(address: str) -> UUID | None:
    try:
        return UUID(address) if len(address) == 36 else None
    except ValueError:
        return None
