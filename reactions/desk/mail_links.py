"""The pages behind the links in mails, which work without signing in: no more of these mails, and muting alerts.

A mail program or its virus scanner opens every link, so a GET changes nothing and shows a button.
"""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from reactions.alerts.links import LISTS, MuteLink, Unsubscribe
from reactions.alerts.recipients import mute, rule_name
from reactions.alerts.texts import headlines
from reactions.models import Alert, Subscription


@csrf_exempt  # RFC 8058: the POST comes from a mail program, which has no cookie; the signed link is the authority
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A POST ends the mails of one list. Safe to repeat."""
    wanted = Unsubscribe.read(token)
    if wanted is None or wanted.mails not in LISTS:
        return _page(request, "This link is not valid. You can choose your mails at the desk.", 404)
    name = LISTS[wanted.mails]
    if request.method != "POST":
        question = f"No more mails with {name}?"
        return _page(request, question, buttons=[("", "No more of these mails")])
    Subscription.objects.filter(user_id=wanted.user_id).update(**{wanted.mails: False})
    return _page(
        request, f"You get no more mails with {name}. You can choose them again at the desk."
    )


@csrf_exempt  # as above: a mail’s link works in a browser that is not signed in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mute_alerts(request: HttpRequest, token: str) -> HttpResponse:
    """A POST mutes the alert’s story, its rule, or all until tomorrow, for the user of the link."""
    link = MuteLink.read(token)
    alert = link and Alert.objects.filter(pk=link.alert_id).first()
    if not link or not alert or not User.objects.filter(pk=link.user_id).exists():
        return _page(request, "This link is no longer valid. You can mute alerts at the desk.", 404)
    story, rule = headlines([alert]).get(alert.article_id, "this story"), rule_name(alert.rule)
    choices: dict[str, tuple[str, str, dict[str, Any]]] = {
        "story": (
            f"No more alerts about “{story}”",
            f"You get no more alerts about “{story}”.",
            {"article_id": alert.article_id},
        ),
        "rule": (
            f"No more alerts of this kind: {rule}",
            f"You get no more alerts of the kind “{rule}”.",
            {"rule": alert.rule},
        ),
        "all": (
            "No alerts until tomorrow morning",
            "You get no alerts until tomorrow morning.",
            {},
        ),
    }
    chosen = choices.get(request.POST.get("what", "")) if request.method == "POST" else None
    if chosen is None:
        buttons = [(what, label) for what, (label, _, _) in choices.items()]
        return _page(request, "Mute alerts", buttons=buttons)
    mute(user_id=link.user_id, now=datetime.now(UTC), **chosen[2])
    return _page(request, f"{chosen[1]} You can take this back at the desk.")


def _page(
    request: HttpRequest,
    title: str,
    status: int = 200,
    buttons: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    context = {"title": title, "buttons": buttons or []}
    return render(request, "reactions/mail/link.html", context, status=status)
