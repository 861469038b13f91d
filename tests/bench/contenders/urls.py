"""The contenders' addresses."""

from django.urls import include, path

from tests.bench.contenders import views

urlpatterns = [
    path("empty/", views.Empty.as_view()),
    path("nothing/<uuid:article>/", views.StoreNothing.as_view()),
    path("page/", views.page),
    path("textbook/", include("tests.bench.textbook.urls")),
]
