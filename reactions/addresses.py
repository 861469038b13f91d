"""From what stands in an address, a UUID or a slug, to an article's id."""

from collections.abc import Sequence
from uuid import UUID

from reactions.sql import rows


def find_article(address: str) -> UUID | None:
    """The id of the article at this address. A UUID is taken at its word and costs no query."""
    return find_articles([address])[0]


def find_articles(addresses: Sequence[str]) -> list[UUID | None]:
    """The ids behind these addresses, in their order; None where a slug is nobody's."""
    ids = {address: _as_uuid(address) for address in addresses}
    slugs = [address for address, found in ids.items() if found is None and "\0" not in address]
    if slugs:
        ids |= dict(rows("find_articles", {"slugs": slugs}))
    return [ids[address] for address in addresses]


def _as_uuid(address: str) -> UUID | None:
    try:
        return UUID(address) if len(address) == 36 else None
    except ValueError:
        return None
