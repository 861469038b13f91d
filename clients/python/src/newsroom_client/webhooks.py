"""Verifies webhooks, which are Standard Webhooks."""

from collections.abc import Mapping, Sequence
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


class InvalidWebhook(Exception):
    """The message was not signed with this secret, was altered, or is older than five minutes. Answer 400."""


def verify_webhook(
    body: bytes, headers: Mapping[str, str], secret: str | Sequence[str]
) -> dict[str, Any]:
    """The message of a request, from its raw body. Raises InvalidWebhook.

    Django: `request.body`. Flask: `request.get_data()`. FastAPI: `await request.body()`. Never JSON that was parsed and
    written again. With several secrets, as while one is rotated, any may have signed it.

    Drop a `webhook-id` that you have had: it is the same in each attempt.
    """
    if not isinstance(body, bytes):
        raise TypeError("The raw body is needed, as bytes.")
    secrets = [secret] if isinstance(secret, str) else secret
    for each in secrets:
        try:
            message: dict[str, Any] = Webhook(each).verify(body, dict(headers.items()))
        except (WebhookVerificationError, ValueError) as error:
            reason = str(error)
        else:
            return message
    raise InvalidWebhook(reason if secrets else "There is no secret.")
