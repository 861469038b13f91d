"""What is fetched is parsed in a process of its own, with limits that end it."""

import sys
from collections.abc import Iterator
from datetime import UTC

import pytest

from articles.formats import guarded
from articles.formats.process import Limits
from articles.formats.story import StoryError
from tests.articles.formats.samples import EVERY


@pytest.fixture
def parser() -> Iterator[guarded.Parser]:
    limits = Limits(cpu_seconds=1, memory_bytes=512 * 1024**2)
    parser = guarded.Parser(
        limits, command=lambda: [sys.executable, "-m", "tests.articles.formats.endless"]
    )
    yield parser
    parser.stop()


def refused(parser: guarded.Parser, job: str) -> str:
    with pytest.raises(StoryError) as caught:
        parser.read(job, "feed.xml", {})
    return str(caught.value)


def test_a_parser_that_does_not_end_is_ended_and_the_next_job_has_another_process(
    parser: guarded.Parser,
) -> None:
    assert parser.read("answer", "feed.xml", {}) == "parsed"
    first = parser._process

    assert (
        refused(parser, "endless")
        == "feed.xml: could not be parsed within its limits: it took too much time or memory."
    )

    assert first
    assert first.returncode is not None
    assert parser.read("answer", "feed.xml", {}) == "parsed"


def test_one_that_wants_all_memory_or_fails_costs_its_own_job_alone(parser: guarded.Parser) -> None:
    assert refused(parser, "greedy") == "feed.xml: needs more memory than a file may."
    process = parser._process

    assert refused(parser, "wrong") == "feed.xml: could not be parsed; the log has the reason."
    assert parser.read("answer", "feed.xml", {}) == "parsed"
    assert parser._process is process


def test_one_that_crashes_or_answers_another_class_is_replaced(parser: guarded.Parser) -> None:
    assert "within its limits" in refused(parser, "crash")
    assert "it answered articles.formats.process.Limits" in refused(parser, "other_class")

    assert parser.read("answer", "feed.xml", {}) == "parsed"


def test_one_that_waits_is_ended_at_the_deadline(parser: guarded.Parser) -> None:
    parser.read("answer", "feed.xml", {})
    parser.deadline_seconds = 0.2

    assert "it took too long" in refused(parser, "wait")


def test_every_format_and_the_head_of_a_page_come_back_as_they_are_read_here() -> None:
    from articles.formats import page_head, read_stories

    for name, content in EVERY.items():
        kind = "markdown" if name.endswith(".md") else ""
        assert guarded.read_stories(content, name=name, zone=UTC, format_name=kind) == read_stories(
            content, name=name, zone=UTC
        )
    page, url = EVERY["page.html"], "https://afp.example/"
    assert guarded.read_page_head(page, url=url) == page_head.read_page_head(page, url=url)


def test_a_refusal_comes_back_with_the_stories_that_are_good() -> None:
    content = b'[{"uri": "a", "headline": "A", "body_text": "x"}, {"uri": "b"}]'

    with pytest.raises(StoryError) as caught:
        guarded.read_stories(content, name="a.json", zone=UTC)

    assert [story.headline for story in caught.value.stories] == ["A"]
    assert "a.json: item 2: headline: is missing." in str(caught.value)
