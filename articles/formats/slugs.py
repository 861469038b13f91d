"""The part of a URL that names a story, a section or a tag."""

import re
import unicodedata
from functools import lru_cache

from articles.fields import SLUG_LENGTH

# Soft hyphens and joiners; a joiner of Persian parts words.
NO_WORD_ENDS = re.compile("[\u00ad\u2060\ufeff]")
ASCII_WORD = re.compile(r"[a-z0-9]+")
UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


@lru_cache(maxsize=1024)  # a story asks thirteen times, for names that the next one has, too
def slug_of(text: str) -> str:
    """The text in lower case, its words joined by hyphens; accents go, other alphabets stay.

    Applied to a slug it changes nothing. Empty where the text has no letter and no digit.
    """
    if text.isascii():  # a tenth of the time, and most names and headlines
        return _cut("-".join(ASCII_WORD.findall(text.lower())))
    text = NO_WORD_ENDS.sub("", text)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    if all(c.isascii() for c in plain if c.isalpha()):
        text = plain
    words = "".join(c if _belongs_to_word(c) else " " for c in text).split()
    return _cut("-".join(words))


def is_address_of_id(slug: str) -> bool:
    """Whether the API would read this slug as an article's UUID."""
    return UUID.fullmatch(slug) is not None


def _belongs_to_word(character: str) -> bool:
    # Letters, digits, and marks, which are the vowels of many scripts.
    return unicodedata.category(character)[0] in "LNM"


def _cut(slug: str) -> str:
    if len(slug) <= SLUG_LENGTH:
        return slug
    head, hyphen, _ = slug[: SLUG_LENGTH + 1].rpartition("-")
    return head if hyphen else slug[:SLUG_LENGTH]
