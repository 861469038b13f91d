"""The API of first sights: a browser names a page of a site that has no article yet."""

import contextlib
from collections.abc import Mapping
from typing import Any

from celery import current_app
from drf_spectacular.utils import extend_schema
from kombu.exceptions import OperationalError as BrokerError
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from articles.api.views import ApiView
from articles.fields import MAX_LENGTH
from articles.sites.sightings import Sight, SightRefused, TooManySightings, add_sighting, look_up
from articles.validation import StrictSerializer
from reactions.moderation.rate_limits import SIGHTINGS, take

# A worker has fetched most pages by then.
_RETRY_AFTER_SECONDS = 1
_TRY_AGAIN_SECONDS = 600
# What the site's rules refuse, and not its page.
_FORBIDDEN = {"unknown_site", "registration_off"}


class SightingRefused(exceptions.APIException):
    """A page that becomes no article; `code` says why."""

    status_code = 422

    def __init__(self, refused: SightRefused) -> None:
        super().__init__(refused.detail, refused.code)
        if refused.code in _FORBIDDEN:
            self.status_code = 403


class SightingInput(StrictSerializer):
    url = serializers.CharField(
        max_length=MAX_LENGTH["canonical_url"],
        help_text="The address of the page, as the browser shows it.",
    )


class SightingAnswer(serializers.Serializer[None]):
    article = serializers.UUIDField(allow_null=True, help_text="Null while the page is verified.")
    state = serializers.ChoiceField(["registered", "pending"])


class Sightings(ApiView):
    @extend_schema(
        operation_id="sightings_create",
        tags=["sites"],
        auth=[],
        request=SightingInput,
        responses={200: SightingAnswer, 202: SightingAnswer},
    )
    def post(self, request: Request) -> Response:
        """The article at a page of a site; a page that is seen for the first time becomes one, where its site allows it.

        202 with `Retry-After` while a worker fetches the page and verifies it: send the same again then. What is
        registered is what the page says, never what the call says. Safe to repeat: all calls for one page, in any
        spelling, make at most one article. 403 `unknown_site`, `registration_off`; 422 `outside_patterns`, `no_title`,
        `no_page`, `not_fetched`, `left_site`, `not_public`; 429 where too many new pages come from one network, or of
        one site. A refused page is fetched again after ten minutes.
        """
        url = _read(request.data)
        try:
            sight = look_up(url)
            if sight is None:
                if wait := take(SIGHTINGS, request):
                    raise exceptions.Throttled(wait, "Too many new pages from this network.")
                sight = add_sighting(url)
        except TooManySightings as refused:
            raise exceptions.Throttled(_TRY_AGAIN_SECONDS, refused.detail) from None
        except SightRefused as refused:
            raise SightingRefused(refused) from None
        if sight.is_new:
            with contextlib.suppress(BrokerError):  # within a minute a worker finds it by itself
                current_app.send_task("articles.verify_sightings", retry=False)
        return _answer(sight)


def _read(body: Any) -> str:
    given = SightingInput(data=body if isinstance(body, Mapping) else {"url": None})
    given.is_valid(raise_exception=True)
    url: str = given.validated_data["url"]
    return url


def _answer(sight: Sight) -> Response:
    headers = {"Cache-Control": "no-store"}
    if sight.article_id is None:
        headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    known = sight.article_id is not None
    content = {
        "article": str(sight.article_id) if known else None,
        "state": "registered" if known else "pending",
    }
    return Response(content, status=200 if known else 202, headers=headers)
