"""The API of views: a page says that a reader has opened an article."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from articles.api.views import ApiView
from articles.fields import MAX_LENGTH
from articles.json_body import JSONBodyParser
from articles.validation import StrictSerializer
from reactions.http.following import current_shown
from reactions.http.requests import article_id_at, no_article
from reactions.moderation.rate_limits import VIEWS, take
from reactions.page_views import note_view

# Of a body: an address, with the escapes of JSON.
_MOST_BYTES = 16 * 1024


class _Json(JSONBodyParser):
    most_bytes = _MOST_BYTES


class _JsonAsText(_Json):
    """What a page of another origin may send without asking leave first."""

    media_type = "text/plain"


class ViewInput(StrictSerializer):
    article = serializers.CharField(
        max_length=MAX_LENGTH["canonical_url"],
        help_text="The UUID or slug of an article, or the address of its page.",
    )


class Views(ApiView):
    parser_classes = [_Json, _JsonAsText]

    @extend_schema(
        operation_id="views_create",
        tags=["reactions"],
        auth=[],
        request={"application/json": ViewInput, "text/plain": ViewInput},
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """Says that a reader has opened an article. Nothing of the reader is stored, and no cookie is set or read.

        A client counts once for each half hour. 204 also where it is not counted: bots, browsers that send Global
        Privacy Control, and everybody while Redis is unreachable. 404 where the article is not public, where its reactions
        are hidden, and where this installation counts no views; 429 where too many come from one network.
        """
        if not settings.REACTIONS_COUNT_VIEWS:
            raise exceptions.NotFound("This installation counts no views.")
        address = _read(request.data)
        if wait := take(VIEWS, request):
            raise exceptions.Throttled(wait, "Too many views from this network.")
        note_view(request, article_id=_article_at(address))
        return Response(status=204, headers={"Cache-Control": "no-store"})


def _article_at(address: str) -> UUID:
    """The public article that is read there; the other one where it was merged. Raises NotFound."""
    found = current_shown(article_id_at(address))
    if found is None:
        raise no_article()
    return found


def _read(body: Any) -> str:
    given = ViewInput(data=body if isinstance(body, Mapping) else {"article": None})
    given.is_valid(raise_exception=True)
    article: str = given.validated_data["article"]
    return article
