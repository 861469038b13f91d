"""The addresses of reactions beside those of articles: the widget's form and files, what is stored, the public rankings."""

from django.urls import path, re_path

from reactions.http import embed, form, frame, open_heart, privacy, rankings, releases

app_name = "reactions"

urlpatterns = [
    path("articles/<str:slug>/reactions/", form.react, name="react"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/export/", privacy.export, name="export"),
    path("privacy/erase/", privacy.erase, name="erase"),
    path("most/<slug:kind>/", rankings.page, name="most"),
    path("feeds/most/<slug:kind>/<str:file_name>", rankings.feed, name="most_feed"),
    # With and without a slash: a POST cannot be redirected.
    re_path("^openheart/(?P<address>[^/]*)/?$", open_heart.OpenHeart.as_view(), name="open_heart"),
    path("embed/reactions.js", embed.module, name="module"),
    path("embed/<str:version>/reactions.js", releases.release, name="release"),
    path("embed/reactions.css", embed.style, name="style"),
    path("embed/<str:language>.json", embed.look, name="look"),
    path("embed/frame.css", embed.frame_style, name="frame_style"),
    path("embed/frame.js", embed.frame_script, name="frame_script"),
    path("embed/", frame.frame, name="frame_of_url"),
    # What has a point is a file.
    re_path("^embed/(?P<address>[^/.]+)/$", frame.frame, name="frame"),
]
