"""A host's signed-in reader: a JWT for a reader token, and the guest's reactions go along."""

import time
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from articles.models import Article, Site
from articles.sites.known import clear_sites
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.host_readers.jwks import KeysUnreachable
from reactions.host_readers.tokens import read_jwt
from reactions.models import OutboxEntry, Reaction
from reactions.readers import host_reader, new_reader, read_token
from tests.conftest import PublishArticle
from tests.reactions.host_readers.hosts import ORIGIN, SECRET, make_jwt, make_site
from tests.reactions.http.test_fast_path import LOVE, SAD, _one_transaction
from tests.reactions.http.test_fast_path import Site as Served
from tests.reactions.oracle import assert_counts_are_the_rows, totals

__all__ = ["_one_transaction"]

READERS = "/api/v1/readers/"


@pytest.fixture(autouse=True)
def blog(db: None) -> Site:
    return make_site()


def sign_in(client: Client, jwt: object, *, guest: str = "", origin: str = ORIGIN) -> Any:
    headers = {"Origin": origin} if origin else {}
    if guest:
        headers["Authorization"] = f"Reader {guest}"
    return client.post(READERS, {"jwt": jwt}, "application/json", headers=headers)


def as_reader(token: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Reader {token}"}}


def mine(article: Article) -> str:
    return f"/api/v1/articles/{article.id}/reactions/mine/"


def press(client: Client, article: Article, token: str, body: bytes = LOVE) -> Any:
    return client.put(mine(article), body, "application/json", **as_reader(token))


def test_a_jwt_is_exchanged_for_a_reader_who_can_react(client: Client, article: Article) -> None:
    expires_at = int(time.time()) + 300

    response = sign_in(client, make_jwt(exp=expires_at))

    answer = response.json()
    assert response.status_code == 201
    assert set(answer) == {"token", "expires_at"}
    assert datetime.fromisoformat(answer["expires_at"]).timestamp() == expires_at
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert not response.cookies
    assert press(client, article, answer["token"]).status_code == 200
    again = sign_in(client, make_jwt()).json()["token"]
    assert client.get(mine(article), **as_reader(again)).json()["reactions"] == ["love"]


def test_no_cookie_is_set_for_a_hosts_reader_and_none_counts(
    client: Client, settings: Settings, article: Article
) -> None:
    own = sign_in(client, make_jwt(), origin="http://testserver")
    token = own.json()["token"]
    client.cookies[settings.READER_COOKIE] = token

    as_cookie = client.put(mine(article), LOVE, "application/json")

    assert own.status_code == 201
    assert not own.cookies
    assert as_cookie.status_code == 401
    assert client.cookies[settings.READER_COOKIE].value == ""


def test_the_reader_may_ask_who_it_is(client: Client) -> None:
    answer = sign_in(client, make_jwt()).json()

    again = client.post(READERS, **as_reader(answer["token"]))

    assert (again.status_code, again.json()) == (200, answer)
    assert not again.cookies


def test_the_token_ends_with_the_jwt(
    client: Client, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sign_in(client, make_jwt()).json()["token"]
    assert press(client, article, token).status_code == 200
    now = time.time()
    monkeypatch.setattr("reactions.readers.time.time", lambda: now + 620)

    refused = press(client, article, token, SAD)

    assert refused.status_code == 401
    assert refused.json()["code"] == "invalid_token"


def test_a_hosts_reader_sees_and_erases_what_is_theirs(client: Client, article: Article) -> None:
    token = sign_in(client, make_jwt()).json()["token"]
    press(client, article, token)
    aggregate()

    export = client.get("/api/v1/readers/me/export/", **as_reader(token))
    erased = client.delete("/api/v1/readers/me/", **as_reader(token))
    aggregate()

    assert [each["reactions"] for each in export.json()["reactions"]] == [["love"]]
    assert erased.json() == {"erased": 1}
    assert totals(article.id) == {"love": 0}
    assert press(client, article, token, SAD).status_code == 200


def test_the_fast_path_takes_the_token(article: Article) -> None:
    served = Served()
    token = read_jwt(make_jwt(), page_site=None).token
    sent = {"HTTP_ORIGIN": ORIGIN, "HTTP_AUTHORIZATION": f"Reader {token}"}
    served.put(mine(article), LOVE, **sent)

    status, _, body = served.put(mine(article), SAD, **sent)

    assert served.passed_on == 1
    assert status == "200 OK"
    assert b'"previous":["love"]' in body


# --- a guest who signs in


def test_a_guest_who_signs_in_takes_their_reactions_along(
    client: Client, publish_article: PublishArticle
) -> None:
    first, both = publish_article(), publish_article()
    account = sign_in(client, make_jwt()).json()["token"]
    press(client, both, account, SAD)
    guest = client.post(READERS, headers={"Origin": ORIGIN}).json()["token"]
    for article in (first, both):
        press(client, article, guest, LOVE)
    aggregate()

    signed_in = sign_in(client, make_jwt(), guest=guest)

    assert signed_in.status_code == 201
    assert reconcile(dry_run=True).drift == 0
    token = signed_in.json()["token"]
    for article in (first, both):
        assert client.get(mine(article), **as_reader(token)).json()["reactions"] == ["love"]
        assert client.get(mine(article), **as_reader(guest)).json()["reactions"] == []
    aggregate()
    for article in (first, both):
        assert sum(totals(article.id).values()) == 1
        assert_counts_are_the_rows(article.id)
    assert reconcile(dry_run=True).drift == 0


def test_the_same_exchange_again_changes_nothing(client: Client, article: Article) -> None:
    guest = new_reader().token
    press(client, article, guest)
    jwt = make_jwt()

    answers = [sign_in(client, jwt, guest=guest) for _ in range(3)]
    aggregate()

    assert [each.status_code for each in answers] == [201] * 3
    assert len({each.json()["token"] for each in answers}) == 1
    assert Reaction.objects.filter(erased=False).count() == 1
    assert sum(totals(article.id).values()) == 1


def test_what_the_guest_does_after_signing_in_goes_along_next_time(
    client: Client, article: Article
) -> None:
    guest = new_reader().token
    token = sign_in(client, make_jwt(), guest=guest).json()["token"]
    press(client, article, guest)  # another tab, which has not heard of it

    sign_in(client, make_jwt(), guest=guest)
    aggregate()

    assert client.get(mine(article), **as_reader(token)).json()["reactions"] == ["love"]
    assert sum(totals(article.id).values()) == 1


def test_one_account_has_nothing_of_another(client: Client, article: Article) -> None:
    """Two who share a browser: the page still has the first one's token when the second signs in."""
    first = sign_in(client, make_jwt(sub="first")).json()["token"]
    press(client, article, first)

    second = sign_in(client, make_jwt(sub="second"), guest=first).json()["token"]

    assert client.get(mine(article), **as_reader(second)).json()["reactions"] == []
    assert client.get(mine(article), **as_reader(first)).json()["reactions"] == ["love"]


def test_a_reader_by_cookie_is_no_guest(client: Client, article: Article) -> None:
    """Of the own pages: their reader stays there."""
    client.post(READERS)
    client.put(mine(article), LOVE, "application/json")

    token = sign_in(client, make_jwt(), origin="http://testserver").json()["token"]

    assert client.get(mine(article), **as_reader(token)).json()["reactions"] == []
    assert client.get(mine(article)).json()["reactions"] == ["love"]


@pytest.mark.parametrize("guest", ["rubbish", "g.a.b.c", "x" * 300])
def test_a_guests_token_that_is_not_valid_is_refused_and_nothing_is_done(
    client: Client, guest: str
) -> None:
    response = sign_in(client, make_jwt(), guest=guest)

    assert response.status_code == 401
    assert response.json()["code"] == "invalid_token"


@pytest.mark.parametrize("token", ["h.", "h.a.b.c", "h.a.b", "h." + "x" * 300])
def test_a_token_that_looks_like_a_hosts_readers_is_refused(
    client: Client, article: Article, token: str
) -> None:
    response = press(client, article, token)

    assert response.status_code == 401
    assert response.json()["code"] == "invalid_token"


def test_a_reader_whose_token_has_expired_signs_in_again(client: Client) -> None:
    expired = host_reader(site_id=1, subject="user-7", expires_at=1_700_000_000).token

    response = sign_in(client, make_jwt(), guest=expired)

    assert response.status_code == 201


# --- what is refused


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": "f" * 32}, "jwt_signature"),
        ({"exp": 1_700_000_000}, "jwt_expired"),
        ({"aud": "another"}, "jwt_audience"),
        ({"exp": 4_000_000_000}, "jwt_lifetime"),
        ({"more": "x" * 9_000}, "jwt_too_long"),
        ({"key": None, "algorithm": "none"}, "jwt_algorithm"),
        ({"sub": None}, "invalid_jwt"),
    ],
)
def test_a_bad_jwt_is_a_problem_with_its_code_and_nothing_is_done(
    client: Client, article: Article, changes: dict[str, Any], code: str
) -> None:
    guest = new_reader().token
    press(client, article, guest)
    before = (list(Reaction.objects.values()), list(OutboxEntry.objects.values()))
    jwt = make_jwt(**changes)

    response = sign_in(client, jwt, guest=guest)

    problem = response.json()
    assert response.status_code == problem["status"] == 401
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["WWW-Authenticate"].startswith("Reader")
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert problem["code"] == f"{code}"
    assert problem["detail"]
    assert jwt not in response.text
    assert before == (list(Reaction.objects.values()), list(OutboxEntry.objects.values()))


