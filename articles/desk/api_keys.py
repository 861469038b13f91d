"""The admin of API keys: a list of the keys, and their revocation."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from articles.api.api_keys import revoke_keys
from articles.desk.read_only import ReadOnlyAdmin
from articles.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """`manage.py issue_key` creates keys and prints each once. The desk lists and revokes them."""

    nothing_here = (
        "Keys with which programs call the API are listed here. An administrator issues them."
    )
    list_display = ["name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at"]
    search_fields = ["name", "prefix"]
    fields = ["name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    @admin.action(description="Revoke the chosen keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        count = revoke_keys(keys)
        self.message_user(
            request,
            f"{count} {'key' if count == 1 else 'keys'} revoked; no call with it is answered.",
            messages.SUCCESS,
        )

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.change_apikey")
