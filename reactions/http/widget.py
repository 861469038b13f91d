"""The widget of an article's page, and the hooks by which articles asks for reactions; registered at start-up."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from articles.hooks import Frame, Interaction, PageLink, Rankings, ReactionTotal, Widget
from articles.languages import write_compact
from articles.models import Article
from reactions.article_changes import note_article_change, refresh_changed
from reactions.cache.merges import clear_merges
from reactions.counts import Counts, get_counts, invalidate_counts, list_counts
from reactions.http.embed import choose, face, module_url, style_url
from reactions.http.framing import describe_frame, find_on_sites
from reactions.http.messages import NOTICES, label_of, say
from reactions.http.rankings import links as ranking_links
from reactions.kinds import KINDS, OFFERED, REACT_ACTION, Kind, pack, unpack
from reactions.move import note_merges, settle_merges
from reactions.readers import InvalidToken, Reader, find_reader_of_cookie, page_token
from reactions.record import OwnReaction, find_own
from reactions.stats.rankings import rankings

# States in which readers see the counts.
SHOWN = {"open", "closed"}
# What this reader chose, in a page that is the same for all: the module asks.
NOT_KNOWN = "?"
_LEADING = 3  # emoji beside an article in a list
# What the request that merges articles spends on moving their reactions; workers do the rest.
_SETTLE_SECONDS = 0.5


@dataclass(frozen=True)
class Button:
    """One kind as the widget shows it. `result` is the set that the reader has after a press, for the form.

    A kind that is not allowed is shown where this reader has it, and may undo it.
    """

    kind: Kind
    label: str
    face: SafeString
    count: str
    percent: int
    share: str
    description: str
    is_pressed: bool
    is_shown: bool
    result: str


class Hooks:
    """The implementation of articles.hooks.ReactionHooks."""

    def totals(self, article_ids: Sequence[UUID]) -> Mapping[UUID, ReactionTotal]:
        found = list_counts(article_ids)
        return {article_id: _reaction_total(counts) for article_id, counts in found.items()}

    def links(self) -> Sequence[PageLink]:
        stored = PageLink(reverse("reactions:privacy"), gettext("What is stored"))
        return (*ranking_links(), stored)

    def rankings(self) -> Rankings:
        return rankings()

    def summary(self, article_id: UUID) -> Mapping[str, Any]:
        found = get_counts(article_id) or Counts(article_id)
        shown = found if found.state in SHOWN else Counts(article_id, found.state)
        counts = shown.as_json()
        return {name: counts[name] for name in ("state", "allowed", "counts", "total")}

    def find_on_sites(self, url: str) -> UUID | None:
        return find_on_sites(url)

    def frame(self, article: Article, *, width: int, height: int) -> Frame | None:
        return describe_frame(article, width=width, height=height)

    def articles_change(self, article_ids: Sequence[UUID]) -> None:
        note_article_change(*article_ids)

    def article_changed(self, article_id: UUID) -> None:
        invalidate_counts(article_id=article_id)
        refresh_changed([article_id])

    def articles_merged(self, merges: Mapping[UUID, UUID]) -> None:
        note_merges(merges)

        def settle() -> None:  # a function, for Django logs the failure of one by its name
            clear_merges()
            settle_merges(seconds=_SETTLE_SECONDS)

        transaction.on_commit(settle, robust=True)

    def variant(self, request: HttpRequest) -> str | None:
        return None if _reader(request) else _notice(request)

    def head(self) -> SafeString:
        addresses = {"module": module_url(), "style": style_url()}
        return render_to_string("reactions/widget_head.html", addresses)

    def widget(self, request: HttpRequest, article: Article) -> Widget:
        counts = get_counts(article.id) or Counts(article.id)
        own, is_personal = _own(request, article.id)
        version = f"{counts.state} {counts.version} {','.join(counts.allowed)}"
        if counts.state in {"hidden", "missing"}:
            return Widget(version=version)
        return Widget(
            write=lambda: _write(request, article, counts, own),
            chip=lambda: _write_summary(counts, is_chip=True),
            interactions=_interactions(counts),
            version=version,
            changed_at=datetime.fromisoformat(counts.as_of) if counts.as_of else None,
            personal=is_personal,
        )


def _write(request: HttpRequest, article: Article, public: Counts, own: OwnReaction) -> SafeString:
    counts = public
    if public.counts is not None:
        counts = replace(public, counts=own.replaced_in(public.counts))
    context = _tiles(article, counts, own.kinds)
    context |= {"notice": NOTICES.get(_notice(request), ""), "has_form": True}
    return render_to_string("reactions/widget.html", context)


def write_framed(article: Article, *, layout: str, theme: str) -> SafeString:
    """The widget for the page of a frame, which is the same for all readers. Nothing, where its counts are hidden."""
    counts = get_counts(article.id) or Counts(article.id)
    if counts.state not in SHOWN:
        return SafeString("")
    context = _tiles(article, counts, 0) if layout != "summary" else _leading_of(counts)
    context |= {"article": article, "layout": layout, "theme": theme}
    return render_to_string("reactions/framed.html", context | {"mine": NOT_KNOWN})


def _tiles(article: Article, counts: Counts, mine: int) -> dict[str, Any]:
    return {
        "article": article,
        "answer": json.dumps(counts.as_json(), separators=(",", ":")),
        "mine": ",".join(unpack(mine)),
        "has_chosen": mine != 0,
        "most": settings.REACTIONS_PER_READER,
        "buttons": _buttons(counts, mine),
        "is_closed": counts.state == "closed",
        "title": say("title"),
        "choose": choose(),
        "sum": sum_of(counts, mine),
        "token": page_token(article.id),
        "undo": say("undo"),
        "stored": say("stored"),
        "language": get_language(),
        "style": style_url(),
    }


def sum_of(counts: Counts, mine: int) -> str:
    """How many reacted, as a sentence; empty where that is not known."""
    closed = say("closed") if counts.state == "closed" else ""
    if counts.total is None:
        return closed
    if not counts.total:
        return closed or say("be_first")
    if not mine or settings.REACTIONS_PER_READER > 1:
        return f"{closed} {say('total', counts.total)}".strip()
    others = say("you_and", counts.total - 1) if counts.total > 1 else say("only_you")
    return f"{closed} {others}".strip()


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
    return ReactionTotal(
        total=counts.total,
        top=tuple(kind.emoji for kind in _leading(counts)),
        write=lambda: _write_summary(counts),
    )


def _leading(counts: Counts) -> list[Kind]:
    found = counts.counts or {}
    by_count = sorted(KINDS, key=lambda kind: -found.get(kind.key, 0))
    return [kind for kind in by_count[:_LEADING] if found.get(kind.key)]


def _write_summary(counts: Counts, *, is_chip: bool = False) -> SafeString:
    """The leading kinds and how many reacted. The chip always says something; the widget of its page has its answer."""
    context = _leading_of(counts)
    if is_chip:
        context |= {"answer": "", "sum": context["sum"] or say("be_first")}
    return render_to_string("reactions/summary.html", context)


def _leading_of(counts: Counts) -> dict[str, Any]:
    leading = _leading(counts)
    return {
        "article_id": counts.article_id,
        "answer": json.dumps(counts.as_json(), separators=(",", ":")),
        "leading": ",".join(kind.key for kind in leading),
        "faces": [face(kind) for kind in leading],
        "sum": say("total", counts.total) if counts.total else "",
        "language": get_language(),
        "style": style_url(),
    }


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
    """Every kind; shown are those that the article accepts and those that this reader has.

    Where the policy is not known, every offered kind is shown.
    """
    allowed = pack(counts.allowed) if counts.is_known else OFFERED
    percents = whole_percents(counts.counts or {})
    return [
        _button(
            kind,
            counts,
            mine,
            percent=percents.get(kind.key, 0),
            is_allowed=bool(allowed & kind.mask),
        )
        for kind in KINDS
    ]


def _button(kind: Kind, counts: Counts, mine: int, *, percent: int, is_allowed: bool) -> Button:
    count = counts.counts[kind.key] if counts.counts is not None else None
    is_pressed = bool(mine & kind.mask)
    share = say("share", percent=percent)
    return Button(
        kind=kind,
        label=label_of(kind),
        face=face(kind),
        # Until someone has reacted there are no numbers rather than seven zeros.
        count=write_compact(count, get_language() or "en")
        if count is not None and counts.total
        else "",
        percent=percent,
        share=share if count else "",
        description="" if count is None else f"{say('total', count)}, {share}",
        is_pressed=is_pressed,
        is_shown=is_allowed or is_pressed,
        result=",".join(_after_press(kind, mine)),
    )


def whole_percents(counts: Mapping[str, int]) -> dict[str, int]:
    """The share of each in whole percents that add up to 100; 0 where all are 0. The widget's module computes the same.

    Each is as much as it moves the rounded sum of those before it: at most one more or less than its own.
    """
    total = sum(counts.values()) or 1
    sums = accumulate(counts.values(), initial=0)
    rounded = [(200 * each + total) // (2 * total) for each in sums]
    return {
        key: after - before
        for key, before, after in zip(counts, rounded, rounded[1:], strict=False)
    }


def _after_press(kind: Kind, mine: int) -> list[str]:
    """The reactions of the reader after a press: without this kind where it was chosen, else with it."""
    if mine & kind.mask:
        return unpack(mine & ~kind.mask)
    if settings.REACTIONS_PER_READER == 1:
        return [kind.key]
    return unpack(mine | pack([kind.key]))
