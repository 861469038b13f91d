"""The textbook app's API: a viewset, a serializer, a signed cookie."""

from typing import Any

from django.db import transaction
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tests.bench.textbook.models import Article, Reaction
from tests.bench.textbook.readers import COOKIE, reader_of, sign

_COOKIE_SECONDS = 365 * 24 * 60 * 60


class ReactionSerializer(serializers.ModelSerializer[Reaction]):
    class Meta:
        model = Reaction
        fields = ["kind", "changed_at"]


class ArticleViewSet(viewsets.GenericViewSet[Article]):
    queryset = Article.objects.filter(is_published=True)

    @action(detail=True)
    def reactions(self, request: Request, pk: str) -> Response:
        counts = self.get_object().counts()
        return Response({"counts": counts, "total": sum(counts.values())})

    @action(detail=True, methods=["put"])
    def reaction(self, request: Request, pk: str) -> Response:
        """Answers with the counts, as the page needs them; with `?counts=no`, with the reaction alone."""
        serializer = ReactionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        reader = reader_of(request.COOKIES.get(COOKIE))
        with transaction.atomic():
            reaction, _ = Reaction.objects.update_or_create(
                article=self.get_object(), reader=reader, defaults=serializer.validated_data
            )
        body: dict[str, Any] = dict(ReactionSerializer(reaction).data)
        if request.query_params.get("counts") != "no":
            body["counts"] = reaction.article.counts()
        response = Response(body)
        if COOKIE not in request.COOKIES:
            response.set_cookie(
                COOKIE, sign(reader), max_age=_COOKIE_SECONDS, httponly=True, samesite="Lax"
            )
        return response
