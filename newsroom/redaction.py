"""Keys in what is logged and reported: no more than the prefix of one is left.

A request that fails may hold a key in its headers, in its address and in the variables of functions, and a wrong key may
be right elsewhere. Logs and reports of errors are kept, mailed and searched by others than those who may use the key.
"""

import logging
import re

# Names of parameters that hold a key.
KEY_PARAMETERS = r"api[_-]?key|key|access_token|token"
_OWN = re.compile(r"\b(nr_[0-9a-z]{1,12}_)[A-Za-z0-9_-]+")
# Shorter ones are words of a sentence.
_IN_HEADER = re.compile(r"\b(bearer|api-key|reader)(\s+)[A-Za-z0-9._~+/=:-]{12,}", re.IGNORECASE)
_IN_ADDRESS = re.compile(
    rf"(^|[?&;])((?:{KEY_PARAMETERS})=)[^&;\s'\"<>]+", re.IGNORECASE | re.MULTILINE
)


def redact(text: str) -> str:
    """The text without keys."""
    text = _OWN.sub(r"\1…", text)
    text = _IN_HEADER.sub(_keep_prefix, text)
    return _IN_ADDRESS.sub(r"\1\2…", text)


def _keep_prefix(found: re.Match[str]) -> str:
    """What `_OWN` has cut is followed by …, so that it is found no more than once."""
    is_own = found[0].endswith("_") and "nr_" in found[0]
    return found[0] if is_own else f"{found[1]}{found[2]}…"


class RedactingFormatter(logging.Formatter):
    """The whole line, its traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
