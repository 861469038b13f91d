"""Programs and their keys: issuing one, recognising one, and what it may do."""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from articles import audit
from articles.api.views import KEY_SCHEME, WrongScheme, scheme_of
from articles.models import ApiKey

logger = logging.getLogger(__name__)

SCOPES = {
    "articles:read": "reads drafts and every other article",
    "articles:write": "writes and publishes articles",
    "stats:read": "reads figures",
    "reactions:manage": "sets policies, releases and voids waves",
    "webhooks:manage": "manages webhooks",
}
SCHEMES = {"bearer", "api-key"}
SECRET_BYTES = 32  # 256 bits: it cannot be guessed, so a fast hash suffices
LAST_USED_STEP = timedelta(minutes=1)  # a busy key writes its row once a minute, not once a call
LONGEST_LIFE = timedelta(days=3_650)
# After a rotation both secrets are accepted so long.
OVERLAP, LONGEST_OVERLAP = timedelta(days=1), timedelta(days=30)
_LONGEST_PRESENTED = 200  # characters
# Where the key of a request is noted once it was found, or why it is none.
_FOUND = "articles.api_key"


class WrongKey(AuthenticationFailed):
    default_detail = "This key is not known, or has been revoked."


@sensitive_variables()
def issue_key(*, name: str, scopes: Collection[str], expires_at: datetime | None = None) -> str:
    """A key for the program of this name. This is the only time that it can be seen.

    Raises ValueError, with a sentence, for scopes that do not exist or are not given, and for a time that has passed.
    """
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise ValueError(f"{unknown[0]!r} is not a scope; choose among {', '.join(SCOPES)}.")
    if not scopes:
        raise ValueError(f"A key needs a scope; choose among {', '.join(SCOPES)}.")
    if not 0 < len(name) <= 100 or "\0" in name:
        raise ValueError("A key needs a name of at most 100 characters.")
    now = timezone.now()
    if expires_at is not None and not now < expires_at <= now + LONGEST_LIFE:
        raise ValueError(f"A key expires in {LONGEST_LIFE.days} days at most, and not before now.")
    prefix = secrets.token_hex(5)
    presented = _new_secret(prefix)
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name,
            prefix=prefix,
            secret_hash=_hash(presented),
            scopes=[scope for scope in SCOPES if scope in scopes],
            expires_at=expires_at,
        )
        audit.record("issued", key, after={"scopes": key.scopes, "expires_at": expires_at})
    return presented


