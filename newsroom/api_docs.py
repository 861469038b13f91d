"""The page that shows the calls of the API: Swagger UI, from our own files and without a cookie."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    response = render(request, "articles/api_docs.html")
    patch_cache_control(response, public=True, max_age=300)
    return response
