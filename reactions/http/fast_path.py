"""What Django has just said of a story's counts, said again with the newest of them: before Django itself.

A story on the front page is asked for thousands of times a second, and most of what an answer then costs is
the framework's making of a request and a response. `CountsAgain` asks nobody: it answers only where this
process holds copies that may be shown, and with the headers that Django's whole middleware gave such an answer
within the last second. Whatever else is asked goes to Django, which answers as if this did not exist.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.http import QueryDict
from django.urls import reverse

from reactions.cache.slugs import held_article
from reactions.counts import Answer, fresh_answers
from reactions.http.counts_api import MOST_ARTICLES, PUBLIC, asked_articles, has_etag, joined

Headers = list[tuple[str, str]]
Visit = tuple[str | None, ...]

# How long Django's headers are taken for what it would still say.
_TOLD_SECONDS = 1.0
# Names of the site it was asked by; where a wildcard lets more in, all are forgotten and learned anew.
_MOST_VISITS = 64
# Lists of stories that are asked for again and again, as a front page's is. A hundred kilobytes each at most.
_MOST_LISTS = 64
# What Django's answer may depend on. An answer that depends on more says so by Vary, and is not repeated.
_VISIT = (
    "wsgi.url_scheme",
    "HTTP_HOST",
    "SERVER_NAME",
    "SERVER_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
)
# Of one answer alone.
_OWN = {"content-type", "content-length", "cache-control", "etag"}
_NEVER_REPEATED = {"vary", "set-cookie"}


@dataclass(slots=True)
class _Listed:
    """The answer for a list of stories, for as long as theirs are the same."""

    article_ids: Sequence[UUID]
    answers: Sequence[Answer] = ()
    body: bytes = b""
    etag: str = ""


class CountsAgain:
    """A WSGI application around Django's."""

    def __init__(self, django: WSGIApplication) -> None:
        self._django = django
        self._many = reverse("many-reactions")
        self._head, self._tail = reverse("reactions", args=["*"]).split("*")
        self._told: dict[Visit, tuple[float, Headers]] = {}
        self._lists: dict[str, _Listed] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self._is_for_counts(environ):
            return self._django(environ, start_response)
        visit = tuple(environ.get(name) for name in _VISIT)
        until, headers = self._told.get(visit, (0.0, []))
        if time.monotonic() > until:
            return self._django(environ, self._listen(visit, start_response))
        said = self._say(environ)
        if said is None:
            return self._django(environ, start_response)
        body, etag = said
        headers = [*headers, ("Cache-Control", PUBLIC), ("ETag", etag)]
        if has_etag(environ.get("HTTP_IF_NONE_MATCH"), etag):
            start_response("304 Not Modified", headers)
            return []
        headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    def _is_for_counts(self, environ: WSGIEnvironment) -> bool:
        path = environ["PATH_INFO"]
        return (
            environ["REQUEST_METHOD"] == "GET"
            and (path == self._many or (path.startswith(self._head) and path.endswith(self._tail)))
            and "HTTP_ORIGIN" not in environ
        )

    def _say(self, environ: WSGIEnvironment) -> tuple[bytes, str] | None:
        """Body and ETag; None where somebody would have to be asked, or has to say something else."""
        path = environ["PATH_INFO"]
        if path == self._many:
            return self._say_many(environ.get("QUERY_STRING", ""))
        article_id = held_article(path[len(self._head) : -len(self._tail)])
        answers = article_id and fresh_answers([article_id])
        return (answers[0].body, answers[0].etag) if answers and _are_shown(answers) else None

    def _say_many(self, query: str) -> tuple[bytes, str] | None:
        listed = self._lists.get(query) or self._list(query)
        answers = listed and fresh_answers(listed.article_ids)
        if not listed or not answers:
            return None
        if answers != listed.answers:
            if not _are_shown(answers):
                return None
            listed = _Listed(listed.article_ids, answers, *joined(answers))
            self._lists[query] = listed
        listed.answers = answers  # equal, and next time the very same, which is sooner seen
        return listed.body, listed.etag

    def _list(self, query: str) -> _Listed | None:
        """The stories of a list: none of their addresses ever leads to another one."""
        addresses = asked_articles(QueryDict(query))
        if not 0 < len(addresses) <= MOST_ARTICLES:
            return None
        article_ids = [found for found in map(held_article, addresses) if found]
        if len(article_ids) < len(addresses):
            return None
        if len(self._lists) >= _MOST_LISTS:
            self._lists.clear()
        return _Listed(article_ids)

    def _listen(self, visit: Visit, start_response: StartResponse) -> StartResponse:
        """Hear which headers Django sends to such a visit."""

        def start(status, headers, *exc_info):  # type: ignore[no-untyped-def]  # as PEP 3333 has it
            names = {name.lower() for name, _ in headers}
            if status.startswith(("200", "304")) and not names & _NEVER_REPEATED:
                if len(self._told) >= _MOST_VISITS:
                    self._told.clear()
                told = [each for each in headers if each[0].lower() not in _OWN]
                self._told[visit] = time.monotonic() + _TOLD_SECONDS, told
            return start_response(status, headers, *exc_info)

        return start


def _are_shown(answers: Sequence[Answer]) -> bool:
    return all(each.is_known and each.is_shown for each in answers)
