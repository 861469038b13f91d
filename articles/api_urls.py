"""Calls for machines, below /api/v1/."""

from django.urls import path

from articles import api, api_writing, ninjs

urlpatterns = [
    path("articles/", api.ArticleList.as_view(), name="article-list"),
    path("articles/<str:article>/", api.ArticleDetail.as_view(), name="article-detail"),
    path("articles/<str:article>/publish/", api_writing.Publish.as_view()),
    path("articles/<str:article>/schedule/", api_writing.Schedule.as_view()),
    path("articles/<str:article>/correct/", api_writing.Correct.as_view()),
    path("articles/<str:article>/unpublish/", api_writing.Unpublish.as_view()),
    path("articles/<str:article>/retract/", api_writing.Retract.as_view()),
    path("articles/<str:article>/kill/", api_writing.Kill.as_view()),
    path("articles/<str:article>/ninjs/", ninjs.ArticleNinjs.as_view(), name="article-ninjs"),
]