@sensitive_variables()
@transaction.atomic
def rotate_key(
    key: ApiKey, *, overlap: timedelta = OVERLAP, presented: str | None = None
) -> tuple[str, ApiKey]:
    """A new secret for the key, which is shown only here, and the key; the old one stays valid for the overlap.

    The prefix, scopes and expiry stay. `presented` is the secret of the program that asks. Where that is the old one of
    a rotation before, its answer was lost: the old one is valid until the time that was stated then, and the new one
    that was lost is not valid. Otherwise a secret of a rotation before ends at once.

    Raises ValueError for a key that was revoked or has expired, and for an overlap that is too long.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ValueError(f"Both secrets are valid for {LONGEST_OVERLAP.days} days at most.")
    locked = ApiKey.objects.select_for_update().get(pk=key.pk)
    now = timezone.now()
    if reason := _why_ended(locked, now):
        raise ValueError(reason)
    asked_by_old = presented is not None and not _matches(presented, locked.secret_hash)
    if asked_by_old:
        if locked.old_key_valid_until is None or locked.old_key_valid_until <= now:
            raise ValueError("This secret was replaced.")
    else:
        locked.old_secret_hash, locked.old_key_valid_until = locked.secret_hash, now + overlap
    new = _new_secret(locked.prefix)
    locked.secret_hash = _hash(new)
    locked.save(update_fields=["secret_hash", "old_secret_hash", "old_key_valid_until"])
    audit.record("rotated", locked, after={"old_key_valid_until": locked.old_key_valid_until})
    return new, locked


@transaction.atomic
def revoke_keys(keys: Iterable[ApiKey]) -> int:
    """End the keys at once; how many of them were still good. No process remembers a key."""
    chosen = ApiKey.objects.filter(pk__in=[key.pk for key in keys], revoked_at=None)
    good = list(chosen.select_for_update())
    for key in good:
        audit.record("revoked", key)
    return chosen.update(revoked_at=timezone.now())


@sensitive_variables()
def check_key(presented: str) -> ApiKey:
    """The key whose secret this is. Raises WrongKey; only one who has the secret is told that it has ended.

    The prefix, which is no secret, finds the row; the secret is compared in constant time.
    """
    _, _, rest = presented.partition("nr_")
    prefix, _, _ = rest.partition("_")
    if not prefix.isalnum() or len(presented) > _LONGEST_PRESENTED:
        raise WrongKey
    # Uses index: articles_apikey_prefix.
    key = ApiKey.objects.filter(prefix=prefix).first()
    if key is None:
        raise WrongKey
    now = timezone.now()
    if not _matches(presented, key.secret_hash):
        if key.old_secret_hash is None or not _matches(presented, key.old_secret_hash):
            raise WrongKey
        if key.old_key_valid_until is None or key.old_key_valid_until <= now:
            raise WrongKey("This key was replaced by a new one.", "key_expired")
    if reason := _why_ended(key, now):
        raise WrongKey(reason, "key_revoked" if key.revoked_at else "key_expired")
    return key


def find_key(presented: str) -> ApiKey | None:
    """The key whose secret this is, where it is valid."""
    try:
        return check_key(presented)
    except WrongKey:
        return None


def key_of(request: Any) -> ApiKey | None:
    """The key that a request has; None where it has none. Raises WrongKey.

    The row is read once a request, and its use is noted before the work of the request begins a transaction.
    """
    environ = request.META
    if _FOUND not in environ:
        environ[_FOUND] = _find(environ)
    found = environ[_FOUND]
    if isinstance(found, WrongKey):
        raise found
    return found if isinstance(found, ApiKey) else None


@sensitive_variables()
def presented_key(environ: Mapping[str, Any]) -> str | None:
    """What stands in `Authorization` with one of the SCHEMES; None for another scheme, and for none."""
    scheme, _, presented = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return presented.strip() if scheme.lower() in SCHEMES else None


@sensitive_variables()
def _find(environ: Mapping[str, Any]) -> ApiKey | WrongKey | None:
    presented = presented_key(environ)
    if presented is None:
        return None
    try:
        key = check_key(presented)
    except WrongKey as wrong:
        return wrong.with_traceback(None)
    _note_use(key)
    _hash_again(key, presented)
    return key


def _why_ended(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "This key was revoked."
    if key.expires_at is not None and key.expires_at <= now:
        return "This key has expired."
    return ""


def _new_secret(prefix: str) -> str:
    return f"nr_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"


@sensitive_variables()
def _matches(presented: str, secret_hash: "bytes | memoryview[int]") -> bool:
    return any(hmac.compare_digest(each, bytes(secret_hash)) for each in _hashes(presented))


@sensitive_variables()
def _hashes(presented: str) -> Iterator[bytes]:
    """Every hash by which a valid key may be stored."""
    yield _hash(presented)
    for key in settings.API_KEY_HASH_KEY_PREVIOUS:
        yield _hash(presented, key)
    # Keys of release 0.3.0 and before: of 256 random bits a hash without a key says as little.
    yield hashlib.sha256(presented.encode()).digest()


@sensitive_variables()
def _hash(presented: str, key: str = "") -> bytes:
    """A keyed SHA-256: a copy of the database alone cannot verify a key. 256 random bits need no slow hash."""
    hash_key = (key or settings.API_KEY_HASH_KEY).encode()
    return hmac.digest(hash_key, b"api key:" + presented.encode(), hashlib.sha256)


@sensitive_variables()
def _hash_again(key: ApiKey, presented: str) -> None:
    """Store the hash by today's key in place of one by an earlier key, which may then be given up."""
    stored, current = bytes(key.secret_hash), _hash(presented)
    if hmac.compare_digest(stored, current) or not _matches(presented, stored):
        return  # the latter: its secret is the one that a new one replaces
    try:
        with transaction.atomic():
            ApiKey.objects.filter(pk=key.pk, secret_hash=stored).update(secret_hash=current)
    except DatabaseError as error:  # a read-only database serves reads
        logger.warning("A key cannot be hashed again: %s", error)


def _note_use(key: ApiKey) -> None:
    """At most once a minute, by one of the calls that find it due; the others do not wait for its row."""
    now = timezone.now()
    before = now - LAST_USED_STEP
    if key.last_used_at is not None and key.last_used_at > before:
        return
    due = ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=before), pk=key.pk)
    try:
        with transaction.atomic():
            free = due.order_by().select_for_update(skip_locked=True, no_key=True)
            if ApiKey.objects.filter(pk__in=free.values("pk")).update(last_used_at=now):
                key.last_used_at = now
    except DatabaseError as error:  # a read-only database serves reads
        logger.warning("The last use of a key cannot be noted: %s", error)


# For extend_schema: OpenAPI’s form, which drf-spectacular types more narrowly.
KEY: Any = [{"key": []}]
KEY_OR_NONE: Any = [{}, {"key": []}]


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`, also with the scheme `Api-Key`. `request.auth` is the ApiKey.

    401 for a key that is wrong, revoked or expired, and for another scheme, also where the call needs none: a call with
    credentials is not answered as one without. OPTIONS, which is never limited, recognises no key.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        if request.method == "OPTIONS":
            return None
        if (scheme := scheme_of(request)) and scheme not in SCHEMES:
            raise WrongScheme(scheme, KEY_SCHEME)
        key = key_of(request)
        return None if key is None else (AnonymousUser(), key)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def key_in(request: Request) -> ApiKey:
    """The key of a call that needs one."""
    return cast(ApiKey, request.auth)  # what KeyAuthentication found


def has_scope(request: Request, *names: str) -> bool:
    """Whether the call has a key with one of these scopes."""
    return isinstance(request.auth, ApiKey) and not {*names}.isdisjoint(request.auth.scopes)


class HasScope(BasePermission):
    """The call's key may do what `scope` names; see the function `scope`."""

    scope = ""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return has_scope(request, self.scope)


class HasKey(BasePermission):
    """The call has a key, whatever its scopes."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, ApiKey)


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
            "bearerFormat": "nr_<prefix>_<secret>",
            "description": "A key from the desk or from `manage.py issue_key`, in `Authorization: Bearer <key>`. "
            "Scopes: " + "; ".join(f"`{name}` {says}" for name, says in SCOPES.items()) + ".",
        }
