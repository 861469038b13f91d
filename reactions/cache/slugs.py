"""From the UUID or slug in an address to an article's id."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from uuid import UUID

from django.db import OperationalError

from reactions.cache.limits import public_read
from reactions.cache.local import LocalCache
from reactions.sql import rows


def find_article(address: str) -> UUID | None:
    """The id of the article at this address. A UUID is not verified and costs no query."""
    return find_articles([address])[0]


def find_articles(addresses: Sequence[str]) -> list[UUID | None]:
    """The ids of these addresses, in their order; None where no article has or had a slug.

    A slug leads to one article for as long as that exists, so where PostgreSQL is unreachable a stale entry answers.
    Raises OperationalError where there is none.
    """
    ids: dict[str, UUID | None] = {address: _as_uuid(address) for address in addresses}
    slugs = [address for address, found in ids.items() if found is None and "\0" not in address]
    if slugs:
        ids |= (found := _ids.get_many(slugs))
        if len(found) < len(slugs):
            raise OperationalError("PostgreSQL cannot be asked which articles these are.")
    return [ids[address] for address in addresses]


def known_article(address: str) -> UUID | None:
    """The id of the article at this address, where this process knows it without asking PostgreSQL."""
    if found := _as_uuid(address):
        return found
    known = _ids.fresh([address])
    return known[0] if known else None


def _read_ids(slugs: list[str]) -> Mapping[str, UUID | None]:
    try:
        with public_read():
            return dict.fromkeys(slugs) | dict(
                rows("find_articles", {"slugs": slugs}, repeatable=True)
            )
    except OperationalError:
        return {}


# Half a second: that long a slug may seem unknown after an article was given it.
_ids = LocalCache[str, UUID](_read_ids, max_entries=4_096, fresh_seconds=0.5, stale_seconds=3_600)
clear_slugs = _ids.clear


@lru_cache(maxsize=4_096)
def _as_uuid(address: str) -> UUID | None:
    try:
        return UUID(address) if len(address) == 36 else None
    except ValueError:
        return None
