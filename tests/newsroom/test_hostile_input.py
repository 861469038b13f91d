"""No call answers 500, whatever it is sent: each one gets what breaks parsers, databases and encodings.

`make test` sends each field, header and parameter a third of it, which takes turns; `make fuzz` sends each all.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from articles.api.api_keys import SCOPES, issue_key
from reactions.models import Wave, WebhookEndpoint
from reactions.readers import new_reader
from tests.conftest import PublishArticle
from tests.newsroom.test_any_input import IS_FUZZ
from tests.newsroom.test_contract import Call, every_call, header_of, list_calls, operation
from tests.newsroom.test_openapi import component_of, list_examples

pytestmark = pytest.mark.hypothesis  # `make fuzz` runs what has this mark

SLUG = "kelp-forest-returns"
NUMBER = 999_999  # no sequence comes there
SURROGATE = "SURROGATE"  # becomes an escape that no Python text can be encoded from
TEXTS = ["", "a\0b", "\ufffe", "x" * 9_000, SURROGATE, "'\"%--", "1e400"]
WRONG: list[Any] = [None, True, 1.5, 10**30, -(10**30), 1e308, [], [[]], {}, *TEXTS]
NESTED: list[Any] = [[None], [1], [{}], [SURROGATE], {"name": None}, {"\0": 1}, {SURROGATE: 1}]
MOMENTS = ["0001-01-01", "9999-12-31", "0000-00-00", "9999-12-31T23:59:59-23:59", "2026-02-30"]
CURSORS = [
    *("cD1hYmM=", "cD0=", "cj0xJnA9LTE=", "bz0xMDAwMDAwMDAwMDAwMDAwMDAwMDAw", "%00", "=", "é"),
    b64encode(b"p=99999999999999999999999").decode(),
    b64encode("p=\u0661".encode()).decode(),
    b64encode(b"a1b2c3d4e5f6.-1.0").decode(),
    b64encode(b"a1b2c3d4e5f6.99999999999999999999999.ffffffff").decode(),
    *("9" * 30, "0-0", "-1-" + "f" * 32, "9" * 18 + "-" + "0" * 32, "0.5_1-" + "0" * 32),
]
ZONES = ["localtime", "posixrules", "Factory", "posix/UTC", "right/UTC", "../UTC", "/etc/passwd"]


@pytest.fixture(autouse=True)
def _what_calls_name(publish_article: PublishArticle) -> None:
    article = publish_article(slug=SLUG)
    WebhookEndpoint.objects.create(
        pk=NUMBER, url="https://app.example/", types=["article.published"], events_to=0, counts_to=0
    )
    Wave.objects.create(
        pk=NUMBER,
        article_id=article.pk,
        rule="network",
        size=1,
        networks=[1],
        network_count=1,
        started_at=timezone.now(),
        last_at=timezone.now(),
    )


@pytest.fixture
def program(client: Client) -> Client:
    client.raise_request_exception = False
    return client


def each_in_turn(values: Sequence[Any], turn: int) -> Sequence[Any]:
    return values if IS_FUZZ else values[turn % 3 :: 3]


def assert_no_fault(answer: Any, sent: object) -> None:
    assert answer.status_code < 500 or answer.status_code == 503, (sent, answer.content)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    body.decode("utf-8")


def url_of(call: Call, article: str = SLUG) -> str:
    path = call.path.replace("{article}", article).replace("{kind}", "love")
    path = path.replace("{wave}", str(NUMBER)).replace("{webhook}", str(NUMBER))
    return path.replace("{delivery}", str(UUID(int=1)))


def ask(client: Client, call: Call, url: str, body: bytes, headers: dict[str, str]) -> Any:
    return client.generic(call.method.upper(), url, body, "application/json", headers=headers)


def with_parameters() -> list[Call]:
    """One call of each set of parameters: lists of figures read theirs in one place."""
    found = {
        frozenset(each.view.query_parameters.get(each.method, ())): each for each in list_calls()
    }
    return [each for names, each in found.items() if names]


@pytest.mark.parametrize("call", with_parameters(), ids=str)
def test_any_value_of_a_parameter(program: Client, db: None, call: Call) -> None:
    headers = header_of(call)
    for turn, name in enumerate(sorted(call.view.query_parameters.get(call.method, ()))):
        values = [*TEXTS, *MOMENTS, *CURSORS, *ZONES, "-1", "9" * 40, "\u0661", ",", "a,b", "\x1f"]
        for value in each_in_turn(values, turn):
            answer = program.generic(
                call.method.upper(),
                url_of(call),
                b'{"metrics":["came"]}',
                "application/json",
                query_params={name: value},
                headers=headers,
            )
            assert_no_fault(answer, (name, value[:50]))
            if name == "cursor":
                assert answer.status_code == 400
            if name == "tz" and value in ZONES:
                assert answer.status_code == 400


@every_call
def test_any_query_string_and_path(program: Client, db: None, call: Call) -> None:
    headers = header_of(call)
    for query in ("%ff=1", "%00=%00", "&&=&", "a[]=1", "=1", "%ed%a0%80=%ed%a0%80", "a" * 5_000):
        answer = ask(program, call, f"{url_of(call)}?{query}", b"{}", headers)
        assert_no_fault(answer, query)
    for part in ("%00", "%ff", "%ed%a0%80", "9" * 400, "%F0%9F%98%80", "%2e%2e", "a%0ab"):
        answer = ask(program, call, url_of(call, part), b"{}", headers)
        assert_no_fault(answer, part)


@every_call
def test_any_header(program: Client, db: None, call: Call) -> None:
    headers = header_of(call)
    values = ["\xe9\xff", "\x00", "a" * 9_000, 'W/"', "Bearer", "Reader \xff"]
    names = [
        "If-Match",
        "Idempotency-Key",
        "Authorization",
        "Accept",
        "Cookie",
        "Origin",
        "X-Api-Key",
    ]
    more = ["If-None-Match", "If-Modified-Since", "Accept-Language", "X-Forwarded-For"]
    for turn, name in enumerate([*names, *more], start=len(call.path)):
        for value in each_in_turn(values, turn):
            answer = ask(program, call, url_of(call), b"{}", {**headers, name: value})
            assert_no_fault(answer, (name, value[:50]))


with_body = pytest.mark.parametrize(
    "call", [each for each in list_calls() if "requestBody" in operation(each)], ids=str
)


@with_body
def test_any_body(program: Client, db: None, call: Call) -> None:
    headers = header_of(call)
    bodies = [
        *(b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff", b"\xef\xbb\xbf{}", b'{"a":1,"a":2}'),
        *(b"[" * 60_000, b'{"a":' * 20_000, b'{"\\ud800":1}', b'{"a":NaN}', b'{"a":1e999}'),
        *(b"9" * 60_000, b'{"\\u0000":"\\u0000"}', b"{}" + b" " * 60_000, b'{"":{}}'),
    ]
    for body in bodies:
        answer = ask(program, call, url_of(call), body, headers)
        assert_no_fault(answer, body[:50])
        assert answer.status_code != 200 or body in {b"", bodies[-2]} or not body.strip(b"{} ")


def body_of(call: Call) -> Any:
    return operation(call)["requestBody"]["content"]["application/json"]


def with_fields() -> list[Call]:
    """One call of each kind of body."""
    found = {
        body_of(each)["schema"]["$ref"]: each
        for each in list_calls()
        if "requestBody" in operation(each)
    }
    return list(found.values())


@pytest.mark.parametrize("call", with_fields(), ids=str)
def test_any_value_of_each_field(program: Client, db: None, call: Call) -> None:
    headers = header_of(call)
    media = body_of(call)
    example = list_examples(media)[0]
    for turn, name in enumerate(component_of(media)["properties"]):
        for value in each_in_turn([*WRONG, *NESTED, *MOMENTS], turn):
            body = deepcopy(example)
            body[name] = value
            answer = ask(program, call, url_of(call), encode(body), headers)
            assert_no_fault(answer, (name, str(value)[:50]))


def encode(body: Any) -> bytes:
    return json.dumps(body).replace(SURROGATE, "\\ud800").encode()


def test_a_forged_cursor_of_waves_is_refused_by_name(program: Client, db: None) -> None:
    headers = {"Authorization": f"Bearer {issue_key(name='x', scopes=SCOPES)}"}
    answer = program.get("/api/v1/waves/?cursor=cD1hYmM=", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["errors"][0]["field"] == "cursor"


def test_a_name_that_cannot_be_encoded_is_refused(program: Client, db: None) -> None:
    headers = {"Authorization": f"Reader {new_reader().token}"}
    path = f"/api/v1/articles/{SLUG}/reactions/mine/"

    for body in (b'{"\\ud800": []}', b'{"reactions": ["\\udfff"]}'):
        answer = program.put(path, body, "application/json", headers=headers)
        assert answer.status_code == 400
