"""The pages of reactions, beside those of articles."""

from django.urls import path

from reactions import views

app_name = "reactions"

urlpatterns = [
    path("articles/<str:slug>/reactions/", views.react, name="react"),
]
