"""Markdown as Jekyll, Hugo and Ghost keep it: their names, their fences, their tags, and pictures in the text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from articles.formats.story import Author, LeadImage, Story, StoryError
from tests.articles.conftest import read

JEKYLL = """---
layout: post
title:  "The ferry sails again"
date:   2026-03-04 08:15:00 +0200
categories: [harbour, sea]
tags: sea boats
author: Ida Holm
---
It sails at noon.

![The ferry](/assets/ferry.jpg)
"""
HUGO = """+++
title = "The mill turns"
publishDate = 2026-03-04T08:15:00+02:00
draft = false
categories = ["Town"]
authors = ["Ida Holm", "Ola Berg"]
weight = 3
[params]
toc = true
+++
It turns {{< figure src="mill.jpg" alt="A mill" caption="The mill." >}} again. {{% note %}}It does.{{% /note %}}
"""
GHOST = """---
title: A market opens
slug: a-market-opens
date_published: 2026-03-04T08:15:00.000Z
date_updated: 2026-03-05T08:15:00.000Z
custom_excerpt: With fish.
feature_image: https://pictures.example/market.jpg
feature_image_alt: Stalls
feature_image_caption: The first stalls.
primary_tag: Town
tags: [Town, Food]
visibility: public
status: published
---
## Fish

It opens on Sunday.
"""


def test_jekyll() -> None:
    story = read(JEKYLL)

    assert (story.headline, story.section) == ("The ferry sails again", "harbour")
    assert (story.tags, story.authors) == (("sea", "boats"), (Author("Ida Holm"),))
    assert story.published_at == datetime(2026, 3, 4, 8, 15, tzinfo=timezone(timedelta(hours=2)))
    assert (story.body_html, story.lead_image) == ("<p>It sails at noon.</p>", None)
    assert story.notes == (
        "left out: layout",
        "left out: the picture /assets/ferry.jpg, no web address and no file beside the story",
    )


def test_hugo() -> None:
    story = read(HUGO)

    assert (story.headline, story.section) == ("The mill turns", "Town")
    assert story.authors == (Author("Ida Holm"), Author("Ola Berg"))
    assert story.published_at == datetime(2026, 3, 4, 6, 15, tzinfo=UTC)
    assert story.lead_image == LeadImage("The mill.", "A mill", url="mill.jpg")
    assert story.body_html == "<p>It turns  again. It does.</p>"
    assert set(story.notes) == {"left out: params", "left out: weight", "left out: {{% note %}}"}
    assert story.pub_status == "usable"


def test_ghost() -> None:
    story = read(GHOST)

    assert (story.slug, story.abstract, story.section) == ("a-market-opens", "With fish.", "Town")
    assert story.tags == ("Town", "Food")
    assert story.published_at == datetime(2026, 3, 4, 8, 15, tzinfo=UTC)
    picture = LeadImage("The first stalls.", "Stalls", url="https://pictures.example/market.jpg")
    assert (story.lead_image, story.pictures) == (picture, ())


@pytest.mark.parametrize(
    "field",
    ["author: Ida Holm, Ola Berg", "author: [Ida Holm, Ola Berg]", "authors: Ida Holm, Ola Berg"],
)
def test_several_authors(field: str) -> None:
    story = read(f"---\ntitle: Rain\n{field}\n---\nIt rains.\n")

    assert story.authors == (Author("Ida Holm"), Author("Ola Berg"))


def test_an_author_with_an_address() -> None:
    story = read("---\ntitle: Rain\nauthor: {name: Ida Holm, email: ida@example}\n---\nIt rains.\n")

    assert story.authors == (Author("Ida Holm"),)


def test_values_are_taken_as_they_are_written_and_names_in_any_case() -> None:
    story = read(
        "---\nTitle: 2026\nPublishDate: Sept 4, 2026 10:00 GMT\ntags: [NO, 7]\n---\nIt rains.\n"
    )

    assert (story.headline, story.tags) == ("2026", ("NO", "7"))
    assert story.published_at == datetime(2026, 9, 4, 10, 0, tzinfo=UTC)


def test_html_between_the_lines_of_front_matter() -> None:
    text = "---\ntitle: Rain\n---\n<p>It rains.</p><figure><img src='https://p.example/1.jpg' alt='Rain'></figure>\n"
    story = read(text)

    assert (story.word_count, story.body_html.strip()) == (2, "<p>It rains.</p>")
    assert story.lead_image == LeadImage("", "Rain", url="https://p.example/1.jpg")


def test_json_between_braces() -> None:
    story = read('{\n  "title": "Rain",\n  "date": "2026-03-04"\n}\nIt rains.\n')

    assert (story.headline, story.body_markdown) == ("Rain", "It rains.")


@pytest.mark.parametrize(
    ("text", "headline", "body"),
    [
        ("# Rain *again*\n\nIt rains.\n", "Rain again", "It rains."),
        ("Rain\n====\n\nIt rains.\n", "Rain", "It rains."),
        ("---\nsection: Town\n---\n\n# Rain #\n\nIt rains.\n", "Rain", "It rains."),
        ("---\ntitle: Sun\n---\n# Rain\n\nIt rains.\n", "Sun", "# Rain\n\nIt rains."),
        ("## Rain\n\nIt rains.\n", None, None),
    ],
)
def test_a_first_heading_is_the_headline_where_no_field_has_one(
    text: str, headline: str | None, body: str | None
) -> None:
    def read_or_none() -> Story | None:
        try:
            return read(text)
        except StoryError:
            return None

    story = read_or_none()

    assert (story and story.headline, story and story.body_markdown) == (headline, body)


@pytest.mark.parametrize(
    "field",
    ["draft: true", "published: false", "status: draft", "status: scheduled", "visibility: paid"],
)
def test_what_its_generator_does_not_show_is_withheld(field: str) -> None:
    story = read(f"---\ntitle: Rain\n{field}\n---\nIt rains.\n")

    assert (story.pub_status, story.notes) == ("withheld", (field,))


def test_pictures_of_the_text_go_beside_it() -> None:
    text = """---
