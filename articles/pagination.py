"""Lists of articles by position, not by number: nothing is skipped or repeated when articles arrive."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from django.db.models import Q

from articles.models import Article, ArticleQuerySet

_POSITION = re.compile(r"(-?\d{1,18})-([0-9a-f]{32})")
_ID = re.compile(r"[0-9a-f]{32}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Position:
    """The position of an article in lists: its time, and its id where two articles share one."""

    published_at: datetime
    id: UUID

    @classmethod
    def of(cls, article: Article) -> Self:
        if article.published_at is None:
            raise ValueError("A story that is not published has no position.")
        return cls(article.published_at, article.pk)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for what `str` never gave."""
        match = _POSITION.fullmatch(text)
        if not match:
            raise ValueError("is not a position in this list.")
        try:
            published_at = _EPOCH + timedelta(microseconds=int(match[1]))
        except OverflowError:
            raise ValueError("is not a position in this list.") from None
        return cls(published_at, UUID(match[2]))

    def __str__(self) -> str:
        microseconds = (self.published_at - _EPOCH) // timedelta(microseconds=1)
        return f"{microseconds}-{self.id.hex}"


@dataclass(frozen=True, slots=True)
class Made:
    """The position of an article in lists by state: its id, which sorts by when it was made."""

    id: UUID

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for what `str` never gave."""
        if not _ID.fullmatch(text):
            raise ValueError("is not a position in this list.")
        return cls(UUID(text))

    def __str__(self) -> str:
        return self.id.hex


@dataclass(frozen=True, slots=True)
class MadePage:
    """Some articles of any state, and where the lists of newer and older ones begin, if any."""

    articles: Sequence[Article]
    newer: Made | None
    older: Made | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some articles, newest first, and where the lists of newer and older ones begin, if any."""

    articles: Sequence[Article]
    newer: Position | None
    older: Position | None

    @property
    def version(self) -> "Version":
        """What changes whenever the desk changes an article on the page, or which articles are on it."""
        rows = tuple((each.id, each.version, each.updated_at) for each in self.articles)
        return Version(rows, self.older is not None)


@dataclass(frozen=True, slots=True)
class Version:
    rows: tuple[tuple[UUID, int, datetime], ...]
    goes_on: bool

    @property
    def article_ids(self) -> list[UUID]:
        return [article_id for article_id, _, _ in self.rows]


def newest(articles: ArticleQuerySet, *, size: int) -> Page:
    found = list(articles.newest_first()[: size + 1])
    return _page(found, size, newer=False)


def older_than(position: Position, articles: ArticleQuerySet, *, size: int) -> Page:
    found = list(_older(position, articles).newest_first()[: size + 1])
    return _page(found, size, newer=True)


def version_of(articles: ArticleQuerySet, *, before: Position | None, size: int) -> Version:
    """The version of the page that `newest` or `older_than` would give, at a tenth of the cost."""
    listed = articles if before is None else _older(before, articles)
    rows = listed.newest_first().values_list("id", "version", "updated_at")
    found = tuple(rows[: size + 1])
    return Version(found[:size], len(found) > size)


def _older(position: Position, articles: ArticleQuerySet) -> ArticleQuerySet:
    # The outer condition lets the index begin at the position; the inner one settles ties.
    return articles.filter(
        Q(published_at__lt=position.published_at) | Q(id__lt=position.id),
        published_at__lte=position.published_at,
    )


def newer_than(position: Position, articles: ArticleQuerySet, *, size: int) -> Page:
    newer = articles.filter(
        Q(published_at__gt=position.published_at) | Q(id__gt=position.id),
        published_at__gte=position.published_at,
    )
    found = list(newer.newest_first().reverse()[: size + 1])
    listed = found[:size][::-1]
    return Page(
        listed,
        newer=Position.of(listed[0]) if len(found) > size else None,
        older=Position.of(listed[-1]) if listed else None,
    )


def newest_made(
    articles: ArticleQuerySet, *, before: Made | None, after: Made | None, size: int
) -> MadePage:
    """The articles by when they were made, the newest first; before or after a position, where one is given."""
    if after is not None:
        found = list(articles.filter(id__gt=after.id).order_by("id")[: size + 1])
        listed = found[:size][::-1]
        has_newer, has_older = len(found) > size, bool(listed)
    else:
        older = articles if before is None else articles.filter(id__lt=before.id)
        found = list(older.order_by("-id")[: size + 1])
        listed = found[:size]
        has_newer, has_older = before is not None and bool(listed), len(found) > size
    return MadePage(
        listed,
        newer=Made(listed[0].pk) if has_newer else None,
        older=Made(listed[-1].pk) if has_older else None,
    )


def _page(found: list[Article], size: int, *, newer: bool) -> Page:
    articles = found[:size]
    return Page(
        articles,
        newer=Position.of(articles[0]) if newer and articles else None,
        older=Position.of(articles[-1]) if len(found) > size else None,
    )
