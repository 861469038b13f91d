"""The API of webhooks: a program says where it wants to hear of what happens, and sees what was sent."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from articles import audit
from articles.api.api_keys import KEY, KeyAuthentication, scope
from articles.api.idempotency import Answer
from articles.api.repeatable import IDEMPOTENCY_KEY, done_once
from articles.api.validators import render
from articles.api.views import ApiView
from articles.validation import StrictSerializer
from reactions.changes.feed import read_state
from reactions.http.answers import PRIVATE
from reactions.http.paging import Pages
from reactions.http.requests import invalid
from reactions.models import DeliveryState, EventType, WebhookDelivery, WebhookEndpoint
from reactions.webhooks.deliveries import resend, send_test
from reactions.webhooks.endpoints import (
    MOST_ENDPOINTS,
    check_url,
    enable,
    rotate_secret,
    switch_off,
)

_SHORTEST, _LONGEST = 1, 86_400  # seconds between counts
MOST_RESENT = 1_000


class TooMany(exceptions.APIException):
    status_code = 409
    default_code = "too_many"
    default_detail = f"There are {MOST_ENDPOINTS} webhooks already. Delete one first."


class WebhookInput(StrictSerializer):
    url = serializers.CharField(
        max_length=2_000, help_text="https:// and a public host. No redirect is followed."
    )
    description = serializers.CharField(max_length=200, allow_blank=True, required=False)
    types = serializers.ListField(
        child=serializers.ChoiceField(EventType.choices), min_length=1, max_length=len(EventType)
    )
    interval = serializers.IntegerField(
        min_value=_SHORTEST,
        max_value=_LONGEST,
        required=False,
        help_text="Changed counts are sent together, at most once in so many seconds; 10 without it.",
    )

    def validate_url(self, url: str) -> str:
        try:
            return check_url(url)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None

    def validate_types(self, types: list[str]) -> list[str]:
        return list(dict.fromkeys(types))


class WebhookChange(WebhookInput):
    active = serializers.BooleanField(
        required=False, help_text="true switches one on again that was switched off."
    )

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = dict(super().get_fields())
        for each in fields.values():
            each.required = False
        return fields


class WebhookAnswer(serializers.ModelSerializer[WebhookEndpoint]):
    class Meta:
        model = WebhookEndpoint
        fields: tuple[str, ...] = (
            *("id", "url", "description", "types", "interval", "active", "disabled_reason"),
            *("failing_since", "created_at"),
        )
        read_only_fields = fields


class WebhookWithSecret(WebhookAnswer):
    """The only answer with the secret, by which the receiver verifies what it gets."""

    class Meta(WebhookAnswer.Meta):
        fields: tuple[str, ...] = (
            *WebhookAnswer.Meta.fields,
            *("secret", "old_secret_valid_until"),
        )
        read_only_fields = fields


class DeliveryAnswer(serializers.ModelSerializer[WebhookDelivery]):
    webhook_id = serializers.SerializerMethodField(
        help_text="As the receiver has it in the header `webhook-id`; the same at each attempt."
    )
    next_attempt_at = serializers.SerializerMethodField()

    class Meta:
        model = WebhookDelivery
        fields = (
            *("id", "webhook_id", "type", "state", "created_at", "attempts", "attempted_at"),
            *("next_attempt_at", "status", "error", "answer"),
        )
        read_only_fields = fields

    def get_webhook_id(self, delivery: WebhookDelivery) -> str:
        return f"msg_{delivery.pk.hex}"

    def get_next_attempt_at(self, delivery: WebhookDelivery) -> datetime | None:
        is_waiting = delivery.state == DeliveryState.WAITING
        return delivery.next_attempt_at if is_waiting else None


class NoFields(StrictSerializer):
    """A call without values of its own: none is passed over."""


class ResendInput(StrictSerializer):
    state = serializers.ChoiceField(
        DeliveryState.choices, required=False, help_text="`failed` without it."
    )
    since = serializers.DateTimeField(required=False, help_text="Made then or later.")
    ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_RESENT, min_length=1
    )


class Resent(serializers.Serializer[None]):
    resent = serializers.IntegerField(help_text=f"Up to {MOST_RESENT}; ask again for the rest.")


class _Manages(ApiView):
    authentication_classes = [KeyAuthentication]
    permission_classes = [scope("webhooks:manage")]

    def endpoint(self, webhook: int) -> WebhookEndpoint:
        return _found(WebhookEndpoint.objects.filter(pk=webhook))

    def locked(self, webhook: int) -> WebhookEndpoint:
        """The same, locked: no other transaction deletes or changes it before this one ends."""
        return _found(WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=webhook))

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", PRIVATE)
        return final


def _found(endpoints: QuerySet[WebhookEndpoint]) -> WebhookEndpoint:
    endpoint = endpoints.first()
    if endpoint is None:
        raise Http404("There is no such webhook.")
    return endpoint


class Webhooks(_Manages):
    @extend_schema(
        operation_id="webhooks_list",
        tags=["webhooks"],
        auth=KEY,
        responses=WebhookAnswer(many=True),
    )
    def get(self, request: Request) -> Response:
        """All webhooks, without their secrets."""
        return Response(WebhookAnswer(WebhookEndpoint.objects.all(), many=True).data)

    @extend_schema(
        operation_id="webhooks_create",
        tags=["webhooks"],
        auth=KEY,
        parameters=[IDEMPOTENCY_KEY],
        request=WebhookInput,
        responses={201: WebhookWithSecret},
    )
    def post(self, request: Request) -> HttpResponse:
        """A new webhook: it hears of what happens from now on. The answer has its secret."""
        position = read_state().position  # in a transaction of its own

        def make() -> Answer:
            given = WebhookInput(data=request.data)
            given.is_valid(raise_exception=True)
            if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
                raise TooMany
            with transaction.atomic():
                endpoint = WebhookEndpoint.objects.create(
                    **given.validated_data, events_to=position, counts_to=position
                )
                audit.record("added", endpoint, after=audit.values_of(endpoint))
            return _answer(WebhookWithSecret(endpoint), 201)

        return done_once(request, make)


class Webhook(_Manages):
    @extend_schema(
        operation_id="webhooks_retrieve", tags=["webhooks"], auth=KEY, responses=WebhookAnswer
    )
    def get(self, request: Request, webhook: int) -> Response:
        """One webhook, without its secret."""
        return Response(WebhookAnswer(self.endpoint(webhook)).data)

    @extend_schema(
        operation_id="webhooks_update",
        tags=["webhooks"],
        auth=KEY,
        request=WebhookChange,
        responses=WebhookAnswer,
    )
    def patch(self, request: Request, webhook: int) -> Response:
        """Change what is given. `active: true` switches on: events from now on, and counts as they are by then."""
        self.endpoint(webhook)
        given = WebhookChange(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        position = read_state().position  # in a transaction of its own
        with transaction.atomic():
            endpoint = self.locked(webhook)
            changes = dict(given.validated_data)
            active = changes.pop("active", endpoint.active)
            if changes:
                self.change(endpoint, changes)
            if active and not endpoint.active:
                enable(endpoint, position=position)
            elif endpoint.active and not active:
                switch_off(endpoint, "Switched off by API.")
            return Response(WebhookAnswer(self.endpoint(webhook)).data)

    @staticmethod
    def change(endpoint: WebhookEndpoint, changes: dict[str, Any]) -> None:
        before = audit.values_of(endpoint)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**changes)
        endpoint.refresh_from_db(fields=changes)
        audit.record("changed", endpoint, before=before, after=audit.values_of(endpoint))

    @extend_schema(
        operation_id="webhooks_delete", tags=["webhooks"], auth=KEY, responses={204: None}
    )
    def delete(self, request: Request, webhook: int) -> Response:
        """Delete a webhook with its deliveries. Safe to repeat: then it is 404."""
        with transaction.atomic():
            endpoint = self.locked(webhook)
            audit.record("deleted", endpoint, before=audit.values_of(endpoint))
            endpoint.delete()
        return Response(status=204)


class RotateSecret(_Manages):
    @extend_schema(
        operation_id="webhooks_rotate_secret",
        tags=["webhooks"],
        auth=KEY,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses=WebhookWithSecret,
    )
    def post(self, request: Request, webhook: int) -> HttpResponse:
        """A new secret. Until `old_secret_valid_until` each message has two signatures, one by the old secret.

        Send an `Idempotency-Key`: without it a call that is repeated, because its answer got lost, makes another secret,
        and the one that the receiver has signs no more.
        """

        @transaction.atomic
        def rotate() -> Answer:
            NoFields(data=request.data).is_valid(raise_exception=True)
            return _answer(WebhookWithSecret(rotate_secret(self.locked(webhook))))

        return done_once(request, rotate, asked=[webhook])


class SendTest(_Manages):
    @extend_schema(
        operation_id="webhooks_test",
        tags=["webhooks"],
        auth=KEY,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: DeliveryAnswer},
    )
    def post(self, request: Request, webhook: int) -> HttpResponse:
        """Send a `webhook.test`, as every other message is sent. Ask for the delivery to see what came of it."""

        @transaction.atomic
        def test() -> Answer:
            NoFields(data=request.data).is_valid(raise_exception=True)
            return _answer(DeliveryAnswer(send_test(self.locked(webhook))), 202)

        return done_once(request, test, asked=[webhook])


class Deliveries(_Manages, ListAPIView[WebhookDelivery]):
    serializer_class = DeliveryAnswer
    pagination_class = Pages
    queryset = WebhookDelivery.objects.none()
    query_parameters = {"get": {"state", "since", "type", "cursor"}}

    @extend_schema(
        operation_id="webhooks_deliveries_list",
        tags=["webhooks"],
        auth=KEY,
        parameters=[
            OpenApiParameter("state", enum=DeliveryState.values),
            OpenApiParameter("since", datetime, description="Made then or later."),
            OpenApiParameter("type", str, description="As `article.published`."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was sent or waits, newest first, each with the last answer. Kept for 30 days."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        query = self.request.query_params
        found = self.endpoint(self.kwargs["webhook"]).deliveries.all()
        if (state := query.get("state")) is not None:
            if state not in DeliveryState.values:
                raise invalid("state", "unknown", f"One of {', '.join(DeliveryState.values)}.")
            found = found.filter(state=state)
        if (since := query.get("since")) is not None:
            found = found.filter(created_at__gte=_read_moment("since", since))
        if (type_ := query.get("type")) is not None:
            found = found.filter(type=type_.replace("\0", ""))
        return found


class Delivery(_Manages):
    @extend_schema(
        operation_id="webhooks_deliveries_retrieve",
        tags=["webhooks"],
        auth=KEY,
        responses=DeliveryAnswer,
    )
    def get(self, request: Request, webhook: int, delivery: str) -> Response:
        """One delivery, with its state and the last answer."""
        found = self.endpoint(webhook).deliveries.filter(pk=delivery).first()
        if found is None:
            raise Http404("There is no such delivery.")
        return Response(DeliveryAnswer(found).data)


class Resend(_Manages):
    @extend_schema(
        operation_id="webhooks_deliveries_resend",
        tags=["webhooks"],
        auth=KEY,
        request=ResendInput,
        responses=Resent,
    )
    def post(self, request: Request, webhook: int) -> Response:
        """Send deliveries again at once, with their ids and bytes: those named, or those of a state since a time."""
        given = ResendInput(data=request.data)
        given.is_valid(raise_exception=True)
        chosen = given.validated_data
        found = self.endpoint(webhook).deliveries.all()
        if "ids" in chosen:
            found = found.filter(pk__in=chosen["ids"])
        if "state" in chosen or "ids" not in chosen:
            found = found.filter(state=chosen.get("state", DeliveryState.FAILED))
        if "since" in chosen:
            found = found.filter(created_at__gte=chosen["since"])
        return Response({"resent": resend(found.order_by("created_at")[:MOST_RESENT])})


def _answer(shape: serializers.BaseSerializer[Any], status: int = 200) -> Answer:
    has_secret = isinstance(shape, WebhookWithSecret)
    return Answer(status, render(shape.data).decode(), has_secret=has_secret)


def _read_moment(name: str, given: str) -> datetime:
    try:
        moment: datetime = serializers.DateTimeField().run_validation(given)
    except serializers.ValidationError:
        raise invalid(name, "invalid", "Is no time, such as 2026-11-03T20:00:00Z.") from None
    return moment
