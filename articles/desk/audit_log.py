"""The audit log at the desk: by actor, object, act and time. Administrators read it, and those whom they allow to."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles.desk.read_only import ReadOnlyAdmin
from articles.models import WHAT_WAS_DONE, ActorKind, ArticleRevision, AuditEntry
from articles.revisions import compare

_PERIODS = {
    "day": (1, "The last day"),
    "week": (7, "The last week"),
    "month": (31, "The last month"),
}
# Of the models whose rows the log is about, by their names there.
_APPS = ("articles", "reactions", "auth")


class ByPeriod(admin.SimpleListFilter):
    title = "when"
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(name, label) for name, (_, label) in _PERIODS.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        if (period := _PERIODS.get(self.value() or "")) is None:
            return queryset
        # Uses index: articles_audit_by_time.
        return queryset.filter(at__gte=timezone.now() - timedelta(days=period[0]))


class ByObject(admin.SimpleListFilter):
    title = "kind of object"
    parameter_name = "object_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        # Uses index: articles_audit_of_object.
        found = AuditEntry.objects.order_by("object_type").values_list("object_type", flat=True)
        return [(name, label_of_type(name)) for name in found.distinct()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        return queryset.filter(object_type=self.value()) if self.value() else queryset


class ByAction(admin.SimpleListFilter):
    title = "what was done"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        # Uses index: articles_audit_of_action.
        found = AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct()
        return [(action, in_words(action).capitalize()) for action in found]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry]
    ) -> QuerySet[AuditEntry]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Nobody adds, changes or deletes an entry here, an administrator neither."""

    nothing_here = "Everything that is done at the desk, by the API and by commands is listed here."
    list_display = ["at", "who", "what_was_done", "what_it_was_done_to", "note_cut"]
    list_display_links = ["at"]
    list_filter = [ByPeriod, ByAction, ByObject, "actor_kind"]
    search_fields = ["actor", "object_name", "=object_id", "note"]
    search_help_text = "Who, the object’s name or id, or a word of the note"
    list_per_page = 100
    show_full_result_count = False
    ordering = ["-id"]
    fields = [
        *("at", "who", "actor_id", "what_was_done", "what_it_was_done_to", "object_id"),
        *("note", "differences"),
    ]
    readonly_fields = ["who", "what_was_done", "what_it_was_done_to", "differences"]

    @admin.display(description="Who", ordering="actor")
    def who(self, entry: AuditEntry) -> str:
        if entry.actor_kind == ActorKind.USER:
            return entry.actor or "–"
        return f"{entry.get_actor_kind_display()} {entry.actor}".strip()

    @admin.display(description="What was done", ordering="action")
    def what_was_done(self, entry: AuditEntry) -> str:
        return in_words(entry.action).capitalize()

    @admin.display(description="To what")
    def what_it_was_done_to(self, entry: AuditEntry) -> SafeString | str:
        label = f"{label_of_type(entry.object_type)}: {entry.object_name}".strip(": ")
        address = _address(entry)
        return (
            format_html('<a href="{}" class="desk-plain-link">{}</a>', address, label)
            if address
            else label
        )

    @admin.display(description="Note")
    def note_cut(self, entry: AuditEntry) -> str:
        return entry.note if len(entry.note) <= 100 else f"{entry.note[:99]}…"

    @admin.display(description="Before and after")
    def differences(self, entry: AuditEntry) -> SafeString | str:
        shown = render_to_string("admin/articles/_audit_values.html", {"entry": entry})
        return SafeString((shown + _of_version(entry)).strip()) or "–"


def in_words(action: str) -> str:
    """An act as people read it: the kinds of versions have words of their own."""
    return WHAT_WAS_DONE.get(action, action)


def label_of_type(name: str) -> str:
    for app in _APPS:
        try:
            return str(apps.get_model(app, name)._meta.verbose_name).capitalize()
        except LookupError:
            continue
    return name.capitalize()


def _of_version(entry: AuditEntry) -> str:
    """What the version of an article that the entry names changed: the versions have it."""
    version = entry.after.get("version") if entry.object_type == "article" else None
    if not isinstance(version, int):
        return ""
    pair = list(
        ArticleRevision.objects.filter(
            Q(version=version) | Q(version=version - 1), article_id=entry.object_id
        ).order_by("version")
    )
    if len(pair) != 2:
        return ""
    differences = compare(older=pair[0], newer=pair[1])
    return render_to_string("admin/articles/_differences.html", {"differences": differences})


def _address(entry: AuditEntry) -> str:
    """Its page at the desk, where there may be one."""
    if not entry.object_id:
        return ""
    for app in _APPS:
        try:
            return reverse(f"admin:{app}_{entry.object_type}_change", args=[entry.object_id])
        except NoReverseMatch:
            continue
    return ""
