"""The reader's calls and the public ones, through Django's client: answers, refusals, queries, headers."""

import json
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import signing
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from articles.editing import edit_article
from articles.models import Article, State
from reactions.cache import limits
from reactions.counting.aggregate import aggregate
from reactions.counting.cache_writer import write_stale_counts
from reactions.counts import clear_counts
from reactions.kinds import KINDS, pack
from reactions.models import OutboxEntry, Policy, Reaction
from reactions.policy import set_policy
from reactions.readers import new_reader, read_token
from reactions.record import set_reactions
from tests.conftest import PublishArticle

NONE = {kind.key: 0 for kind in KINDS}
READERS = "/api/v1/readers/"


def counts_url(article: Article | UUID | str) -> str:
    return f"/api/v1/articles/{getattr(article, 'id', article)}/reactions/"


def put(client: Client, article: Article | UUID | str, body: Any, **headers: str) -> Any:
    """A reader's PUT: a client without a token gets one first."""
    if not client.cookies and "Authorization" not in headers:
        client.post(READERS)
    return client.put(
        f"{counts_url(article)}mine/",
        body if isinstance(body, bytes | str) else json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def assert_problem(response: Any, status: int, field: str | None = None) -> None:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["status"] == status
    assert {"type", "title", "detail"} <= set(problem)
    if field is not None:
        assert [error["field"] for error in problem["errors"]] == [field]
        assert all(error["code"] and error["detail"] for error in problem["errors"])


# --- counts of one article


def test_an_untouched_article_has_known_zeros(client: Client, article: Article) -> None:
    answer = client.get(counts_url(article)).json()

    assert answer == {
        "article": str(article.id),
        "state": "open",
        "allowed": [kind.key for kind in KINDS],
        "counts": NONE,
        "total": 0,
        "version": 0,
        "as_of": "2024-12-08T09:23:00.000Z",
    }


@pytest.mark.parametrize("address", ["id", "slug"])
def test_counts_are_found_by_id_and_by_slug(client: Client, article: Article, address: str) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["wow"]))
    aggregate()

    answer = client.get(counts_url(getattr(article, address))).json()

    assert (answer["article"], answer["total"]) == (str(article.id), 1)
    assert answer["counts"] == NONE | {"wow": 1}


def test_reading_sets_no_cookie_and_lets_caches_help(client: Client, article: Article) -> None:
    response = client.get(counts_url(article))

    assert not response.cookies
    assert response["Cache-Control"].startswith("public, max-age=0, s-maxage=1")
    assert "Vary" not in response or "Cookie" not in response["Vary"]


def test_an_unchanged_count_is_a_304_and_a_changed_one_is_not(
    client: Client, article: Article
) -> None:
    etag = client.get(counts_url(article))["ETag"]

    unchanged = client.get(counts_url(article), headers={"If-None-Match": f'"x", W/{etag}'})
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["sad"]))
    aggregate()
    changed = client.get(counts_url(article), headers={"If-None-Match": etag})

    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", etag)
    assert changed.status_code == 200
    assert changed["ETag"] != etag


