"""What readers felt, for somebody else to study: reactions without their readers, or the totals of each article."""

from collections.abc import Iterator
from typing import Any

from reactions.counts import by_key, rfc3339
from reactions.kinds import unpack
from reactions.sql import stream


def export_reactions() -> Iterator[dict[str, Any]]:
    """Each reaction that somebody holds, one snapshot of them all.

    No reader's id, for one id would join what a reader felt about many articles. Times are those of a quarter
    of an hour: to the second they would be found again in the log of any proxy, with an address beside them.
    What a reader took back is left out.
    """
    for article_id, guid, slug, kinds, held, changed_at in stream("export_rows"):
        yield {
            **_named(article_id, guid, slug),
            "reactions": unpack(kinds),
            "held": held,
            "changed_at": rfc3339(changed_at),
        }


def export_totals() -> Iterator[dict[str, Any]]:
    """Each article with counts: what was counted here, and what was imported."""
    for article_id, guid, slug, totals, imported in stream("export_totals"):
        yield {
            **_named(article_id, guid, slug),
            **by_key(totals),
            **{f"imported_{key}": count for key, count in by_key(imported).items()},
        }


def _named(article_id: object, guid: str | None, slug: str | None) -> dict[str, Any]:
    return {"article": str(article_id), "guid": guid, "slug": slug}
