"""Which JWT names a reader, and which one is refused, by which code."""

import base64
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Site
from reactions.host_readers import jwks as module
from reactions.host_readers.tokens import JwtRefused, read_jwt
from reactions.readers import read_token
from tests.reactions.host_readers.hosts import (
    AUDIENCE,
    SECRET,
    claims,
    ed_key,
    jwk,
    make_jwt,
    make_site,
    rsa_key,
)

pytestmark = pytest.mark.django_db


def refusal(token: str, page_site: Site | None = None) -> JwtRefused:
    with pytest.raises(JwtRefused) as caught:
        read_jwt(token, page_site=page_site)
    assert token not in caught.value.detail
    return caught.value


def accept(token: str, page_site: Site | None = None) -> None:
    assert read_jwt(token, page_site=page_site).expires_at


def with_keys(monkeypatch: pytest.MonkeyPatch, *keys: dict[str, Any]) -> None:
    """The site's JWKS, without a server."""
    found = lambda site: [each for key in keys if (each := module._key(key, site.jwt_algorithm))]  # noqa: E731
    monkeypatch.setattr(module, "_read", found)
    module.clear_keys()


def test_the_same_user_of_a_site_is_the_same_reader() -> None:
    site = make_site()

    readers = [read_jwt(make_jwt(exp=int(time.time()) + 60 * n), page_site=site) for n in (1, 5)]

    assert len({reader.id for reader in readers}) == 1
    assert len({reader.token for reader in readers}) == 2
    assert all(read_token(reader.token).id == reader.id for reader in readers)


def test_other_users_and_those_of_other_sites_are_other_readers() -> None:
    make_site()
    make_site(name="Other", origins=["https://other.example"], jwt_audience="other")

    tokens = [make_jwt(), make_jwt(sub="user-8"), make_jwt(aud="other"), make_jwt(sub="Ünal ✓")]
    ids = {read_jwt(token, page_site=None).id for token in tokens}

    assert len(ids) == 4


def test_what_is_stored_and_what_the_token_holds_have_nothing_of_the_user() -> None:
    make_site()

    reader = read_jwt(make_jwt(sub="someone@example.org"), page_site=None)

    secret = reader.token.split(".")[1]
    raw = base64.urlsafe_b64decode(secret + "==")
    assert b"someone" not in raw
    assert raw != reader.id.bytes


def test_the_readers_token_expires_with_the_jwt() -> None:
    make_site()
    expires_at = int(time.time()) + 300

    reader = read_jwt(make_jwt(exp=expires_at), page_site=None)

    assert reader.expires_at == read_token(reader.token).expires_at == expires_at


def test_each_secret_of_a_site_counts_while_they_are_exchanged() -> None:
    old, new = "o" * 32, "n" * 40
    make_site(jwt_secrets=f"{new}\n\n  {old} \r\n")

    ids = {read_jwt(make_jwt(key), page_site=None).id for key in (old, new)}

    assert len(ids) == 1
    assert refusal(make_jwt("x" * 32)).code == "jwt_signature"


def test_a_secret_that_can_be_guessed_signs_nothing() -> None:
    make_site(jwt_secrets="too short")

    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = make_jwt("too short")

    refused = refusal(token)
    assert refused.code == "jwt_signature"
    assert "32 bytes" in refused.detail


