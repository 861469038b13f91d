"""The pages of reactions, beside those of articles."""

from django.urls import path

from reactions.http import form

app_name = "reactions"

urlpatterns = [
    path("articles/<str:slug>/reactions/", form.react, name="react"),
]
