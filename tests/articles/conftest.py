"""Article files as a desk would write them."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from articles.formats.markdown import read_stories
from articles.formats.story import Story

PROJECT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((PROJECT / "articles" / "samples").glob("*.md"))
FILED = sorted((PROJECT.parent / "shared" / "stories").glob("*.md"))
REAL_ARTICLES = [path for path in [*SAMPLES, *FILED] if path.name != "README.md"]

ARTICLE = """\
---
headline: The bridge is open
slug: bridge-opens
abstract: It took nine years.
dateline: {place: Damascus, country: SY, date: 2024-12-08, source: AFP, style: afp}
byline: Newsroom staff
section: World
tags: [Bridges, Syria]
language: en
published_at: 2024-12-08T12:23:00+03:00
lead_image: {caption: The bridge at noon.}
---

It opened at *noon*, with a band.
"""

ArticleFile = Callable[..., Path]


def read(text: str | bytes, *, name: str = "story.md") -> Story:
    content = text.encode() if isinstance(text, str) else text
    return read_stories(content, name=name, zone=UTC)[0]


def with_changes(*changes: tuple[str, str]) -> str:
    """The article's file with some of its text replaced."""
    text = ARTICLE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture
def article_file(tmp_path: Path) -> ArticleFile:
    """Writes an article file, with changes to the usual one."""

    def write(*changes: tuple[str, str], name: str = "story.md") -> Path:
        path = tmp_path / name
        path.write_text(with_changes(*changes))
        return path

    return write