def test_a_jwt_of_one_site_is_none_on_the_pages_of_another(client: Client) -> None:
    make_site(name="Other", origins=["https://other.example"], jwt_audience="other")

    response = sign_in(client, make_jwt(), origin="https://other.example")

    assert response.status_code == 401
    assert response.json()["code"] == "jwt_audience"


@pytest.mark.parametrize("origin", ["", "http://testserver", "null"])
def test_programs_own_pages_and_sandboxed_frames_are_of_no_other_site(
    client: Client, blog: Site, origin: str
) -> None:
    make_site(name="Sandboxed", origins=["https://c.example", "null"], jwt_audience="c")

    assert sign_in(client, make_jwt(), origin=origin).status_code == 201


def test_from_an_origin_that_is_not_listed_no_jwt_is_read(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("reactions.http.api.read_jwt", fail)

    response = sign_in(client, make_jwt(), origin="https://evil.example")

    assert response.status_code == 403


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        (b'{"jwt": "x", "user": "y", "a": 1}', "a", "unknown"),
        (b'{"Jwt": "x"}', "Jwt", "unknown"),
        (b'{"jwt": 7}', "jwt", "not_a_text"),
        (b'{"jwt": null}', "jwt", "not_a_text"),
        (b'["jwt"]', "", "not_an_object"),
        (b'"jwt"', "", "not_an_object"),
    ],
)
def test_a_body_that_asks_for_something_else_is_refused_by_name(
    client: Client, body: bytes, field: str, code: str
) -> None:
    response = client.post(READERS, body, "application/json")

    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert (error["field"], error["code"]) == (field, code)
    assert not response.cookies


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"data": b"{}", "content_type": "application/json"},
        {"data": b"", "content_type": "application/json"},
        {"data": b"", "content_type": "text/plain"},
        {"data": b"", "content_type": "application/x-www-form-urlencoded"},
    ],
)
def test_without_a_jwt_it_is_a_guest_as_ever(client: Client, sent: dict[str, Any]) -> None:
    response = client.post(READERS, **sent)

    assert response.status_code == 201
    assert set(response.json()) == {"token"}
    assert read_token(response.json()["token"]).expires_at is None
    assert response.cookies


