"""Calls for machines, below /api/v1/."""

from django.urls import path

from articles import api, api_moves, ninjs

urlpatterns = [
    path("articles/", api.ArticleList.as_view(), name="article-list"),
    path("articles/<str:article>/", api.ArticleDetail.as_view(), name="article-detail"),
    path("articles/<str:article>/submit/", api_moves.Submit.as_view()),
    path("articles/<str:article>/send_back/", api_moves.SendBack.as_view()),
    path("articles/<str:article>/publish/", api_moves.Publish.as_view()),
    path("articles/<str:article>/schedule/", api_moves.Schedule.as_view()),
    path("articles/<str:article>/deschedule/", api_moves.Deschedule.as_view()),
    path("articles/<str:article>/correct/", api_moves.Correct.as_view()),
    path("articles/<str:article>/unpublish/", api_moves.Unpublish.as_view()),
    path("articles/<str:article>/retract/", api_moves.Retract.as_view()),
    path("articles/<str:article>/kill/", api_moves.Kill.as_view()),
    path("articles/<str:article>/spike/", api_moves.Spike.as_view()),
    path("articles/<str:article>/unspike/", api_moves.Unspike.as_view()),
    path("articles/<str:article>/ninjs/", ninjs.ArticleNinjs.as_view(), name="article-ninjs"),
]
