"""The desk's view of stories. What the desk may not change here, it may read."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet, URLField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from articles.access import revoke_keys
from articles.models import (
    ApiKey,
    Article,
    ArticleQuerySet,
    ArticleRevision,
    Author,
    Correction,
    Feed,
    Section,
    Source,
    Tag,
)
from articles.revisions import compare
from articles.writing import Final, Refused, restore_revision


class ReadOnly(ModelAdmin):
    """Everything to see, nothing to change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CorrectionInline(TabularInline):
    """What readers of the story were told. Corrections are made by the move of that name."""

    model = Correction
    fields = ["kind", "text", "placement", "published_at", "version", "editor"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
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
                    "versions",
                    "publish_at",
                    "embargoed_until",
                    "expires_at",
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
    readonly_fields = ["tag_list", "caption", "versions"]
    inlines = [CorrectionInline]

    def get_queryset(self, request: HttpRequest) -> ArticleQuerySet:
        return Article.objects.with_parts()

    @admin.display(description="Tags")
    def tag_list(self, article: Article) -> str:
        return ", ".join(tag.name for tag in article.ordered_tags)

    @admin.display(description="All versions")
    def versions(self, article: Article) -> SafeString:
        url = reverse("admin:articles_articlerevision_changelist")
        return format_html(
            '<a href="{}?article__id__exact={}">Compare or restore</a>', url, article.pk
        )

    @admin.display(description="Lead image")
    def caption(self, article: Article) -> str:
        return article.lead_image.caption if article.lead_image else ""


@admin.register(Section, Tag)
class LabelAdmin(ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


class WithAddresses(ModelAdmin):
    """Addresses that somebody types in without a scheme are https."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if isinstance(db_field, URLField):
            options["assume_scheme"] = "https"  # Django 6's default
        return super().formfield_for_dbfield(db_field, request, **options)


@admin.register(Author)
class AuthorAdmin(WithAddresses):
    list_display = ["name", "slug", "job_title"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Source)
class SourceAdmin(ModelAdmin):
    list_display = ["name", "credit", "category", "indexing"]
    list_filter = ["category", "indexing"]
    search_fields = ["name", "credit"]


@admin.register(Feed)
class FeedAdmin(WithAddresses):
    """The addresses that are polled, when they are next, and what went wrong the last time."""

    list_display = ["url", "source", "active", "polled_at", "next_poll_at", "failures"]
    list_filter = ["active", "source"]
    search_fields = ["url"]
    readonly_fields = ["polled_at", "failures", "last_error"]


@admin.register(ArticleRevision)
class ArticleRevisionAdmin(ReadOnly):
    """Every version of every story. Two can be compared, and an old one brought back."""

    list_display = ["article", "version", "kind", "note", "editor", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["article"]
    search_fields = ["article__headline", "article__slug"]
    fields = ["article", "version", "kind", "note", "editor", "created_at", "snapshot"]
    ordering = ["-created_at", "-id"]
    actions = ["compare_two", "restore"]

    @admin.action(description="Compare the two chosen versions", permissions=["view"])
    def compare_two(
        self, request: HttpRequest, revisions: QuerySet[ArticleRevision]
    ) -> HttpResponse | None:
        chosen = list(revisions.select_related("article").order_by("version")[:3])
        if len(chosen) != 2 or chosen[0].article_id != chosen[1].article_id:
            self.message_user(request, "Choose two versions of one story.", messages.ERROR)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": f"{chosen[1].article}: version {chosen[0].version} and {chosen[1].version}",
            "differences": compare(older=chosen[0], newer=chosen[1]),
        }
        return render(request, "admin/articles/differences.html", context)

    @admin.action(description="Restore the chosen version", permissions=["restore"])
    def restore(self, request: HttpRequest, revisions: QuerySet[ArticleRevision]) -> None:
        if revisions.count() != 1:
            self.message_user(request, "Choose one version.", messages.ERROR)
            return
        chosen = revisions.get()
        try:
            article = restore_revision(
                article_id=chosen.article_id,
                version=chosen.version,
                based_on=None,  # a new version on top of whatever is there: nothing is lost
                editor=request.user.get_username(),
            )
        except (Final, Refused) as refused:
            self.message_user(request, str(refused), messages.ERROR)
        else:
            self.message_user(request, f"It is version {article.version} now.", messages.SUCCESS)

    def has_restore_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.change_article")


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


from articles import media_admin  # noqa: E402, F401 -- registers the library of pictures