def test_a_jwt_in_a_body_that_is_no_json_is_refused(client: Client) -> None:
    """As `fetch` sends it without a Content-Type."""
    response = client.post(READERS, b'{"jwt": "x"}', "text/plain;charset=UTF-8")

    assert response.status_code == 415


def test_keys_that_cannot_be_read_are_no_fault_of_the_reader(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeysUnreachable

    monkeypatch.setattr("reactions.http.api.read_jwt", fail)

    response = sign_in(client, make_jwt())

    assert response.status_code == 503
    assert response.json()["code"] == "keys_unreachable"
    assert response.headers["Retry-After"] == "10"
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_one_network_signs_in_as_often_as_it_gets_new_readers(
    client: Client, settings: Settings
) -> None:
    settings.NEW_READERS_PER_NETWORK_HOUR = 10
    settings.NEW_READERS_PER_NETWORK_AT_ONCE = 2

    statuses = [
        sign_in(client, make_jwt(key=key)).status_code for key in (SECRET, "f" * 32, SECRET)
    ]

    assert statuses == [201, 401, 429]


def test_a_site_that_is_switched_off_signs_in_no_reader(client: Client, blog: Site) -> None:
    blog.active = False
    blog.save()
    clear_sites()

    response = sign_in(client, make_jwt(), origin="")

    assert response.status_code == 401
    assert response.json()["code"] == "jwt_audience"
