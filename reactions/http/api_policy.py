"""The call with which a program opens, narrows and closes the reactions to an article."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from articles.api.api_keys import KEY, KeyAuthentication, scope
from articles.validation import StrictSerializer
from reactions.cache.slugs import find_article
from reactions.counting.cache_writer import write_stale_counts
from reactions.counts import rfc3339
from reactions.http.answers import PRIVATE
from reactions.kinds import ANY_KIND, BY_KEY, OFFERED, pack, unpack
from reactions.models import MOST_DAYS, PolicyState
from reactions.policy import get_policy, set_policy


class PolicyInput(StrictSerializer):
    """What the article says itself; what is null or left out it leaves to presets and the site."""

    state = serializers.ChoiceField(PolicyState.values, allow_null=True, default=None)
    allowed = serializers.ListField(
        child=serializers.ChoiceField(list(BY_KEY)),
        allow_empty=False,
        allow_null=True,
        default=None,
    )
    closes_at = serializers.DateTimeField(allow_null=True, default=None)
    close_after_days = serializers.IntegerField(
        min_value=0,
        max_value=MOST_DAYS,
        allow_null=True,
        default=None,
        help_text="Days after the first publication; 0: never.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["closes_at"] is not None and attrs["close_after_days"] is not None:
            raise serializers.ValidationError(
                {"close_after_days": "A time or a number of days, not both."}, code="both"
            )
        return attrs


class PolicyInEffect(serializers.Serializer[None]):
    state = serializers.ChoiceField(PolicyState.values)
    allowed = serializers.ListField(child=serializers.ChoiceField(list(BY_KEY)))
    closes_at = serializers.DateTimeField(allow_null=True)


class ArticlePolicy(PolicyInput):
    article = serializers.UUIDField()
    in_effect = PolicyInEffect(help_text="With presets, the site and the clock considered.")


class PolicyView(APIView):
    authentication_classes = [KeyAuthentication]
    permission_classes = [scope("reactions:manage")]

    @extend_schema(
        operation_id="policy_retrieve", tags=["reactions"], auth=KEY, responses=ArticlePolicy
    )
    def get(self, request: Request, article: str) -> Response:
        """What an article says of its reactions itself, and what it takes in effect."""
        return _answer(_article_id(article))

    @extend_schema(
        operation_id="policy_set",
        tags=["reactions"],
        auth=KEY,
        request=PolicyInput,
        responses=ArticlePolicy,
    )
    def put(self, request: Request, article: str) -> Response:
        """Says anew all that the article says itself; safe to repeat. In force with the answer."""
        article_id = _article_id(article)
        _answer(article_id)
        wish = PolicyInput(data=request.data)
        wish.is_valid(raise_exception=True)
        said = wish.validated_data
        set_policy(article_id=article_id, **said | {"allowed": _set(said["allowed"])})
        write_stale_counts()
        return _answer(article_id)


def _article_id(address: str) -> UUID:
    article_id = find_article(address)
    if article_id is None:
        raise exceptions.NotFound("There is no such article.")
    return article_id


def _set(keys: list[str] | None) -> int | None:
    if keys is None:
        return None
    kinds = pack(keys)
    return ANY_KIND if kinds & OFFERED == OFFERED else kinds


def _answer(article_id: UUID) -> Response:
    """Raises NotFound."""
    found = get_policy(article_id)
    if found is None:
        raise exceptions.NotFound("There is no such article.")
    said, in_effect = found
    body = {
        "article": str(article_id),
        "state": said.state,
        "allowed": None if said.allowed is None else unpack(said.allowed & OFFERED),
        "closes_at": rfc3339(said.closes_at),
        "close_after_days": said.close_after_days,
        "in_effect": {
            "state": in_effect.state,
            "allowed": unpack(in_effect.allowed),
            "closes_at": rfc3339(in_effect.closes_at),
        },
    }
    return Response(body, headers={"Cache-Control": PRIVATE})
