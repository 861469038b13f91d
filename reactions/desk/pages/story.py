"""Placeholder."""

from django.http import HttpRequest, HttpResponse


def story(request: HttpRequest, **options: object) -> HttpResponse:
    return HttpResponse("")
