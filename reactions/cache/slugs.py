"""From the UUID, slug or URL that names an article to its id."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import unquote
from uuid import UUID

from django.conf import settings
from django.db import OperationalError

from articles.sites.known import known_sites
from articles.sites.rules import is_url
from reactions.cache.limits import public_read
from reactions.cache.local import LocalCache
from reactions.sql import rows

_PAGES = "/articles/"  # as articles.urls has them


def find_article(address: str) -> UUID | None:
    """The id of the article at this address. A UUID is not verified and costs no query."""
    return find_articles([address])[0]


def find_articles(addresses: Sequence[str]) -> list[UUID | None]:
    """The ids of these addresses, in their order; None where no article has or had a slug.

    A slug leads to one article for as long as that exists, so where PostgreSQL is unreachable a stale entry answers.
    Raises OperationalError where there is none. A URL is that of an article's page here, or one of a site.
    """
    ids: dict[str, UUID | None] = {address: _as_uuid(address) for address in addresses}
    names = {address: _name_of(address) for address, found in ids.items() if found is None}
    wanted = {name for name in names.values() if name is not None}
    if wanted:
        found = _ids.get_many(wanted)
        if len(found) < len(wanted):
            raise OperationalError("PostgreSQL cannot be asked which articles these are.")
        ids |= {address: found[name] for address, name in names.items() if name is not None}
    return [ids[address] for address in addresses]


def _name_of(address: str) -> str | None:
    """What is looked up: a slug, or what the spellings of a site's address share, which has a slash. None for neither."""
    if "\0" in address:
        return None
    if not is_url(address):
        return address
    own = f"{settings.SITE_URL}{_PAGES}"
    if address.startswith(own):
        return unquote(address[len(own) :].partition("?")[0].partition("#")[0].rstrip("/")) or None
    found = known_sites().of_url(address)
    return found[1].key if found else None


def known_article(address: str) -> UUID | None:
    """The id of the article at this address, where this process knows it without asking PostgreSQL."""
    if found := _as_uuid(address):
        return found
    known = _ids.fresh([address])
    return known[0] if known else None


def _read_ids(names: list[str]) -> Mapping[str, UUID | None]:
    slugs = [name for name in names if "/" not in name]
    keys = [name for name in names if "/" in name]
    try:
        with public_read():
            found = rows("find_articles", {"slugs": slugs}, repeatable=True) if slugs else []
            if keys:
                found += rows("find_addresses", {"keys": keys}, repeatable=True)
            return dict.fromkeys(names) | dict(found)
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
