"""Exports for other systems: reactions without their readers, or the counts of each article."""

from collections.abc import Iterator
from typing import Any

from reactions.counts import by_key, rfc3339
from reactions.kinds import unpack
from reactions.sql import stream


def export_reactions() -> Iterator[dict[str, Any]]:
    """Every reaction that is not taken back, from one snapshot.

    Without reader ids, for one id would join a reader's reactions to many articles. Times are rounded to a quarter of
    an hour: to the second they could be matched with the log of a proxy, which has addresses beside them.
    """
    for article_id, guid, slug, kinds, held, changed_at in stream("export_rows"):
        yield {
            **_named(article_id, guid, slug),
            "reactions": unpack(kinds),
            "held": held,
            "changed_at": rfc3339(changed_at),
        }


def export_totals() -> Iterator[dict[str, Any]]:
    """Every article with counts: what was counted here, and the imported counts."""
    for article_id, guid, slug, totals, imported in stream("export_totals"):
        yield {
            **_named(article_id, guid, slug),
            **by_key(totals),
            **{f"imported_{key}": count for key, count in by_key(imported).items()},
        }


def _named(article_id: object, guid: str | None, slug: str | None) -> dict[str, Any]:
    return {"article": str(article_id), "guid": guid, "slug": slug}
