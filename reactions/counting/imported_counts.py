"""Imported counts: counters of other systems, matched to articles and shown added to what is counted here.

They have no rows, so they never enter the counts: they are stored by article, kind and import, and added where counts
are read. Aggregation and reconcile ignore them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.db import transaction

from articles.sites.known import known_sites
from articles.sites.rules import Sites, is_url
from reactions.counting.cache_writer import write_stale_counts
from reactions.import_formats.counters import Counters, Mistake
from reactions.kinds import BY_KEY
from reactions.sql import rows

# Mistakes listed; the rest of the file is not read then.
_MOST_MISTAKES = 100
# Addresses looked up by one statement.
_BATCH = 5_000

_ENDINGS = (".html", ".htm", ".php", ".aspx")


class ImportRefused(Exception):
    """Nothing was imported; `mistakes` says why."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(f"{len(mistakes)} mistakes")
        self.mistakes = mistakes


@dataclass(frozen=True)
class ImportResult:
    """What an import did.

    `read` entries named `articles` articles, of which the public counts `changed`. `unmapped` are reactions of no
    kind here, by their names in the file; `unknown` are entries of no article here.
    """

    read: int
    articles: int
    changed: int
    reactions: int
    unmapped: Mapping[str, int]
    unknown: Sequence[Counters]


def import_counts(
    *,
    entries: Iterable[Counters | Mistake],
    source: str,
    kinds: Mapping[str, str],
    addresses: Mapping[str, str],
    origin: str = "",
    strict: bool = False,
    dry_run: bool = False,
) -> ImportResult:
    """Set the imported counts that `source` gives the articles of a file. Raises ImportRefused and Unreadable.

    All of it or nothing. The same file twice changes nothing; a later file of the same source replaces the numbers
    of the articles and kinds that it names. `kinds` maps the file's names to kind keys, `addresses` the file's
    articles to those here, where the two differ. With an `origin` the file's paths are of that site. Entries of one article are added up. With `strict` an unknown
    article is a mistake; else it is left out. Readers may react while it runs.
    """
    read = _collect(entries)
    found = _match(read, addresses, origin)
    unknown = [entry for entry in read if entry.address not in found]
    if strict and unknown:
        raise ImportRefused(
            [Mistake(entry.place, f"no article: {entry.address}") for entry in unknown]
        )
    counts, unmapped = _add_up((entry for entry in read if entry.address in found), found, kinds)
    with transaction.atomic():
        changed = _set_imported_counts(source, counts)
        transaction.set_rollback(dry_run)
    if not dry_run:
        write_stale_counts()
    return ImportResult(
        read=len(read),
        articles=len(set(found.values())),
        changed=changed,
        reactions=sum(counts.values()),
        unmapped=unmapped,
        unknown=unknown,
    )


def _collect(entries: Iterable[Counters | Mistake]) -> list[Counters]:
    """All entries, if nothing is wrong with any. Raises ImportRefused."""
    read: dict[str, Counters] = {}
    mistakes: list[Mistake] = []
    for entry in entries:
        if isinstance(entry, Mistake):
            mistakes.append(entry)
        elif first := read.get(entry.address):
            text = f"{entry.address} is repeated; it is in {first.place} already."
            mistakes.append(Mistake(entry.place, text))
        else:
            read[entry.address] = entry
        if len(mistakes) == _MOST_MISTAKES:
            mistakes.append(Mistake(entry.place, "the rest was not read."))
            break
    if mistakes:
        raise ImportRefused(mistakes)
    return list(read.values())


def _match(
    entries: Sequence[Counters], addresses: Mapping[str, str], origin: str
) -> dict[str, UUID]:
    """The article of each address that has one."""
    sites = known_sites()
    names = {entry.address: _names_of(entry.address, addresses, origin, sites) for entry in entries}
    ids: dict[str, UUID] = {}
    asked = sorted({name for each in names.values() for name in each})
    for start in range(0, len(asked), _BATCH):
        batch = asked[start : start + _BATCH]
        uuids = [each for each in map(_as_uuid, batch) if each]
        ids |= dict(rows("match_articles", {"names": batch, "ids": uuids}))
    found = {
        address: [ids[name] for name in each if name in ids] for address, each in names.items()
    }
    return {address: each[0] for address, each in found.items() if each}


def _names_of(address: str, addresses: Mapping[str, str], origin: str, sites: Sites) -> list[str]:
    """The names that the article may have here, the most certain first.

    A bare number is an id of the other system, also where a slug looks the same: only the map gives it a name.
    """
    if address in addresses:
        address = addresses[address]
    elif address.isdigit():
        return []
    if origin and address.startswith("/"):
        address = origin + address
    if is_url(address) and (of_site := sites.of_url(address)):
        return [of_site[1].key]  # the last part of its path may be the slug of another article
    uuid = _as_uuid(address)
    return [str(uuid)] if uuid else [address, *_slug_of(address)]


def _slug_of(address: str) -> list[str]:
    """The last part of an address's path, where there is one."""
    try:
        path = unquote(urlsplit(address).path)
    except ValueError:  # an address such as http://[
        return []
    last = path.removesuffix("/index.html").rstrip("/").rpartition("/")[2]
    for ending in _ENDINGS:
        last = last.removesuffix(ending)
    return [last] if last.isprintable() and last else []


def _as_uuid(name: str) -> UUID | None:
    try:
        return UUID(name) if len(name) == 36 else None
    except ValueError:
        return None


def _add_up(
    entries: Iterable[Counters], found: Mapping[str, UUID], kinds: Mapping[str, str]
) -> tuple[Counter[tuple[UUID, int]], dict[str, int]]:
    """The counts by article and kind, and those of no kind by their name in the file."""
    counts, unmapped = Counter[tuple[UUID, int]](), Counter[str]()
    for entry in entries:
        for name, count in entry.counts.items():
            if key := kinds.get(name):
                counts[found[entry.address], BY_KEY[key].bit] += count
            else:
                unmapped[name] += count
    return counts, {name: count for name, count in sorted(unmapped.items()) if count}


def _set_imported_counts(source: str, counts: Mapping[tuple[UUID, int], int]) -> int:
    columns = {
        "source": source,
        "articles": [article_id for article_id, _ in counts],
        "kinds": [bit for _, bit in counts],
        "counts": list(counts.values()),
    }
    return len(rows("set_imported_counts", columns))
