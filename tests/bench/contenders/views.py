"""The framework's ceilings: what the same server answers when there is nothing to do."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

KINDS = ("like", "dislike", "love", "funny", "angry", "sad", "wow")


class Empty(APIView):
    """As little as DRF can answer."""

    def get(self, request: Request) -> Response:
        return Response({})


class Wish(serializers.Serializer):  # type: ignore[type-arg]  # it stores nothing
    reactions = serializers.ListField(child=serializers.ChoiceField(KINDS), max_length=1)


class StoreNothing(APIView):
    """Validates what the product validates, and answers in its shape; asks no database."""

    def put(self, request: Request, article: UUID) -> Response:
        wish = Wish(data=request.data)
        wish.is_valid(raise_exception=True)
        return Response(
            {
                "article": str(article),
                "reactions": wish.validated_data["reactions"],
                "previous": [],
                "changed": True,
                "counts": dict.fromkeys(KINDS, 0),
                "total": 0,
                "version": 0,
                "as_of": None,
            }
        )


def page(request: HttpRequest) -> HttpResponse:
    """A page that says nothing."""
    return render(request, "empty.html")
