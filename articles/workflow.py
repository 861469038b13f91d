"""The moves of a story: which are allowed, and what each does. The table follows Superdesk's.

Every move is one transaction that locks the story's row, so two editors at once take turns, and the
second finds the state that the first left.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from articles.editing import Refused, apply_changes, one_of_its_kind
from articles.models import EXPIRING_STATES, Article, ArticleQuerySet, Correction, PubStatus, State
from articles.revisions import keep_version, take_article

log = logging.getLogger(__name__)

# Stories that one round of publish_due takes; the next round, a second later, takes the rest.
ROUND = 500


class Move(StrEnum):
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    SCHEDULE = "schedule"
    DESCHEDULE = "deschedule"
    PUBLISH = "publish"
    CORRECT = "correct"
    UNPUBLISH = "unpublish"
    RETRACT = "retract"
    KILL = "kill"
    SPIKE = "spike"
    UNSPIKE = "unspike"


@dataclass(frozen=True, slots=True)
class Rule:
    allowed_from: frozenset[State]
    to: State


def _rule(*allowed_from: State, to: State) -> Rule:
    return Rule(frozenset(allowed_from), to)


# Superdesk's, and two ways more to a kill: what may have to be gone for good is not only what is on
# the page. Nothing leads out of killed.
MOVES: Mapping[Move, Rule] = {
    Move.SUBMIT: _rule(State.DRAFT, to=State.IN_REVIEW),
    Move.SEND_BACK: _rule(State.IN_REVIEW, to=State.DRAFT),
    Move.SCHEDULE: _rule(State.DRAFT, State.IN_REVIEW, to=State.SCHEDULED),
    Move.DESCHEDULE: _rule(State.SCHEDULED, to=State.DRAFT),
    Move.PUBLISH: _rule(
        State.DRAFT, State.IN_REVIEW, State.SCHEDULED, State.UNPUBLISHED, to=State.PUBLISHED
    ),
    Move.CORRECT: _rule(State.PUBLISHED, State.CORRECTED, to=State.CORRECTED),
    Move.UNPUBLISH: _rule(State.PUBLISHED, State.SCHEDULED, State.CORRECTED, to=State.UNPUBLISHED),
    Move.RETRACT: _rule(State.PUBLISHED, State.CORRECTED, to=State.RETRACTED),
    Move.KILL: _rule(
        State.PUBLISHED,
        State.SCHEDULED,
        State.CORRECTED,
        State.RETRACTED,
        State.UNPUBLISHED,
        to=State.KILLED,
    ),
    Move.SPIKE: _rule(State.DRAFT, State.IN_REVIEW, to=State.SPIKED),
    Move.UNSPIKE: _rule(State.SPIKED, to=State.DRAFT),
}

# What receivers of our copy are told; usable in every other state.
PUB_STATUS = {State.UNPUBLISHED: PubStatus.WITHHELD, State.KILLED: PubStatus.CANCELED}


class NotAllowed(Exception):
    """A move that the story's state does not allow."""

    def __init__(self, move: Move, state: State) -> None:
        super().__init__(f"A story that is {state.label.lower()} cannot take the move {move}.")
        self.move, self.state = move, state


def allowed_moves(state: str) -> list[Move]:
    """What may be done with a story in this state, in the table's order."""
    return [move for move, rule in MOVES.items() if state in rule.allowed_from]


