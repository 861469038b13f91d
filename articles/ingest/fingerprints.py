"""Compares a story with the article it was imported into: by content, by hash, by version."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from articles.fields import DATELINE_PARTS, FIELDS, Kind
from articles.formats.slugs import slug_of
from articles.formats.story import Dateline, LeadImage, Story
from articles.models import Article, Media

# What a story and the article store as one value of the same name; the other fields are compared one by one below.
# The names and the encoding of the values make the stored hashes: another set makes every import a change.
SINGLE_VALUES = tuple(
    field.name for field in FIELDS if field.from_source and field.kind is not Kind.RELATION
)
NUMBERS = re.compile(r"\d{1,18}(?:\.\d{1,18})*")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


def of_story(story: Story) -> dict[str, Any]:
    """The content as the source sent it."""
    dateline = asdict(story.dateline) if story.dateline else {}
    return {
        **{name: _comparable(getattr(story, name)) for name in SINGLE_VALUES},
        **{f"dateline_{part}": dateline.get(part) or _nothing(part) for part in DATELINE_PARTS},
        "section": slug_of(story.section),
        "tags": [slug_of(tag) for tag in story.tags],
        "authors": [[slug_of(author.name), author.role] for author in story.authors],
        "lead_image": story.lead_image and _of_image(story.lead_image),
        **_of_pictures(story.pictures),
    }


def of_article(article: Article) -> dict[str, Any]:
    """The content as the article has it; loads its section, tags, authors and picture where they are not."""
    image = article.lead_image
    return {
        **{name: getattr(article, name) for name in SINGLE_VALUES},
        **{
            name: getattr(article, name) for name in (f"dateline_{part}" for part in DATELINE_PARTS)
        },
        "section": article.section.slug if article.section else "",
        "tags": [tag.slug for tag in article.ordered_tags],
        "authors": [[link.author.slug, link.role] for link in article.author_links.all()],
        "lead_image": image and _of_image(image_of(image)),
        **_of_pictures([image_of(link.media) for link in article.media_links.all()]),
    }


def _of_pictures(pictures: Sequence[LeadImage]) -> dict[str, Any]:
    """Nothing where there are none: stored hashes are older than further pictures."""
    return {"pictures": [_of_image(each) for each in pictures]} if pictures else {}


def image_of(media: Media) -> LeadImage:
    return LeadImage(media.caption, media.alt_text, media.credit, url=media.source_url)


def _of_image(image: LeadImage) -> dict[str, str]:
    """Without an empty address: stored hashes are older than the addresses of pictures."""
    return {name: value for name, value in asdict(image).items() if name != "url" or value}


def of_dateline(article: Article) -> Dateline | None:
    if not article.dateline_place:
        return None
    return Dateline(**{part: getattr(article, f"dateline_{part}") for part in DATELINE_PARTS})


def hash_of(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, default=_as_text)
    return sha256(text.encode()).hexdigest()


def was_edited(article: Article) -> bool:
    """Whether the article differs from its last import; true for one that was never imported."""
    content = of_article(article)
    # An import without a time was hashed without; the article got one when it was published.
    untimed = content | {"published_at": None}
    hashes = {hash_of(content), hash_of(untimed)}
    return article.source_hash not in hashes and not has_own_pictures(article)


def has_own_pictures(article: Article) -> bool:
    """Whether the article equals its last import but for further pictures, which only the desk has added."""
    content = of_article(article)
    if not content.pop("pictures", None):
        return False
    untimed = content | {"published_at": None}
    return article.source_hash in {hash_of(content), hash_of(untimed)}


def is_older(version: str, than: str) -> bool:
    """Whether both are numbers or both are times, and this one comes first; other versions have no order."""
    if NUMBERS.fullmatch(version) and NUMBERS.fullmatch(than):
        return _numbers(version) < _numbers(than)
    if TIME.fullmatch(version) and TIME.fullmatch(than):
        return version < than
    return False


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _comparable(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _nothing(part: str) -> str | None:
    return None if part == "date" else ""


def _as_text(value: object) -> str:
    return str(value.timestamp() if isinstance(value, datetime) else value)
