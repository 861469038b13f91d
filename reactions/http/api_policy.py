"""The API of an article's policy: a program opens, restricts and closes the reactions to it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from articles.api.api_keys import KEY, KeyAuthentication, scope
from articles.api.views import ApiView
from articles.validation import StrictSerializer
from reactions.counting.cache_writer import write_counts
from reactions.counts import rfc3339
from reactions.http.answers import PRIVATE
from reactions.http.following import current_article_id_at
from reactions.kinds import ANY_KIND, BY_KEY, OFFERED, pack, unpack
from reactions.models import MOST_DAYS, PolicyState
from reactions.policy import get_policy, set_policy


class PolicyInput(StrictSerializer):
    """The own policy of the article; what is null or left out is left to default policies and the site."""

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
    in_effect = PolicyInEffect(help_text="With default policies, the site and the clock applied.")


class PolicyView(ApiView):
    authentication_classes = [KeyAuthentication]
    permission_classes = [scope("reactions:manage")]

    @extend_schema(
        operation_id="policy_retrieve", tags=["reactions"], auth=KEY, responses=ArticlePolicy
    )
    def get(self, request: Request, article: str) -> Response:
        """The own policy of an article, and its effective one."""
        return _answer(current_article_id_at(article))

    @extend_schema(
        operation_id="policy_set",
        tags=["reactions"],
        auth=KEY,
        request=PolicyInput,
        responses=ArticlePolicy,
    )
    def put(self, request: Request, article: str) -> Response:
        """Replaces the own policy of the article; safe to repeat. In force with the answer."""
        article_id = current_article_id_at(article)
        _answer(article_id)
        given = PolicyInput(data=request.data)
        given.is_valid(raise_exception=True)
        own = given.validated_data
        set_policy(article_id=article_id, **own | {"allowed": _mask(own["allowed"])})
        write_counts([article_id])
        return _answer(article_id)


def _mask(keys: list[str] | None) -> int | None:
    if keys is None:
        return None
    kinds = pack(keys)
    return ANY_KIND if kinds & OFFERED == OFFERED else kinds


def _answer(article_id: UUID) -> Response:
    """Raises NotFound."""
    found = get_policy(article_id)
    if found is None:
        raise exceptions.NotFound("There is no such article.")
    own, effective = found
    body = {
        "article": str(article_id),
        "state": own.state,
        "allowed": None if own.allowed is None else unpack(own.allowed & OFFERED),
        "closes_at": rfc3339(own.closes_at),
        "close_after_days": own.close_after_days,
        "in_effect": {
            "state": effective.state,
            "allowed": unpack(effective.allowed),
            "closes_at": rfc3339(effective.closes_at),
        },
    }
    return Response(body, headers={"Cache-Control": PRIVATE})