@transaction.atomic
def submit(
    *, article_id: UUID, based_on: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Hand a draft to whoever reviews it."""
    return _move(Move.SUBMIT, article_id, based_on, note, editor)


@transaction.atomic
def send_back(
    *, article_id: UUID, based_on: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Return a story under review to its author."""
    return _move(Move.SEND_BACK, article_id, based_on, note, editor)


@transaction.atomic
def spike(
    *, article_id: UUID, based_on: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Put aside a story that was never published."""
    return _move(Move.SPIKE, article_id, based_on, note, editor)


@transaction.atomic
def unspike(
    *, article_id: UUID, based_on: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Take a spiked story up again, as a draft."""
    return _move(Move.UNSPIKE, article_id, based_on, note, editor)


@transaction.atomic
def deschedule(
    *, article_id: UUID, based_on: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Make a scheduled story a draft again. An embargo is somebody else's word and stays."""

    def forget_schedule(article: Article, now: datetime) -> None:
        article.publish_at = None

    return _move(Move.DESCHEDULE, article_id, based_on, note, editor, forget_schedule)


@transaction.atomic
def unpublish(
    *, article_id: UUID, based_on: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Take a story off, as if it had never been there; it may be published again."""
    return _move(Move.UNPUBLISH, article_id, based_on, note, editor, _clear_times)


@transaction.atomic
def kill(
    *, article_id: UUID, based_on: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Remove a story for good: 410 from here on, and receivers are told to drop it."""
    return _move(Move.KILL, article_id, based_on, note, editor, _clear_times)


@transaction.atomic
def schedule(
    *,
    article_id: UUID,
    publish_at: datetime | None = None,
    embargoed_until: datetime | None = None,
    based_on: int | None = None,
    note: str = "",
    editor: str = "",
) -> Article:
    """Let the story go out by itself at a time, ours or that of an embargo: one of the two.

    Raises Refused for a time that has passed, for both or neither, and for a story that could not
    be published as it is.
    """
    due_at = _due_at(publish_at, embargoed_until)

    def set_times(article: Article, now: datetime) -> None:
        _check_schedule(article, publish_at, due_at, now)
        article.publish_at, article.embargoed_until = publish_at, embargoed_until
        _check_publishable(article, due_at)

    return _move(Move.SCHEDULE, article_id, based_on, note, editor, set_times)


@transaction.atomic
def publish(
    *, article_id: UUID, based_on: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Show the story to readers now. A schedule ends with it, and an embargo that is over.

    Raises Refused where an embargo still runs, or where the story is not ready.
    """

    def release(article: Article, now: datetime) -> None:
        if article.embargoed_until and article.embargoed_until > now:
            raise Refused("embargoed_until", "lies in the future.")
        _check_publishable(article, now)
        _stamp(article, now)

    return _move(Move.PUBLISH, article_id, based_on, note, editor, release)


@one_of_its_kind(within="changes.")
def correct(
    *,
    article_id: UUID,
    text: str,
    kind: str = Correction.Kind.CORRECTION,
    placement: str = Correction.Placement.TOP,
    changes: Mapping[str, Any] | None = None,
    based_on: int | None = None,
    editor: str = "",
) -> Article:
    """Tell readers what was wrong, and put it right with the same commit where `changes` say how.

    Raises Refused for a change that cannot be made, by its field: `changes.slug`.
    """
    if kind == Correction.Kind.RETRACTION:
        raise Refused("kind", "is a move of its own: retract.")

    def mend(article: Article, now: datetime) -> None:
        try:
            apply_changes(article, changes or {}, now=now)
        except Refused as refused:
            raise Refused(f"changes.{refused.field}", refused.text) from None
        _notify_readers(article, now, kind=kind, text=text, placement=placement, editor=editor)

    return _move(Move.CORRECT, article_id, based_on, text, editor, mend)


@transaction.atomic
def retract(
    *, article_id: UUID, text: str, based_on: int | None = None, editor: str = ""
) -> Article:
    """Disown a story: it stays where it is, with the text of the retraction above it."""

    def disown(article: Article, now: datetime) -> None:
        kind, top = Correction.Kind.RETRACTION, Correction.Placement.TOP
        _notify_readers(article, now, kind=kind, text=text, placement=top, editor=editor)

    return _move(Move.RETRACT, article_id, based_on, text, editor, disown)


def publish_due() -> int:
    """Publish every scheduled story whose time has come, take off every one whose time is over.

    Returns how many moved. Any number of workers may run it at once: each story is taken by one,
    and one that cannot be moved is logged and keeps no other waiting. The database's clock decides.
    """
    expired = _take_round(_expired(), _expire)
    return expired + _take_round(_due(), _release)


def _due() -> ArticleQuerySet:
    # Uses index: articles_by_due.
    due = Coalesce("publish_at", "embargoed_until")
    return Article.objects.alias(due=due).filter(state=State.SCHEDULED, due__lte=Now())


def _expired() -> ArticleQuerySet:
    # Uses index: articles_by_expiry.
    return Article.objects.filter(state__in=EXPIRING_STATES, expires_at__lte=Now())


def _take_round(stories: ArticleQuerySet, act: Callable[[Article], None]) -> int:
    count = 0
    for article_id in stories.values_list("pk", flat=True)[:ROUND]:
        try:
            count += _take_one(stories, article_id, act)
        except Exception:  # whatever is wrong with one story is not the others' fault
            log.exception("The story %s could not be moved at its time.", article_id)
    return count


@transaction.atomic
def _take_one(stories: ArticleQuerySet, article_id: UUID, act: Callable[[Article], None]) -> bool:
    """Whether the story was still there to be taken, by nobody else, when its row was locked."""
    rows = stories.select_for_update(skip_locked=True, of=("self",))
    article = rows.filter(pk=article_id).first()
    if article is None:
        return False
    act(article)
    return True


def _release(article: Article) -> None:
    # A web server's clock may be behind the database's; no story is out before its time.
    now = max(timezone.now(), article.due_at or timezone.now())
    _stamp(article, now)
    _finish(article, Move.PUBLISH, now, note="At its time.", editor="")


def _expire(article: Article) -> None:
    _clear_times(article, timezone.now())
    _finish(article, Move.UNPUBLISH, timezone.now(), note="Its time is over.", editor="")


def _move(
    move: Move,
    article_id: UUID,
    based_on: int | None,
    note: str,
    editor: str,
    act: Callable[[Article, datetime], None] | None = None,
) -> Article:
    """Raises Article.DoesNotExist, Stale, NotAllowed, and what `act` raises; then nothing is changed."""
    article = take_article(article_id=article_id, based_on=based_on)
    if article.state not in MOVES[move].allowed_from:
        raise NotAllowed(move, State(article.state))
    now = timezone.now()
    if act:
        act(article, now)
    _finish(article, move, now, note=note, editor=editor)
    return article


def _finish(article: Article, move: Move, now: datetime, *, note: str, editor: str) -> None:
    article.state = MOVES[move].to
    article.pub_status = PUB_STATUS.get(article.state, PubStatus.USABLE)
    keep_version(article, kind=move, now=now, note=note, editor=editor)


def _stamp(article: Article, now: datetime) -> None:
    """The times of a publication. The first one is set once, also for a story from an archive."""
    article.publish_at = article.embargoed_until = None
    article.published_at = article.published_at or now
    if article.first_published_at is None:
        article.first_published_at = article.published_at
        article.content_modified_at = article.published_at


def _clear_times(article: Article, now: datetime) -> None:
    article.publish_at = article.embargoed_until = None


def _notify_readers(
    article: Article, now: datetime, *, kind: str, text: str, placement: str, editor: str
) -> None:
    """A notice that readers see is a change that they would notice."""
    if not text.strip():
        raise Refused("text", "is missing.")
    Correction.objects.create(
        article=article,
        kind=kind,
        text=text.strip(),
        placement=placement,
        published_at=now,
        version=article.version + 1,
        editor=editor,
    )
    article.content_modified_at = now


def _due_at(publish_at: datetime | None, embargoed_until: datetime | None) -> datetime:
    if publish_at and embargoed_until:
        raise Refused("embargoed_until", "cannot be combined with publish_at.")
    due_at = publish_at or embargoed_until
    if due_at is None:
        raise Refused("publish_at", "is missing.")
    return due_at


def _check_schedule(
    article: Article, publish_at: datetime | None, due_at: datetime, now: datetime
) -> None:
    if due_at <= now:
        raise Refused("publish_at" if publish_at else "embargoed_until", "lies in the past.")
    if publish_at and article.embargoed_until and article.embargoed_until > now:
        raise Refused("publish_at", "cannot be combined with the story's embargo.")


def _check_publishable(article: Article, when: datetime) -> None:
    if not article.body_html:
        raise Refused("body_markdown", "is empty.")
    if article.published_at and article.published_at > when:
        raise Refused("published_at", "lies in the future.")
    if article.expires_at and article.expires_at <= when:
        raise Refused("expires_at", "lies before the publication.")
