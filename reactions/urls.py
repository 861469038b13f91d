"""The addresses of reactions beside those of articles: the form of the widget."""

from django.urls import path

from reactions.http import form

app_name = "reactions"

urlpatterns = [
    path("articles/<str:slug>/reactions/", form.react, name="react"),
]
