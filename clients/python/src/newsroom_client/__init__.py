"""Reads, mirrors and writes what a Newsroom installation publishes, and its readers’ reactions.

`Newsroom(url, key)` is where everything begins. What it has no method for is a generated operation, which `call` runs
with the same retries and errors: `newsroom.call(articles_submit.sync_detailed, "slug")`.
"""

from newsroom_client.client import Newsroom, Reader
from newsroom_client.errors import NewsroomError
from newsroom_client.mirror import Change, Mirror
from newsroom_client.webhooks import InvalidWebhook, verify_webhook

__all__ = [
    "Change",
    "InvalidWebhook",
    "Mirror",
    "Newsroom",
    "NewsroomError",
    "Reader",
    "verify_webhook",
]
