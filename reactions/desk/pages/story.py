"""One story at the desk: its mix, its reactions through time with what happened meanwhile, its first day, its waves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.timezone import localtime

from articles.models import Article, Correction
from articles.roles import PUBLISHES
from reactions.alerts.recipients import rule_name
from reactions.desk import charts
from reactions.desk.charts import Moment
from reactions.desk.pages.base import (
    UnknownZone,
    desk_page,
    refuse,
    refuse_zone,
    zone_of,
)
from reactions.kinds import KINDS
from reactions.models import Annotation, Wave
from reactions.models.statistics import MOST_TEXT
from reactions.moderation.rules import LABELS
from reactions.sql import rows
from reactions.sql.figures import LEAST_REACTIONS, LEAST_VIEWS
from reactions.stats.article import ArticleStatistics, article_statistics
from reactions.stats.pace import pace
from reactions.stats.scope import scope_of
from reactions.stats.story import (
    STEPS,
    Slice,
    at_ages,
    band,
    came_in,
    first_day,
    fitting_step,
    slices,
    whole_window,
)
from reactions.stats.today import last_hour_since
from reactions.stats.views import views_of_article
from reactions.stats.windows import QueryRefused, Window, at_local_time, read_window

_STEP_NAMES = {
    "15m": "15 minutes",
    "hour": "Hour",
    "day": "Day",
    "week": "Week",
    "month": "Month",
}
_RANGES = {
    "": "Since the publication",
    "24h": "24 hours",
    "7d": "7 days",
    "28d": "28 days",
    "90d": "90 days",
}
_MOST_EVENTS = 30  # of each kind
_DAY_MINUTES = 24 * 60


class NoteForm(forms.Form):
    """A note at a moment, in the zone of the page."""

    at = forms.DateTimeField(
        label="When",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    text = forms.CharField(label="Note", max_length=MOST_TEXT)


@dataclass(frozen=True)
class Line:
    """A row of the table: an interval, what came and left of each kind, and the difference."""

    start: str
    cells: Sequence[tuple[int, int]]
    came: int
    left: int
    is_running: bool


@dataclass(frozen=True)
class Event:
    """What happened to a story: a notice to readers, a wave, an alert, a note, its publication."""

    at: datetime
    what: str
    id: int
    name: str  # of the kind or the rule
    text: str  # of a wave its state
    editor: str
    size: int

    @property
    def words(self) -> str:
        match self.what:
            case "correction":
                return f"{Correction.Kind(self.name).label}: {self.text}"
            case "wave":
                return f"Wave of {self.size:,}: {self.rule} ({self.state.lower()})"
            case "alert":
                return f"Alert: {rule_name(self.name).lower()}"
            case "note":
                return f"{self.text} ({self.editor})"
        return self.text

    @property
    def rule(self) -> str:
        return LABELS.get(self.name, self.name)

    @property
    def state(self) -> str:
        return str(Wave.State(self.text).label)


def story(request: HttpRequest, *, article_id: UUID) -> HttpResponse:
    """The page; a POST adds a note, or deletes one."""
    scope = scope_of(request.user)
    if scope is None:
        raise PermissionDenied
    article = Article.objects.select_related("section", "site").filter(pk=article_id).first()
    if article is None or not scope.includes(article_id):
        raise Http404
    try:
        zone = zone_of(request)
    except UnknownZone:
        return refuse_zone(request, article.headline)
    form = NoteForm(request.POST if "text" in request.POST else None)
    if request.method == "POST" and _change_notes(request, article, form, zone):
        return redirect(request.get_full_path())
    try:
        context = _context(request, article, zone, datetime.now(UTC))
    except QueryRefused as refused:
        return refuse(request, article.headline, str(refused))
    return desk_page(request, "story.html", {**context, "form": form})


def _change_notes(request: HttpRequest, article: Article, form: NoteForm, zone: ZoneInfo) -> bool:
    """Add or delete a note; False where what was sent is to be shown again."""
    name = request.user.get_username()
    if "delete" in request.POST:
        notes = Annotation.objects.filter(article_id=article.pk)
        if not request.user.has_perm(PUBLISHES):
            notes = notes.filter(editor=name)
        number = request.POST["delete"]
        deleted = (
            notes.filter(pk=number).delete()[0] if number.isdecimal() and len(number) < 19 else 0
        )
        messages.info(request, "The note is deleted." if deleted else "That note is not there.")
        return True
    if not form.is_valid():
        return False
    local = localtime(form.cleaned_data["at"]).replace(tzinfo=None)
    Annotation.objects.create(
        article_id=article.pk,
        at=at_local_time(local, zone),
        text=form.cleaned_data["text"],
        editor=name,
    )
    messages.success(request, "The note is on the chart.")
    return True


def _context(
    request: HttpRequest, article: Article, zone: ZoneInfo, now: datetime
) -> dict[str, Any]:
    statistics = article_statistics(article_id=article.pk, interval="15m", timezone=zone)
    if statistics is None:
        raise Http404
    chosen = request.GET.get("range", "")
    window = (
        read_window(chosen, zone, now, field="range")
        if chosen
        else whole_window(statistics, article.first_published_at, now, zone)
    )
    wanted = request.GET.get("interval", "")
    step = fitting_step(window.end - window.start, wanted)
    every = slices(statistics, window, step)
    events = _events(article)
    moments = _moments(events, zone)
    came = sum(sum(each.added.values()) for each in statistics.series)
    imported_at = statistics.imported_at and statistics.imported_at.astimezone(zone)
    return {
        "title": article.headline,
        "article": article,
        "now": now.astimezone(zone),
        "zone": zone,
        "total": statistics.total,
        "came": came,
        "left": came - statistics.total,
        "last_hour": came_in(statistics, last_hour_since(now)),
        "least": LEAST_REACTIONS,
        "has_shares": came >= LEAST_REACTIONS,
        "shares": _shares(statistics),
        "imported_at": imported_at,
        "range": chosen,
        "ranges": _RANGES if chosen in _RANGES else {**_RANGES, chosen: chosen},
        "step": step,
        "steps": [(each, _STEP_NAMES[each]) for each in STEPS],
        "is_longer": wanted in STEPS and wanted != step,
        "chart": _chart(every, window, moments, step, zone) if statistics.series else None,
        "moments": moments,
        "lines": [_line(each, step, zone, now) for each in reversed(every) if _has_change(each)],
        "kinds": KINDS,
        "waves": [each for each in reversed(events) if each.what == "wave"],
        **_views(article, now, zone),
        **_first_day(article, statistics, now),
    }


def _views(article: Article, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Views, and reactions for each hundred, since the first view."""
    if not settings.REACTIONS_COUNT_VIEWS:
        return {"counts_views": False}
    found = views_of_article(article.pk, now, zone)
    if found is None:
        return {"counts_views": True}
    return {
        "counts_views": True,
        "views": found.views,
        "views_since": found.since.astimezone(zone),
        "per_hundred_views": None if found.per_view is None else 100 * found.per_view,
        "least_views": LEAST_VIEWS,
    }


