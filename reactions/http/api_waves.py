"""The API of waves: a program lists held reactions, and releases or voids them."""

import re
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from articles.api.api_keys import KEY, KeyAuthentication, scope
from articles.api.views import ApiView
from articles.models import ApiKey
from articles.validation import StrictSerializer
from reactions.cache.merges import follow_merges
from reactions.cache.slugs import find_article
from reactions.http.answers import PRIVATE
from reactions.http.paging import Pages
from reactions.http.requests import invalid
from reactions.models import MOST_NOTE, Wave, WaveDecision
from reactions.moderation.decisions import release_wave, void_wave
from reactions.moderation.rules import LABELS

# An id, as a cursor has it: more digits do not fit into its column.
_POSITION = re.compile("[0-9]{1,18}")
_DECIDE = {Wave.State.RELEASED: release_wave, Wave.State.VOID: void_wave}


class Decision(serializers.ModelSerializer[WaveDecision]):
    class Meta:
        model = WaveDecision
        fields = ("decision", "editor", "note", "size", "decided_at")
        read_only_fields = fields


class WaveAnswer(serializers.ModelSerializer[Wave]):
    """First reactions to one article that one moderation rule held. Hashes of networks and readers are never sent."""

    article = serializers.UUIDField(source="article_id")
    rule = serializers.ChoiceField(list(LABELS.items()))
    networks = serializers.IntegerField(
        source="network_count", help_text="How many networks they came from."
    )
    decisions = Decision(many=True, help_text="Newest first.")

    class Meta:
        model = Wave
        fields = (
            *("id", "article", "rule", "state", "size", "networks"),
            *("started_at", "last_at", "decisions"),
        )
        read_only_fields = fields


class DecisionInput(StrictSerializer):
    state = serializers.ChoiceField([str(state) for state in _DECIDE])
    note = serializers.CharField(
        max_length=MOST_NOTE,
        allow_blank=True,
        default="",
        help_text="The reason; stored with the decision.",
    )


class WaveQuery(serializers.Serializer[None]):
    """The query of the list."""

    state = serializers.ChoiceField(Wave.State.choices, required=False)
    article = serializers.CharField(required=False)


class _Pages(Pages):
    def decode_cursor(self, request: Request) -> Any:
        cursor = super().decode_cursor(request)
        if cursor is not None and not _POSITION.fullmatch(str(cursor.position)):
            raise invalid("cursor", "invalid", "Is not a cursor of this list.")
        return cursor


class Waves(ApiView, ListAPIView[Wave]):
    query_parameters = {"get": {"cursor", "state", "article"}}
    authentication_classes = [KeyAuthentication]
    permission_classes = [scope("reactions:manage")]
    serializer_class = WaveAnswer
    pagination_class = _Pages
    queryset = Wave.objects.none()

    @extend_schema(
        operation_id="waves_list",
        tags=["reactions"],
        auth=KEY,
        parameters=[
            OpenApiParameter("state", enum=Wave.State.values),
            OpenApiParameter("article", description="The UUID or slug of an article."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Waves, newest first."""
        response = super().get(request, *args, **kwargs)
        response["Cache-Control"] = PRIVATE
        return response

    def get_queryset(self) -> QuerySet[Wave]:
        query = WaveQuery(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        waves = _waves()
        if state := query.validated_data.get("state"):
            waves = waves.filter(state=state)
        if address := query.validated_data.get("article"):
            article_id = find_article(address)
            ids = [article_id, *follow_merges([article_id]).values()] if article_id else []
            waves = waves.filter(article_id__in=ids)
        return waves


class WaveView(ApiView):
    authentication_classes = [KeyAuthentication]
    permission_classes = [scope("reactions:manage")]

    @extend_schema(operation_id="wave_retrieve", tags=["reactions"], auth=KEY, responses=WaveAnswer)
    def get(self, request: Request, wave: int) -> Response:
        """One wave with its decisions: who decided what, and why."""
        return _answer(wave)

    @extend_schema(
        operation_id="wave_decide",
        tags=["reactions"],
        auth=KEY,
        request=DecisionInput,
        responses=WaveAnswer,
    )
    def put(self, request: Request, wave: int) -> Response:
        """Releases or voids a whole wave. Safe to repeat, and reversible; counts follow within a second."""
        _answer(wave)
        given = DecisionInput(data=request.data)
        given.is_valid(raise_exception=True)
        key = cast(ApiKey, request.auth)  # what KeyAuthentication found
        decide = _DECIDE[Wave.State(given.validated_data["state"])]
        decide(wave_id=wave, editor=f"key {key.name}", note=given.validated_data["note"])
        return _answer(wave)


def _waves() -> QuerySet[Wave]:
    return Wave.objects.defer("networks").prefetch_related("decisions")


def _answer(wave_id: int) -> Response:
    """Raises NotFound."""
    wave = _waves().filter(pk=wave_id).first()
    if wave is None:
        raise exceptions.NotFound("There is no such wave.")
    return Response(WaveAnswer(wave).data, headers={"Cache-Control": PRIVATE})