headline: Rain
---
One ![A \\[b\\]](one.jpg 'First.') and [![two](https://p.example/2.jpg)](https://p.example/) words.

    ![code](code.jpg)

![one again](one.jpg) ![Away](../away.jpg)
"""
    story = read(text)

    assert story.lead_image == LeadImage("First.", "A [b]", url="one.jpg")
    assert story.pictures == (LeadImage("", "two", url="https://p.example/2.jpg"),)
    assert "![code](code.jpg)" in story.body_html
    assert "one again" not in story.body_html
    assert story.notes == (
        "left out: the picture ../away.jpg, no web address and no file beside the story",
    )


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('+++\ntitle = "x\n+++\nY.\n', "story.md:2: not TOML: Illegal character '\\n'."),
        ("+++\ntitle = [1]\n+++\nY.\n", "story.md:2: headline: must be text."),
        ('+++\ntitle = "x"\n\ntilte = "y"\n+++\nY.\n', "story.md:4: tilte: is not a field of a story; is 'title' meant?"),
        ('+++\ntitle = "x"\n', "story.md:1: the front matter is not closed by a line of +++."),
        ('{\n"title": "x",\n"tilte": "y"\n}\nY.\n', "story.md:3: tilte: is not a field of a story; is 'title' meant?"),
        ("+++\na = " + "[" * 3_000 + "\n+++\nY.\n", "story.md:1: the front matter is nested too deeply."),
        ("---\ntitle: x\ndate: soon\n---\nY.\n", "story.md:3: published_at: 'soon' is not a date."),
    ],
)  # fmt: skip
def test_a_mistake_has_its_line(text: str, mistake: str) -> None:
    with pytest.raises(StoryError) as caught:
        read(text)

    assert mistake in str(caught.value).split("\n")
