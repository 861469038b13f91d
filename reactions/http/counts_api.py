"""The counts for everybody: the most frequent call, answered before Django and DRF have done much.

Counts are the same for everyone and their bytes are at hand, so `CountsFirst` sends them at once. What
is not plain, every refusal and every other method, it leaves to the views, which call the same functions.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import parse_etags

from reactions.cache.slugs import find_article, find_articles
from reactions.counts import Answer, etag_of, list_answers

MOST_ARTICLES = 200

# Browsers ask every time and mostly hear 304; a shared cache may answer for a second, and for half a
# minute while it fetches anew; where the origin is down, yesterday's count beats none.
PUBLIC = "public, max-age=0, s-maxage=1, stale-while-revalidate=30, stale-if-error=86400"


class CountsFirst:
    """Middleware, to stand behind what every answer must pass and before what is for those who sign in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._many = reverse("many-reactions")
        self._head, self._tail = reverse("reactions", args=["*"]).split("*")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"} and (response := self._answer(request)):
            request.get_host()  # refuses a host that is not ours, as CommonMiddleware does
            return response
        return self._get_response(request)

    def _answer(self, request: HttpRequest) -> HttpResponse | None:
        path = request.path_info
        try:
            if path == self._many:
                addresses = asked_articles(request.GET)
                is_plain = 0 < len(addresses) <= MOST_ARTICLES
                return answer_many(request, addresses) if is_plain else None
            if path.startswith(self._head) and path.endswith(self._tail):
                return answer_one(request, path[len(self._head) : -len(self._tail)])
        except OperationalError:
            pass  # the view says it as a problem
        return None


def answer_one(request: HttpRequest, address: str) -> HttpResponse | None:
    """The counts of one article; None where there is no such article or its reactions are hidden."""
    (answer,) = list_answers([find_article(address)])
    if answer is None or not answer.is_shown:
        return None
    return _send(request, answer.body, answer.etag if answer.is_known else None)


def answer_many(request: HttpRequest, addresses: Sequence[str]) -> HttpResponse:
    """The counts of these articles, in the order asked."""
    asked = zip(list_answers(find_articles(addresses)), addresses, strict=True)
    answers = [
        answer if answer and answer.is_shown else _no_such_article(address)
        for answer, address in asked
    ]
    body, etag = joined(answers)
    is_known = all(answer.is_known for answer in answers)
    return _send(request, body, etag if is_known else None)


def joined(answers: Iterable[Answer]) -> tuple[bytes, str]:
    """The body for a list, and its ETag."""
    bodies = b",".join([answer.body for answer in answers])
    etags = ",".join([answer.etag for answer in answers])
    return b'{"results":[%b]}' % bodies, etag_of(etags.encode())


def asked_articles(query: QueryDict) -> list[str]:
    return [each for each in query.get("articles", "").split(",") if each]


def no_such_article(address: str) -> dict[str, Any]:
    """The entry of an article that is not known, in an answer for many."""
    return {
        "article": address,
        "error": "There is no such article, or its reactions are not shown.",
    }


def _no_such_article(address: str) -> Answer:
    body = json.dumps(no_such_article(address), separators=(",", ":"))
    return Answer(0, "missing", body.encode())


def _send(request: HttpRequest, body: bytes, etag: str | None) -> HttpResponse:
    """A public answer; without an ETag one in which something is not known, which nobody shall keep."""
    headers = {"Cache-Control": "no-store" if etag is None else PUBLIC}
    if etag is not None:
        headers["ETag"] = etag
        if has_etag(request.META.get("HTTP_IF_NONE_MATCH"), etag):
            return HttpResponseNotModified(headers=headers)
    headers["Content-Length"] = str(len(body))
    return HttpResponse(body, content_type="application/json", headers=headers)


def has_etag(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this already. For a GET weak validators compare like strong ones (RFC 9110, 13.1.2)."""
    if if_none_match is None or if_none_match == etag:
        return if_none_match is not None
    tags = parse_etags(if_none_match)
    return tags == ["*"] or etag in {tag.removeprefix("W/") for tag in tags}
