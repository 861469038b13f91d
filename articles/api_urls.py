"""Calls for machines, below /api/v1/."""

from django.urls import path

from articles import api

urlpatterns = [
    path("articles/", api.ArticleList.as_view(), name="article-list"),
    path("articles/<str:article>/", api.ArticleDetail.as_view(), name="article-detail"),
]
