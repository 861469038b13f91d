"""Sites with signed-in readers, and the tokens that they make."""

import json
import time
from functools import cache
from typing import Any

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from articles.models import Site
from articles.sites.known import clear_sites

ORIGIN = "https://blog.example"
AUDIENCE = "newsroom"
SECRET = "0123456789abcdef0123456789abcdef"

_ADD_SITE = """
INSERT INTO articles_site
       (name, active, origins, url_patterns, registers, is_listed, theme, query_parameters, has_amp_pages,
        has_mobile_hosts, jwt_algorithm, jwt_audience, jwt_issuer, jwt_secrets, jwks_url, created_at)
VALUES (%(name)s, true, ARRAY[%(origin)s], '{}', false, false, 'auto', '{}', true,
        true, 'HS256', %(name)s, '', %(secret)s, '', now())
"""


def make_site(**fields: Any) -> Site:
    usual = {
        "name": "Blog",
        "origins": [ORIGIN],
        "jwt_algorithm": Site.Algorithm.HS256,
        "jwt_audience": AUDIENCE,
        "jwt_secrets": SECRET,
    }
    site = Site.objects.create(**(usual | fields))
    clear_sites()
    return site


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a token that lives ten minutes; a change to None leaves one out."""
    usual = {"aud": AUDIENCE, "sub": "user-7", "exp": int(time.time()) + 600}
    return {name: value for name, value in (usual | changes).items() if value is not None}


def make_jwt(
    key: Any = SECRET, algorithm: str = "HS256", kid: str | None = None, **changes: Any
) -> str:
    headers = {"kid": kid} if kid else None
    return jwt.encode(claims(**changes), key, algorithm, headers)


@cache
def rsa_key(bits: int = 2048) -> RSAPrivateKey:
    return generate_private_key(65537, bits)


@cache
def ed_key(number: int = 0) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def jwk(key: RSAPrivateKey | Ed25519PrivateKey, **more: str) -> dict[str, Any]:
    """The public key as a JWKS lists it."""
    if isinstance(key, RSAPrivateKey):
        return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), **more}
    return {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), **more}


def jwks(*keys: Any) -> bytes:
    return json.dumps({"keys": keys}).encode()


def add_site(database: "psycopg.Connection[Any]", name: str, origin: str) -> None:
    """One in the database of a running product, by HS256 and with its name as audience."""
    database.execute(_ADD_SITE, {"name": name, "origin": origin, "secret": SECRET})
