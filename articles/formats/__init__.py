"""One file per format: bytes in, plain dataclasses out. No database, no network, no Django."""

import io
import os
import re
from collections.abc import Callable
from datetime import tzinfo
from pathlib import PurePath
from typing import BinaryIO, Protocol, cast

from articles.formats import html, jsonfeed, markdown, newsml_g2, ninjs, nitf, rss, wxr
from articles.formats.story import Mistake, Story, StoryError
from articles.formats.wire import FILE_BYTES, refusal
from articles.formats.xmltree import HEAD_BYTES, root_of


class Reader(Protocol):
    def __call__(self, content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
        """The stories of one file; a time without an offset is in `zone`.

        Raises StoryError with every mistake in the file.
        """


READERS: dict[str, Reader] = {
    "markdown": markdown.read_stories,
    "ninjs": ninjs.read_stories,
    "jsonfeed": jsonfeed.read_stories,
    "rss": rss.read_stories,
    "newsml-g2": newsml_g2.read_stories,
    "nitf": nitf.read_stories,
    "wxr": wxr.read_stories,
    "html": html.read_stories,
}

# Endings that leave the format open are settled by what is inside.
ENDINGS = {
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".json", ".xml", ".rss", ".atom", ".nitf", ".wxr"), ""),
}
ROOTS = {
    **dict.fromkeys(("rss", "feed", "RDF"), "rss"),
    **dict.fromkeys(("newsItem", "newsMessage"), "newsml-g2"),
    "nitf": "nitf",
    "html": "html",
}
EXPORT_BYTES = 200 * 1024 * 1024
FEED_VERSION = re.compile(rb'"version"\s*:\s*"https:\\?/\\?/jsonfeed\.org')


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The stories of a file of any supported format, recognised by the ending of its name and by its content.

    Raises StoryError with every mistake in the file.
    """
    ending = PurePath(name).suffix.lower()
    if ending not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise StoryError(
            [Mistake(name, None, f"{ending or 'no ending'} is not a format we read: {known}.")]
        )
    format_name = ENDINGS[ending] or recognise(content, name=name)
    return READERS[format_name](content, name=name, zone=zone)


def read_file(
    file: BinaryIO, *, name: str, zone: tzinfo, progress: Callable[[float], None] | None = None
) -> list[Story]:
    """The same for a file on disk, where a WordPress export may be larger than what is fetched.

    `progress` is called with the part of a long file that is read, from 0 to 1.
    """
    content = file.read(FILE_BYTES + 1)  # a longer file is refused without parsing
    if len(content) > FILE_BYTES and recognise(content, name=name) == "wxr":
        size = file.seek(0, os.SEEK_END)
        if size > EXPORT_BYTES:
            raise refusal(name, f"the export has more than {EXPORT_BYTES // 1024**2} MB.")
        file.seek(0)
        watched = (
            cast("BinaryIO", Watched(file, 2 * size, progress)) if progress else file
        )  # read twice
        return wxr.read_export(watched, name=name, zone=zone)
    return read_stories(content, name=name, zone=zone)


class Watched(io.RawIOBase):
    """A file that says how much of it was read, of `total` bytes."""

    def __init__(self, file: BinaryIO, total: int, progress: Callable[[float], None]) -> None:
        self.file, self.total, self.progress, self.done = file, total, progress, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        content = self.file.read(size)
        self.done += len(content)
        self.progress(min(self.done / self.total, 1.0))
        return content


def recognise(content: bytes, *, name: str) -> str:
    """Which of READERS can read this content. Raises StoryError where none can."""
    head = content[:HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in {b"{", b"["}:
        return "jsonfeed" if head[:1] == b"{" and FEED_VERSION.search(content) else "ninjs"
    if head.startswith(b"---"):
        return "markdown"
    root = root_of(content)
    if root == "rss" and wxr.EXPORT.search(head):
        return "wxr"
    if root in ROOTS:
        return ROOTS[root]
    if b"<!doctype html" in head.lower():
        return "html"
    if root == "NewsML":
        text = "is NewsML 1, which is not read; ask the source for NewsML-G2."
        raise StoryError([Mistake(name, None, text)])
    text = f"<{root}> is not a format we read." if root else "is not a format we read."
    raise StoryError([Mistake(name, None, text)])
