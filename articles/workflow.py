"""The transitions of an article: which are allowed, and what each does. The table follows Superdesk's.

Every transition is one transaction that locks the article's row, so concurrent editors serialise, and the second one
finds the state that the first one set.
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

from articles.editing import InvalidValue, apply_changes, check_text, unique_or_invalid
from articles.models import EXPIRING_STATES, Article, ArticleQuerySet, Correction, PubStatus, State
from articles.revisions import lock_article, save_version

log = logging.getLogger(__name__)

# Articles of one round of publish_due; the next round, a second later, continues.
ROUND = 500


class Transition(StrEnum):
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    SCHEDULE = "schedule"
    DESCHEDULE = "deschedule"
    LIFT_EMBARGO = "lift_embargo"
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
    to: State | None  # None: the state stays, or the transition's function sets it


def _rule(*allowed_from: State, to: State | None) -> Rule:
    return Rule(frozenset(allowed_from), to)


# Superdesk's, and two more ways to a kill: what may have to be removed for good is not only what is on
# the page. Nothing leads out of killed.
TRANSITIONS: Mapping[Transition, Rule] = {
    Transition.SUBMIT: _rule(State.DRAFT, to=State.IN_REVIEW),
    Transition.SEND_BACK: _rule(State.IN_REVIEW, to=State.DRAFT),
    Transition.SCHEDULE: _rule(State.DRAFT, State.IN_REVIEW, to=State.SCHEDULED),
    Transition.DESCHEDULE: _rule(State.SCHEDULED, to=State.DRAFT),
    Transition.LIFT_EMBARGO: _rule(State.DRAFT, State.IN_REVIEW, State.SCHEDULED, to=None),
    Transition.PUBLISH: _rule(
        State.DRAFT, State.IN_REVIEW, State.SCHEDULED, State.UNPUBLISHED, to=State.PUBLISHED
    ),
    Transition.CORRECT: _rule(State.PUBLISHED, State.CORRECTED, to=State.CORRECTED),
    Transition.UNPUBLISH: _rule(
        State.PUBLISHED, State.SCHEDULED, State.CORRECTED, to=State.UNPUBLISHED
    ),
    Transition.RETRACT: _rule(State.PUBLISHED, State.CORRECTED, to=State.RETRACTED),
    Transition.KILL: _rule(
        State.PUBLISHED,
        State.SCHEDULED,
        State.CORRECTED,
        State.RETRACTED,
        State.UNPUBLISHED,
        to=State.KILLED,
    ),
    Transition.SPIKE: _rule(State.DRAFT, State.IN_REVIEW, to=State.SPIKED),
    Transition.UNSPIKE: _rule(State.SPIKED, to=State.DRAFT),
}

# What syndicated copies state; usable in every other state.
PUB_STATUS = {State.UNPUBLISHED: PubStatus.WITHHELD, State.KILLED: PubStatus.CANCELED}


class TransitionNotAllowed(Exception):
    """A transition that the article's state does not allow."""

    def __init__(self, transition: Transition, state: State) -> None:
        if state in TRANSITIONS[transition].allowed_from:
            super().__init__("The story has no embargo.")  # what only LIFT_EMBARGO needs besides
        else:
            move = transition.replace("_", " ")
            super().__init__(
                f"A story that is {state.label.lower()} does not allow the move “{move}”."
            )
        self.transition, self.state = transition, state


def allowed_transitions(article: Article) -> list[Transition]:
    """The transitions that the article's state allows, in the order of the table; and only an embargo can be lifted."""
    return [
        transition
        for transition, rule in TRANSITIONS.items()
        if article.state in rule.allowed_from
        and (transition is not Transition.LIFT_EMBARGO or article.embargoed_until is not None)
    ]


