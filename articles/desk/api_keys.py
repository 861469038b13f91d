"""API keys at the desk: issuing and rotating them, their list, and their revocation."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from articles.api.api_keys import SCOPES, issue_key, revoke_keys, rotate_key
from articles.desk.read_only import ReadOnlyAdmin
from articles.models import ApiKey

_MAY = {
    "articles:read": "Read stories, drafts included",
    "articles:write": "Write, publish and correct stories",
    "stats:read": "Read figures",
    "reactions:manage": "Say which reactions stories accept; release and void waves",
    "webhooks:manage": "Say where events are sent",
}
_LIVES = [("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "No end")]
_OVERLAPS = [("1", "An hour"), ("24", "A day"), ("168", "A week"), ("0", "It ends at once")]


class IssueForm(forms.Form):
    name = forms.CharField(
        label="Program",
        max_length=100,
        help_text="What the key is for; the history of stories names it.",
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(scope, _MAY[scope]) for scope in SCOPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="No more than the program needs.",
    )
    days = forms.ChoiceField(
        label="Valid for",
        choices=_LIVES,
        initial="365",
        required=False,
        widget=UnfoldAdminSelectWidget,
    )


class RotateForm(forms.Form):
    hours = forms.ChoiceField(
        label="The old secret stays valid for",
        choices=_OVERLAPS,
        initial="24",
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """A secret is shown once, in the answer to the form that made it, which no cache keeps."""

    nothing_here = (
        "Keys with which programs call the API are listed here. An administrator issues them."
    )
    list_display = ["name", "prefix", "may", "created_at", "expires_at", "last_used_at", "state"]
    search_fields = ["name", "prefix"]
    fields = [
        *("name", "prefix", "may", "created_at", "expires_at"),
        *("old_key_valid_until", "last_used_at", "revoked_at"),
    ]
    actions = ["revoke"]
    list_before_template = "admin/articles/_key_links.html"  # type: ignore[assignment]  # unfold's is None
    change_form_before_template = "admin/articles/_key_links.html"  # type: ignore[assignment]

    @display(description="may")
    def may(self, key: ApiKey) -> str:
        return "; ".join(_MAY.get(scope, scope) for scope in key.scopes)

    @display(description="state")
    def state(self, key: ApiKey) -> str:
        return key.state

    @admin.action(description="Revoke the chosen keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        count = revoke_keys(list(keys))
        self.message_user(
            request,
            f"{count} {'key' if count == 1 else 'keys'} revoked; no call with it is answered.",
            messages.SUCCESS,
        )

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.change_apikey")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("issue/", view(self.issue_view), name="articles_issue_key"),
            path("<int:key_id>/rotate/", view(self.rotate_view), name="articles_rotate_key"),
            path("<int:key_id>/revoke/", view(self.revoke_view), name="articles_revoke_key"),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    @sensitive_variables()
    def issue_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what the key is for; a POST issues it, and its answer shows it."""
        if not request.user.has_perm("articles.add_apikey"):
            raise PermissionDenied
        form = IssueForm(request.POST or None)
        if not form.is_valid():
            return self._form(request, form, title="Issue a key", button="Issue it", icon="key")
        given = form.cleaned_data
        days = given["days"]
        secret = issue_key(
            name=given["name"],
            scopes=given["scopes"],
            expires_at=timezone.now() + timedelta(days=int(days)) if days else None,
        )
        key = ApiKey.objects.get(prefix=secret.split("_")[1])
        return self._show(request, key, secret)

    @method_decorator(never_cache)
    @sensitive_variables()
    def rotate_view(self, request: HttpRequest, key_id: int) -> HttpResponse:
        """Ask how long the old secret stays valid; a POST makes a new one, and its answer shows it."""
        key = self._changeable(request, key_id)
        title, effects = (
            f"A new secret for {key.name}",
            [
                "The program needs the new secret before the old one ends.",
                "Name, prefix, permissions and expiry stay.",
                "A secret that an earlier rotation replaced ends at once.",
            ],
        )
        form = RotateForm(request.POST or None)
        if form.is_valid():
            overlap = timedelta(hours=int(form.cleaned_data["hours"]))
            try:
                secret, key = rotate_key(key, overlap=overlap)
            except ValueError as refused:
                form.add_error(None, str(refused))
            else:
                return self._show(request, key, secret)
        return self._form(
            request, form, title=title, button="Make it", icon="autorenew", effects=effects
        )

    def revoke_view(self, request: HttpRequest, key_id: int) -> HttpResponse:
        """Ask once more; a POST ends the key."""
        key = self._changeable(request, key_id)
        if request.method == "POST":
            self.revoke(request, ApiKey.objects.filter(pk=key.pk))
            return redirect("admin:articles_apikey_change", key.pk)
        return self._form(
            request,
            forms.Form(),
            title=f"Revoke the key of {key.name}?",
            button="Revoke it",
            icon="block",
            variant="danger",
            effects=["No call with it is answered from now on.", "It cannot be made valid again."],
        )

    def _changeable(self, request: HttpRequest, key_id: int) -> ApiKey:
        """Raises PermissionDenied and Http404."""
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        return get_object_or_404(ApiKey, pk=key_id)

    def _form(self, request: HttpRequest, form: forms.Form, **context: Any) -> HttpResponse:
        return self._page(request, "key_form", {"form": form, "variant": "primary"} | context)

    @sensitive_variables()
    def _show(self, request: HttpRequest, key: ApiKey, secret: str) -> HttpResponse:
        context = {"title": f"The key of {key.name}", "key": key, "secret": secret}
        return self._page(request, "key_shown", context)

    @sensitive_variables()
    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        every = {
            **self.admin_site.each_context(request),
            "back": reverse("admin:articles_apikey_changelist"),
        }
        return render(request, f"admin/articles/{name}.html", every | context)
