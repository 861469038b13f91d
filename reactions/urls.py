"""The addresses of reactions beside those of articles: the form of the widget, and what a page needs to show it."""

from django.urls import path

from reactions.http import embed, form

app_name = "reactions"

urlpatterns = [
    path("articles/<str:slug>/reactions/", form.react, name="react"),
    path("embed/reactions.js", embed.module, name="module"),
    path("embed/reactions.css", embed.style, name="style"),
    path("embed/<str:language>.json", embed.look, name="look"),
]