NOW = int(time.time())
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": NOW - 3_600}, "jwt_expired"),
    "for a week": ({"exp": NOW + 7 * 86_400}, "jwt_lifetime"),
    "issued for a week, six days ago": ({"iat": NOW - 6 * 86_400}, "jwt_lifetime"),
    "not yet valid": ({"nbf": NOW + 3_000}, "jwt_not_yet_valid"),
    "issued tomorrow": ({"iat": NOW + 86_400}, "jwt_not_yet_valid"),
    "for another audience": ({"aud": "another"}, "jwt_audience"),
    "for no audience": ({"aud": None}, "jwt_audience"),
    "an audience that is no text": ({"aud": {"a": 1}}, "jwt_audience"),
    "an audience among others that are none": ({"aud": [AUDIENCE, 1]}, "jwt_audience"),
    "without an end": ({"exp": None}, "invalid_jwt"),
    "an end that is no time": ({"exp": "soon"}, "invalid_jwt"),
    "an end without end": ({"exp": float("inf")}, "invalid_jwt"),
    "an end that is no number": ({"exp": float("nan")}, "invalid_jwt"),
    "without a user": ({"sub": None}, "invalid_jwt"),
    "an empty user": ({"sub": ""}, "invalid_jwt"),
    "a user that is no text": ({"sub": 7}, "invalid_jwt"),
    "a long user": ({"sub": "x" * 256}, "invalid_jwt"),
    "half a character": ({"sub": "\ud800"}, "invalid_jwt"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_token_that_is_not_for_a_reader_now_is_refused(name: str) -> None:
    make_site()
    changes, code = BAD[name]
    payload = json.dumps(claims(**changes)).encode()

    token = jwt.api_jws.encode(payload, SECRET, "HS256")

    assert refusal(token).code == code


def test_a_clock_that_is_a_little_off_does_no_harm() -> None:
    make_site()
    now = int(time.time())

    ahead = read_jwt(make_jwt(nbf=now + 5, iat=now + 5), page_site=None)
    behind = read_jwt(make_jwt(exp=now - 5), page_site=None)

    assert read_token(ahead.token).id == read_token(behind.token).id


def test_one_of_several_audiences_is_enough() -> None:
    make_site()

    accept(make_jwt(aud=["else", AUDIENCE]))


def test_an_issuer_that_the_site_names_is_verified() -> None:
    make_site(jwt_issuer="https://id.example")

    accept(make_jwt(iss="https://id.example"))
    assert refusal(make_jwt(iss="https://evil.example")).code == "jwt_issuer"
    assert refusal(make_jwt()).code == "invalid_jwt"


def test_a_page_signs_in_the_readers_of_its_own_site_alone() -> None:
    blog = make_site()
    other = make_site(name="Other", origins=["https://other.example"], jwt_audience="other")

    refused = refusal(make_jwt(), page_site=other)

    assert refused.code == "jwt_audience"
    accept(make_jwt(), blog)


def test_of_sites_with_one_audience_it_is_the_one_that_has_signed() -> None:
    make_site()
    second = make_site(name="Other", origins=["https://other.example"], jwt_secrets="o" * 32)

    found = read_jwt(make_jwt("o" * 32), page_site=None)

    assert found.id == read_jwt(make_jwt("o" * 32), page_site=second).id
    assert found.id != read_jwt(make_jwt(), page_site=None).id
    assert refusal(make_jwt("x" * 32)).code == "jwt_signature"


@pytest.mark.parametrize("fields", [{"active": False}, {"jwt_algorithm": ""}, {"jwt_audience": ""}])
def test_a_site_without_signed_in_readers_accepts_none(fields: dict[str, Any]) -> None:
    make_site(**fields)

    assert refusal(make_jwt()).code == "jwt_audience"
    assert refusal(make_jwt(aud="")).code == "jwt_audience"


def test_a_token_without_a_signature_is_refused() -> None:
    make_site()

    assert refusal(make_jwt(None, "none")).code == "jwt_algorithm"
    assert refusal(make_jwt(None, "none").replace("bm9uZ", "Tm9uZ")).code in {
        "jwt_algorithm",
        "invalid_jwt",
    }


def test_the_site_decides_the_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The public key of an RS256 site is no secret for HS256, and its secrets sign nothing."""
    make_site(jwt_algorithm="RS256", jwks_url="https://blog.example/jwks", jwt_secrets=SECRET)
    with_keys(monkeypatch, jwk(rsa_key(), kid="1"))
    public = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed, _, _ = make_jwt().rpartition(".")
    signature = hmac.digest(public, signed.encode(), "sha256")
    by_public_key = f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    assert refusal(make_jwt()).code == "jwt_algorithm"
    assert refusal(by_public_key).code == "jwt_algorithm"
    assert refusal(make_jwt(algorithm="HS512", key="x" * 64)).code == "jwt_algorithm"
    accept(make_jwt(rsa_key(), "RS256", kid="1"))


def test_for_a_token_of_another_algorithm_no_keys_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    make_site(jwt_algorithm="EdDSA", jwks_url="https://blog.example/jwks")
    read: list[Site] = []
    monkeypatch.setattr(module, "_read", read.append)
    module.clear_keys()

    assert refusal(make_jwt()).code == "jwt_algorithm"
    assert read == []


@pytest.mark.parametrize("kid", ["1", None])
@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_a_key_of_the_sites_jwks_verifies(
    monkeypatch: pytest.MonkeyPatch, algorithm: str, kid: str | None
) -> None:
    make_site(jwt_algorithm=algorithm, jwks_url="https://blog.example/jwks")
    with_keys(monkeypatch, jwk(rsa_key(), kid="1"), jwk(ed_key(1), kid="2"), jwk(ed_key(), kid="1"))
    key = rsa_key() if algorithm == "RS256" else ed_key()

    accept(make_jwt(key, algorithm, kid))
    assert refusal(make_jwt(ed_key(2), "EdDSA", kid)).code in {"jwt_signature", "jwt_algorithm"}


def test_a_key_that_is_too_short_verifies_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make_site(jwt_algorithm="RS256", jwks_url="https://blog.example/jwks")
    with_keys(monkeypatch, jwk(rsa_key(1024), kid="1"))

    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = make_jwt(rsa_key(1024), "RS256", "1")

    assert refusal(token).code == "jwt_signature"


def test_a_token_that_is_too_long_is_not_parsed() -> None:
    make_site()

    assert refusal(make_jwt(more="x" * 8_000)).code == "jwt_too_long"


@given(st.one_of(st.text(max_size=300), st.from_regex(r"[\w-]{0,80}(\.[\w-]{0,80}){1,4}")))
def test_what_is_no_jwt_is_refused(text: str) -> None:
    with pytest.raises(JwtRefused) as caught:
        read_jwt(text, page_site=None)

    assert caught.value.code in {"invalid_jwt", "jwt_audience"}


@given(st.integers(0, 10_000), st.characters(codec="ascii"))
def test_an_altered_token_is_refused(position: int, character: str) -> None:
    if not Site.objects.exists():
        make_site()
    token = make_jwt()
    position %= len(token)
    altered = token[:position] + character + token[position + 1 :]

    if altered != token:
        with pytest.raises(JwtRefused):
            read_jwt(altered, page_site=None)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "HS256", "crit": ["x"], "x": 1},
        {"alg": "HS256", "b64": False},
        {"alg": "HS256", "kid": 7},
        {"alg": None},
        {},
        [],
    ],
)
def test_a_header_that_asks_for_more_is_refused(header: Any) -> None:
    make_site()
    _, payload, signature = make_jwt().split(".")
    written = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()

    assert refusal(f"{written}.{payload}.{signature}").code in {"invalid_jwt", "jwt_algorithm"}
