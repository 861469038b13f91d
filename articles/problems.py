"""Errors of the API in the shape of RFC 9457: the same for views, middlewares and the live streams."""

import json
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"
# The page that explains every code; newsroom/urls.py serves it.
PAGE = "/api/problems/"


def type_of(code: str) -> str:
    """The address that explains the code.

    What follows the last colon is the code: pages have widgets of earlier releases, which read it there.
    """
    return f"{settings.SITE_URL}{PAGE}#{anchor_of(code)}"


def anchor_of(code: str) -> str:
    return f"problem:{code}"


def problem(
    status: int, *, code: str, detail: str, errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """The members. `errors` has an entry for each fault of the input: its field, a code and a sentence."""
    body: dict[str, Any] = {
        "type": type_of(code),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = errors
    return body


def problem_answer(status: int, code: str, detail: str) -> HttpResponse:
    """The answer, for what answers in front of the views or in their place."""
    return HttpResponse(
        json.dumps(problem(status, code=code, detail=detail), ensure_ascii=False),
        status=status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store"},
    )
