"""What other systems counted before us, matched to our articles and shown as base + counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.db import transaction

from reactions.counting.cache_writer import write_stale_counts
from reactions.import_formats.counters import Counters, Mistake
from reactions.kinds import BY_KEY
from reactions.sql import rows

# Mistakes listed before the rest of a file is not worth reading.
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
    """What an import did: entries read and articles they led to; articles whose public counts changed; reactions
    that stand for them; by their names in the file, reactions of no kind of ours; entries of no article of ours."""

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
    strict: bool = False,
    dry_run: bool = False,
) -> ImportResult:
    """Make what a file says the baseline that `source` gives its articles. Raises Refused and Unreadable.

    All of it or nothing. The same file twice changes nothing; a later file of the same source replaces the
    numbers of the articles and kinds that it names. `kinds` leads from the file's names to our keys, `addresses`
    from the file's articles to ours, where they are not called the same. Entries that lead to one article are added
    up. With `strict`, an article that is not ours is a mistake; else it is left out. Readers may react meanwhile.
    """
    read = _collect(entries)
    found = _match(read, addresses)
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
    """All entries, if nothing is wrong with any. Raises Refused."""
    read: dict[str, Counters] = {}
    mistakes: list[Mistake] = []
    for entry in entries:
        if isinstance(entry, Mistake):
            mistakes.append(entry)
        elif first := read.get(entry.address):
            text = f"{entry.address} is there already, in {first.place}."
            mistakes.append(Mistake(entry.place, text))
        else:
            read[entry.address] = entry
        if len(mistakes) == _MOST_MISTAKES:
            mistakes.append(Mistake(entry.place, "the rest was not read."))
            break
    if mistakes:
        raise ImportRefused(mistakes)
    return list(read.values())


def _match(entries: Sequence[Counters], addresses: Mapping[str, str]) -> dict[str, UUID]:
    """The article of each address that has one."""
    names = {entry.address: _names_of(entry.address, addresses) for entry in entries}
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


def _names_of(address: str, addresses: Mapping[str, str]) -> list[str]:
    """What the article may be called here, the surest first.

    A bare number is another system's own, whatever slug it may resemble: it has a name only by the map.
    """
    if address in addresses:
        address = addresses[address]
    elif address.isdigit():
        return []
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
