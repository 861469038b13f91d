"""Schemathesis asks every call for anything that OpenAPI allows and much that it forbids, by each kind of caller.

The application is the one that the server runs, with real PostgreSQL and Redis. `make test` takes the same few examples
every time; `make fuzz` draws 300 of each operation at random, and sequences of calls.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import schemathesis
from django.db import connections
from hypothesis import settings as hypothesis_settings
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineEvent, NonFatalError, ScenarioFinished

from articles.api.api_keys import SCOPES, issue_key
from articles.workflow import Transition
from reactions.readers import new_reader
from tests.api_document import read_document
from tests.conftest import PublishArticle

pytestmark = pytest.mark.hypothesis  # `make fuzz` runs what has this mark

IS_FUZZ = not hypothesis_settings().derandomize
FUZZ_EXAMPLES, TEST_EXAMPLES = 300, 4


# Of these the meaning of the input decides, too, which no schema says: whether a section, an article or a moment exists,
# whether a page is one of a site, whether a slug is taken, whether a text has characters that reverse its direction.
BY_MEANING = [
    *("changes_list", "sightings_create", "articles_create", "articles_edit", "articles_correct"),
    *("articles_schedule", "policy_set", "stats_query", "stats_article", "stats_articles"),
    *("stats_sections", "stats_authors", "stats_tags", "stats_sources", "stats_kinds"),
    *("stats_timeseries", "stats_realtime", "stats_movers", "addresses_add", "articles_merge"),
    *("articles_list", "waves_list", "mine_set", "wave_decide", "views_create"),
    *("webhooks_create", "webhooks_update", "webhooks_deliveries_list"),
    *(f"articles_{move}" for move in Transition),
]
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "410", "412", "422", "428", "429", "503"]
REFUSED = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "428", "429", "503"]
# Ends the key by which the other calls are asked.
LEFT_OUT = {"key_rotate"}
CHECKS = {
    "positive_data_acceptance": {"expected-statuses": ACCEPTED},
    "negative_data_rejection": {"expected-statuses": REFUSED},
    # Fails in schemathesis 4.32 for WSGI; test_contract.py asks every call without and with other credentials.
    "ignored_auth": {"enabled": False},
}


def config(headers: dict[str, str]) -> SchemathesisConfig:
    phases = {
        "examples": {"enabled": True},
        "coverage": {"enabled": IS_FUZZ},
        "fuzzing": {"enabled": True},
        "stateful": {"enabled": IS_FUZZ},
    }
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "headers": headers,
            "phases": phases,
            "checks": CHECKS,
            "operations": [
                {
                    "include-operation-id": BY_MEANING,
                    "checks": {
                        "positive_data_acceptance": {"expected-statuses": ["400", *ACCEPTED]}
                    },
                }
            ],
            "generation": {
                "max-examples": FUZZ_EXAMPLES if IS_FUZZ else TEST_EXAMPLES,
                "deterministic": not IS_FUZZ,
                "database": "none",
                "no-shrink": not IS_FUZZ,
            },
        }
    )


def list_failures(events: Iterator[EngineEvent]) -> list[str]:
    found: dict[str, str] = {}
    for event in events:
        if isinstance(event, NonFatalError):
            found[event.label] = f"{event.label}: {event.value!r}"
        if not isinstance(event, ScenarioFinished):
            continue
        for case_id, checks in event.recorder.checks.items():
            for each in checks:
                if each.failure_info is not None:
                    failure = each.failure_info.failure
                    label = event.recorder.cases[case_id].value.operation.label
                    key = f"{label} {each.name} {failure.title}"
                    found.setdefault(
                        key, f"{key}\n{failure.message}\n{each.failure_info.code_sample}"
                    )
    return sorted(found.values())


def serve(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """What the server runs; the thread that asks keeps no connection."""
    from newsroom.wsgi import application

    answer = application(environ, start_response)
    try:
        return list(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
        connections.close_all()


def fuzz(headers: dict[str, str], scheme: str = "") -> list[str]:
    """Ask every call, or those alone that take these credentials; the failures."""
    document = document_of(scheme)
    schema: Any = schemathesis.openapi.from_dict(document, config=config(headers))
    schema.app = serve
    return list_failures(from_schema(schema).execute())


def document_of(scheme: str) -> Any:
    """The document without its answers for the unforeseen: an error that is not listed is a failure."""
    document = deepcopy(read_document())
    for path, operations in document["paths"].items():
        document["paths"][path] = {
            method: operation
            for method, operation in operations.items()
            if operation["operationId"] not in LEFT_OUT
            and (not scheme or any(scheme in each for each in operation["security"]))
        }
        for operation in operations.values():
            del operation["responses"]["default"]
    return document


@pytest.fixture(autouse=True)
def _article(transactional_db: None, publish_article: PublishArticle) -> None:
    """That of OpenAPI's examples."""
    publish_article(slug="kelp-forest-returns")


def test_by_nobody() -> None:
    assert fuzz({}) == []


def test_by_a_reader() -> None:
    headers = {"Authorization": f"Reader {new_reader().token}"}
    assert fuzz(headers, "readerToken") == []


@pytest.mark.parametrize("scopes", [SCOPES, *([each] for each in SCOPES if IS_FUZZ)])
def test_by_a_key(scopes: Sequence[str]) -> None:
    headers = {"Authorization": f"Bearer {issue_key(name='any', scopes=scopes)}"}
    assert fuzz(headers, "key") == []
