"""The same call sent twice gets one answer (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from articles.models import ApiKey, IdempotencyKey
from articles.sealed import Column, UnreadableSecretError

# Bodies without a secret are stored as they are: JSON, which begins otherwise than a sealed text.
_BODIES = Column("articles_idempotencykey", "response_body")
RETENTION = timedelta(days=1)  # longer than a program retries
LONGEST_KEY = 255  # characters
LONGEST_OPERATION = 200
# A call that writes an article takes a tenth of that.
RETRY_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` are those that are stored with it, such as ETag and Location. A body with a secret is stored sealed."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    is_replayed: bool = False
    has_secret: bool = False


class OtherRequest(Exception):
    """The key was used for another request of the same operation."""


class StillRunning(Exception):
    """A call with this key is running; whether it succeeds is not known yet."""


@transaction.atomic
def answer_once(
    *, api_key: ApiKey, operation: str, key: str, request: bytes, act: Callable[[], Answer]
) -> Answer:
    """What `act` answers, or what it answered when this request came with this key before.

    The answer is stored by the transaction that did the work: where that fails, or its process is killed, nothing is
    stored and the call may be repeated. Every program has its own keys, for each operation others.

    Raises StillRunning, without waiting, and OtherRequest.
    """
    if not _lock(api_key, operation, key):
        raise StillRunning
    request_hash = hashlib.sha256(request).digest()
    # Uses index: articles_answer_per_operation.
    stored = IdempotencyKey.objects.filter(api_key=api_key, operation=operation, key=key).first()
    if stored is not None:
        if not hmac.compare_digest(bytes(stored.request_hash), request_hash):
            raise OtherRequest
        try:
            body = _BODIES.unseal(stored.response_body)
        except UnreadableSecretError:  # this answer cannot be repeated any more
            raise OtherRequest from None
        return Answer(stored.response_status, body, stored.response_headers, is_replayed=True)
    answer = act()
    IdempotencyKey.objects.create(
        api_key=api_key,
        operation=operation,
        key=key,
        request_hash=request_hash,
        response_status=answer.status,
        response_headers=dict(answer.headers),
        response_body=_BODIES.seal(answer.body) if answer.has_secret else answer.body,
    )
    return answer


def _lock(api_key: ApiKey, operation: str, key: str) -> bool:
    """False where a call with this key is running. The lock ends with the transaction, and with its connection."""
    named = f"idempotency:{api_key.pk}:{operation}:{key}".encode()
    number = int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        (is_free,) = cursor.fetchone()
    return bool(is_free)


def purge_answers() -> int:
    """Delete the answers older than RETENTION; returns their number. Safe to repeat."""
    # Uses index: articles_answers_by_time.
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - RETENTION)
    return old.delete()[0]
