"""Pages for readers."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from articles import views


class Slug(StringConverter):
    """A slug in any alphabet. Django's own takes ASCII only; NUL is what PostgreSQL cannot hold."""

    regex = r"[^/\x00]+"


register_converter(Slug, "any_slug")

app_name = "articles"
urlpatterns = [
    path("", views.front_page, name="front"),
    path("articles/<any_slug:slug>/", views.story, name="story"),
    path("sections/<any_slug:slug>/", views.section, name="section"),
]
