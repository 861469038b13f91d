"""The admin of revisions: every version of every article, to compare and to restore."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from articles.desk.form_validation import describe
from articles.desk.read_only import ReadOnlyAdmin
from articles.editing import InvalidValue, NotEditable, restore_revision
from articles.models import WHAT_WAS_DONE, Article, ArticleRevision
from articles.revisions import compare, describe_content


class WhatWasDone(admin.SimpleListFilter):
    """Versions that one kind of write made."""

    title = "what was done"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(kind, words.capitalize()) for kind, words in WHAT_WAS_DONE.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ArticleRevision]
    ) -> QuerySet[ArticleRevision]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(ArticleRevision)
class ArticleRevisionAdmin(ReadOnlyAdmin):
    """Two versions of an article can be compared, and an old one restored."""

    list_display = ["story", "version", "what_was_done", "note", "editor", "created_at"]
    list_filter = [WhatWasDone]
    search_help_text = "Headline or address"
    nothing_here = "Every save of a story is a version, and is listed here."
    list_select_related = ["article"]
    search_fields = ["article__headline", "article__slug"]
    fields = ["story", "version", "what_was_done", "note", "editor", "created_at", "content"]
    readonly_fields = ["story", "what_was_done", "content"]
    ordering = ["-created_at", "-id"]
    actions = ["compare_two", "restore"]

    @admin.display(description="Story", ordering="article__headline")
    def story(self, revision: ArticleRevision) -> str:
        return str(revision.article)

    @admin.display(description="What was done", ordering="kind")
    def what_was_done(self, revision: ArticleRevision) -> str:
        return revision.what_was_done.capitalize()

    @admin.display(description="What the story says")
    def content(self, revision: ArticleRevision) -> SafeString:
        said = ((each.label, "\n".join(each.lines)) for each in describe_content(revision))
        rows = format_html_join("", "<dt>{}</dt><dd dir='auto'>{}</dd>", said)
        return format_html('<dl class="desk-content">{}</dl>', rows)

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
                expected_version=None,  # restoring adds a version after the latest one: no version is lost
                editor=request.user.get_username(),
            )
        except Article.DoesNotExist:
            self.message_user(request, "The story was deleted meanwhile.", messages.ERROR)
        except (NotEditable, InvalidValue) as error:
            self.message_user(request, describe(error), messages.ERROR)
        else:
            self.message_user(request, f"It is version {article.version} now.", messages.SUCCESS)

    def has_restore_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.restore_article")
