"""The widget of an article's page, and the hooks by which articles asks for reactions; registered at start-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest
from django.template.loader import render_to_string

from articles.hooks import Interaction, ReactionTotal, Widget
from articles.models import Article
from reactions.article_changes import note_article_change, refresh_changed
from reactions.counts import Counts, get_counts, invalidate_counts, list_counts
from reactions.http.messages import NOTICES, label_of
from reactions.kinds import KINDS, OFFERED, REACT_ACTION, Kind, pack, unpack
from reactions.readers import InvalidToken, Reader, find_reader_of_cookie, page_token
from reactions.record import OwnReaction, find_own

# States in which readers see the counts.
SHOWN = {"open", "closed"}
_LEADING = 3  # emoji beside an article in a list


@dataclass(frozen=True)
class Button:
    """One kind as the widget shows it. `result` is the set that the reader has after a press, for the form.

    A kind that is not allowed is shown because this reader has it, and may undo it.
    """

    kind: Kind
    label: str
    count: int | None
    share: int
    is_pressed: bool
    is_allowed: bool
    result: str


class Hooks:
    """The implementation of articles.hooks.ReactionHooks."""

    def totals(self, article_ids: Sequence[UUID]) -> Mapping[UUID, ReactionTotal]:
        found = list_counts(article_ids)
        return {article_id: _reaction_total(counts) for article_id, counts in found.items()}

    def summary(self, article_id: UUID) -> Mapping[str, Any]:
        found = get_counts(article_id) or Counts(article_id)
        shown = found if found.state in SHOWN else Counts(article_id, found.state)
        counts = shown.as_json()
        return {name: counts[name] for name in ("state", "allowed", "counts", "total")}

    def article_changes(self, article_id: UUID) -> None:
        note_article_change(article_id)

    def article_changed(self, article_id: UUID) -> None:
        invalidate_counts(article_id=article_id)
        refresh_changed([article_id])

    def variant(self, request: HttpRequest) -> str | None:
        return None if _reader(request) else _notice(request)

    def widget(self, request: HttpRequest, article: Article) -> Widget:
        counts = get_counts(article.id) or Counts(article.id)
        own, is_personal = _own(request, article.id)
        version = f"{counts.state} {counts.version} {','.join(counts.allowed)}"
        if counts.state in {"hidden", "missing"}:
            return Widget(version=version)
        shown = counts
        if counts.counts is not None:
            shown = replace(counts, counts=own.replaced_in(counts.counts))
        context = {
            "article": article,
            "counts": shown,
            "buttons": _buttons(shown, own.kinds),
            "token": page_token(article.id),
            "most": settings.REACTIONS_PER_READER,
            "notice": NOTICES.get(_notice(request), ""),
        }
        return Widget(
            write=partial(render_to_string, "reactions/widget.html", context),
            head=render_to_string("reactions/widget_head.html"),
            interactions=_interactions(counts),
            version=version,
            changed_at=datetime.fromisoformat(counts.as_of) if counts.as_of else None,
            personal=is_personal,
        )


def _interactions(counts: Counts) -> Sequence[Interaction]:
    if counts.counts is None:
        return ()
    of_kinds = [
        Interaction(kind.schema_action, _name_for_schema(kind), counts.counts[kind.key])
        for kind in KINDS
        if counts.counts[kind.key] or not kind.retired
    ]
    return [*of_kinds, Interaction(REACT_ACTION, None, sum(counts.counts.values()))]


def _name_for_schema(kind: Kind) -> str | None:
    """schema.org has an action for likes and one for dislikes; the others share one and need a name."""
    return kind.key if kind.schema_action == REACT_ACTION else None


def _reaction_total(counts: Counts) -> ReactionTotal:
    if counts.counts is None or counts.state == "hidden":
        return ReactionTotal(total=None, top=())
    by_kind = [(kind, counts.counts[kind.key]) for kind in KINDS if counts.counts[kind.key]]
    by_kind.sort(key=lambda each: -each[1])
    return ReactionTotal(
        total=counts.total, top=tuple(kind.emoji for kind, _ in by_kind[:_LEADING])
    )


def _notice(request: HttpRequest) -> str:
    """The key of the notice that the address asks for; empty for none."""
    asked = request.GET.get("reaction", "")
    return asked if asked in NOTICES else ""


def _own(request: HttpRequest, article_id: UUID) -> tuple[OwnReaction, bool]:
    """What the visitor chose, and whether the page is personal. Without a reader's valid cookie it is not."""
    reader = _reader(request)
    if reader is None:
        return OwnReaction(), False
    try:
        return find_own(article_id=article_id, reader_id=reader.id), True
    except OperationalError:
        return OwnReaction(), True


def _reader(request: HttpRequest) -> Reader | None:
    try:
        return find_reader_of_cookie(request)
    except InvalidToken:
        return None


def _buttons(counts: Counts, mine: int) -> list[Button]:
    """The kinds that the article accepts, and others that this reader has; every offered kind where the policy is unknown."""
    allowed = pack(counts.allowed) if counts.is_known else OFFERED
    return [
        _button(kind, counts, mine, is_allowed=bool(allowed & kind.mask))
        for kind in KINDS
        if (allowed | mine) & kind.mask
    ]


def _button(kind: Kind, counts: Counts, mine: int, *, is_allowed: bool) -> Button:
    count = counts.counts[kind.key] if counts.counts is not None else None
    return Button(
        kind=kind,
        label=label_of(kind),
        count=count,
        share=round(100 * (count or 0) / (counts.total or 1)),
        is_pressed=bool(mine & kind.mask),
        is_allowed=is_allowed,
        result=",".join(_after_press(kind, mine)),
    )


def _after_press(kind: Kind, mine: int) -> list[str]:
    """The reactions of the reader after a press: without this kind where it was chosen, else with it."""
    if mine & kind.mask:
        return unpack(mine & ~kind.mask)
    if settings.REACTIONS_PER_READER == 1:
        return [kind.key]
    return unpack(mine | pack([kind.key]))
