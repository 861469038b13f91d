"""There and back: a story of any format goes out as ninjs 3.1 and comes in again as the same story."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from articles.formats import read_stories
from articles.formats.story import LeadImage, Story
from articles.ingest import Action, ingest_stories
from articles.models import Article, ArticleRevision
from articles.syndication.ninjs import ninjs_of
from tests.articles.conftest import ARTICLE
from tests.articles.formats.samples import BODY, EVERY, NINJS_1
from tests.articles.syndication.test_ninjs import check

pytestmark = pytest.mark.django_db

# 2.x: the shapes of 3.x with the names of 1.x.
NINJS_2: dict[str, Any] = {
    "uri": "tag:afp.example,2024:bridge",
    "type": "text",
    "standard": {"name": "ninjs", "version": "2.1"},
    "version": "2",
    "firstcreated": "2024-12-08T09:23:00Z",
    "versioncreated": "2024-12-08T10:00:00Z",
    "pubstatus": "usable",
    "urgency": 4,
    "language": "en-GB",
    "headlines": [{"role": "main", "value": "The bridge is open"}],
    "descriptions": [{"role": "summary", "value": "It took nine years."}],
    "bodies": [{"role": "main", "contenttype": "text/html", "value": BODY}],
    "byline": "Ann Lee",
    "people": [{"rel": "author", "name": "Ann Lee"}],
    "subjects": [
        {"rel": "tag", "name": "Bridges"},
        {"uri": "http://cv.iptc.org/newscodes/mediatopic/20000001", "name": "arts"},
    ],
    "infosources": [{"role": "source", "name": "AFP"}],
    "located": "Damascus",
    "altids": [{"role": "slug", "value": "bridge-opens"}],
}
FILES = {
    **EVERY,
    "ninjs2.json": json.dumps(NINJS_2).encode(),
    "ninjs1-bare.json": json.dumps(
        {key: NINJS_1[key] for key in ("uri", "type", "versioncreated", "headline", "body_html")}
    ).encode(),
    "story.md": ARTICLE.encode(),
}


def read(name: str, content: bytes) -> list[Story]:
    return read_stories(content, name=name, zone=UTC)


def sent_out() -> bytes:
    """The sample story as other systems get it, valid by IPTC's schema."""
    document = ninjs_of(Article.objects.in_full().get())
    check(document)
    return json.dumps(document, ensure_ascii=False).encode()


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_story_that_comes_back_is_matched_and_unchanged(name: str, settings: Settings) -> None:
    settings.SITE_URL = "https://news.example"
    ingest_stories(read(name, FILES[name]))
    before = Article.objects.values().get()

    (outcome,) = ingest_stories(read("back.json", sent_out()))

    assert outcome.action == Action.UNCHANGED
    assert Article.objects.values().get() == before
    assert ArticleRevision.objects.count() == 1


@pytest.mark.parametrize("name", sorted(FILES))
def test_ninjs_output_carries_what_the_source_sent(name: str, settings: Settings) -> None:
    settings.SITE_URL = "https://news.example"
    (first,) = read(name, FILES[name])
    ingest_stories([first])

    (second,) = read("theirs.json", sent_out())

    for sent in SAID:
        assert getattr(second, sent) == getattr(first, sent), sent
    assert words_of(second.lead_image) == words_of(first.lead_image)
    assert plain_authors(second) == plain_authors(first)
    assert (first.dateline is None) == (second.dateline is None)
    if first.dateline and second.dateline:
        assert second.dateline.place == first.dateline.place
        assert second.dateline.date == first.dateline.date
        assert second.dateline.source == first.dateline.source
    assert isinstance(second.published_at, datetime)


SAID = (
    *("headline", "subheadline", "slug", "abstract", "body_html", "word_count", "byline"),
    *("section", "tags", "subjects", "language", "published_at", "urgency"),
    *("copyright_holder", "copyright_notice", "usage_terms", "pub_status"),
)


def words_of(image: LeadImage | None) -> tuple[str, str, str]:
    """Without its address: the output has the address here once the story is stored."""
    return (image.caption, image.alt_text, image.credit) if image else ("", "", "")


def plain_authors(story: Story) -> list[str]:
    return [author.name for author in story.authors]


def test_the_output_is_the_same_after_any_number_of_round_trips() -> None:
    ingest_stories(read("ninjs3.json", EVERY["ninjs3.json"]))
    first = sent_out()

    for _ in range(3):
        ingest_stories(read("back.json", sent_out()))

    assert sent_out() == first


def test_a_sources_next_version_is_accepted_after_ours_came_back() -> None:
    ingest_stories(read("ninjs3.json", EVERY["ninjs3.json"]))
    ingest_stories(read("back.json", sent_out()))
    newer = json.loads(EVERY["ninjs3.json"]) | {"version": "3", "urgency": 2}

    (outcome,) = ingest_stories(read("a.json", json.dumps(newer).encode()))

    assert (outcome.action, outcome.article.urgency) == (Action.UPDATED, 2)
