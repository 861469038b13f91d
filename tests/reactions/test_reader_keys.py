"""READER_KEY and SECRET_KEY are replaced, and every reader stays the same."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from articles.api.api_keys import find_key, issue_key
from articles.models import ApiKey, Article, Site
from reactions import readers
from reactions.counting.aggregate import aggregate
from reactions.models import Reaction
from reactions.readers import InvalidToken, host_reader, new_reader, read_token
from tests.reactions.host_readers.hosts import make_jwt, make_site
from tests.reactions.http.test_fast_path import LOVE, SAD, _one_transaction
from tests.reactions.http.test_fast_path import Site as Served
from tests.reactions.http.test_sign_in import as_reader, mine, press, sign_in
from tests.reactions.oracle import assert_counts_are_the_rows, totals

__all__ = ["_one_transaction"]

# As release 0.3.0 and before issued them: the random part alone.
_OLD_SECRET = "lRBWcyJxG1s6F-fXt0EM2Q"


@pytest.fixture(autouse=True)
def _keys_are_read_again() -> Iterator[None]:
    readers.clear_keys()
    yield
    readers.clear_keys()


def replace_reader_key(settings: Settings, key: str) -> None:
    settings.READER_KEY_PREVIOUS = [settings.READER_KEY, *settings.READER_KEY_PREVIOUS]
    settings.READER_KEY = key
    readers.clear_keys()


def replace_secret_key(settings: Settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key"
    readers.clear_keys()


def old_token(settings: Settings) -> tuple[str, UUID]:
    token = readers._signer().sign(_OLD_SECRET)
    return token, read_token(token).id


def test_readers_of_every_key_stay_the_same(settings: Settings) -> None:
    oldest, oldest_id = old_token(settings)
    known = {oldest: oldest_id}
    for key in ("second key", "third key"):
        reader = new_reader()
        known[reader.token] = reader.id
        replace_reader_key(settings, key)
    reader = new_reader()
    known[reader.token] = reader.id

    assert {token: read_token(token).id for token in known} == known
    assert len({*known.values()}) == 4


def test_a_reader_whose_key_was_given_up_is_no_reader(settings: Settings) -> None:
    token = new_reader().token
    replace_reader_key(settings, "second key")
    settings.READER_KEY_PREVIOUS = []

    with pytest.raises(InvalidToken):
        read_token(token)


def test_the_name_of_a_key_says_nothing_about_it(settings: Settings) -> None:
    secret = new_reader().token.split(".")[0]

    name = secret.partition("~")[2]

    assert len(name) == 4
    assert name not in settings.READER_KEY


def test_the_fast_path_serves_readers_of_both_keys(settings: Settings, article: Article) -> None:
    served = Served()
    before = new_reader().token
    served.put(mine(article), LOVE, HTTP_AUTHORIZATION=f"Reader {before}")
    replace_reader_key(settings, "second key")
    after = new_reader().token

    answers = [
        served.put(mine(article), SAD, HTTP_AUTHORIZATION=f"Reader {token}")
        for token in (before, after)
    ]

    assert served.passed_on == 1
    assert [b'"previous":["love"]' in body for _, _, body in answers] == [True, False]
    assert Reaction.objects.count() == 2


def test_a_cookie_signed_with_an_old_key_is_signed_again(
    client: Client, settings: Settings, article: Article
) -> None:
    token, name = new_reader().token, settings.READER_COOKIE
    reader_id = read_token(token).id
    replace_secret_key(settings)
    client.cookies[name] = token

    answer = client.put(mine(article), LOVE, "application/json")

    signed = answer.cookies[name].value
    assert answer.status_code == 200
    assert signed.split(".")[:2] == token.split(".")[:2]
    settings.SECRET_KEY_FALLBACKS = []
    readers.clear_keys()
    assert read_token(signed).id == reader_id
    with pytest.raises(InvalidToken):
        read_token(token)
    again = client.put(mine(article), SAD, "application/json")
    assert (again.status_code, again.cookies) == (200, {})


def test_a_program_gets_its_token_signed_again(client: Client, settings: Settings) -> None:
    token = new_reader().token
    replace_secret_key(settings)

    answer = client.post("/api/v1/readers/", **as_reader(token))

    signed = answer.json()["token"]
    assert answer.status_code == 200
    assert signed != token
    assert read_token(signed).id == read_token(token).id


@pytest.fixture
def blog(db: None) -> Site:
    return make_site()


def test_a_signed_in_reader_of_another_site_takes_their_reactions_along(
    client: Client, settings: Settings, article: Article, blog: Site
) -> None:
    before = sign_in(client, make_jwt()).json()["token"]
    press(client, article, before)
    aggregate()
    replace_reader_key(settings, "second key")

    refused = press(client, article, before, SAD)
    after = sign_in(client, make_jwt()).json()["token"]
    aggregate()

    assert refused.status_code == 401  # and the widget exchanges the JWT again
    assert client.get(mine(article), **as_reader(after)).json()["reactions"] == ["love"]
    assert press(client, article, after, SAD).json()["previous"] == ["love"]
    aggregate()
    assert totals(article.id) == {"love": 0, "sad": 1}
    assert_counts_are_the_rows(article.id)


def test_a_hosts_reader_is_another_one_by_another_key(settings: Settings) -> None:
    before = host_reader(site_id=1, subject="ada", expires_at=2_000_000_000)
    replace_reader_key(settings, "second key")

    after = host_reader(site_id=1, subject="ada", expires_at=2_000_000_000)

    assert after.id != before.id
    assert after.former_ids == (before.id,)


def test_an_api_key_outlives_the_key_of_its_hash(
    client: Client, db: None, settings: Settings
) -> None:
    settings.API_KEY_HASH_KEY = settings.READER_KEY
    secret = issue_key(name="wire", scopes=["articles:read"])
    key = ApiKey.objects.get()
    stored = bytes(key.secret_hash)
    settings.API_KEY_HASH_KEY_PREVIOUS = [settings.API_KEY_HASH_KEY]
    settings.API_KEY_HASH_KEY = "second key"

    answer = client.get("/api/v1/keys/me/", headers={"Authorization": f"Bearer {secret}"})

    assert answer.status_code == 200
    assert bytes(ApiKey.objects.get().secret_hash) != stored
    settings.API_KEY_HASH_KEY_PREVIOUS = []
    assert find_key(secret) == key
