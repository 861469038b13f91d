"""What a story is about: IPTC's codes in every format that has them, and nothing that only resembles one."""

import json
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.formats import read_stories
from articles.formats.mediatopics import BASE, claims_to_be_one, uri_of
from articles.formats.story import Story, StoryError
from tests.articles.conftest import with_changes
from tests.articles.formats.samples import (
    ATOM,
    HTML,
    JSON_FEED,
    NEWSML_G2,
    NINJS_1,
    NINJS_3,
    NITF,
    RSS,
)

URI = f"{BASE}20000001"
BRIDGES = "<category>Bridges</category>"


def as_json(document: object) -> bytes:
    return json.dumps(document).encode()


def ninjs(**subject: str) -> bytes:
    return as_json({**NINJS_3, "subjects": [{"name": "arts", **subject}]})


def read(name: str, content: bytes) -> Story:
    (story,) = read_stories(content, name=name, zone=UTC)
    return story


TOPICS = {
    "ninjs 3, URI": ("a.json", ninjs(uri=URI)),
    "ninjs 3, code": ("a.json", ninjs(uri="medtop:20000001")),
    "ninjs 3, https": ("a.json", ninjs(uri=URI.replace("http:", "https:"))),
    "ninjs 1": ("a.json", as_json({**NINJS_1, "subject": [{"code": "20000001", "name": "arts"}]})),
    "NewsML-G2, code": ("a.xml", NEWSML_G2),
    "NewsML-G2, URI": ("a.xml", NEWSML_G2.replace(b'qcode="medtop:20000001"', f'uri="{URI}"'.encode())),
    "NITF": ("a.xml", NITF.replace(b"<docdata", b'<tobject><tobject.subject tobject.subject.refnum="medtop:20000001"/></tobject><docdata')),
    "RSS": ("a.rss", RSS.replace(BRIDGES.encode(), f'<category domain="{BASE}">20000001</category>'.encode())),
    "Atom": ("a.atom", ATOM.replace(b'term="bridges" label="Bridges"', b'term="medtop:20000001" label="arts"')),
    "JSON Feed": ("a.json", as_json({**JSON_FEED, "items": [{**JSON_FEED["items"][0], "tags": ["medtop:20000001"]}]})),
    "JSON-LD": ("a.html", HTML.replace(b'"keywords"', f'"about": [{{"@id": "{URI}"}}], "keywords"'.encode())),
    "Markdown": ("a.md", with_changes(("language: en", "subjects: [medtop:20000001]\nlanguage: en")).encode()),
}  # fmt: skip


@pytest.mark.parametrize("case", TOPICS)
def test_a_media_topic_becomes_its_uri(case: str) -> None:
    assert read(*TOPICS[case]).subjects == (URI,)


@pytest.mark.parametrize("case", TOPICS)
def test_an_invalid_media_topic_is_refused_by_name(case: str) -> None:
    name, content = TOPICS[case]

    with pytest.raises(StoryError, match=r"subjects: .* is not a media topic such as medtop:2000"):
        read(name, content.replace(b"20000001", b"medtop:2x" if case == "ninjs 1" else b"2x"))


def test_a_code_of_another_vocabulary_and_a_person_are_tags_by_their_names() -> None:
    story = read("a.json", ninjs(uri="afp:bridges"))

    assert (story.subjects, story.tags) == ((), ("arts", "The Mayor"))


def test_ten_thousand_topics_are_refused_in_a_line() -> None:
    subjects = [{"uri": f"medtop:2{number:07}"} for number in range(10_000)]

    with pytest.raises(StoryError) as caught:
        read("a.json", as_json({**NINJS_3, "subjects": subjects}))

    assert str(caught.value) == (
        "a.json: item 1: subjects: has 10000 entries; 50 are allowed. (The bridge is open)"
    )


@given(st.text())
def test_a_uri_is_only_made_of_what_claims_to_be_a_topic(text: str) -> None:
    uri = uri_of(text)

    assert uri_of(uri) == uri
    assert not uri or claims_to_be_one(text)
