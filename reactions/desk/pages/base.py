"""What the desk's pages share: who may see them, their time zone, and how they are drawn."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from reactions.stats.article import timezones


class UnknownZone(Exception):
    """The time zone in the address is none."""


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The zone of the address (`tz`), else the one that is active for the user. Raises UnknownZone."""
    name = request.GET.get("tz", "")
    if not name:
        return ZoneInfo(timezone.get_current_timezone_name() or settings.TIME_ZONE)
    if name not in timezones():
        raise UnknownZone
    return ZoneInfo(name)


def user_id(request: HttpRequest) -> int:
    """The id of the user, who is signed in."""
    assert request.user.pk is not None  # noqa: S101  # the desk requires a signed-in user
    return request.user.pk


def desk_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page in the admin's look, with times in the `zone` of its context: never stored by a browser or a cache."""
    site = admin.site.each_context(request)
    zone = context.get("zone") or timezone.get_current_timezone()
    with timezone.override(
        zone
    ):  # a template writes a time in the zone that is active, whatever its own
        response = render(request, f"reactions/desk/{template}", {**site, **context}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def refuse(request: HttpRequest, title: str, reason: str) -> HttpResponse:
    """A page that says why what the address asks for cannot be shown."""
    return desk_page(request, "refused.html", {"title": title, "reason": reason}, status=400)


def refuse_zone(request: HttpRequest, title: str) -> HttpResponse:
    """A page that says which time zone is none."""
    name = request.GET.get("tz", "")
    return refuse(request, title, f"There is no time zone called “{name[:64]}”.")
