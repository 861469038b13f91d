"""What the API of reactions answers, with its cache headers and validators: the same for the fast path and the views."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from articles.conditional_get import has_etag
from reactions.cache.slugs import find_article, find_articles
from reactions.counts import Answer, etag_of
from reactions.http.following import current_answers

# A browser revalidates every time and mostly gets 304; a shared cache may answer for a second, and for half a minute
# while it revalidates; where the origin is down, yesterday's count is better than none.
PUBLIC = "public, max-age=0, s-maxage=1, stale-while-revalidate=30, stale-if-error=86400"
PRIVATE = "private, no-store"


def answer_one(request: HttpRequest, address: str) -> HttpResponse | None:
    """The counts of one article; None where there is no such article or its reactions are hidden."""
    (answer,) = current_answers([find_article(address)])
    if answer is None or not answer.is_shown:
        return None
    return _public(request, answer.body, answer.etag if answer.is_known else None)


def answer_many(request: HttpRequest, addresses: Sequence[str]) -> HttpResponse:
    """The counts of these articles, in the order asked."""
    found = zip(current_answers(find_articles(addresses)), addresses, strict=True)
    answers = [
        answer if answer and answer.is_shown else _unknown_article(address)
        for answer, address in found
    ]
    body, etag = joined(answers)
    is_known = all(answer.is_known for answer in answers)
    return _public(request, body, etag if is_known else None)


def joined(answers: Iterable[Answer]) -> tuple[bytes, str]:
    """The body for a list of articles, and its ETag."""
    bodies = b",".join([answer.body for answer in answers])
    etags = ",".join([answer.etag for answer in answers])
    return b'{"results":[%b]}' % bodies, etag_of(etags.encode())


def unknown_article(address: str) -> dict[str, Any]:
    """The entry of an article that does not exist or is hidden, in an answer for many."""
    return {
        "article": address,
        "error": "There is no such article, or its reactions are not shown.",
    }


def _unknown_article(address: str) -> Answer:
    body = json.dumps(unknown_article(address), separators=(",", ":"))
    return Answer(0, "missing", body.encode())


def _public(request: HttpRequest, body: bytes, etag: str | None) -> HttpResponse:
    """A public answer; without an ETag one in which a count is unknown, which no cache may keep."""
    headers = {"Cache-Control": "no-store" if etag is None else PUBLIC}
    if etag is not None:
        headers["ETag"] = etag
        if has_etag(request.META.get("HTTP_IF_NONE_MATCH"), etag):
            return HttpResponseNotModified(headers=headers)
    headers["Content-Length"] = str(len(body))
    return HttpResponse(body, content_type="application/json", headers=headers)
