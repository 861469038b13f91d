"""Calls that are safe to repeat: the header Idempotency-Key, for the views of both apps."""

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request

from articles.api.api_keys import key_in
from articles.api.idempotency import (
    LONGEST_KEY,
    LONGEST_OPERATION,
    RETRY_AFTER_SECONDS,
    Answer,
    OtherRequest,
    StillRunning,
    answer_once,
)

PRIVATE = "private, no-store"

# Characters of a header that can be printed, as OpenAPI says it; _key_of decides.
_PRINTABLE = r"^[\x20-\x7E\xA1-\xAC\xAE-\xFF]+$"

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": _PRINTABLE},
    OpenApiParameter.HEADER,
    description="Makes the call safe to repeat for a day: the same call gets the first answer, with "
    "`Idempotent-Replayed: true`. 409 with `Retry-After` while the first one runs; 422 for another call.",
)


class KeyReused(APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = "This Idempotency-Key was used for another request."
    default_code = "key_reused"


class KeyInUse(APIException):
    status_code = HTTPStatus.CONFLICT
    default_detail = "The first call with this Idempotency-Key is still running."
    default_code = "key_in_use"
    wait = RETRY_AFTER_SECONDS


def done_once(
    request: Request, act: Callable[[], Answer], *, asked: Sequence[object] = ()
) -> HttpResponse:
    """What `act` answers. Where the call has an Idempotency-Key, `act` is done once for it, in one transaction.

    `asked` is what makes a request another one, beside its operation and its body. Raises ValidationError for a key that
    is none, KeyReused and KeyInUse.
    """
    key = _key_of(request)
    if key is None:
        return response_of(act())
    canonical = json.dumps([*asked, request.data], sort_keys=True).encode()
    try:
        answer = answer_once(
            api_key=key_in(request),
            operation=_operation(request),
            key=key,
            request=canonical,
            act=act,
        )
    except OtherRequest:
        raise KeyReused from None
    except StillRunning:
        raise KeyInUse from None
    return response_of(answer)


def _key_of(request: Request) -> str | None:
    """None where the header is not there. An empty one is refused: its call would not be safe to repeat."""
    key: str | None = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise ValidationError(
            {
                "Idempotency-Key": f"Has 1 to {LONGEST_KEY} characters, none of them a control character."
            }
        )
    return key


def _operation(request: Request) -> str:
    """The method and the route: the same for every article, and for its id and its slugs."""
    match = request._request.resolver_match
    route = match.route if match else request.path
    return f"{request.method} {route}"[:LONGEST_OPERATION]


def response_of(answer: Answer) -> HttpResponse:
    """The stored bytes themselves: a replay is the first answer."""
    response = HttpResponse(
        answer.body, status=answer.status, headers={**answer.headers, "Cache-Control": PRIVATE}
    )
    if answer.status == HTTPStatus.NO_CONTENT:
        del response["Content-Type"]
    else:
        response["Content-Type"] = "application/json"
    if answer.is_replayed:
        response["Idempotent-Replayed"] = "true"
    return response
