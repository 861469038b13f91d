"""Exports: reactions without their readers, counts, buckets and articles, as records of files that an import reads.

Those of one export are of one snapshot, so that they fit together: `snapshot`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from articles.transfer import ARTICLE_COLUMNS, article_records
from reactions.counts import by_key, rfc3339
from reactions.data_files import Columns, Record
from reactions.kinds import KINDS
from reactions.known_kinds import list_counted_kinds
from reactions.sql import statement, stream


@dataclass(frozen=True)
class DataSet:
    """What one file of an export holds."""

    columns: Columns
    read: Callable[[], Iterator[Record]]


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is exported inside is of one moment. Must be the outermost transaction."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(statement("begin_snapshot"))
        yield


def export_reactions() -> Iterator[Record]:
    """Every reaction that is not taken back, or that the counts still have.

    Without reader ids, for one id would join a reader's reactions to many articles. Times are rounded to a quarter of
    an hour: to the second they could be matched with the log of a proxy, which has addresses beside them. `counted` is
    what of it the counts have: another set than `reactions` for a second, or nothing where it is held.
    """
    keys = keys_by_bit()
    for article_id, guid, slug, kinds, counted, held, changed_at in stream("export_rows"):
        yield {
            **_named(article_id, guid, slug),
            "reactions": _keys_of(kinds, keys),
            "counted": _keys_of(counted, keys),
            "held": held,
            "changed_at": rfc3339(changed_at),
        }


def export_buckets() -> Iterator[Record]:
    """What was added to and removed from the counts of each article, by quarter of an hour and kind."""
    keys = keys_by_bit()
    for article_id, start, kind, added, removed in stream("export_buckets"):
        yield {
            "article": str(article_id),
            "start": rfc3339(start),
            "kind": keys[kind],
            "added": added,
            "removed": removed,
        }


def export_section_buckets() -> Iterator[Record]:
    """The same of sections: by the section that each article had when it was counted."""
    keys = keys_by_bit()
    for start, section, kind, added, removed in stream("export_section_buckets"):
        yield {
            "start": rfc3339(start),
            "section": section,
            "kind": keys[kind],
            "added": added,
            "removed": removed,
        }


def export_views() -> Iterator[Record]:
    """How many clients opened each article, by half hour, about."""
    for article_id, start, views in stream("export_views"):
        yield {"article": str(article_id), "start": rfc3339(start), "views": views}


def export_counts() -> Iterator[Record]:
    """Every count: of readers here, and of each import by its source."""
    keys = keys_by_bit()
    for article_id, version, source, kind, count, imported_at in stream("export_counts"):
        yield {
            "article": str(article_id),
            "version": version,
            "source": source,
            "kind": keys[kind],
            "count": count,
            "imported_at": _exact(imported_at),
        }


def export_policies() -> Iterator[Record]:
    """What editors set for single articles; null is left to default policies and the site."""
    keys = keys_by_bit()
    for article_id, state, allowed, closes_at, close_after_days in stream("export_policies"):
        yield {
            "article": str(article_id),
            "state": state,
            "allowed": None if allowed is None else _keys_of(allowed, keys),
            "closes_at": _exact(closes_at),
            "close_after_days": close_after_days,
        }


def export_totals() -> Iterator[Record]:
    """Every article with counts: what was counted here, and the imported counts."""
    for article_id, guid, slug, totals, imported in stream("export_totals"):
        yield {
            **_named(article_id, guid, slug),
            **by_key(totals),
            **{f"imported_{key}": count for key, count in by_key(imported).items()},
        }


def keys_by_bit() -> dict[int, str]:
    """The key of every bit: a kind of the site, one that it had before, or `bit-9` where its key is not known."""
    former = {bit: key for bit, key in list_counted_kinds().items() if key}
    return (
        {bit: f"bit-{bit}" for bit in range(31)} | former | {kind.bit: kind.key for kind in KINDS}
    )


# In the order in which an import reads them.
DATA_SETS: Final[Mapping[str, DataSet]] = {
    "articles": DataSet(ARTICLE_COLUMNS, article_records),
    "rows": DataSet(
        {
            "article": "value",
            "guid": "value",
            "slug": "value",
            "reactions": "list",
            "counted": "list",
            "held": "boolean",
            "changed_at": "value",
        },
        export_reactions,
    ),
    "buckets": DataSet(
        {
            "article": "value",
            "start": "value",
            "kind": "text",
            "added": "number",
            "removed": "number",
        },
        export_buckets,
    ),
    "section_buckets": DataSet(
        {
            "start": "value",
            "section": "value",
            "kind": "text",
            "added": "number",
            "removed": "number",
        },
        export_section_buckets,
    ),
    "views": DataSet({"article": "value", "start": "value", "views": "number"}, export_views),
    "policies": DataSet(
        {
            "article": "value",
            "state": "value",
            "allowed": "json",
            "closes_at": "value",
            "close_after_days": "number",
        },
        export_policies,
    ),
    "counts": DataSet(
        {
            "article": "value",
            "version": "number",
            "source": "text",
            "kind": "text",
            "count": "number",
            "imported_at": "value",
        },
        export_counts,
    ),
}
TOTALS: Final = DataSet(
    {
        **dict.fromkeys(("article", "guid", "slug"), "value"),
        **{kind.key: "number" for kind in KINDS},
        **{f"imported_{kind.key}": "number" for kind in KINDS},
    },
    export_totals,
)


def _named(article_id: object, guid: str | None, slug: str | None) -> dict[str, Any]:
    return {"article": str(article_id), "guid": guid, "slug": slug}


def _keys_of(mask: int, keys: Mapping[int, str]) -> list[str]:
    return [key for bit, key in keys.items() if mask >> bit & 1]


def _exact(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
