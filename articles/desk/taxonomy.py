"""The admin of sections, tags, authors, sources and feeds."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import URLField
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from articles.accounts import link_users
from articles.desk.audited import AuditedAdmin
from articles.models import Article, Author, Feed, Section, Source, Tag

# By which an article has each.
_IN_ARTICLES = {Section: "section", Tag: "tags", Author: "authors", Source: "source"}


def _is_used(row: Any) -> bool:
    """Whether an article has it: deleting it would change the article without a version."""
    return row is not None and Article.objects.filter(**{_IN_ARTICLES[type(row)]: row}).exists()


@admin.register(Section, Tag)
class LabelAdmin(AuditedAdmin):
    nothing_here = "What stories are filed under is listed here; imports add what they name."
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_used(obj)


class HttpsUrlAdmin(AuditedAdmin):
    """URL fields add `https://` to an input without a scheme."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if isinstance(db_field, URLField):
            options["assume_scheme"] = "https"  # Django 6's default
        return super().formfield_for_dbfield(db_field, request, **options)


class AuthorForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """An author, and the users who are them."""

    users = forms.ModelMultipleChoiceField(
        User.objects.filter(is_staff=True).order_by("username"),
        required=False,
        label="Users",
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Who signs in as this author: they see the figures of the author’s stories.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and "users" in self.fields:
            self.initial["users"] = User.objects.filter(account__author=self.instance)


@admin.register(Author)
class AuthorAdmin(HttpsUrlAdmin):
    """Publishers link users to authors here."""

    form = AuthorForm
    nothing_here = (
        "The people who write stories are listed here; imports add those of their bylines."
    )
    list_display = ["name", "slug", "job_title"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        """Who may not link users sees no field for it."""
        if not request.user.has_perm("articles.change_account"):
            options["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **options)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_used(obj)

    def audit_values(self, obj: Author) -> dict[str, Any]:
        users = User.objects.filter(account__author=obj).order_by("username")
        return super().audit_values(obj) | {"users": [user.get_username() for user in users]}

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "users" in form.cleaned_data:
            link_users(form.instance, form.cleaned_data["users"])


@admin.register(Source)
class SourceAdmin(AuditedAdmin):
    nothing_here = "Agencies and partners whose stories are imported are listed here."
    list_display = ["name", "credit", "category", "indexing", "schedules"]
    list_filter = ["category", "indexing"]
    search_fields = ["name", "credit"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_used(obj)


@admin.register(Feed)
class FeedAdmin(HttpsUrlAdmin):
    """The feeds that are polled, with the time of the next poll and the error of the last one."""

    nothing_here = (
        "Feeds that are read for new stories, every five minutes for instance, are listed here."
    )
    list_display = ["url", "source", "active", "polled_at", "next_poll_at", "failures"]
    list_filter = ["active", "source"]
    search_fields = ["url"]
    readonly_fields = ["polled_at", "failures", "last_error"]
