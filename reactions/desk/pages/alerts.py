"""The page “Alerts and mails”: what was raised and why, who got it, what is muted, and the reports as they were sent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from articles.models import Article
from reactions.alerts.bell import note_seen
from reactions.alerts.links import LISTS
from reactions.alerts.mail import has_mail
from reactions.alerts.recipients import alerts_for, mute, mutes_of, rule_name, sees_any, unmute
from reactions.alerts.texts import AlertText, headlines, text_of
from reactions.desk.pages.base import desk_page
from reactions.models import Alert, AlertRule, Message, MessageState, Mute, Report, Subscription

MOST_ALERTS = 50
MOST_REPORTS = 40
_LONGEST_ID = 19  # digits: more are no number of PostgreSQL
# Who decides waves speaks for the newsroom, and mutes the chat.
_MUTES_CHAT = "reactions.change_wave"
_STATES = {
    MessageState.WAITING: "waits to be sent",
    MessageState.SENDING: "may have been sent: the connection was lost meanwhile",
    MessageState.SENT: "sent",
    MessageState.FAILED: "not sent",
}


@dataclass(frozen=True)
class Line:
    """One alert with its words, and what became of its messages."""

    alert: Alert
    words: AlertText
    sent: str
    is_new: bool


def alerts(request: HttpRequest) -> HttpResponse:
    """The page. `before` is the alert after which the list goes on."""
    user = _user(request)
    now = datetime.now(UTC)
    before = request.GET.get("before", "")
    found = alerts_for(user).order_by("-pk")
    if before.isdecimal() and len(before) < _LONGEST_ID:
        found = found.filter(pk__lt=int(before))
    subscription = Subscription.objects.filter(user=user).first() or Subscription(user=user)
    shown = list(found[: MOST_ALERTS + 1])
    if shown and shown[0].pk > subscription.seen_alert:
        note_seen(user, shown[0].pk)
    lines = _lines(shown[:MOST_ALERTS], user, subscription.seen_alert)
    context = {
        "title": "Alerts and mails",
        "lines": lines,
        "older": lines[-1].alert.pk if len(shown) > MOST_ALERTS else None,
        "rules": AlertRule.choices,
        "mutes": _mutes(user.pk, now),
        "mutes_chat": user.has_perm(_MUTES_CHAT),
        "reports": _reports(user),
        "has_mail": has_mail(),
        "has_address": bool(user.email),
        "mails": _mails(subscription),
    }
    return desk_page(request, "alerts.html", context)


@require_POST
def mute_alerts(request: HttpRequest) -> HttpResponse:
    """Mute a `story`, a `rule` or `all` until tomorrow morning, for the user or in the chat; or take a mute back."""
    user = _user(request)
    in_chat = request.POST.get("where") == "chat"
    if in_chat and not user.has_perm(_MUTES_CHAT):
        raise PermissionDenied
    for_user = None if in_chat else user.pk
    if undone := request.POST.get("undo", ""):
        _undo(undone, for_user)
        messages.success(request, "Alerts like that come again.")
        return redirect("desk:alerts")
    what, value = request.POST.get("what", ""), request.POST.get("value", "")
    mute(user_id=for_user, now=datetime.now(UTC), **_choice(what, value))
    messages.success(request, "Muted. You can take it back below.")
    return redirect("desk:alerts")


def report(request: HttpRequest, report_id: int) -> HttpResponse:
    """One report as its mail was: a page of its own, without scripts. Only its user's."""
    found = Report.objects.filter(pk=report_id, user=_user(request)).first()
    if found is None:
        raise Http404
    response = HttpResponse(found.html)
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


def _choice(what: str, value: str) -> dict[str, Any]:
    if what == "all":
        return {}
    if what == "rule" and value in AlertRule:
        return {"rule": value}
    if what == "story":
        try:
            article_id = UUID(value)
        except ValueError:
            raise Http404 from None
        if Article.objects.filter(pk=article_id).exists():
            return {"article_id": article_id}
    raise Http404


def _undo(mute_id: str, user_id: int | None) -> None:
    if mute_id.isdecimal() and len(mute_id) < _LONGEST_ID:
        unmute(int(mute_id), user_id=user_id)


def _mails(subscription: Subscription) -> str:
    """What the user gets, in words."""
    wanted = [words for name, words in LISTS.items() if getattr(subscription, name)]
    *first, last = wanted or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last


def _lines(shown: list[Alert], user: User, seen: int) -> list[Line]:
    about, sent = headlines(shown), _sent(shown, user)
    return [
        Line(
            alert,
            text_of(alert, about.get(alert.article_id, "")),
            sent.get(alert.pk, "shown here only"),
            alert.pk > seen,
        )
        for alert in shown
    ]


def _sent(shown: Iterable[Alert], user: User) -> dict[int, str]:
    """What became of the messages of each alert, in words."""
    found = Message.objects.filter(alert__in=[alert.pk for alert in shown]).values_list(
        "alert_id", "user_id", "state"
    )
    mine: dict[int, list[str]] = {}
    others: Counter[int] = Counter()
    for alert_id, user_id, state in found:
        about = alert_id or 0
        to = {None: "chat", user.pk: "mail to you"}.get(user_id)
        if to:
            mine.setdefault(about, []).append(f"{to}: {_STATES[MessageState(state)]}")
        elif state == MessageState.SENT:
            others[about] += 1
    for alert_id, count in others.items():
        mine.setdefault(alert_id, []).append(f"mail to {count} other{'' if count == 1 else 's'}")
    return {alert_id: ", ".join(sorted(parts)) for alert_id, parts in mine.items()}


def _mutes(user_id: int, now: datetime) -> list[dict[str, Any]]:
    """What the user has muted, and what the chat does not get."""
    found = list(mutes_of(user_id, now=now))
    ids = [each.article_id for each in found if each.article_id]
    names: Mapping[UUID, str] = dict(
        Article.objects.filter(pk__in=ids).values_list("pk", "headline") if ids else ()
    )
    return [
        {
            "id": each.pk,
            "until": each.until,
            "words": _mute_words(each, names),
            "in_chat": each.user_id is None,
        }
        for each in found
    ]


def _mute_words(muted: Mute, names: Mapping[UUID, str]) -> str:
    if muted.article_id:
        return f"Alerts about “{names.get(muted.article_id, 'a story that is gone')}”"
    return f"Alerts of the kind “{rule_name(muted.rule)}”" if muted.rule else "All alerts"


def _reports(user: User) -> list[dict[str, Any]]:
    found = Report.objects.filter(user=user).select_related("message").defer("html", "text")
    return [{"report": each, "sent": _report_state(each)} for each in found[:MOST_REPORTS]]


def _report_state(report: Report) -> str:
    message = getattr(report, "message", None)
    return _STATES[MessageState(message.state)] if message else "shown here only"


def _user(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) or not sees_any(user):
        raise PermissionDenied
    return user
