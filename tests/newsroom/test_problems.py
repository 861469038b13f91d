"""Errors of the database that no view sees: those of a middleware, such as that of sessions."""

import json

import psycopg
import pytest
from django.db import Error, IntegrityError, InternalError, OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from newsroom.problems import server_error


def fail_with(error: Error, cause: Exception | None, path: str) -> tuple[int, str | None, bytes]:
    """What the handler of 500 answers while this error is handled."""
    try:
        raise error from cause
    except Error:
        response = server_error(RequestFactory().get(path))
    assert isinstance(response, HttpResponse)
    return response.status_code, response.headers.get("Retry-After"), response.content


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        (OperationalError(), None, "does not answer"),
        (InternalError(), psycopg.errors.ReadOnlySqlTransaction(), "read-only"),
        (OperationalError(), psycopg.errors.DiskFull(), "no room left"),
        (OperationalError(), psycopg.errors.LockNotAvailable(), "busy"),
        (OperationalError(), psycopg.errors.AdminShutdown(), "does not answer"),
    ],
)
def test_one_that_passes_is_a_503(error: Error, cause: Exception | None, words: str) -> None:
    status, retry_after, body = fail_with(error, cause, "/api/v1/articles/")

    assert (status, retry_after) == (503, "2")
    assert words in json.loads(body)["detail"]
    assert fail_with(error, cause, "/desk/")[:2] == (503, "2")


def test_one_of_the_statement_itself_stays_a_500() -> None:
    cause = psycopg.errors.UniqueViolation()

    assert fail_with(IntegrityError(), cause, "/api/v1/articles/")[:2] == (500, None)
    assert fail_with(IntegrityError(), cause, "/desk/")[0] == 500