@transaction.atomic
def submit(
    *, article_id: UUID, expected_version: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Hand a draft in for review."""
    return _transition(Transition.SUBMIT, article_id, expected_version, note, editor)


@transaction.atomic
def send_back(
    *, article_id: UUID, expected_version: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Return an article under review to its author."""
    return _transition(Transition.SEND_BACK, article_id, expected_version, note, editor)


@transaction.atomic
def spike(
    *, article_id: UUID, expected_version: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Put aside an article that was never published."""
    return _transition(Transition.SPIKE, article_id, expected_version, note, editor)


@transaction.atomic
def unspike(
    *, article_id: UUID, expected_version: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Make a spiked article a draft again."""
    return _transition(Transition.UNSPIKE, article_id, expected_version, note, editor)


@transaction.atomic
def deschedule(
    *, article_id: UUID, expected_version: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Make a scheduled article a draft again. An embargo is set by its source and stays."""

    def clear_schedule(article: Article, now: datetime) -> None:
        article.publish_at = None

    return _transition(
        Transition.DESCHEDULE, article_id, expected_version, note, editor, clear_schedule
    )


@transaction.atomic
def lift_embargo(
    *, article_id: UUID, expected_version: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """End the embargo before its time. A scheduled article, which waited for that end, is a draft again.

    Raises TransitionNotAllowed where there is no embargo.
    """

    def end_embargo(article: Article, now: datetime) -> None:
        if article.embargoed_until is None:
            raise TransitionNotAllowed(Transition.LIFT_EMBARGO, State(article.state))
        article.embargoed_until = None
        if article.state == State.SCHEDULED:
            article.state = State.DRAFT

    return _transition(
        Transition.LIFT_EMBARGO, article_id, expected_version, note, editor, end_embargo
    )


@transaction.atomic
def unpublish(
    *, article_id: UUID, expected_version: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Remove an article from the site; it may be published again."""
    return _transition(
        Transition.UNPUBLISH, article_id, expected_version, note, editor, _clear_times
    )


@transaction.atomic
def kill(
    *, article_id: UUID, expected_version: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Remove an article for good: its address answers 410, and its syndicated copies are canceled."""
    return _transition(Transition.KILL, article_id, expected_version, note, editor, _clear_times)


@transaction.atomic
def schedule(
    *,
    article_id: UUID,
    publish_at: datetime | None = None,
    embargoed_until: datetime | None = None,
    expected_version: int | None = None,
    note: str = "",
    editor: str = "",
) -> Article:
    """Have the article published at a time of the desk or at the end of an embargo: one of the two.

    Raises InvalidValue for a time that has passed, for both or neither, and for an article that could not
    be published as it is.
    """
    due_at = _due_at(publish_at, embargoed_until)

    def set_times(article: Article, now: datetime) -> None:
        _check_schedule(article, publish_at, due_at, now)
        article.publish_at, article.embargoed_until = publish_at, embargoed_until
        _check_publishable(article, due_at)

    return _transition(Transition.SCHEDULE, article_id, expected_version, note, editor, set_times)


@transaction.atomic
def publish(
    *, article_id: UUID, expected_version: int | None = None, note: str = "", editor: str = ""
) -> Article:
    """Show the article to readers now. A schedule ends with it, and an embargo that is over.

    Raises InvalidValue where an embargo still runs, or where the article is not ready.
    """

    def release(article: Article, now: datetime) -> None:
        if article.embargoed_until and article.embargoed_until > now:
            raise InvalidValue("embargoed_until", "has not ended. Lift it first.")
        _check_publishable(article, now)
        _stamp(article, now)

    return _transition(Transition.PUBLISH, article_id, expected_version, note, editor, release)


@unique_or_invalid(within="changes.")
def correct(
    *,
    article_id: UUID,
    text: str,
    kind: str = Correction.Kind.CORRECTION,
    placement: str = Correction.Placement.TOP,
    changes: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
    editor: str = "",
) -> Article:
    """Publish a correction notice; `changes` are applied in the same commit.

    Raises InvalidValue for a change that cannot be made, by its field: `changes.slug`.
    """
    if kind == Correction.Kind.RETRACTION:
        raise InvalidValue("kind", "is a transition of its own: retract.")

    def apply_correction(article: Article, now: datetime) -> None:
        try:
            apply_changes(article, changes or {}, now=now)
        except InvalidValue as refused:
            raise InvalidValue(f"changes.{refused.field}", refused.text) from None
        _notify_readers(article, now, kind=kind, text=text, placement=placement, editor=editor)

    return _transition(
        Transition.CORRECT, article_id, expected_version, text, editor, apply_correction
    )


@transaction.atomic
def retract(
    *, article_id: UUID, text: str, expected_version: int | None = None, editor: str = ""
) -> Article:
    """Retract an article: it stays public, with the text of the retraction above it."""

    def add_retraction(article: Article, now: datetime) -> None:
        kind, top = Correction.Kind.RETRACTION, Correction.Placement.TOP
        _notify_readers(article, now, kind=kind, text=text, placement=top, editor=editor)

    return _transition(
        Transition.RETRACT, article_id, expected_version, text, editor, add_retraction
    )


def publish_due() -> int:
    """Publish every scheduled article that is due, unpublish every one that has expired.

    Returns their number. Any number of workers may run it at once: one of them claims each article,
    and a failure is logged and does not delay the others. The database's clock decides.
    """
    expired = _run_round(_expired(), _expire)
    return expired + _run_round(_due(), _release)


def _due() -> ArticleQuerySet:
    # Uses index: articles_by_due.
    due = Coalesce("publish_at", "embargoed_until")
    return Article.objects.alias(due=due).filter(state=State.SCHEDULED, due__lte=Now())


def _expired() -> ArticleQuerySet:
    # Uses index: articles_by_expiry.
    return Article.objects.filter(state__in=EXPIRING_STATES, expires_at__lte=Now())


def _run_round(articles: ArticleQuerySet, act: Callable[[Article], None]) -> int:
    count = 0
    for article_id in articles.values_list("pk", flat=True)[:ROUND]:
        try:
            count += _claim_one(articles, article_id, act)
        except Exception:  # a failure of one article must not delay the others
            log.exception("The story %s could not be moved at its time.", article_id)
    return count


@transaction.atomic
def _claim_one(articles: ArticleQuerySet, article_id: UUID, act: Callable[[Article], None]) -> bool:
    """Whether this worker claimed the article: its row still matched and was not locked by another."""
    rows = articles.select_for_update(skip_locked=True, of=("self",))
    article = rows.filter(pk=article_id).first()
    if article is None:
        return False
    act(article)
    return True


def _release(article: Article) -> None:
    # A web server's clock may be behind the database's; no article is out before its time.
    now = max(timezone.now(), article.due_at or timezone.now())
    _stamp(article, now)
    _finish(article, Transition.PUBLISH, now, note="At its time.", editor="")


def _expire(article: Article) -> None:
    _clear_times(article, timezone.now())
    _finish(article, Transition.UNPUBLISH, timezone.now(), note="Its time is over.", editor="")


def _transition(
    transition: Transition,
    article_id: UUID,
    expected_version: int | None,
    note: str,
    editor: str,
    act: Callable[[Article, datetime], None] | None = None,
) -> Article:
    """Raises Article.DoesNotExist, VersionConflict, TransitionNotAllowed and what `act` raises; then nothing is changed."""
    article = lock_article(article_id=article_id, expected_version=expected_version)
    if article.state not in TRANSITIONS[transition].allowed_from:
        raise TransitionNotAllowed(transition, State(article.state))
    now = timezone.now()
    if act:
        act(article, now)
    _finish(article, transition, now, note=note, editor=editor)
    return article


def _finish(
    article: Article, transition: Transition, now: datetime, *, note: str, editor: str
) -> None:
    article.state = TRANSITIONS[transition].to or article.state
    article.pub_status = PUB_STATUS.get(State(article.state), PubStatus.USABLE)
    save_version(article, kind=transition, now=now, note=note, editor=editor)


def _stamp(article: Article, now: datetime) -> None:
    """The times of a publication. The first one is set once, also for an article from an archive."""
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
    """Store the notice; it is a substantial change itself."""
    if not text.strip():
        raise InvalidValue("text", "is missing.")
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
        raise InvalidValue("embargoed_until", "cannot be combined with a time of publication.")
    due_at = publish_at or embargoed_until
    if due_at is None:
        raise InvalidValue("publish_at", "is missing.")
    return due_at


def _check_schedule(
    article: Article, publish_at: datetime | None, due_at: datetime, now: datetime
) -> None:
    if due_at <= now:
        raise InvalidValue("publish_at" if publish_at else "embargoed_until", "lies in the past.")
    if publish_at and article.embargoed_until and article.embargoed_until > now:
        raise InvalidValue(
            "publish_at", "cannot be combined with the story's embargo. Lift it first."
        )


def _check_publishable(article: Article, when: datetime) -> None:
    check_text(article)
    if article.published_at and article.published_at > when:
        raise InvalidValue("published_at", "lies in the future.")
    if article.expires_at and article.expires_at <= when:
        raise InvalidValue("expires_at", "lies before the publication.")
