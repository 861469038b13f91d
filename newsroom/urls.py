"""The addresses of the product."""

from django.contrib import admin
from django.urls import include, path

from articles.problems import PAGE
from newsroom import api_docs, health, metrics, openapi, problem_page

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
    path("desk/", include("newsroom.sign_in.urls")),
    path("desk/", include("reactions.desk.urls")),
    path("desk/", admin.site.urls),
    path("api/v1/", include("articles.api.urls")),
    path("api/v1/", include("reactions.http.api_urls")),
    path("api/schema/", openapi.schema, name="schema"),
    path(PAGE[1:], problem_page.page, name="problems"),
    path("api/docs/", api_docs.page, name="docs"),
    path("", include("reactions.urls")),
    path("", include("articles.urls")),
]

handler400 = "newsroom.problems.bad_request"
handler403 = "newsroom.problems.permission_denied"
handler404 = "newsroom.problems.not_found"
handler500 = "newsroom.problems.server_error"
