"""Answers of middlewares in the shape of newsroom.problems (RFC 9457), which this app must not import."""

import json
from http import HTTPStatus

from django.http import HttpResponse


def problem_answer(status: int, code: str, detail: str) -> HttpResponse:
    body = {
        "type": f"urn:newsroom:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=status,
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store"},
    )
