"""The front page: which articles it shows and where, decided by one query and the clock.

Lead: the desk's choice while it lasts; else, of the newest articles, the one with a picture that readers react to most;
else the newest. Beside it the latest, then each section, then what is left of the newest, so that the link to older articles
goes on where this page ends and leaves none out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import connection
from django.utils import timezone

from articles.hooks import Rankings
from articles.models import CURRENT_STATES, PUBLIC_STATES, Section
from articles.pagination import Position

LATEST = 4  # beside the lead
MOST_SECTIONS = 8  # the blocks of a newspaper's front page; a section of more has its page
PER_SECTION = 4
RANKED = 5
# Of a section: those beside the lead, and the lead, may be of the section too, and are not repeated.
_READ_PER_SECTION = PER_SECTION + LATEST + 1


_LISTED = f"a.is_listed AND a.state IN ({', '.join(repr(str(state)) for state in PUBLIC_STATES)})"
# In SQL, for Django's query compiler needs three times as long for it as PostgreSQL.
# Uses: the indexes articles_by_time and articles_by_section, this one for each section, and the key of the articles.
_ROWS = f"""
WITH shown AS (
  (SELECT id FROM articles_article a WHERE {_LISTED}
    ORDER BY published_at DESC, id DESC LIMIT %(newest)s)
  UNION
  SELECT own.id
    FROM articles_section s
   CROSS JOIN LATERAL (SELECT id FROM articles_article a WHERE section_id = s.id AND {_LISTED}
                        ORDER BY published_at DESC, id DESC LIMIT %(of_section)s) own
  UNION
  SELECT article_id FROM articles_lead WHERE until > %(now)s
  UNION
  SELECT unnest(%(ranked)s::uuid[])
)
SELECT a.id, a.version, a.updated_at, a.published_at, a.state, a.section_id, s.name, s.slug,
       COALESCE(m.file > '', false),
       (SELECT max(chosen_at) FROM articles_lead l WHERE l.article_id = a.id AND l.until > %(now)s)
  FROM shown
  JOIN articles_article a USING (id)
  LEFT JOIN articles_section s ON s.id = a.section_id
  LEFT JOIN articles_media m ON m.id = a.lead_image_id
 WHERE {_LISTED}
 ORDER BY a.published_at DESC, a.id DESC
"""  # noqa: S608  # the states are constants of the code


class Row(NamedTuple):
    """What decides about an article's place, and whether the page has changed."""

    id: UUID
    version: int
    updated_at: datetime
    published_at: datetime
    state: str
    section_id: int | None
    section_name: str | None
    section_slug: str | None
    has_picture: bool
    lead_chosen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Block:
    """A section with some of its articles, the newest first."""

    section: Section
    article_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The places of the articles by their ids. No article has two places, except in the rankings."""

    lead: UUID | None
    latest: tuple[UUID, ...]
    blocks: tuple[Block, ...]
    more: tuple[UUID, ...]
    loved: tuple[UUID, ...]
    felt: tuple[UUID, ...]
    older: Position | None  # where the list of older articles begins
    day: date  # of the edition, in the site's time zone
    rows: tuple[Row, ...]

    @property
    def article_ids(self) -> list[UUID]:
        """Of every article on the page, each once."""
        placed = [self.lead, *self.latest, *self.more, *self.loved, *self.felt]
        placed += [each for block in self.blocks for each in block.article_ids]
        return list(dict.fromkeys(each for each in placed if each))


def read_plan(rankings: Rankings, *, size: int, now: datetime | None = None) -> Plan:
    """The front page as it is now, with `size` of the newest articles. One query."""
    now = now or timezone.now()
    ranked = {*rankings.loved[: 2 * RANKED], *rankings.felt[: 2 * RANKED]}
    rows = _read_rows(now, size, ranked)
    newest = rows[:size]
    lead = _lead(rows, newest, rankings.felt)
    rest = [row for row in newest if row.id != lead]
    latest = rest[:LATEST] if lead else []
    taken = {lead, *(row.id for row in latest)}
    blocks = tuple(_blocks(rows, taken))
    taken |= {each for block in blocks for each in block.article_ids}
    known = {row.id for row in rows if row.state in CURRENT_STATES}
    return Plan(
        lead=lead,
        latest=_ids(latest),
        blocks=blocks,
        more=_ids(row for row in rest if row.id not in taken),
        loved=_ranked(rankings.loved, known),
        felt=_ranked(rankings.felt, known),
        older=Position(newest[-1].published_at, newest[-1].id) if len(rows) > size else None,
        day=timezone.localdate(now),
        rows=tuple(rows),
    )


def _read_rows(now: datetime, size: int, ranked: Iterable[UUID]) -> list[Row]:
    """The newest articles, one more than `size`, each section's newest, and those that lead or rank.

    Newest first, so that the first of all rows, and the first of each section, are exactly the newest.
    """
    parameters: dict[str, Any] = {
        "newest": size + 1,
        "of_section": _READ_PER_SECTION,
        "now": now,
        "ranked": list(ranked),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, parameters)
        return [Row(*each) for each in cursor.fetchall()]


def _lead(rows: Sequence[Row], newest: Sequence[Row], felt: Sequence[UUID]) -> UUID | None:
    """A retracted article never leads."""
    chosen = [
        (row.lead_chosen_at, row.id)
        for row in rows
        if row.lead_chosen_at and row.state in CURRENT_STATES
    ]
    if chosen:
        return max(chosen)[1]
    able = {row.id: row.has_picture for row in newest if row.state in CURRENT_STATES}
    ranked = [each for each in felt if each in able]
    pictured = [each for each in ranked if able[each]]
    return next(iter([*pictured, *ranked, *able]), None)


def _blocks(rows: Sequence[Row], taken: set[UUID | None]) -> Iterable[Block]:
    """A block for each of the sections with the newest articles, by their names, without what is placed above."""
    by_section: dict[int, list[Row]] = {}
    for row in rows:
        if row.section_id is not None:
            by_section.setdefault(row.section_id, []).append(row)
    newest = list(by_section.values())[:MOST_SECTIONS]
    for own in sorted(newest, key=lambda own: own[0].section_name or ""):
        first = own[0]
        shown = [row for row in own[:_READ_PER_SECTION] if row.id not in taken][:PER_SECTION]
        if shown:
            section = Section(
                pk=first.section_id, slug=str(first.section_slug), name=str(first.section_name)
            )
            yield Block(section, _ids(shown))


def _ranked(ranking: Sequence[UUID], known: set[UUID]) -> tuple[UUID, ...]:
    return tuple(each for each in ranking if each in known)[:RANKED]


def _ids(rows: Iterable[Row]) -> tuple[UUID, ...]:
    return tuple(row.id for row in rows)


T = TypeVar("T")


def pick(found: Mapping[UUID, T], ids: Iterable[UUID]) -> list[T]:
    """Those that were found, in this order: an article may have gone since the plan was made."""
    return [found[each] for each in ids if each in found]
