"""The addresses of the desk's pages of figures. They come before those of the admin."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from reactions.desk.pages import stories, story, today

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
]
