"""Alerts to the chat of the newsroom, by apprise: it knows some hundred and thirty services by their URLs.

The URLs have secrets, and none is ever logged or stored: an error has the number of the URL in ALERT_URLS.
"""

from django.conf import settings

from reactions.alerts.smtp import NotSent

# Of all chats together; each gets the message at the same time.
_TIMEOUT_SECONDS = 20


def send_to_chat(*, title: str, body: str) -> None:
    """Send it to every chat of ALERT_URLS. Raises NotSent where none took it; one that failed is not tried again."""
    from apprise import (
        Apprise,
        NotifyFormat,
    )  # half a second, which only the worker that sends spends

    failed = []
    for number, url in enumerate(settings.ALERT_URLS, 1):
        chat = Apprise()
        # Text as it is: an asterisk of a headline is no markup.
        if not chat.add(url) or not chat.notify(
            title=title, body=body, body_format=NotifyFormat.TEXT, timeout=_TIMEOUT_SECONDS
        ):
            failed.append(number)
    if failed and len(failed) == len(settings.ALERT_URLS):
        raise NotSent(f"No chat accepted it: ALERT_URLS, number {', '.join(map(str, failed))}.")
