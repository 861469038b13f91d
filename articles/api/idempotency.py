"""The same call sent twice gets one answer (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from articles.models import ApiKey, IdempotencyKey

RETENTION = timedelta(days=1)  # longer than a program retries
LONGEST_KEY = 255  # characters


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str  # JSON


class OtherRequest(Exception):
    """The key was used for another request."""


@transaction.atomic
def answer_once(*, api_key: ApiKey, key: str, request: bytes, act: Callable[[], Answer]) -> Answer:
    """What `act` answers, or what it answered when this request came with this key before.

    The answer is stored by the transaction that did the work. A second call at the same time waits
    for the first; a call that failed stores nothing and may be repeated. Raises OtherRequest.
    """
    request_hash = hashlib.sha256(request).digest()
    claim = IdempotencyKey(api_key=api_key, key=key, request_hash=request_hash)
    IdempotencyKey.objects.bulk_create([claim], ignore_conflicts=True)
    stored = IdempotencyKey.objects.get(api_key=api_key, key=key)
    if not hmac.compare_digest(bytes(stored.request_hash), request_hash):
        raise OtherRequest
    if (
        not stored.response_status
    ):  # inserted by this call: other calls see the row only with its answer
        answer = act()
        stored.response_status, stored.response_body = answer.status, answer.body
        stored.save(update_fields=["response_status", "response_body"])
    return Answer(stored.response_status, stored.response_body)


def purge_answers() -> int:
    """Delete the answers older than RETENTION; returns their number. Safe to repeat."""
    # Uses index: articles_answers_by_time.
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - RETENTION)
    return old.delete()[0]
