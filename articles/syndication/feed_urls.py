"""The addresses for programs: feeds, sitemaps, robots.txt, security.txt and oEmbed."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from articles.syndication import feeds, oembed, sitemaps


class FeedFileConverter(StringConverter):
    regex = r"rss\.xml|atom\.xml|feed\.json"


register_converter(FeedFileConverter, "feed_file")

urlpatterns = [
    path("feeds/<feed_file:file_name>", feeds.site, name="feed"),
    path(
        "feeds/sections/<any_slug:slug>/<feed_file:file_name>", feeds.section, name="section_feed"
    ),
    path("feeds/authors/<any_slug:slug>/<feed_file:file_name>", feeds.author, name="author_feed"),
    path("feeds/tags/<any_slug:slug>/<feed_file:file_name>", feeds.tag, name="tag_feed"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-sections.xml", sitemaps.sections, name="sections_sitemap"),
    path("sitemap-<int:year>-<int:month>-<int:number>.xml", sitemaps.month, name="month_sitemap"),
    path("news-sitemap.xml", sitemaps.news, name="news_sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path(".well-known/security.txt", sitemaps.security, name="security"),
    path("oembed/", oembed.oembed, name="oembed"),
]
