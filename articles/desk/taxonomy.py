"""The admin of sections, tags, authors, sources and feeds."""

from typing import Any

from django.contrib import admin
from django.db.models import URLField
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from articles.models import Author, Feed, Section, Source, Tag


@admin.register(Section, Tag)
class LabelAdmin(ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


class HttpsUrlAdmin(ModelAdmin):
    """URL fields add `https://` to an input without a scheme."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if isinstance(db_field, URLField):
            options["assume_scheme"] = "https"  # Django 6's default
        return super().formfield_for_dbfield(db_field, request, **options)


@admin.register(Author)
class AuthorAdmin(HttpsUrlAdmin):
    list_display = ["name", "slug", "job_title"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Source)
class SourceAdmin(ModelAdmin):
    list_display = ["name", "credit", "category", "indexing"]
    list_filter = ["category", "indexing"]
    search_fields = ["name", "credit"]


@admin.register(Feed)
class FeedAdmin(HttpsUrlAdmin):
    """The feeds that are polled, with the time of the next poll and the error of the last one."""

    list_display = ["url", "source", "active", "polled_at", "next_poll_at", "failures"]
    list_filter = ["active", "source"]
    search_fields = ["url"]
    readonly_fields = ["polled_at", "failures", "last_error"]
