"""The protocol by which articles asks another app for reactions, with a default that has none.

The other app registers its implementation at start-up, so that an article's page and API answer can show reactions
while this app does not depend on it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.http import HttpRequest
from django.utils.safestring import SafeString

from articles.models import Article

NOTHING = SafeString("")


@dataclass(frozen=True, slots=True)
class ReactionTotal:
    """What a list shows for one article. A total that is not known is None, which is never 0."""

    total: int | None = None
    top: tuple[str, ...] = ()  # the emoji of the leading kinds, the most frequent first
    # What the list shows; it follows the counts by itself. Equal totals show the same.
    write: Callable[[], SafeString] = field(default=lambda: NOTHING, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Rankings:
    """The articles that readers reacted to most within a day, the first first; empty where too few did."""

    loved: Sequence[UUID] = ()
    felt: Sequence[UUID] = ()  # by reactions of every kind


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link in the foot of every page; `text` in the interface's language."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame with the reactions to one article, for pages of others. Sizes in pixels."""

    url: str
    title: str  # in the language of the article
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Interaction:
    """A count for schema.org: how often readers did something with an article."""

    action: str  # its name there: LikeAction, DislikeAction, ReactAction
    name: str | None  # what sets it apart from others of the same action; None for their total
    count: int


@dataclass(frozen=True, slots=True)
class Widget:
    """The reactions of one article, fetched once for its whole page."""

    write: Callable[[], SafeString] = lambda: NOTHING  # what the page shows below the article
    chip: Callable[[], SafeString] = lambda: (
        NOTHING
    )  # the leading reactions, for below the headline
    # For search engines. A count that is not known, or not shown to readers, is left out.
    interactions: Sequence[Interaction] = ()
    version: str = ""  # changes whenever another attribute may have changed
    changed_at: datetime | None = None  # when readers last changed it
    personal: bool = False  # shows this reader's own choice, so that no cache may share the page


class ReactionHooks(Protocol):
    """What articles needs to know about reactions. No method may fail a page: an unknown value is None."""

    def totals(self, article_ids: Sequence[UUID]) -> Mapping[UUID, ReactionTotal]:
        """For a list, in one call. An article that is left out is shown without a total."""

    def rankings(self) -> Rankings:
        """For the front page, at the cost of reading a variable. An article in it need not be public any more."""

    def summary(self, article_id: UUID) -> Mapping[str, object]:
        """For the API: `state`, `allowed` kinds, `counts` by kind, `total`."""

    def variant(self, request: HttpRequest) -> str | None:
        """What of a request changes the widget: equal for all requests that get the same one, and one of few texts.

        None where the widget may show one reader's own choice.
        """

    def links(self) -> Sequence[PageLink]:
        """For the foot of every page."""

    def head(self) -> SafeString:
        """For the <head> of every page that shows what `totals` or `widget` write."""

    def widget(self, request: HttpRequest, article: Article) -> Widget:
        """For the article page. Of the article only `id` and `slug` need to be loaded."""

    def find_on_sites(self, url: str) -> UUID | None:
        """The article at an address of another site."""

    def frame(self, article: Article, *, width: int, height: int) -> Frame | None:
        """What fits into this width and height; None where nothing does, or no page of others may show it."""

    def articles_change(self, article_ids: Sequence[UUID]) -> None:
        """An edit or a transition of these articles is about to be committed, in this transaction.

        What must happen after the commit even where this process dies is noted here. An exception undoes the change.
        """

    def article_changed(self, article_id: UUID) -> None:
        """An edit or a transition of the article was committed: what is cached of it may be wrong.

        The article's state decides: one that is not public accepts and shows no reactions, a retracted one
        shows them and accepts none. May be called twice; an exception is logged.
        """

    def articles_merged(self, merges: Mapping[UUID, UUID]) -> None:
        """These articles are about to be merged into others, in this transaction: by article, the other one.

        From the commit on the other one has the reactions of both, and a reader who reacted on both counts once. What
        must happen after the commit even where this process dies is noted here. An exception undoes the merge.
        """


class NullHooks:
    """The default: no reactions, and none accepted."""

    def totals(self, article_ids: Sequence[UUID]) -> Mapping[UUID, ReactionTotal]:
        return {}

    def rankings(self) -> Rankings:
        return Rankings()

    def summary(self, article_id: UUID) -> Mapping[str, object]:
        return {"state": "closed", "allowed": [], "counts": {}, "total": None}

    def variant(self, request: HttpRequest) -> str | None:
        return ""

    def links(self) -> Sequence[PageLink]:
        return ()

    def head(self) -> SafeString:
        return NOTHING

    def widget(self, request: HttpRequest, article: Article) -> Widget:
        return Widget()

    def find_on_sites(self, url: str) -> UUID | None:
        return None

    def frame(self, article: Article, *, width: int, height: int) -> Frame | None:
        return None

    def articles_change(self, article_ids: Sequence[UUID]) -> None:
        return

    def article_changed(self, article_id: UUID) -> None:
        return

    def articles_merged(self, merges: Mapping[UUID, UUID]) -> None:
        return


_registered: ReactionHooks = NullHooks()


def register_hooks(hooks: ReactionHooks) -> ReactionHooks:
    """Replace the implementation; returns the former one. Called once, at start-up."""
    global _registered
    former, _registered = _registered, hooks
    return former


def reaction_hooks() -> ReactionHooks:
    """The registered implementation."""
    return _registered
