"""The calls about the key that a program calls with: what it may do, and a new secret for it."""

from datetime import timedelta

from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers as rest
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from articles.api.api_keys import (
    KEY,
    LONGEST_OVERLAP,
    OVERLAP,
    SCOPES,
    HasKey,
    KeyAuthentication,
    key_in,
    presented_key,
    rotate_key,
)
from articles.api.rate_limits import limits_of
from articles.api.repeatable import PRIVATE
from articles.api.serializers import UTCField
from articles.api.views import ApiView
from articles.models import ApiKey
from articles.validation import StrictSerializer


class KeyLimit(rest.Serializer[None]):
    policy = rest.CharField(help_text="Its name in the headers RateLimit and RateLimit-Policy.")
    quota = rest.IntegerField(help_text="Calls that may come at once, and within the window.")
    window_seconds = rest.IntegerField()


class KeyAnswer(rest.Serializer[ApiKey]):
    name = rest.CharField()
    prefix = rest.CharField(help_text="The part of the key that is no secret.")
    scopes = rest.ListField(child=rest.ChoiceField(list(SCOPES)))
    created_at = UTCField()
    expires_at = UTCField(allow_null=True, help_text="null: never.")
    last_used_at = UTCField(allow_null=True, help_text="Noted once a minute.")
    old_key_valid_until = UTCField(
        allow_null=True, help_text="After a rotation: until when the secret before it is accepted."
    )
    limits = rest.SerializerMethodField()

    @extend_schema_field(KeyLimit(many=True))
    def get_limits(self, key: ApiKey) -> list[dict[str, object]]:
        return limits_of(key)


class Rotation(StrictSerializer):
    overlap_seconds = rest.IntegerField(
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds()),
        default=int(OVERLAP.total_seconds()),
        help_text="How long the old secret stays valid.",
    )


class NewSecret(KeyAnswer):
    key = rest.CharField(help_text="Shown only here.")


class MyKey(ApiView):
    authentication_classes = [KeyAuthentication]
    permission_classes = [HasKey]

    @extend_schema(operation_id="key_retrieve", tags=["keys"], auth=KEY, responses=KeyAnswer)
    def get(self, request: Request) -> Response:
        """What the key of this call is, may do, and how often."""
        return _answer(KeyAnswer(key_in(request)).data)


class RotateMyKey(ApiView):
    authentication_classes = [KeyAuthentication]
    permission_classes = [HasKey]

    @extend_schema(
        operation_id="key_rotate",
        tags=["keys"],
        auth=KEY,
        request=Rotation,
        responses={201: NewSecret},
    )
    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """A new secret for the key of this call, with its name, prefix, scopes and expiry.

        The old secret stays valid until `old_key_valid_until`. Where the answer gets lost, send the call again with the
        old one: the new secret that was lost is not valid then, and the old one's time stays. A secret that an earlier
        rotation replaced ends at once.
        """
        given = Rotation(data=request.data)
        given.is_valid(raise_exception=True)
        overlap = timedelta(seconds=given.validated_data["overlap_seconds"])
        try:
            new, key = rotate_key(
                key_in(request), overlap=overlap, presented=presented_key(request.META)
            )
        except ValueError as refused:
            raise PermissionDenied(str(refused)) from None
        return _answer({**KeyAnswer(key).data, "key": new}, 201)


def _answer(body: dict[str, object], status: int = 200) -> Response:
    return Response(body, status=status, headers={"Cache-Control": PRIVATE})
