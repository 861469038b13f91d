"""One file per format: bytes in, plain dataclasses out. No database, no network, no Django."""

from datetime import tzinfo
from pathlib import PurePath
from typing import Protocol

from articles.formats import markdown
from articles.formats.story import Mistake, Story, StoryError


class Reader(Protocol):
    def __call__(self, content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
        """The stories of one file; `zone` is where a time without an offset is taken to be.

        Raises StoryError with every mistake in the file.
        """


READERS: dict[str, Reader] = {
    ".md": markdown.read_stories,
    ".markdown": markdown.read_stories,
}


def read_stories(content: bytes, *, name: str, zone: tzinfo) -> list[Story]:
    """The stories of a file of any format we read, told by how its name ends.

    Raises StoryError with every mistake in the file.
    """
    ending = PurePath(name).suffix.lower()
    if reader := READERS.get(ending):
        return reader(content, name=name, zone=zone)
    known = ", ".join(READERS)
    raise StoryError(
        [Mistake(name, None, f"{ending or 'no ending'} is not a format we read: {known}.")]
    )
