"""Calls for machines, below /api/v1/."""

from django.urls import path

from articles.api import addresses, articles, keys, transitions

urlpatterns = [
    path("articles/", articles.ArticleList.as_view(), name="article-list"),
    path("articles/<str:article>/", articles.ArticleDetail.as_view(), name="article-detail"),
    path("articles/<str:article>/submit/", transitions.Submit.as_view()),
    path("articles/<str:article>/send_back/", transitions.SendBack.as_view()),
    path("articles/<str:article>/publish/", transitions.Publish.as_view()),
    path("articles/<str:article>/schedule/", transitions.Schedule.as_view()),
    path("articles/<str:article>/deschedule/", transitions.Deschedule.as_view()),
    path("articles/<str:article>/lift_embargo/", transitions.LiftEmbargo.as_view()),
    path("articles/<str:article>/correct/", transitions.Correct.as_view()),
    path("articles/<str:article>/unpublish/", transitions.Unpublish.as_view()),
    path("articles/<str:article>/retract/", transitions.Retract.as_view()),
    path("articles/<str:article>/kill/", transitions.Kill.as_view()),
    path("articles/<str:article>/spike/", transitions.Spike.as_view()),
    path("articles/<str:article>/unspike/", transitions.Unspike.as_view()),
    path("articles/<str:article>/merge/", addresses.Merge.as_view()),
    path("articles/<str:article>/addresses/", addresses.Addresses.as_view()),
    path("articles/<str:article>/ninjs/", articles.ArticleNinjs.as_view(), name="article-ninjs"),
    path("keys/me/", keys.MyKey.as_view(), name="my-key"),
    path("keys/me/rotate/", keys.RotateMyKey.as_view()),
]
