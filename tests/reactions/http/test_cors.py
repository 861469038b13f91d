"""Which page of another origin may call what, through Django and through the fast path."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from psycopg_pool import PoolTimeout
from pytest_django import Settings

from articles.models import Article, Site
from articles.sites import known
from articles.sites.known import clear_sites
from reactions import record
from reactions.http import fast_path
from reactions.models import PolicyState, Reaction
from reactions.policy import set_policy
from reactions.readers import new_reader
from tests.reactions.http.test_fast_path import LOVE, SAD, _one_transaction
from tests.reactions.http.test_fast_path import Site as Served

__all__ = ["_one_transaction"]

BLOG = "https://blog.example"
OTHER = "https://evil.example"
OWN = "http://testserver"
EXPOSED = {"ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "Page-Token", "Link"}


@pytest.fixture(autouse=True)
def blog(db: None) -> Site:
    return Site.objects.create(name="Blog", origins=[BLOG], registers=True)


@pytest.fixture
def mine(article: Article) -> str:
    return f"/api/v1/articles/{article.id}/reactions/mine/"


def from_page(origin: str, **headers: str) -> dict[str, Any]:
    return {"headers": {"Origin": origin, **headers}}


def preflight(
    client: Client, path: str, method: str, origin: str = BLOG, headers: str = "authorization"
) -> Any:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return client.options(path, **from_page(origin, **asked))


def reader() -> dict[str, str]:
    return {"Authorization": f"Reader {new_reader().token}"}


def listed(value: str) -> set[str]:
    return {each.strip() for each in value.split(",")}


# --- what anyone may read


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/articles/", 200),
        ("/api/v1/articles/{}/", 200),
        ("/api/v1/articles/{}/ninjs/", 200),
        ("/api/v1/articles/{}/reactions/", 200),
        ("/api/v1/articles/{}", 404),
        ("/api/v1/articles/unknown/reactions/", 404),
        ("/api/v1/reactions/?articles={}", 200),
        ("/api/v1/reactions/", 400),
        ("/api/v1/nothing/", 404),
        ("/api/v1/sites/here/", 200),
        ("/embed/reactions.js", 200),
        ("/embed/en.json", 200),
        ("/embed/nothing.js", 404),
        ("/oembed/", 404),
    ],
)
def test_every_origin_reads_what_is_public_and_its_errors(
    client: Client, article: Article, path: str, status: int
) -> None:
    for sent in ({}, from_page(BLOG)):
        response = client.get(path.format(article.id), **sent)

        assert response.status_code == status
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert listed(response.headers["Access-Control-Expose-Headers"]) == EXPOSED
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_304_and_a_head_have_the_headers_too(client: Client, article: Article) -> None:
    path = f"/api/v1/articles/{article.id}/reactions/"
    etag = client.get(path).headers["ETag"]

    known_already = client.get(path, **from_page(OTHER, **{"If-None-Match": etag}))
    head = client.head(path, **from_page(OTHER))

    assert (known_already.status_code, head.status_code) == (304, 200)
    for response in (known_already, head):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Vary" not in response.headers


def test_an_internal_error_has_the_headers_too(
    client: Client, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("reactions.http.api.answer_one", fail)
    client.raise_request_exception = False

    response = client.get(f"/api/v1/articles/{article.id}/reactions/", **from_page(BLOG))

    assert response.status_code == 500
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/"),
        ("get", "/healthz"),
        ("post", "/api/v1/articles/"),
        ("put", "/api/v1/articles/{}/reactions/policy/"),
        ("get", "/api/v1/articles/{}/reactions/policy/"),
        ("get", "/api/v1/stats/articles/{}/"),
        ("get", "/api/v1/waves/"),
        ("get", "/api/v1/keys/me/"),
    ],
)
def test_what_is_not_public_has_no_headers(
    client: Client, article: Article, method: str, path: str
) -> None:
    response = getattr(client, method)(path.format(article.id), **from_page(BLOG))
    asked = preflight(client, path.format(article.id), method.upper())

    for each in (response, asked):
        assert not [name for name in each.headers if name.startswith("Access-Control-")]


def test_a_call_with_an_api_key_has_no_headers(client: Client, article: Article) -> None:
    path = f"/api/v1/articles/{article.id}/"

    response = client.get(path, **from_page(BLOG, Authorization="Bearer key"))

    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_preflight_of_a_public_read_allows_no_authorization(client: Client) -> None:
    response = preflight(client, "/api/v1/reactions/", "GET", OTHER, "if-none-match")

    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert int(response.headers["Access-Control-Max-Age"]) >= 600
    assert "If-None-Match" in listed(response.headers["Access-Control-Allow-Headers"])
    assert "Authorization" not in listed(response.headers["Access-Control-Allow-Headers"])


def test_anyone_may_report_a_page(client: Client) -> None:
    asked = preflight(client, "/api/v1/sightings/", "POST", OTHER, "content-type")
    answer = client.post("/api/v1/sightings/", **from_page(OTHER))

    assert asked.status_code == 204
    assert "POST" in listed(asked.headers["Access-Control-Allow-Methods"])
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


# --- what a reader may do


def test_a_reader_reacts_from_a_listed_origin(client: Client, article: Article, mine: str) -> None:
    made = client.post("/api/v1/readers/", **from_page(BLOG))
    token = {"Authorization": f"Reader {made.json()['token']}"}
    put = client.put(mine, LOVE, "application/json", **from_page(BLOG, **token))
    got = client.get(mine, **from_page(BLOG, **token))
    many = client.get(f"/api/v1/reactions/mine/?articles={article.id}", **from_page(BLOG, **token))
    export = client.get("/api/v1/readers/me/export/", **from_page(BLOG, **token))
    gone = client.delete(mine, **from_page(BLOG, **token))
    erased = client.delete("/api/v1/readers/me/", **from_page(BLOG, **token))

    assert made.status_code == 201
    assert not made.cookies
    assert got.json()["reactions"] == ["love"]
    for response in (made, put, got, many, export, gone, erased):
        assert response.status_code in {200, 201}
        assert response.headers["Access-Control-Allow-Origin"] == BLOG
        assert response.headers["Vary"] == "Origin"
        assert listed(response.headers["Access-Control-Expose-Headers"]) == EXPOSED
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_refusal_to_a_listed_origin_can_be_read(client: Client, mine: str) -> None:
    refused = client.put(mine, LOVE, "application/json", **from_page(BLOG))
    unknown = client.get("/api/v1/articles/unknown/reactions/mine/", **from_page(BLOG))

    assert (refused.status_code, unknown.status_code) == (401, 404)
    assert refused.headers["Access-Control-Allow-Origin"] == BLOG
    assert unknown.headers["Access-Control-Allow-Origin"] == BLOG


@pytest.mark.parametrize(
    "origin", [OTHER, "null", "https://blog.example.evil", "http://blog.example"]
)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET", "OPTIONS"])
def test_from_another_origin_a_reader_is_refused_and_nothing_is_done(
    client: Client, mine: str, method: str, origin: str
) -> None:
    token = new_reader().token
    own = {"Authorization": f"Reader {token}"}
    client.put(mine, LOVE, "application/json", headers=own)

    response = client.generic(method, mine, SAD, "application/json", **from_page(origin, **own))
    new = client.post("/api/v1/readers/", **from_page(origin))
    erased = client.delete("/api/v1/readers/me/", **from_page(origin, **own))

    for each in (response, new, erased):
        assert each.status_code == 403
        assert each.headers["Content-Type"] == "application/problem+json"
        assert each.json()["code"] == "origin_not_listed"
        assert origin in each.json()["detail"]
        assert each.headers["Vary"] == "Origin"
        assert not each.cookies
        assert not [name for name in each.headers if name.startswith("Access-Control-")]
    assert client.get(mine, headers=own).json()["reactions"] == ["love"]


def test_a_preflight_of_a_readers_call(client: Client, mine: str) -> None:
    response = preflight(client, mine, "PUT")
    refused = preflight(client, mine, "PUT", OTHER)

    assert response.status_code == 204
    assert response.content == b""
    assert "Content-Type" not in response.headers
    assert response.headers["Access-Control-Allow-Origin"] == BLOG
    assert response.headers["Vary"] == "Origin"
    assert {"PUT", "DELETE", "POST"} <= listed(response.headers["Access-Control-Allow-Methods"])
    assert {"Authorization", "Content-Type", "Page-Token"} <= listed(
        response.headers["Access-Control-Allow-Headers"]
    )
    assert int(response.headers["Access-Control-Max-Age"]) >= 600
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_an_options_that_is_no_preflight_names_the_methods(client: Client, mine: str) -> None:
    response = client.options(mine, **from_page(BLOG))

    assert response.status_code == 204
    assert "PUT" in response.headers["Allow"]


def test_the_own_origin_and_a_program_are_served_as_ever(client: Client, mine: str) -> None:
    for sent in (from_page(OWN), {}):
        made = client.post("/api/v1/readers/", **sent)
        put = client.put(mine, LOVE, "application/json", **sent)

        assert (made.status_code, put.status_code) in {(201, 200), (200, 200)}
        assert put.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Origin" not in put.headers
    assert "reader" in client.cookies


def test_null_is_for_sites_that_list_it(client: Client, mine: str, blog: Site) -> None:
    blog.origins = [BLOG, "null"]
    blog.save()
    clear_sites()

    response = client.put(mine, LOVE, "application/json", **from_page("null", **reader()))

    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "null"


def test_a_site_that_is_switched_off_lists_no_origin(client: Client, mine: str, blog: Site) -> None:
    blog.active = False
    blog.save()
    clear_sites()

    assert client.get(mine, **from_page(BLOG)).status_code == 403


@pytest.mark.parametrize("fast", [False, True])
def test_cookies_from_another_origin_do_not_count(mine: str, fast: bool) -> None:
    served = Served()
    cookie = f"reader={new_reader().token}; sessionid=x"
    if fast:
        served.put(mine, LOVE, HTTP_ORIGIN=BLOG, HTTP_AUTHORIZATION=reader()["Authorization"])
    Reaction.objects.all().delete()

    status, headers, body = served.put(mine, SAD, HTTP_ORIGIN=BLOG, HTTP_COOKIE=cookie)

    assert status == "401 Unauthorized"
    assert b"reader_required" in body
    assert "Set-Cookie" not in dict(headers)
    assert not Reaction.objects.exists()


def test_where_the_sites_cannot_be_read_the_page_comes_again(
    client: Client, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OperationalError from PoolTimeout()

    monkeypatch.setattr("reactions.http.cors.known_sites", fail)

    put = client.put(mine, LOVE, "application/json", **from_page(BLOG, **reader()))
    here = client.get("/api/v1/sites/here/", **from_page(BLOG))

    for each in (put, here):
        assert each.status_code == 503
        assert each.headers["Access-Control-Allow-Origin"] == "*"
        assert each.headers["Retry-After"] == "2"
        assert each.headers["Vary"] == "Origin"
    assert not Reaction.objects.exists()


# --- what a page finds out


def test_a_page_finds_its_site(client: Client, settings: Settings) -> None:
    settings.SITE_NAME = "The Herald"

    here = client.get("/api/v1/sites/here/", **from_page(BLOG))
    own = client.get("/api/v1/sites/here/", **from_page(OWN))
    other = client.get("/api/v1/sites/here/", **from_page(OTHER))

    assert here.json() == {"site": "Blog", "registers": True}
    assert own.json() == {"site": "The Herald", "registers": False}
    assert other.status_code == 403
    assert other.json()["code"] == "origin_not_listed"
    assert OTHER in other.json()["detail"]
    for each in (here, own, other):
        assert each.headers["Cache-Control"] == "no-store"
        assert each.headers["Vary"] == "Origin"
        assert each.headers["Access-Control-Allow-Origin"] == "*"


def test_a_long_origin_is_named_in_part(client: Client) -> None:
    response = client.get("/api/v1/readers/", **from_page("https://" + "x" * 5_000))

    assert response.status_code == 403
    assert len(response.json()["detail"]) < 300


# --- the fast path


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    monkeypatch.setattr(fast_path, "_LEARNED_SECONDS", 60)
    monkeypatch.setattr("reactions.counts._answers._fresh_seconds", 60)
    return Served()


def test_the_fast_path_answers_every_origin_alike(served: Served, article: Article) -> None:
    path = f"/api/v1/articles/{article.id}/reactions/"
    origins = [{}, {"HTTP_ORIGIN": BLOG}, {"HTTP_ORIGIN": OTHER}, {"HTTP_ORIGIN": "null"}]

    answers = [served.get(path, **each) for each in origins]

    assert served.passed_on == 1
    assert answers == [served.django(path, **each) for each in origins]
    assert dict(answers[2][1])["Access-Control-Allow-Origin"] == "*"


def test_the_fast_path_answers_a_call_with_a_key_without_the_headers(
    served: Served, article: Article
) -> None:
    path = f"/api/v1/articles/{article.id}/reactions/"
    calls = [{}, {"HTTP_AUTHORIZATION": "Bearer key"}] * 2

    answers = [served.get(path, **each) for each in calls]

    assert served.passed_on == 2
    assert answers == [served.django(path, **each) for each in calls]


def test_the_fast_path_sets_a_reaction_from_a_listed_origin(served: Served, mine: str) -> None:
    sent = {"HTTP_ORIGIN": BLOG, "HTTP_AUTHORIZATION": reader()["Authorization"]}
    served.put(mine, LOVE, **sent)

    fast = served.put(mine, SAD, **sent)
    served.django(mine, "PUT", LOVE, **sent)

    assert served.passed_on == 1
    assert fast == served.django(mine, "PUT", SAD, **sent)
    assert dict(fast[1])["Access-Control-Allow-Origin"] == BLOG
    assert dict(fast[1])["Vary"] == "Origin"


@pytest.mark.parametrize("origin", [OTHER, "null", OWN, None])
def test_the_fast_path_takes_no_origin_for_another(
    served: Served, mine: str, origin: str | None
) -> None:
    sent = {"HTTP_AUTHORIZATION": reader()["Authorization"]}
    served.put(mine, LOVE, HTTP_ORIGIN=BLOG, **sent)
    own = sent if origin is None else {"HTTP_ORIGIN": origin, **sent}

    answers = [served.put(mine, LOVE, **own) for _ in range(2)]

    assert answers == [served.django(mine, "PUT", LOVE, **own)] * 2
    assert ("Access-Control-Allow-Origin", BLOG) not in answers[0][1]
    assert answers[0][0] == ("200 OK" if origin in {OWN, None} else "403 Forbidden")


def test_an_origin_that_is_delisted_is_refused_by_the_request_that_learns(
    served: Served, mine: str, blog: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"HTTP_ORIGIN": BLOG, "HTTP_AUTHORIZATION": reader()["Authorization"]}
    served.put(mine, LOVE, **sent)
    blog.delete()
    monkeypatch.setattr(known, "_FRESH_SECONDS", 0)
    for learned in served._fast_path._learned.values():
        learned.learn_at = 0  # a second later

    statuses = [served.put(mine, SAD, **sent)[0] for _ in range(2)]

    assert statuses == ["403 Forbidden"] * 2


def test_where_the_database_fails_the_answer_has_the_headers(
    served: Served, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"HTTP_ORIGIN": BLOG, "HTTP_AUTHORIZATION": reader()["Authorization"]}
    served.put(mine, LOVE, **sent)

    def fail(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(record, "row", fail)
    monkeypatch.setattr("reactions.group_commit.GroupCommit.set", fail)
    status, headers, _ = served.put(mine, SAD, **sent)

    assert status == "503 Service Unavailable"
    assert dict(headers)["Access-Control-Allow-Origin"] == BLOG
    assert dict(headers)["Retry-After"] == "2"


def test_a_closed_article_is_refused_readably(served: Served, article: Article, mine: str) -> None:
    set_policy(article_id=article.id, state=PolicyState.CLOSED)
    sent = {"HTTP_ORIGIN": BLOG, "HTTP_AUTHORIZATION": reader()["Authorization"]}

    status, headers, _ = served.put(mine, SAD, **sent)

    assert status == "409 Conflict"
    assert dict(headers)["Access-Control-Allow-Origin"] == BLOG
