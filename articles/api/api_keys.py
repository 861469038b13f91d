"""Programs and their keys: issuing one, recognising one, and what it may do."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from articles.models import ApiKey

SCOPES = ("articles:read", "articles:write", "stats:read", "reactions:manage", "webhooks:manage")
SCHEMES = {b"bearer", b"api-key"}
SECRET_BYTES = 32  # 256 bits: it cannot be guessed, so a plain hash suffices
LAST_USED_STEP = timedelta(minutes=1)  # a busy key writes its row once a minute, not once a call


def issue_key(*, name: str, scopes: Collection[str]) -> str:
    """A key for the program of this name. This is the only time that it can be seen.

    Raises ValueError, with a sentence, for scopes that do not exist or are not given.
    """
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise ValueError(f"{unknown[0]!r} is not a scope; choose among {', '.join(SCOPES)}.")
    if not scopes:
        raise ValueError(f"A key needs a scope; choose among {', '.join(SCOPES)}.")
    if not 0 < len(name) <= 100 or "\0" in name:
        raise ValueError("A key needs a name of at most 100 characters.")
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(SECRET_BYTES)
    key = f"nr_{prefix}_{secret}"
    ApiKey.objects.create(
        name=name,
        prefix=prefix,
        secret_hash=_hash(key),
        scopes=[scope for scope in SCOPES if scope in scopes],
    )
    return key


def find_key(secret: str) -> ApiKey | None:
    """The key whose secret this is, unless it has been revoked.

    The prefix, which is no secret, finds the row; the secret is compared in constant time.
    """
    _, _, rest = secret.partition("nr_")
    prefix, _, _ = rest.partition("_")
    if not prefix.isalnum():
        return None
    key = ApiKey.objects.filter(prefix=prefix, revoked_at=None).first()
    if key and hmac.compare_digest(_hash(secret), bytes(key.secret_hash)):
        return key
    return None


def revoke_keys(keys: Iterable[ApiKey]) -> int:
    """End the keys at once; how many of them were still good."""
    good = ApiKey.objects.filter(pk__in=[key.pk for key in keys], revoked_at=None)
    return good.update(revoked_at=timezone.now())


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
    ApiKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=now)


# For extend_schema: OpenAPI’s form, which drf-spectacular types more narrowly.
KEY: Any = [{"key": []}]


class WrongKey(AuthenticationFailed):
    default_detail = "This key is not known, or has been revoked."


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`, also with the scheme `Api-Key`. `request.auth` is the ApiKey.

    401 for a key that is wrong or revoked, and 429 for too many of them from one network. Another scheme, or none, is
    left to others.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() not in SCHEMES:
            return None
        key = find_key(secret.strip().decode("latin-1"))
        if key is None:
            raise WrongKey
        _note_use(key)
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """The call's key may do what `scope` names; see the function `scope`."""

    scope = ""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, ApiKey) and self.scope in request.auth.scopes


def scope(name: str) -> type[HasScope]:
    """A permission for `permission_classes`: 401 without a key, 403 for one without this scope."""
    if name not in SCOPES:
        raise ValueError(f"{name!r} is not a scope.")

    class Scoped(HasScope):
        scope = name
        message = f"This key lacks the scope {name}."

    return Scoped


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    """How OpenAPI describes the keys; drf-spectacular finds it by itself."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key from `manage.py issue_key`.",
        }
