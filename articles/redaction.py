"""Secrets in what is logged, reported and shown: of a key no more than its prefix is left, of a reader nothing.

A request that fails may hold a key in its headers, in its address and in the variables of functions, and a wrong key may
be right elsewhere. Logs and reports of errors are kept, mailed and searched by others than those who may use the key.
"""

import logging
import re
from ipaddress import ip_address

# Names of parameters that hold a key.
KEY_PARAMETERS = r"api[_-]?key|key|access_token|token"
_OWN = re.compile(r"\b(nr_[0-9a-z]{1,12}_)[A-Za-z0-9_-]+")
# With what the messages of a webhook are signed, as Standard Webhooks writes it.
_WEBHOOK = re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+")
# Shorter ones are words of a sentence.
_IN_HEADER = re.compile(r"\b(bearer|api-key|reader)(\s+)[A-Za-z0-9._~+/=:-]{12,}", re.IGNORECASE)
_IN_ADDRESS = re.compile(
    rf"(^|[?&;])((?:{KEY_PARAMETERS})=)[^&;\s'\"<>]+", re.IGNORECASE | re.MULTILINE
)
# A reader's token, wherever it stands: the random part, the time of issue, the signature.
_READER = re.compile(r"\b[\w-]{22}(?:~[\w-]{4})?\.[0-9A-Za-z]{5,8}\.[\w-]{43}")
_COOKIE = re.compile(r"\b((?:__Host-)?(?:reader|sessionid|csrftoken))=[^;,\s'\"]+")
# Links that let who has them do something: previews, and those of mails.
_LINK = re.compile(r"(/preview/|/desk/mail/(?:unsubscribe|mute)/)[^/\s'\"]+")
# What looks like an address: those of the Internet are readers', those of private networks our servers'.
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w.]*\w)"
)


def redact(text: str) -> str:
    """The text without keys, tokens, cookies, and addresses of the Internet."""
    text = _OWN.sub(r"\1…", text)
    text = _WEBHOOK.sub("whsec_…", text)
    text = _READER.sub("…", text)
    text = _COOKIE.sub(r"\1=…", text)
    text = _LINK.sub(r"\1…", text)
    text = _ADDRESS.sub(_without_global_address, text)
    text = _IN_HEADER.sub(_keep_prefix, text)
    return _IN_ADDRESS.sub(r"\1\2…", text)


def _without_global_address(found: re.Match[str]) -> str:
    try:
        return "…" if ip_address(found[0]).is_global else found[0]
    except ValueError:
        return found[0]


def _keep_prefix(found: re.Match[str]) -> str:
    """What `_OWN` has cut is followed by …, so that it is found no more than once."""
    is_own = found[0].endswith("_") and "nr_" in found[0]
    return found[0] if is_own else f"{found[1]}{found[2]}…"


class RedactingFormatter(logging.Formatter):
    """The whole line, its traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
