"""The addresses of the JSON API of reactions, below /api/v1/."""

from django.urls import path

from reactions.http import api, api_policy, api_sightings, api_sites, api_waves

urlpatterns = [
    path("articles/<str:article>/reactions/", api.ArticleReactions.as_view(), name="reactions"),
    path("articles/<str:article>/reactions/mine/", api.MyReactions.as_view(), name="mine"),
    path(
        "articles/<str:article>/reactions/policy/",
        api_policy.PolicyView.as_view(),
        name="reactions-policy",
    ),
    path("reactions/", api.ManyReactions.as_view(), name="many-reactions"),
    path("sightings/", api_sightings.Sightings.as_view(), name="sightings"),
    path("waves/", api_waves.Waves.as_view(), name="waves"),
    path("waves/<int:wave>/", api_waves.WaveView.as_view(), name="wave"),
    path("reactions/mine/", api.ManyMine.as_view(), name="many-mine"),
    path("readers/", api.Readers.as_view(), name="readers"),
    path("readers/me/", api.Me.as_view(), name="reader"),
    path("readers/me/export/", api.MyExport.as_view(), name="reader-export"),
    path("sites/here/", api_sites.Here.as_view(), name="site-here"),
    path("stats/articles/<str:article>/", api.ArticleStatistics.as_view(), name="article-stats"),
]
