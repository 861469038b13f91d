"""The desk's view of stories. What the desk may not change here, it may read."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from articles.access import revoke_keys
from articles.models import ApiKey, Article, ArticleQuerySet, Section, Tag


class ReadOnly(ModelAdmin):
    """Everything to see, nothing to change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Article)
class ArticleAdmin(ReadOnly):
    list_display = ["headline", "section", "state", "byline", "published_at", "version"]
    list_filter = ["state", "section", "language", "dateline_source"]
    list_select_related = ["section"]
    search_fields = ["headline", "abstract", "byline", "slug"]
    search_help_text = "Headline, abstract, byline or slug"
    date_hierarchy = "published_at"
    ordering = ["-published_at"]
    fieldsets = [
        (None, {"fields": ["headline", "abstract", "byline", "section", "tag_list", "language"]}),
        ("Text", {"fields": ["dateline_text", "body_markdown", "word_count", "caption"]}),
        (
            "Publication",
            {
                "fields": [
                    "state",
                    "pub_status",
                    "version",
                    "first_created_at",
                    "first_published_at",
                    "published_at",
                    "content_modified_at",
                    "version_created_at",
                    "updated_at",
                ]
            },
        ),
        ("Identity", {"fields": ["slug", "id", "guid"]}),
    ]
    readonly_fields = ["tag_list", "caption"]

    def get_queryset(self, request: HttpRequest) -> ArticleQuerySet:
        return Article.objects.with_parts()

    @admin.display(description="Tags")
    def tag_list(self, article: Article) -> str:
        return ", ".join(tag.name for tag in article.ordered_tags)

    @admin.display(description="Lead image")
    def caption(self, article: Article) -> str:
        return article.lead_image.caption if article.lead_image else ""


@admin.register(Section, Tag)
class LabelAdmin(ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    """Keys come from `manage.py issue_key`, which shows each once. Here they can be ended."""

    list_display = ["name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at"]
    search_fields = ["name", "prefix"]
    fields = ["name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    @admin.action(description="Revoke the chosen keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        count = revoke_keys(keys)
        self.message_user(request, f"{count} revoked; they stop working at once.", messages.SUCCESS)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.change_apikey")
