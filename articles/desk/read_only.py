"""Base class for models that the desk shows and does not change."""

from typing import Any

from django.http import HttpRequest

from articles.desk.audited import AuditedAdmin


class ReadOnlyAdmin(AuditedAdmin):
    """Users with the view permission see lists and rows; no user adds, changes or deletes one."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
