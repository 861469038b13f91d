"""Pages of another site call the running product, through its front."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from articles.sites import known
from newsroom.stack.environment import recorded_environment
from tests.reactions.host_readers.hosts import add_site, make_jwt
from tests.servers import RunningStack

pytestmark = pytest.mark.stack


class Blog:
    """A site of another origin, and a page of it that calls the product."""

    def __init__(self, stack: RunningStack, database: "psycopg.Connection[Any]") -> None:
        self.name = f"blog-{uuid4().hex[:8]}"
        self.origin = f"https://{self.name}.example"
        self.port = int(stack.env["PORT"])
        self._database = database
        add_site(database, self.name, self.origin)
        self.until(lambda: self.ask("GET", "sites/here/")[0].status == 200)
        time.sleep(known._FRESH_SECONDS)  # the other processes have read the sites by then, too
        self.slug = self.open_article()

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[HTTPResponse, Any]:
        sent = {"Origin": self.origin, "Content-Type": "application/json", **headers}
        sent = {name: value for name, value in sent.items() if value}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as client:
            content = None if body is None else json.dumps(body)
            client.request(method, f"/api/v1/{path}", content, sent)
            response = client.getresponse()
            answer = response.read()
            return response, json.loads(answer) if answer else None

    def open_article(self) -> str:
        """One that accepts reactions: other tests close theirs."""
        slugs: list[str] = [each["slug"] for each in self.ask("GET", "articles/")[1]["results"]]
        states = self.ask("GET", f"reactions/?articles={','.join(slugs)}")[1]["results"]
        return next(
            slug for slug, each in zip(slugs, states, strict=True) if each["state"] == "open"
        )

    def press(self, token: str, kind: str = "love") -> HTTPResponse:
        path = f"articles/{self.slug}/reactions/mine/"
        body = {"reactions": [kind]}
        return self.ask("PUT", path, body, Authorization=f"Reader {token}")[0]

    def remove(self) -> None:
        self._database.execute("DELETE FROM articles_site WHERE name = %s", [self.name])

    @staticmethod
    def until(is_so: Any) -> None:
        deadline = time.monotonic() + 10
        while not is_so():
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture
def blog(stack: RunningStack) -> Iterator[Blog]:
    url = recorded_environment(stack.data)["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as database:
        made = Blog(stack, database)
        yield made
        made.remove()


def test_a_page_of_a_listed_origin_reacts_until_it_is_listed_no_more(blog: Blog) -> None:
    asked, _ = blog.ask(
        "OPTIONS",
        f"articles/{blog.slug}/reactions/mine/",
        **{
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    made, reader = blog.ask("POST", "readers/")
    presses = [blog.press(reader["token"], kind) for kind in ("love", "sad", "wow")]
    blog.ask("DELETE", "readers/me/", Authorization=f"Reader {reader['token']}")

    assert (asked.status, made.status) == (204, 201)
    assert [each.status for each in presses] == [200] * 3
    for each in (asked, made, *presses):
        assert each.headers["Access-Control-Allow-Origin"] == blog.origin
        assert each.headers["Vary"] == "Origin"

    blog.remove()
    removed_at = time.monotonic()
    accepted_until = 0.0
    while (since := time.monotonic() - removed_at) < 3:
        if blog.press(reader["token"]).status == 200:
            accepted_until = since
    erased, _ = blog.ask(
        "DELETE", "readers/me/", Authorization=f"Reader {reader['token']}", Origin=""
    )

    assert accepted_until < 2.5
    assert erased.status == 200


def test_no_log_has_a_jwt_or_a_readers_token(stack: RunningStack, blog: Blog) -> None:
    good = make_jwt(aud=blog.name)
    bad = {
        "jwt_signature": make_jwt("f" * 32, aud=blog.name),
        "jwt_expired": make_jwt(aud=blog.name, exp=1_700_000_000),
        "jwt_audience": make_jwt(),
        "invalid_jwt": f"{good}x.y",
        "jwt_too_long": make_jwt(aud=blog.name, more="x" * 8_000),
    }
    _, guest = blog.ask("POST", "readers/")
    blog.press(guest["token"])
    as_guest = {"Authorization": f"Reader {guest['token']}"}
    signed_in, account = blog.ask("POST", "readers/", {"jwt": good}, **as_guest)
    refused = [blog.ask("POST", "readers/", {"jwt": jwt}, **as_guest)[1] for jwt in bad.values()]
    pressed = [blog.press(account["token"], kind).status for kind in ("love", "nonsense")]
    altered = f"{account['token'][:-1]}!"
    pressed.append(blog.press(altered).status)
    erased, _ = blog.ask("DELETE", "readers/me/", Authorization=f"Reader {account['token']}")

    assert (signed_in.status, pressed, erased.status) == (201, [200, 400, 401], 200)
    assert [each["type"].rpartition(":")[2] for each in refused] == [*bad]
    logs = [stack.output(), *(each.read_text() for each in (stack.data / "log").iterdir())]
    logs += [each.read_text() for each in stack.data.rglob("*.log") if each.is_file()]
    secrets = [good, *bad.values(), guest["token"], account["token"], altered]
    parts = {part for each in secrets for part in each.split(".") if len(part) > 15}
    assert len(logs) > 2
    assert not [part for part in parts for log in logs if part in log]
