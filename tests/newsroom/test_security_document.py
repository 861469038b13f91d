"""docs/security.md: what it says is shown by a test that exists, and its table of headers has every kind."""

import re
from pathlib import Path

from newsroom.security_headers import PAGE, ROUTE_CLASSES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"\[([^\]]+)\]\(\.\./(tests/[\w/]+\.py)\)", TEXT)

    missing = [
        words
        for words, path in named
        if f"def test_{words.replace(' ', '_')}(" not in (ROOT / path).read_text()
    ]

    assert len(named) > 80
    assert missing == []


def test_every_kind_of_address_is_in_the_table_of_headers() -> None:
    table = TEXT[TEXT.index("## Headers") : TEXT.index("## Keys")]
    rows = re.findall(r"^\| (\w+)", table, re.MULTILINE)

    assert {each.name for each in (*ROUTE_CLASSES, PAGE)} <= {*rows}


def test_each_item_is_named_once() -> None:
    of_asvs = TEXT[TEXT.index("## OWASP ASVS") :]
    items = re.findall(r"^\| (\d[^|]*) \|", of_asvs, re.MULTILINE)

    assert len(items) > 60
    assert len(items) == len({*items})
