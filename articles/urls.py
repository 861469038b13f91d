"""The addresses of the pages for readers, and of the media files."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from articles.media import serving
from articles.pages import manifest, search, views


class CardSubjectConverter(StringConverter):
    """An article's id without hyphens, or the site."""

    regex = r"[0-9a-f]{32}|site"


class AnySlugConverter(StringConverter):
    """A slug in any alphabet; Django's own converter accepts ASCII only. PostgreSQL cannot store NUL."""

    regex = r"[^/\x00]+"


register_converter(AnySlugConverter, "any_slug")
register_converter(CardSubjectConverter, "card_subject")

app_name = "articles"
urlpatterns = [
    path("", include("articles.syndication.feed_urls")),
    path("", views.front_page, name="front"),
    path("search/", search.page, name="search"),
    path("articles/<any_slug:slug>/", views.article, name="article"),
    path("sections/<any_slug:slug>/", views.section, name="section"),
    path("authors/<any_slug:slug>/", views.author, name="author"),
    path("tags/<any_slug:slug>/", views.tag, name="tag"),
    path("media/<path:name>", serving.picture_file, name="picture_file"),
    path("cards/<card_subject:subject>/<slug:digest>.png", serving.card, name="card"),
    path("corrections/", views.corrections, name="corrections"),
    path("manifest.webmanifest", manifest.manifest, name="manifest"),
    path("preview/<str:token>/", views.preview, name="preview"),
]
