"""The addresses of the JSON API of reactions, below /api/v1/."""

from django.urls import path

from reactions.http import (
    api,
    api_changes,
    api_policy,
    api_sightings,
    api_sites,
    api_stats,
    api_views,
    api_waves,
    api_webhooks,
    rankings,
)

urlpatterns = [
    path("articles/<str:article>/reactions/", api.ArticleReactions.as_view(), name="reactions"),
    path("articles/<str:article>/reactions/mine/", api.MyReactions.as_view(), name="mine"),
    path(
        "articles/<str:article>/reactions/policy/",
        api_policy.PolicyView.as_view(),
        name="reactions-policy",
    ),
    path("reactions/", api.ManyReactions.as_view(), name="many-reactions"),
    path("changes/", api_changes.Changes.as_view(), name="changes"),
    path("rankings/<slug:kind>/", rankings.Rankings.as_view(), name="rankings"),
    path("sightings/", api_sightings.Sightings.as_view(), name="sightings"),
    path("views/", api_views.Views.as_view(), name="views"),
    path("waves/", api_waves.Waves.as_view(), name="waves"),
    path("waves/<int:wave>/", api_waves.WaveView.as_view(), name="wave"),
    path("reactions/mine/", api.ManyMine.as_view(), name="many-mine"),
    path("readers/", api.Readers.as_view(), name="readers"),
    path("readers/me/", api.Me.as_view(), name="reader"),
    path("readers/me/export/", api.MyExport.as_view(), name="reader-export"),
    path("sites/here/", api_sites.Here.as_view(), name="site-here"),
    path("stats/query/", api_stats.StatsQuery.as_view(), name="stats-query"),
    path("stats/articles/", api_stats.StatsArticles.as_view(), name="stats-articles"),
    path(
        "stats/articles/<str:article>/",
        api_stats.ArticleStatistics.as_view(),
        name="article-stats",
    ),
    path("stats/sections/", api_stats.StatsSections.as_view(), name="stats-sections"),
    path("stats/authors/", api_stats.StatsAuthors.as_view(), name="stats-authors"),
    path("stats/tags/", api_stats.StatsTags.as_view(), name="stats-tags"),
    path("stats/sources/", api_stats.StatsSources.as_view(), name="stats-sources"),
    path("stats/kinds/", api_stats.StatsKinds.as_view(), name="stats-kinds"),
    path("stats/timeseries/", api_stats.StatsTimeseries.as_view(), name="stats-timeseries"),
    path("stats/realtime/", api_stats.StatsRealtime.as_view(), name="stats-realtime"),
    path("stats/movers/", api_stats.StatsMovers.as_view(), name="stats-movers"),
    path("webhooks/", api_webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<int:webhook>/", api_webhooks.Webhook.as_view(), name="webhook"),
    path(
        "webhooks/<int:webhook>/rotate_secret/",
        api_webhooks.RotateSecret.as_view(),
        name="webhook-rotate",
    ),
    path("webhooks/<int:webhook>/test/", api_webhooks.SendTest.as_view(), name="webhook-test"),
    path(
        "webhooks/<int:webhook>/deliveries/",
        api_webhooks.Deliveries.as_view(),
        name="webhook-deliveries",
    ),
    path(
        "webhooks/<int:webhook>/deliveries/resend/",
        api_webhooks.Resend.as_view(),
        name="webhook-resend",
    ),
    path(
        "webhooks/<int:webhook>/deliveries/<uuid:delivery>/",
        api_webhooks.Delivery.as_view(),
        name="webhook-delivery",
    ),
]
