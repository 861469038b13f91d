"""Verifies the JWT by which a site names its signed-in reader (RFC 7519, and RFC 8725 on what to refuse).

The site decides the algorithm, never the token. The database keeps a keyed hash of site and subject; the token itself
is stored and logged nowhere.
"""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from articles.models import Site
from articles.sites.known import known_sites
from reactions.host_readers.jwks import keys_of
from reactions.readers import LEEWAY_SECONDS, Reader, host_reader

if TYPE_CHECKING:
    from jwt import PyJWK, PyJWTError

# Characters. One with a signature of 4,096 bits and thirty claims has 2,000.
LONGEST_JWT = 8_000
LONGEST_LIFETIME_SECONDS = 24 * 3600
# As long as its hash (RFC 7518, 3.2): a shorter one can be guessed from any token.
LEAST_SECRET_BYTES = 32
_LONGEST_SUBJECT = 255  # as in OpenID Connect Core, 2

# By the class of PyJWT's exception.
_REFUSALS = {
    "ExpiredSignatureError": ("jwt_expired", "The JWT has expired."),
    "ImmatureSignatureError": ("jwt_not_yet_valid", "The JWT is not valid yet."),
    "InvalidSignatureError": ("jwt_signature", "No key of its site has signed the JWT."),
    "InvalidKeyError": ("jwt_signature", "A key of the site is too short for its algorithm."),
    "InvalidAudienceError": ("jwt_audience", "The JWT is for another audience."),
    "InvalidIssuerError": ("jwt_issuer", "The JWT is of another issuer than its site’s."),
    "InvalidAlgorithmError": ("jwt_algorithm", "The JWT has another algorithm than its site’s."),
}


class JwtRefused(Exception):
    """A JWT that names no reader here, with a code and a sentence that has nothing of the token in it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def read_jwt(token: str, *, page_site: Site | None) -> Reader:
    """The reader whom a site's JWT names, with a token that is valid as long. Stores nothing.

    `page_site` is the site of the page that sends it; None for a program. Raises JwtRefused, KeysUnreachable, and
    OperationalError where the sites cannot be read.
    """
    if len(token) > LONGEST_JWT:
        raise JwtRefused("jwt_too_long", f"A JWT may have {LONGEST_JWT} characters at most.")
    header, claims = _unverified(token)
    sites = _sites_for(claims.get("aud"), page_site)
    refused = JwtRefused("jwt_audience", "The JWT is for no site that may send it from here.")
    for site in sites:
        try:
            return _reader(site, _verified(token, header, site))
        except JwtRefused as error:
            refused = error
    raise refused


def _unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims, as far as they decide which site is to verify them."""
    # Here and not above: OpenSSL takes 14 MB of each process that has once verified a token.
    import jwt

    try:
        parts = jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise _refusal(error) from None
    return parts["header"], parts["payload"]


def _sites_for(audience: object, page_site: Site | None) -> Sequence[Site]:
    """The active sites with signed-in readers that a token is for. Several may share an audience."""
    audiences = audience if isinstance(audience, list) else [audience]
    return [
        rules.site
        for rules in known_sites().rules
        if rules.site.jwt_algorithm
        and rules.site.jwt_audience
        and rules.site.jwt_audience in audiences
        and (page_site is None or page_site.pk == rules.site.pk)
    ]


def _verified(token: str, header: Mapping[str, Any], site: Site) -> Mapping[str, Any]:
    """The claims, once one of the site's keys has signed them and they are as they have to be. Raises JwtRefused."""
    import jwt

    if header.get("alg") != site.jwt_algorithm:
        raise JwtRefused(*_REFUSALS["InvalidAlgorithmError"])
    keys = _keys(site, header.get("kid"))
    refused = JwtRefused(*_REFUSALS["InvalidSignatureError"])
    for key in keys:
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[site.jwt_algorithm],
                audience=site.jwt_audience,
                issuer=site.jwt_issuer or None,
                leeway=LEEWAY_SECONDS,
                options={
                    "require": ["exp", "aud", "sub"],
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.PyJWTError as error:
            refused = _refusal(error)
            if not isinstance(error, jwt.InvalidSignatureError):
                break
        else:
            return claims
    raise refused


def _keys(site: Site, key_id: str | None) -> "Sequence[PyJWK | str]":
    if site.jwt_algorithm != Site.Algorithm.HS256:
        return keys_of(site, key_id=key_id)
    secrets = [line.strip() for line in site.jwt_secrets.splitlines() if line.strip()]
    long_enough = [each for each in secrets if len(each.encode()) >= LEAST_SECRET_BYTES]
    if not long_enough:
        raise JwtRefused(
            "jwt_signature", f"The site has no secret of at least {LEAST_SECRET_BYTES} bytes."
        )
    return long_enough


def _reader(site: Site, claims: Mapping[str, Any]) -> Reader:
    expires_at, now = int(claims["exp"]), int(time.time())
    issued_at = min(int(claims.get("iat", now)), now)
    if expires_at - issued_at > LONGEST_LIFETIME_SECONDS + LEEWAY_SECONDS:
        raise JwtRefused("jwt_lifetime", "A JWT may be valid for a day at most.")
    subject: str = claims["sub"]
    if not 0 < len(subject) <= _LONGEST_SUBJECT or not _is_text(subject):
        raise JwtRefused(
            "invalid_jwt", f"The claim sub is a text of 1 to {_LONGEST_SUBJECT} characters."
        )
    return host_reader(site_id=site.pk, subject=subject, expires_at=expires_at)


def _is_text(subject: str) -> bool:
    """Whether it can be written as UTF-8: an escape in JSON can make a lone surrogate."""
    try:
        subject.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refusal(error: "PyJWTError") -> JwtRefused:
    default = ("invalid_jwt", f"This is no valid JWT: {error}.")
    return JwtRefused(*_REFUSALS.get(type(error).__name__, default))
