"""The same call sent twice gets one answer (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from articles.models import ApiKey, IdempotencyKey

KEPT = timedelta(days=1)  # longer than any program goes on trying
LONGEST_KEY = 255  # characters


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str  # JSON


class OtherRequest(Exception):
    """The key was used for a call that asked for something else."""


@transaction.atomic
def answer_once(*, api_key: ApiKey, key: str, request: bytes, act: Callable[[], Answer]) -> Answer:
    """What `act` answers, or what it answered when this request came with this key before.

    The answer is kept by the transaction that did the work. A second call at the same time waits
    for the first; a call that failed keeps nothing and may be tried again. Raises OtherRequest.
    """
    request_hash = hashlib.sha256(request).digest()
    claim = IdempotencyKey(api_key=api_key, key=key, request_hash=request_hash)
    IdempotencyKey.objects.bulk_create([claim], ignore_conflicts=True)
    kept = IdempotencyKey.objects.get(api_key=api_key, key=key)
    if not hmac.compare_digest(bytes(kept.request_hash), request_hash):
        raise OtherRequest
    if not kept.response_status:  # ours: others see the row only with its answer
        answer = act()
        kept.response_status, kept.response_body = answer.status, answer.body
        kept.save(update_fields=["response_status", "response_body"])
    return Answer(kept.response_status, kept.response_body)


def purge_answers() -> int:
    """Delete the answers that nobody asks for any more; how many. Safe to repeat."""
    # Uses index: articles_answers_by_time.
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT)
    return old.delete()[0]
