"""The addresses of reactions beside those of articles: the widget's form and files, and what is stored."""

from django.urls import path

from reactions.http import embed, form, privacy

app_name = "reactions"

urlpatterns = [
    path("articles/<str:slug>/reactions/", form.react, name="react"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/export/", privacy.export, name="export"),
    path("privacy/erase/", privacy.erase, name="erase"),
    path("embed/reactions.js", embed.module, name="module"),
    path("embed/reactions.css", embed.style, name="style"),
    path("embed/<str:language>.json", embed.look, name="look"),
]
