"""Live counts of the running product, through its front."""

import json
import time
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

import pytest

from tests.live.streams import Stream
from tests.load import publish
from tests.servers import RunningStack

pytestmark = pytest.mark.stack


@dataclass
class Product:
    """The product, and a published article of its own."""

    stack: RunningStack
    slug: str

    @property
    def port(self) -> int:
        return int(self.stack.env["PORT"])

    def ask(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Reader {token}"
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as client:
            client.request(method, f"/api/v1/{path}", json.dumps(body) if body else None, headers)
            answer = client.getresponse()
            return answer.status, json.loads(answer.read())


@pytest.fixture(scope="module")
def product(stack: RunningStack) -> Product:
    publish(stack, ["live-counts"])
    return Product(stack, "live-counts")


def test_a_reaction_of_another_reader_is_seen_within_a_second(product: Product) -> None:
    path = f"/live/articles/{product.slug}/"
    _, reader = product.ask("POST", "readers/")
    with Stream(product.port, path, {"Accept-Encoding": "gzip, zstd"}) as stream:
        first = stream.next("counts").json
        mine = f"articles/{product.slug}/reactions/mine/"
        status, _ = product.ask("PUT", mine, {"reactions": ["love"]}, reader["token"])
        answered = time.monotonic()
        event = stream.next("counts")

    assert status == 200
    assert "content-encoding" not in stream.answer
    assert event.json["counts"]["love"] == first["counts"]["love"] + 1
    assert event.at - answered < 1.5
    # A web process shows its own copy for a quarter of a second.
    deadline = time.monotonic() + 2
    counts = f"articles/{product.slug}/reactions/"
    while (found := product.ask("GET", counts)[1]) != event.json and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found == event.json


def test_a_list_says_what_does_not_exist_and_one_article_is_not_found(product: Product) -> None:
    with Stream(product.port, f"/live/?articles={product.slug},no-such-story") as stream:
        blocks = stream.begin()
    with Stream(product.port, "/live/articles/no-such-story/") as refused:
        status = refused.status
    with Stream(product.port, "/live/articles/00000000-0000-4000-8000-000000000000/") as unknown:
        assert unknown.status == 404

    assert status == 404
    assert [each.json for each in blocks if each.name == "gone"] == [
        {"article": "no-such-story", "state": "missing"}
    ]
    assert len([each for each in blocks if each.name == "counts"]) == 1


def test_an_article_is_named_by_its_url(product: Product) -> None:
    url = quote(f"http://127.0.0.1:{product.port}/articles/{product.slug}/", safe="")
    elsewhere = quote("https://elsewhere.example/", safe="")
    with Stream(product.port, f"/live/?articles={url},{elsewhere}") as stream:
        blocks = stream.begin()

    found = product.ask("GET", f"articles/{product.slug}/reactions/")[1]["article"]
    assert [each.json["article"] for each in blocks if each.name == "counts"] == [found]
    assert [each.json["article"] for each in blocks if each.name == "gone"] == [
        "https://elsewhere.example/"
    ]


def test_what_an_editor_closes_is_closed_within_two_seconds(product: Product) -> None:
    with Stream(product.port, f"/live/articles/{product.slug}/") as stream:
        stream.begin()
        key = product.stack.manage("issue_key", "live", "--scopes", "reactions:manage").stdout
        with closing(HTTPConnection("127.0.0.1", product.port, timeout=10)) as client:
            for state in ("closed", "open"):
                headers = {"Authorization": f"Bearer {key.split()[-1]}"}
                headers["Content-Type"] = "application/json"
                path = f"/api/v1/articles/{product.slug}/reactions/policy/"
                client.request("PUT", path, json.dumps({"state": state}), headers)
                answer = client.getresponse()
                assert answer.status == 200, answer.read()
                answer.read()
                before = time.monotonic()
                event = stream.next("counts")

                assert event.json["state"] == state
                assert event.at - before < 2
