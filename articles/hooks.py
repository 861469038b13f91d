"""The one door to what readers feel. Another app fills it at start-up; until then it is silent.

So an article's page and its API answer can show reactions while this app knows nothing of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Interaction:
    """What schema.org is told: how often readers did something with an article."""

    action: str  # its name there: LikeAction, DislikeAction, ReactAction
    name: str | None  # what sets it apart from others of the same action; None for their total
    count: int


@dataclass(frozen=True, slots=True)
class Widget:
    """What readers feel about one article, asked once for the whole of its page."""

    write: Callable[[], SafeString] = lambda: NOTHING  # what the page shows below the article
    head: SafeString = NOTHING  # its stylesheet and script, for the page's <head>
    # For search engines. A count that is not known, or not shown to readers, is left out.
    interactions: Sequence[Interaction] = ()
    version: str = ""  # another one where anything else here may be another
    changed_at: datetime | None = None  # when readers last changed it
    personal: bool = False  # shows this reader's own choice, so that no cache may share the page


class ReactionHooks(Protocol):
    """What articles ask about readers. No answer may fail a page: what is not known is None."""

    def totals(self, article_ids: Sequence[UUID]) -> Mapping[UUID, ReactionTotal]:
        """For a list, in one go. An article that is left out is shown without a total."""

    def summary(self, article_id: UUID) -> Mapping[str, object]:
        """For the API: `state`, `allowed` kinds, `counts` by kind, `total`."""

    def widget(self, request: HttpRequest, article: Article) -> Widget:
        """For the article page. Of the article only `id` and `slug` need to be loaded."""

    def article_changed(self, article_id: UUID) -> None:
        """The desk moved or edited the article, and has committed: what was cached of it may be wrong.

        Its row says where it stands: an article that is not public takes and shows no reactions, one
        that is retracted shows them and takes none. May come twice, and may raise: it is logged.
        """


class NullHooks:
    """Nobody asks the readers."""

    def totals(self, article_ids: Sequence[UUID]) -> Mapping[UUID, ReactionTotal]:
        return {}

    def summary(self, article_id: UUID) -> Mapping[str, object]:
        return {"state": "closed", "allowed": [], "counts": {}, "total": None}

    def widget(self, request: HttpRequest, article: Article) -> Widget:
        return Widget()

    def article_changed(self, article_id: UUID) -> None:
        return


_filler: ReactionHooks = NullHooks()


def register_hooks(filler: ReactionHooks) -> ReactionHooks:
    """Let `filler` answer from here on; returns who answered before. Called once, at start-up."""
    global _filler
    before, _filler = _filler, filler
    return before


def reaction_hooks() -> ReactionHooks:
    """Whoever answers for the readers."""
    return _filler