def _shares(statistics: ArticleStatistics) -> list[dict[str, Any]]:
    parts = charts.mix(statistics.current)
    return [{"part": each, "imported": statistics.imported[each.kind.key]} for each in parts]


def _first_day(article: Article, statistics: ArticleStatistics, now: datetime) -> dict[str, Any]:
    published = article.first_published_at
    if published is None or not statistics.series:
        return {}
    line = first_day(statistics, published, now)
    usual_band = band(article.section_id)
    reached = (now - published).total_seconds() / 60
    usual = pace().usual(article.section_id, now - published)
    came = sum(sum(each.added.values()) for each in statistics.series)
    return {
        "day_chart": charts.lines(
            line,
            until=_DAY_MINUTES,
            band=[
                (minutes, each.quarter, each.median, each.three_quarters, each.high)
                for minutes, each in usual_band
            ],
            labels=[(hour * 60, f"{hour} h") for hour in (1, 3, 6, 9, 12, 15, 18, 21)],
        ),
        "has_band": bool(usual_band),
        "of_section": usual_band[0][1].of_section if usual_band else False,
        "compared": usual_band[0][1].articles if usual_band else 0,
        "ages": at_ages(line, article.section_id, reached),
        "is_top": usual is not None and usual.is_top(came),
        "against_usual": usual.ratio(came) if usual else None,
    }


def _events(article: Article) -> list[Event]:
    """What happened to the story, in order."""
    found = rows("story_events", {"article": article.pk, "most": _MOST_EVENTS}, repeatable=True)
    events = [Event(*each) for each in found]
    if article.first_published_at:
        events.append(Event(article.first_published_at, "published", 0, "", "Published", "", 0))
    return sorted(events, key=lambda each: each.at)


def _moments(events: Sequence[Event], zone: ZoneInfo) -> list[dict[str, Any]]:
    """The events as the chart and the list below it show them."""
    return [
        {"at": each.at.astimezone(zone), "event": each, "text": each.words, "number": number}
        for number, each in enumerate(events, start=1)
    ]


def _chart(
    every: Sequence[Slice],
    window: Window,
    moments: Sequence[dict[str, Any]],
    step: str,
    zone: ZoneInfo,
) -> charts.Columns:
    labels = [_label(each, step, zone) for each in every]
    return charts.columns(
        [each.interval.start for each in every],
        [each.came for each in every],
        end=every[-1].interval.end,
        titles=[
            f"{label}: {sum(each.came.values()):,} came"
            for label, each in zip(labels, every, strict=True)
        ],
        labels=[_short(each, step, zone) for each in every],
        moments=[
            Moment(each["at"], each["text"], each["event"].what, each["number"]) for each in moments
        ],
    )


def _line(each: Slice, step: str, zone: ZoneInfo, now: datetime) -> Line:
    return Line(
        start=_label(each, step, zone),
        cells=[(each.came[kind.key], each.left[kind.key]) for kind in KINDS],
        came=sum(each.came.values()),
        left=sum(each.left.values()),
        is_running=each.interval.start <= now < each.interval.end,
    )


def _has_change(each: Slice) -> bool:
    return any(each.came.values()) or any(each.left.values())


def _label(each: Slice, step: str, zone: ZoneInfo) -> str:
    local = each.interval.start.astimezone(zone)
    if step == "month":
        return date_format(local, "F Y")
    if step == "week":
        return f"week of {date_format(local, 'j M Y')}"
    if step == "day":
        return date_format(local, "D j M Y")
    # Where clocks go back an hour comes twice, and its offset tells which.
    return date_format(local, "D j M, H:i") + (f" (UTC{local:%z})" if _is_twice(local) else "")


def _is_twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _short(each: Slice, step: str, zone: ZoneInfo) -> str:
    local = each.interval.start.astimezone(zone)
    return date_format(local, "j M" if step in ("day", "week", "month") else "j M H:i")
