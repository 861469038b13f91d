"""What a story says, as values to compare: what was filed, what our copy says, which is newer."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from articles.formats.slugs import slug_of
from articles.formats.story import Dateline, LeadImage, Story
from articles.models import Article

# What a story and our copy of it call by the same name.
SHARED = (
    "headline",
    "subheadline",
    "short_headline",
    "slugline",
    "abstract",
    "body_markdown",
    "byline",
    "language",
    "urgency",
    "copyright_holder",
    "copyright_notice",
    "usage_terms",
    "credit_line",
    "ed_note",
)
DATELINE = ("place", "region", "country", "date", "source", "style")
NUMBERS = re.compile(r"\d{1,18}(?:\.\d{1,18})*")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


def of_story(story: Story) -> dict[str, Any]:
    """The content as filed."""
    filed = asdict(story.dateline) if story.dateline else {}
    return {
        **{name: getattr(story, name) for name in SHARED},
        **{f"dateline_{part}": filed.get(part) or _nothing(part) for part in DATELINE},
        "section": slug_of(story.section),
        "tags": [slug_of(tag) for tag in story.tags],
        "authors": [[slug_of(author.name), author.role] for author in story.authors],
        "subjects": list(story.subjects),
        "lead_image": story.lead_image and _of_image(story.lead_image),
        "published_at": story.published_at,
    }


def of_article(article: Article) -> dict[str, Any]:
    """The content as our copy has it; the article comes with all of its parts."""
    image = article.lead_image
    return {
        **{name: getattr(article, name) for name in SHARED},
        **{f"dateline_{part}": getattr(article, f"dateline_{part}") for part in DATELINE},
        "section": article.section.slug if article.section else "",
        "tags": [tag.slug for tag in article.ordered_tags],
        "authors": [[link.author.slug, link.role] for link in article.author_links.all()],
        "subjects": list(article.subjects),
        "lead_image": image
        and _of_image(LeadImage(image.caption, image.alt_text, image.credit, url=image.source_url)),
        "published_at": article.published_at,
    }


def _of_image(image: LeadImage) -> dict[str, str]:
    """Without an address that it does not have: stories were hashed before pictures had one."""
    return {name: value for name, value in asdict(image).items() if name != "url" or value}


def of_dateline(article: Article) -> Dateline | None:
    if not article.dateline_place:
        return None
    return Dateline(**{part: getattr(article, f"dateline_{part}") for part in DATELINE})


def hash_of(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, default=_as_text)
    return sha256(text.encode()).hexdigest()


def was_edited(article: Article) -> bool:
    """Whether our copy says something else than the last import left; true where none ever did."""
    content = of_article(article)
    # A story filed without a time was given one when it was published.
    untimed = content | {"published_at": None}
    return article.source_hash not in {hash_of(content), hash_of(untimed)}


def is_older(version: str, than: str) -> bool:
    """Whether both are numbers or both are times, and this one comes first; else nobody can say."""
    if NUMBERS.fullmatch(version) and NUMBERS.fullmatch(than):
        return _numbers(version) < _numbers(than)
    if TIME.fullmatch(version) and TIME.fullmatch(than):
        return version < than
    return False


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _nothing(part: str) -> str | None:
    return None if part == "date" else ""


def _as_text(value: object) -> str:
    return str(value.timestamp() if isinstance(value, datetime) else value)
