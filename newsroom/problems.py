"""Every error of the API as `application/problem+json` (RFC 9457)."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views import defaults
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from articles.json_body import BodyTooLarge
from articles.problems import CONTENT_TYPE, problem, problem_answer
from newsroom.openapi import PROBLEM_SCHEMA
from newsroom.slashes import is_api, path_with_slash
from reactions.http.rate_limiting import is_limited
from reactions.sql import replace_lost_connection
from reactions.sql.errors import TEMPORARY, Failure, failure_of

logger = logging.getLogger(__name__)

# Calls of widgets that take from limits of their own.
_LIMITED_BY_THEIR_VIEWS = {"readers_create", "sightings_create"}
_RETRY_AFTER_SECONDS = 2
# In the environment of a request whose connection to PostgreSQL was lost while it ran.
_CONNECTION_LOST = "newsroom.connection_lost"

_EXPLANATIONS = {
    # The connection may have been lost while a change was committed, and every change may be sent again.
    Failure.UNREACHABLE: "The database does not answer. Send the same again soon: it counts once.",
    Failure.READ_ONLY: "The database is read-only. Nothing was recorded; try again soon.",
    Failure.FULL: "The database has no room left. Nothing was recorded; try again soon.",
    Failure.BUSY: "The database is busy with this. Nothing was recorded; try again soon.",
}


class Unavailable(exceptions.APIException):
    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "unavailable"
    wait = _RETRY_AFTER_SECONDS

    def __init__(self, failure: Failure = Failure.UNREACHABLE) -> None:
        super().__init__(_EXPLANATIONS[failure])


class DatabaseFailures:
    """Middleware: where the database fails for a while, a page answers 503 and logs no traceback.

    A GET or HEAD whose connection is lost while it runs, as at a restart of PostgreSQL, runs once more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if request.META.pop(_CONNECTION_LOST, False) and request.method in {"GET", "HEAD"}:
            replace_lost_connection()
            response = self._get_response(request)
        return response

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        return _unavailable(request, exc)


def _unavailable(request: HttpRequest, exc: BaseException | None) -> HttpResponse | None:
    """503 where this is a database error that passes."""
    failure = failure_of(exc) if isinstance(exc, Error) else None
    if failure is None or failure not in TEMPORARY:
        return None
    _note_lost_connection(request.META, exc)
    logger.warning("%s %s: the database is %s: %s", request.method, request.path, failure, exc)
    if _wants_problem(request):
        response = problem_answer(503, "unavailable", _EXPLANATIONS[failure])
    else:
        response = HttpResponse(render_to_string("503.html"), status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


def _note_lost_connection(environment: MutableMapping[str, Any], exc: BaseException | None) -> None:
    """Where there was a connection. Without one the pool has waited, and a second try would wait as long."""
    if not isinstance(exc, Error) or isinstance(exc.__cause__, PoolTimeout):
        return
    if failure_of(exc) is Failure.UNREACHABLE:
        environment[_CONNECTION_LOST] = True


def problem_response(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. An unforeseen exception gives None, and Django answers 500."""
    if isinstance(exc, Error) and (failure := failure_of(exc)) in TEMPORARY:
        _note_lost_connection(context["request"].META, exc)
        exc = Unavailable(failure)
    elif isinstance(exc, RequestDataTooBig):
        exc = BodyTooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    elif isinstance(exc, Http404):
        exc = exceptions.NotFound(*exc.args)
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied(*exc.args)
    response = exception_handler(exc, dict(context))
    if response is None:
        return None
    response.data = problem(response.status_code, **_explain(exc)) | getattr(exc, "members", {})
    response.content_type = CONTENT_TYPE
    for name, value in getattr(exc, "headers", {}).items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response


def _explain(exc: Exception) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        errors = list(_field_errors(exc.detail))
        return {
            "code": "invalid",
            "detail": errors[0]["detail"] if errors else "",
            "errors": errors,
        }
    detail = getattr(exc, "detail", "")
    return {"code": getattr(detail, "code", None) or "error", "detail": str(detail)}


def _field_errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _field_errors(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_errors(inner, field)
    else:
        yield {"field": field, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def _wants_problem(request: HttpRequest) -> bool:
    return is_api(request.path_info)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _wants_problem(request):
        return problem_answer(400, "bad_request", "The request cannot be understood.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _wants_problem(request):
        return problem_answer(403, "permission_denied", "This is not allowed.")
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _wants_problem(request):
        path = path_with_slash(request)
        hint = f" Did you mean {path}?" if path else ""
        return problem_answer(404, "not_found", f"There is nothing here.{hint}")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    # An error of a middleware, such as that of sessions, comes here alone.
    if response := _unavailable(request, sys.exception()):
        return response
    if _wants_problem(request):
        return problem_answer(500, "internal_error", "An internal error; it has been logged.")
    return defaults.server_error(request)


_HEADERS = {
    "Retry-After": "Seconds after which the same call passes.",
    "RateLimit-Policy": "The limit: its name, how many calls (`q`) in how many seconds (`w`).",
    "RateLimit": "What is left of it: calls (`r`), and after how many seconds all are there again (`t`).",
}
_OF_KEY = {
    "401": "There is no key, or it is wrong, was revoked, or has expired.",
    "403": "The key lacks the scope.",
}
_OF_OPTIONAL_KEY = {"401": "The key is wrong, was revoked, or has expired."}
_OF_READER = {"401": "There is no reader, or the token is not valid."}


def describe_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's hook: every operation may answer with a problem, and this is its shape."""
    text = {"type": "string"}
    components = result["components"]
    components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    components["headers"] = {
        name: {"description": says, "schema": text} for name, says in _HEADERS.items()
    }
    for path, operations in result["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            for status, says in _refusals_of(path, operation).items():
                responses.setdefault(status, _problem_answer(says))
            if "429" in responses:
                names = ("RateLimit-Policy", "RateLimit")
                for status, response in responses.items():
                    listed = ("Retry-After", *names) if status == "429" else names
                    response["headers"] = {
                        name: {"$ref": f"#/components/headers/{name}"} for name in listed
                    } | response.get("headers", {})
            responses.setdefault("default", _problem_answer("A problem."))
    return result


def _refusals_of(path: str, operation: Mapping[str, Any]) -> dict[str, str]:
    """The answers by which an operation refuses callers, by their status."""
    schemes = [name for each in operation.get("security", []) for name in each]
    has_choice = {} in operation.get("security", [])
    found: dict[str, str] = {}
    if "key" in schemes:
        found = _OF_OPTIONAL_KEY if has_choice else _OF_KEY
    elif "readerToken" in schemes and not has_choice:
        found = _OF_READER
    elif "readerToken" in schemes:
        found = {"401": "The token is not valid."}
    if operation["operationId"] == "articles_list":
        found = found | {"403": _OF_KEY["403"]}
    if is_limited(path) or operation["operationId"] in _LIMITED_BY_THEIR_VIEWS:
        found = found | {"429": "Too many calls; the same passes after Retry-After."}
    return found


def _problem_answer(says: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": says, "content": {CONTENT_TYPE: {"schema": schema}}}
