"""The Open Heart Protocol: one emoji, sent to the address of an article, sets this reader's reaction.

Off by default (OPEN_HEART). A POST has the emoji at the beginning of its body; a GET answers the counts by emoji. So
elements and forms that speak the protocol work without a change; what they lack is a reader. One who has a cookie or a
token is that reader; any other is one reader of the article for the day (`reader_of_day`).
"""

import json
from uuid import UUID

from django.conf import settings
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from articles.models import Article
from reactions.cache.slugs import find_article
from reactions.http.answers import PRIVATE, PUBLIC
from reactions.http.api import ReaderView, limit_new_readers, refusal
from reactions.http.following import current_answers, set_on_current
from reactions.http.requests import invalid, no_article
from reactions.kinds import KINDS, Kind
from reactions.moderation.client_network import reader_of_day
from reactions.record import Change, ReactionRefused

# U+FE0F asks for the coloured look; many keyboards leave it out.
_VARIATION = "\ufe0f"
_SKIN_TONES = tuple(map(chr, range(0x1F3FB, 0x1F400)))
# Joins the emoji before it with the next one to another emoji.
_JOINER = "\u200d"
# Bytes of a body that are looked at: no emoji is longer.
_LONGEST = 64


@extend_schema(exclude=True)  # the protocol's, not the API's
class OpenHeart(ReaderView):
    query_parameters = {"get": {"url"}, "post": {"url"}}

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        if not settings.OPEN_HEART:
            raise Http404
        super().initial(request, *args, **kwargs)

    def get(self, request: Request, address: str) -> Response:
        """The counts by emoji; 404 where they are hidden."""
        (answer,) = current_answers([_article_id(request, address)])
        if answer is None or not answer.is_shown:
            raise no_article()
        if not answer.is_known:
            raise exceptions.APIException("The counts cannot be read. Try again soon.")
        counts = json.loads(answer.body)["counts"]
        response = Response({kind.emoji: counts[kind.key] for kind in _offered()})
        response["Cache-Control"] = PUBLIC
        return response

    def post(self, request: Request, address: str) -> Response:
        """Sets the reader's reaction to the kind of the emoji. The same again changes nothing, another replaces it."""
        article_id = _article_id(request, address)
        kind = read_emoji(request.body[:_LONGEST])
        try:
            change = self._set(request, article_id, kind)
        except ReactionRefused as refused:
            raise refusal(refused) from None
        if request.META.get("HTTP_SEC_FETCH_MODE") == "navigate":  # a form: back to the story
            article = Article.objects.only("slug", "site", "canonical_url").get(
                pk=change.article_id
            )
            return Response(status=303, headers={"Location": article.url, "Cache-Control": PRIVATE})
        counts = change.as_json()["counts"]
        response = Response({kind.emoji: counts[kind.key] for kind in _offered()})
        response["Cache-Control"] = PRIVATE
        return response

    def _set(self, request: Request, article_id: UUID, kind: Kind) -> Change:
        reader = self.reader(request)
        if reader is None:
            limit_new_readers(request)
        reader_id = reader.id if reader else reader_of_day(request, article_id)
        if reader_id is None:
            raise exceptions.PermissionDenied("The address of the client is not known.")
        return set_on_current(request, article_id=article_id, reader_id=reader_id, kinds=kind.mask)


def read_emoji(body: bytes) -> Kind:
    """The kind whose emoji the body begins with; what follows is ignored. Raises ValidationError."""
    text = body.decode("utf-8", "ignore").replace(_VARIATION, "")
    for kind in _offered():
        emoji = kind.emoji.replace(_VARIATION, "")
        rest = text.removeprefix(emoji)
        if rest != text and not rest.lstrip("".join(_SKIN_TONES)).startswith(_JOINER):
            return kind
    offered = " ".join(kind.emoji for kind in _offered())
    raise invalid("", "unknown", f"The body begins with one of {offered}.")


def _article_id(request: Request, address: str) -> UUID:
    article_id = find_article(address or request.GET.get("url", ""))
    if article_id is None:
        raise no_article()
    return article_id


def _offered() -> list[Kind]:
    return [kind for kind in KINDS if not kind.retired]