def test_counts_in_redis_cost_no_query(
    client: Client, article: Article, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = client.get(counts_url(article))
    clear_counts()

    with django_assert_num_queries(0):
        again = client.get(counts_url(article))

    assert (again.content, again["ETag"]) == (first.content, first["ETag"])


def test_counts_that_this_process_just_read_cost_no_query_by_slug_either(
    client: Client, article: Article, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(counts_url(article.slug))

    with django_assert_num_queries(0):
        assert client.get(counts_url(article.slug)).status_code == 200


@pytest.mark.parametrize("held", ["{}", "W/{}", '"x", {}', '"x,y" , W/{}', "*"])
def test_unchanged_counts_are_304(client: Client, article: Article, held: str) -> None:
    etag = client.get(counts_url(article))["ETag"]

    response = client.get(counts_url(article), headers={"If-None-Match": held.format(etag)})

    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == etag
    assert response["Cache-Control"].startswith("public")


@pytest.mark.parametrize("held", ['"x"', "x", "", 'W/"x", "y"'])
def test_other_etags_get_the_counts(client: Client, article: Article, held: str) -> None:
    response = client.get(counts_url(article), headers={"If-None-Match": held})

    assert response.status_code == 200
    assert int(response["Content-Length"]) == len(response.content)


def test_counts_have_the_headers_of_every_answer(client: Client, article: Article) -> None:
    early = client.get(counts_url(article))
    late = client.get(f"{counts_url(article)}mine/")

    for name in ("Content-Type", "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy"):
        assert early[name] == late[name]


def test_the_accept_header_does_not_matter(client: Client, article: Article) -> None:
    response = client.get(counts_url(article), headers={"Accept": "text/html"})

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    "address", ["/api/v1/reactions/?articles={}", "/api/v1/articles/{}/reactions/"]
)
def test_other_methods_of_public_counts(client: Client, article: Article, address: str) -> None:
    url = address.format(article.id)

    head, options, post = client.head(url), client.options(url), client.post(url)

    assert head["ETag"] == client.get(url)["ETag"]
    assert (options.status_code, options["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert_problem(post, 405)
    assert post["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "sent",
    ['"{}-gzip"', 'W/"{}-gzip"', '"{};gzip"', '"{}--gzip"', '"{}-br"', 'W/"{}"', '"x", "{}-zstd"'],
)
@pytest.mark.parametrize(
    "path", ["/api/v1/articles/{}/reactions/", "/api/v1/reactions/?articles={}"]
)
def test_an_etag_that_a_compressing_proxy_has_changed_still_matches(
    client: Client, article: Article, sent: str, path: str
) -> None:
    url = path.format(article.id)
    etag = client.get(url)["ETag"]

    answer = client.get(url, headers={"If-None-Match": sent.format(etag.strip('"'))})
    other = client.get(url, headers={"If-None-Match": sent.format("other")})

    assert (answer.status_code, other.status_code) == (304, 200)
    assert answer["ETag"] == etag


def test_a_foreign_host_is_refused(client: Client, article: Article) -> None:
    assert_problem(client.get(counts_url(article), headers={"Host": "elsewhere.example"}), 400)


def test_unknown_counts_are_null_and_not_cacheable(
    client: Client, article: Article, settings: Settings
) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    limits.database_breaker.trip()

    one = client.get(counts_url(article))
    many = client.get("/api/v1/reactions/", {"articles": str(article.id)})

    assert (one.status_code, one.json()["total"]) == (200, None)
    assert many.json() == {"results": [one.json()]}
    for response in (one, many):
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response


def test_a_slug_without_a_database_is_a_503(client: Client, article: Article) -> None:
    limits.database_breaker.trip()

    assert_problem(client.get(counts_url(article.slug)), 503)


def test_an_unused_slug_is_found_soon_after_an_article_has_it(
    client: Client, publish_article: PublishArticle
) -> None:
    before = client.get(counts_url("late"))
    publish_article(slug="late")

    deadline = time.monotonic() + 1
    while client.get(counts_url("late")).status_code == 404 and time.monotonic() < deadline:
        time.sleep(0.02)

    assert before.status_code == 404
    assert client.get(counts_url("late")).status_code == 200


def test_a_replaced_slug_still_has_the_counts_of_its_article(
    client: Client, article: Article
) -> None:
    before = client.get(counts_url(article.slug)).json()
    edit_article(article_id=article.id, changes={"slug": "another"}, expected_version=None)

    answers = [client.get(counts_url(slug)).json() for slug in (article.slug, "another")]

    assert answers == [before, before]


@pytest.mark.parametrize(
    "address", ["a7f30616-c17f-4368-80e0-711fbe281979", "no-such-story", "%00", "a" * 300]
)
def test_counts_of_no_article_are_a_404(client: Client, db: None, address: str) -> None:
    assert_problem(client.get(counts_url(address)), 404)


def test_counts_of_an_unpublished_article_are_a_404(
    client: Client, publish_article: PublishArticle
) -> None:
    assert_problem(client.get(counts_url(publish_article(state=State.UNPUBLISHED))), 404)


def test_a_closed_article_shows_its_counts_and_a_hidden_one_does_not(
    client: Client, article: Article
) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["sad"]))
    set_policy(article_id=article.id, state=Policy.State.CLOSED)
    aggregate()
    closed = client.get(counts_url(article)).json()

    set_policy(article_id=article.id, state=Policy.State.HIDDEN)
    write_stale_counts()

    assert (closed["state"], closed["total"]) == ("closed", 1)
    assert_problem(client.get(counts_url(article)), 404)


# --- counts of many


def test_many_counts_come_in_the_order_asked(
    client: Client, publish_article: PublishArticle
) -> None:
    one, other = publish_article(), publish_article()
    asked = [other.slug, "unknown", str(one.id), str(uuid4()), str(other.id)]

    results = client.get("/api/v1/reactions/", {"articles": ",".join(asked)}).json()["results"]

    assert [each["article"] for each in results] == [
        str(other.id),
        "unknown",
        str(one.id),
        asked[3],
        str(other.id),
    ]
    assert ["error" in each for each in results] == [False, True, False, True, False]
    assert results[2]["counts"] == NONE


def test_two_hundred_counts_from_redis_cost_no_query(
    client: Client,
    publish_article: PublishArticle,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    asked = {"articles": ",".join(str(publish_article().id) for _ in range(200))}
    first = client.get("/api/v1/reactions/", asked)
    clear_counts()

    with django_assert_num_queries(0):
        again = client.get("/api/v1/reactions/", asked, headers={"If-None-Match": first["ETag"]})

    assert len(first.json()["results"]) == 200
    assert again.status_code == 304


@pytest.mark.parametrize("asked", ["", ",", ",".join(["a"] * 201)])
def test_no_articles_or_too_many_are_refused(client: Client, db: None, asked: str) -> None:
    response = client.get("/api/v1/reactions/", {"articles": asked})

    assert_problem(response, 400, "articles")


# --- mine


def test_a_browser_gets_a_cookie_that_makes_every_later_call_the_same_reader(
    client: Client, article: Article, settings: Settings
) -> None:
    response = client.post(READERS, headers={"Sec-Fetch-Site": "same-origin"})

    cookie = response.cookies[settings.READER_COOKIE]
    assert response.status_code == 201
    assert response.json() == {"token": cookie.value}
    assert response["Cache-Control"] == "private, no-store"
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert 0 < cookie["max-age"] <= 395 * 86_400
    first, second = (put(client, article, {"reactions": [kind]}) for kind in ("love", "sad"))
    assert not first.cookies
    assert not second.cookies
    assert (second.json()["previous"], second.json()["reactions"]) == (["love"], ["sad"])
    assert Reaction.objects.count() == 1


@pytest.mark.parametrize("way", ["cookie", "header"])
def test_asking_for_a_reader_again_is_the_same_reader(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries, way: str
) -> None:
    token = client.post(READERS).json()["token"]
    asking, headers = (
        (client, {}) if way == "cookie" else (Client(), {"Authorization": f"Reader {token}"})
    )

    with django_assert_num_queries(0):
        again = asking.post(READERS, headers=headers)

    assert (again.status_code, again.json()) == (200, {"token": token})
    assert not again.cookies


def test_a_bad_cookie_is_replaced_by_a_readers(
    client: Client, db: None, settings: Settings
) -> None:
    client.cookies[settings.READER_COOKIE] = _foreign_token()

    answers = [client.post(READERS) for _ in range(2)]

    assert [each.status_code for each in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert client.cookies[settings.READER_COOKIE].value == answers[0].json()["token"]


@pytest.mark.parametrize("fetch_site", ["cross-site", "same-site"])
def test_a_page_of_another_origin_gets_no_cookie_for_its_visitor(
    client: Client, db: None, fetch_site: str
) -> None:
    response = client.post(READERS, headers={"Sec-Fetch-Site": fetch_site})

    assert response.status_code == 201
    assert not response.cookies


def test_a_put_without_a_reader_records_nothing_and_says_what_is_missing(
    client: Client, article: Article, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = client.put(
            f"{counts_url(article)}mine/", {"reactions": ["love"]}, content_type="application/json"
        )

    assert_problem(response, 401)
    assert response.json()["code"] == "reader_required"
    assert response["WWW-Authenticate"].startswith("Reader")
    assert not response.cookies
    assert not Reaction.objects.exists()


def test_a_put_that_is_repeated_because_its_answer_was_lost_counts_once(
    client: Client, article: Article
) -> None:
    first, second = (put(client, article, {"reactions": ["love"]}).json() for _ in range(2))
    aggregate()

    assert [each["changed"] for each in (first, second)] == [True, False]
    assert client.get(counts_url(article)).json()["total"] == 1


def test_a_reader_stays_the_same_when_the_site_moves_to_https(
    client: Client, article: Article, settings: Settings
) -> None:
    put(client, article, {"reactions": ["love"]})
    token = client.cookies["reader"].value
    settings.HTTPS = True
    settings.READER_COOKIE, settings.READER_COOKIES = "__Host-reader", ["__Host-reader", "reader"]

    mine = client.get(f"{counts_url(article)}mine/", secure=True)
    again = client.get(f"{counts_url(article)}mine/", secure=True)

    renamed = mine.cookies["__Host-reader"]
    assert mine.json()["reactions"] == again.json()["reactions"] == ["love"]
    assert (renamed.value, renamed["secure"], renamed["path"]) == (token, True, "/")
    assert mine.cookies["reader"]["max-age"] == 0
    assert not again.cookies


def test_an_erased_reader_gets_no_new_name_for_an_old_cookie(
    client: Client, article: Article, settings: Settings
) -> None:
    put(client, article, {"reactions": ["love"]})
    settings.READER_COOKIE, settings.READER_COOKIES = "__Host-reader", ["__Host-reader", "reader"]

    erased = client.delete("/api/v1/readers/me/")

    assert {name: each["max-age"] for name, each in erased.cookies.items()} == {"reader": 0}


def test_a_put_answers_with_the_change_and_the_counts_that_include_it(
    client: Client, article: Article
) -> None:
    answer = put(client, article, {"reactions": ["love"]}).json()

    assert answer == {
        "article": str(article.id),
        "reactions": ["love"],
        "previous": [],
        "changed": True,
        "counts": NONE | {"love": 1},
        "total": 1,
        "version": 0,
        "as_of": "2024-12-08T09:23:00.000Z",
    }


def test_a_put_is_one_query(
    client: Client, article: Article, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    put(client, article, {"reactions": ["sad"]})  # a process reads the salt of a day once

    with django_assert_num_queries(1):
        response = put(client, article, {"reactions": ["love"]})

    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"


def test_mine_is_what_was_set_and_empty_for_a_stranger(client: Client, article: Article) -> None:
    stranger = client.get(f"{counts_url(article)}mine/")
    put(client, article, {"reactions": ["wow"]})

    mine = client.get(f"{counts_url(article)}mine/")

    assert stranger.json() == {"article": str(article.id), "reactions": []}
    assert not stranger.cookies
    assert mine.json()["reactions"] == ["wow"]
    assert mine["Cache-Control"] == "private, no-store"


def test_many_of_mine_come_in_the_order_asked(
    client: Client, publish_article: PublishArticle
) -> None:
    one, other = publish_article(), publish_article()
    put(client, one, {"reactions": ["sad"]})
    asked = f"{other.slug},unknown,{one.id}"

    results = client.get("/api/v1/reactions/mine/", {"articles": asked}).json()["results"]

    assert [each.get("reactions") for each in results] == [[], None, ["sad"]]


def test_clearing_is_safe_to_repeat_and_needs_no_token(client: Client, article: Article) -> None:
    stranger = client.delete(f"{counts_url(article)}mine/")
    put(client, article, {"reactions": ["wow"]})

    first, second = (client.delete(f"{counts_url(article)}mine/") for _ in range(2))

    assert not stranger.cookies
    assert [each.json()["changed"] for each in (stranger, first, second)] == [False, True, False]
    assert first.json()["previous"] == ["wow"]
    assert first.json()["counts"] == NONE


def test_a_program_brings_its_token_in_a_header(client: Client, article: Article) -> None:
    token = client.post(READERS)
    headers = {"Authorization": f"Reader {token.json()['token']}"}
    client.cookies.clear()

    response = put(client, article, {"reactions": ["love"]}, **headers)

    assert token.status_code == 201
    assert not response.cookies
    assert client.get(f"{counts_url(article)}mine/", headers=headers).json()["reactions"] == [
        "love"
    ]
    assert Reaction.objects.get().reader_id == read_token(token.json()["token"]).id


def test_a_token_shared_by_many_clients_is_one_reader(article: Article) -> None:
    headers = {"Authorization": f"Reader {new_reader().token}"}

    for _ in range(20):
        put(Client(), article, {"reactions": ["love"]}, **headers)
    aggregate()

    assert Client().get(counts_url(article)).json()["total"] == 1


def test_a_reader_may_export_everything_and_then_be_erased(
    client: Client, article: Article, settings: Settings
) -> None:
    put(client, article, {"reactions": ["love"]})
    aggregate()

    export = client.get("/api/v1/readers/me/export/").json()
    erased = client.delete("/api/v1/readers/me/")
    aggregate()

    assert [(each["slug"], each["reactions"]) for each in export["reactions"]] == [
        (article.slug, ["love"])
    ]
    assert erased.json() == {"erased": 1}
    assert erased.cookies[settings.READER_COOKIE]["max-age"] == 0
    assert not Reaction.objects.exists()
    assert client.get(counts_url(article)).json()["total"] == 0


# --- what bad input gets


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reactions": ["meh"]}, "reactions.0"),
        ({"reactions": ["love", 7]}, "reactions.1"),
        ({"reactions": [None]}, "reactions.0"),
        ({"reactions": [["love"]]}, "reactions.0"),
        ({"reactions": "love"}, "reactions"),
        ({"reactions": {"love": 1}}, "reactions"),
        ({"reactions": None}, "reactions"),
        ({}, "reactions"),
        ({"reactions": ["love", "love"]}, "reactions"),
        ({"reactions": ["love", "sad"]}, "reactions"),
        ({"reactions": ["love"], "counts": {"love": 100}}, "counts"),
        (["love"], ""),
        ("7", ""),
    ],
)
def test_an_invalid_body_is_refused_by_field(
    client: Client, article: Article, body: Any, field: str
) -> None:
    response = put(client, article, body)

    assert_problem(response, 400, field)
    assert not response.cookies
    assert not Reaction.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"NaN",
        b'{"reactions": [Infinity]}',
        b"[" * 20_000,
        b"{'reactions': []}",
    ],
)
def test_a_body_that_is_no_json_is_refused(client: Client, article: Article, body: bytes) -> None:
    assert_problem(put(client, article, body), 400)
    assert not Reaction.objects.exists()


def test_ten_megabytes_are_refused(client: Client, article: Article) -> None:
    assert_problem(put(client, article, b'{"reactions": ["' + b"a" * 10_000_000 + b'"]}'), 413)
    assert not Reaction.objects.exists()


def test_a_body_of_another_type_is_refused(client: Client, article: Article) -> None:
    client.post(READERS)
    response = client.put(f"{counts_url(article)}mine/", {"reactions": "love"}, "text/plain")

    assert_problem(response, 415)


def test_another_method_is_refused(client: Client, article: Article) -> None:
    assert_problem(client.post(f"{counts_url(article)}mine/"), 405)


@pytest.mark.parametrize("address", ["a7f30616-c17f-4368-80e0-711fbe281979", "no-such-story"])
def test_an_unknown_article_records_nothing(client: Client, db: None, address: str) -> None:
    assert_problem(put(client, address, {"reactions": ["love"]}), 404)
    assert_problem(client.delete(f"{counts_url(address)}mine/"), 404)
    assert not Reaction.objects.exists()


@pytest.mark.parametrize("why", [State.KILLED, State.UNPUBLISHED, State.DRAFT, "hidden"])
@pytest.mark.parametrize("is_reader", [True, False])
def test_an_article_that_is_not_shown_answers_as_one_that_does_not_exist(
    client: Client, publish_article: PublishArticle, why: str, is_reader: bool
) -> None:
    article = publish_article()
    if is_reader:
        put(client, article, {"reactions": ["love"]})
    if why == "hidden":
        set_policy(article_id=article.id, state=Policy.State.HIDDEN)
    else:
        Article.objects.filter(pk=article.pk).update(state=why)
    aggregate()
    clear_counts()

    for address in (article.id, article.slug):
        unknown = uuid4() if address == article.id else "no-such-story"
        for path in ("", "mine/"):
            for method in ("get", "delete", "put") if path else ("get",):
                ask = getattr(client, method)
                bodies = [
                    ask(f"{counts_url(each)}{path}", {}, content_type="application/json")
                    if method == "put"
                    else ask(f"{counts_url(each)}{path}")
                    for each in (address, unknown)
                ]
                assert bodies[0].status_code == bodies[1].status_code
                assert bodies[0].content == bodies[1].content
                assert bodies[0].headers.keys() == bodies[1].headers.keys()
        many = client.get("/api/v1/reactions/mine/", {"articles": str(address)}).json()
        assert set(many["results"][0]) == {"article", "error"}


@pytest.mark.parametrize(
    ("state", "allowed", "status"),
    [
        (Policy.State.CLOSED, None, 409),
        (Policy.State.OPEN, pack(["sad"]), 409),
        (Policy.State.HIDDEN, None, 404),
    ],
)
def test_a_reaction_against_the_policy_is_refused(
    client: Client, article: Article, state: Policy.State, allowed: int | None, status: int
) -> None:
    set_policy(article_id=article.id, state=state, allowed=allowed)

    response = put(client, article, {"reactions": ["love"]})

    assert_problem(response, status)
    assert not response.cookies
    assert not Reaction.objects.exists()


def _foreign_token() -> str:
    return signing.TimestampSigner(key="another", sep=".", salt="newsroom.reader").sign("a" * 22)


@pytest.mark.parametrize(
    "token",
    ["", "forged", "a.b.c", new_reader().token[:-1], new_reader().token[4:], _foreign_token(), "é"],
    ids=["empty", "forged", "parts", "cut short", "without its head", "another key's", "letters"],
)
def test_a_bad_token_is_a_401_and_no_row(client: Client, article: Article, token: str) -> None:
    headers = {"Authorization": f"Reader {token}"}

    responses = [
        put(client, article, {"reactions": ["love"]}, **headers),
        client.delete(f"{counts_url(article)}mine/", headers=headers),
        client.get(f"{counts_url(article)}mine/", headers=headers),
        client.get("/api/v1/readers/me/export/", headers=headers),
        client.post(READERS, headers=headers),
    ]

    for response in responses:
        assert_problem(response, 401)
        assert response["WWW-Authenticate"].startswith("Reader")
    assert not Reaction.objects.exists()


def test_a_bad_cookie_is_a_401_and_is_deleted(
    client: Client, article: Article, settings: Settings
) -> None:
    client.cookies[settings.READER_COOKIE] = _foreign_token()

    refused = put(client, article, {"reactions": ["love"]})
    client.post(READERS)
    after = put(client, article, {"reactions": ["love"]})

    assert_problem(refused, 401)
    assert refused.cookies[settings.READER_COOKIE]["max-age"] == 0
    assert after.status_code == 200
    assert Reaction.objects.count() == 1


def test_an_unknown_path_is_a_problem_too(client: Client, db: None) -> None:
    assert_problem(client.get("/api/v1/nowhere/"), 404)


def test_a_refused_reaction_writes_no_outbox_entry(client: Client, article: Article) -> None:
    put(client, article, {"reactions": ["love", "sad"]})
    put(client, article, {"reactions": ["meh"]})

    assert not OutboxEntry.objects.exists()
