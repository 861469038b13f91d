"""IPTC Media Topics: the codes by which newsrooms say what a story is about.

Only whether a code can be one is checked: the list of topics grows twice a year.
"""

import re
from collections.abc import Iterable

BASE = "http://cv.iptc.org/newscodes/mediatopic/"
# A bare number from 20000000 on is a media topic in no older vocabulary of IPTC's.
CLAIM = re.compile(
    r"(?:medtop:|https?://cv\.iptc\.org/newscodes/mediatopic/?|(?=2\d{7}$))(?P<code>.*)",
    re.IGNORECASE | re.DOTALL,
)
CODE = re.compile(r"[0-9]{8}")


def claims_to_be_one(text: str) -> bool:
    """Whether it is written as a media topic, be it a good one or not."""
    return CLAIM.fullmatch(text.strip()) is not None


def uri_of(text: str) -> str:
    """`medtop:20000001`, its URI or its number as the URI; empty where it is none of these."""
    match = CLAIM.fullmatch(text.strip())
    return BASE + match["code"] if match and CODE.fullmatch(match["code"]) else ""


def part(words: Iterable[str]) -> tuple[list[str], list[str]]:
    """Those that claim to be media topics, and the others: formats without subjects mix them with tags."""
    topics: list[str] = []
    tags: list[str] = []
    for word in words:
        (topics if claims_to_be_one(word) else tags).append(word)
    return topics, tags
