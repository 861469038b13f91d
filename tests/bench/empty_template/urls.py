"""Every address of the product, and /empty/."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path


def empty(request: HttpRequest) -> HttpResponse:
    return render(request, "empty.html")


urlpatterns = [path("empty/", empty), path("", include("newsroom.urls"))]
