"""Placeholder."""

from django.http import HttpRequest, HttpResponse


def stories(request: HttpRequest, **options: object) -> HttpResponse:
    return HttpResponse("")
