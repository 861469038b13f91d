"""Base class of the desk's models: what its forms save is in the audit log, and an object's history is read from there.

Django's own log is not written: there is one.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from unfold.admin import ModelAdmin

from articles import audit
from articles.models import AuditEntry

# Entries of one object that its history shows.
_MOST = 200


class AuditedAdmin(ModelAdmin):
    """A form that is saved is one entry: the columns and relations that differ, with both values.

    A model whose writes are recorded where they are made overrides `records_forms`.
    """

    records_forms = True

    def audit_values(self, obj: Any) -> dict[str, Any]:
        """What the log says of the object."""
        return audit.values_of(obj)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """The values before: `form.instance` has the new ones already."""
        if self.records_forms and change:
            stored = type(form.instance)._default_manager.get(pk=form.instance.pk)
            request.values_before = self.audit_values(stored)  # type: ignore[attr-defined]  # read by log_change
        return super().save_form(request, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if self.records_forms:
            audit.record("added", obj, after=self.audit_values(_stored(obj)))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if not self.records_forms:
            return
        before, after = getattr(request, "values_before", {}), self.audit_values(_stored(obj))
        if before != after:
            audit.record("changed", obj, before=before, after=after)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        for obj in queryset if self.records_forms else ():
            audit.record("deleted", obj, before=self.audit_values(obj))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        return history_page(request, self, obj)


def history_page(request: HttpRequest, model_admin: ModelAdmin, obj: Model) -> HttpResponse:
    """The acts on one object, the last first."""
    subject = audit.describe(obj)
    # Uses index: articles_audit_of_object.
    found = AuditEntry.objects.filter(object_type=subject.type, object_id=subject.id)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"History: {obj}",
        "entries": found[:_MOST],
        "object": obj,
        "opts": model_admin.opts,
    }
    return render(request, "admin/articles/history.html", context)


def _stored(obj: Any) -> Any:
    """As the database has it, with its relations: a form's instance has what was typed."""
    return type(obj)._default_manager.get(pk=obj.pk)
