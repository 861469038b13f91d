"""The keys of programs."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from articles.api.api_keys import revoke_keys
from articles.desk.read_only import ReadOnly
from articles.models import ApiKey


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
