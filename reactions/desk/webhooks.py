"""The desk's view of webhooks: where programs want to hear of what happens, and what was sent."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from articles.desk.audited import AuditedAdmin
from articles.desk.read_only import ReadOnlyAdmin
from reactions.changes.feed import read_state
from reactions.models import EventType, WebhookDelivery, WebhookEndpoint
from reactions.webhooks.deliveries import resend, send_test
from reactions.webhooks.endpoints import check_url, enable, rotate_secret, switch_off


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    types = forms.MultipleChoiceField(
        choices=EventType.choices,
        label="Hears of",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        initial=[EventType.PUBLISHED, EventType.CORRECTED, EventType.KILLED, EventType.REACTIONS],
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("url", "description", "types", "interval")

    def clean_url(self) -> str:
        try:
            return check_url(self.cleaned_data["url"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(AuditedAdmin):
    form = EndpointForm
    nothing_here = "Addresses of programs to which what happens is sent are listed here. Add one with its receiver’s address."
    list_display = ["__str__", "url", "state", "failing_since"]
    readonly_fields = ["state", "failing_since", "secret_to_copy", "old_secret_valid_until"]
    actions = ["send_a_test", "rotate", "switch_on", "switch_off"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = ["url", "description", "types", "interval"]
        return [*own, *self.readonly_fields] if obj else own

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """An endpoint goes with its deliveries, which nobody deletes alone."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, lacking - {WebhookDelivery._meta.verbose_name}, protected

    @admin.display(description="State")
    def state(self, endpoint: WebhookEndpoint) -> str:
        if not endpoint.active:
            return f"Off. {endpoint.disabled_reason}".strip()
        return "Fails" if endpoint.failing_since else "On"

    @admin.display(description="Secret")
    def secret_to_copy(self, endpoint: WebhookEndpoint) -> SafeString:
        """By which the receiver verifies what it gets. Folded, so that nobody reads it over a shoulder."""
        return format_html(
            "<details><summary>Show</summary><code>{}</code></details>", endpoint.secret
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["url", "description", "types", "interval"])
            return
        # It hears of what happens from now on.
        obj.events_to = obj.counts_to = read_state().position
        super().save_model(request, obj, form, change)

    @admin.action(description="Send a test", permissions=["change"])
    def send_a_test(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> None:
        with transaction.atomic():
            for endpoint in endpoints.select_for_update(no_key=True):  # not deleted meanwhile
                send_test(endpoint)
        text = "A test is sent. Its delivery says what the receiver answered."
        self.message_user(request, text, messages.SUCCESS)

    @admin.action(description="Make a new secret", permissions=["change"])
    def rotate(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> None:
        with transaction.atomic():
            for endpoint in endpoints.select_for_update(no_key=True):
                rotate_secret(endpoint)
        text = "The new secret is on the webhook’s page. For a day each message is signed by both."
        self.message_user(request, text, messages.SUCCESS)

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> None:
        position = read_state().position
        for endpoint in endpoints.filter(active=False):
            enable(endpoint, position=position)

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, endpoints: QuerySet[WebhookEndpoint]) -> None:
        reason = f"Switched off by {request.user.get_username()}."
        for endpoint in endpoints:
            switch_off(endpoint, reason)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    nothing_here = "What was sent to webhooks in the last 30 days is listed here."
    list_display = ["type", "endpoint", "state", "attempts", "status", "error", "created_at"]
    list_filter = ["state", "type", "endpoint"]
    list_select_related = ["endpoint"]
    fields = [
        *("type", "endpoint", "state", "created_at", "attempts", "attempted_at"),
        *("next_attempt_at", "status", "error", "answer", "body"),
    ]
    actions = ["send_again"]

    @admin.action(description="Send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        number = resend(deliveries)
        text = f"{number} {'message is' if number == 1 else 'messages are'} sent again."
        self.message_user(request, text, messages.SUCCESS)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reactions.change_webhookendpoint")
