"""The addresses of the desk's pages of figures. They come before those of the admin."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from reactions.desk import mail_links
from reactions.desk.pages import account, alerts, groups, stories, story, today

app_name = "desk"


def _for_staff(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view for those who are signed in at the desk; others are sent to sign in."""

    @wraps(view)
    def page(request: HttpRequest, **options: Any) -> HttpResponse:
        return admin.site.admin_view(view)(request, **options)

    return page


urlpatterns = [
    path("", _for_staff(today.today), name="today"),
    path("stories/", _for_staff(stories.stories), name="stories"),
    path("stories/<uuid:article_id>/", _for_staff(story.story), name="story"),
    re_path(f"^(?P<name>{'|'.join(groups.GROUPS)})/$", _for_staff(groups.groups), name="groups"),
    path("alerts/", _for_staff(alerts.alerts), name="alerts"),
    path("alerts/mute/", _for_staff(alerts.mute_alerts), name="mute"),
    path("reports/<int:report_id>/", _for_staff(alerts.report), name="report"),
    path("account/", _for_staff(account.account), name="account"),
    # The links in mails work without signing in.
    path("mail/unsubscribe/<str:token>/", mail_links.unsubscribe, name="mail_unsubscribe"),
    path("mail/mute/<str:token>/", mail_links.mute_alerts, name="mail_mute"),
]
