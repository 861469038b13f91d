"""Markdown of static blogs: the front matter of Jekyll, Hugo and Ghost, TOML, or a heading alone."""

from datetime import UTC, datetime

import pytest

from articles.formats.story import Author, LeadImage
from tests.articles.formats.wires import mistakes, story

JEKYLL = """---
layout: post
title:  "The ferry: again"
date:   2026-11-20 12:30:00 +0100
categories: [local, sea]
tags: boats, NO
author: Ann Lee
excerpt: It sails.
---

It sails *again*. {% include ad.html %}

![A quay](/a.jpg)

![The boat](https://paper.example/b.jpg "At dawn.")
"""
HUGO = """+++
title = "The ferry"
date = 2026-11-20T12:00:00Z
draft = false
tags = ["boats"]
authors = ["Ann Lee", "Bo Park"]
+++

It sails. {{< youtube abc >}}
"""
GHOST = """---
title: The ferry
slug: ferry
date: 2026-11-20T12:00:00.000Z
feature_image: https://paper.example/a.jpg
primary_tag: Local
lang: de
status: published
uuid: 7
---
It sails.
"""


def test_a_post_of_jekyll() -> None:
    found = story(JEKYLL, "post.md")

    assert (found.headline, found.abstract, found.byline) == (
        "The ferry: again",
        "It sails.",
        "Ann Lee",
    )
    assert (found.section, found.tags) == ("local", ("sea", "boats", "NO"))
    assert found.published_at == datetime(2026, 11, 20, 11, 30, tzinfo=UTC)
    assert found.body_html == "<p>It sails <em>again</em>.</p>"
    assert found.lead_image == LeadImage("At dawn.", "The boat", url="https://paper.example/b.jpg")
    assert set(found.notes) >= {
        "left out: layout", "left out: the picture /a.jpg", "left out: templates of the site’s program",
    }  # fmt: skip


def test_a_post_of_hugo() -> None:
    found = story(HUGO, "post.md")

    assert (found.headline, found.tags) == ("The ferry", ("boats",))
    assert found.authors == (Author("Ann Lee"), Author("Bo Park"))
    assert found.published_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert found.body_html == "<p>It sails. </p>".replace(" </p>", "</p>")


def test_a_post_of_ghost() -> None:
    found = story(GHOST, "post.md")

    assert (found.slug, found.section, found.language) == ("ferry", "Local", "de")
    assert found.lead_image
    assert found.lead_image.url == "https://paper.example/a.jpg"


@pytest.mark.parametrize(
    "text",
    [
        "# The ferry\n\nIt sails.\n",
        "The ferry\n=====\n\nIt sails.\n",
        "\n\n# The ferry #\nIt sails.",
    ],
)
def test_a_heading_is_the_headline(text: str) -> None:
    found = story(text, "post.md")

    assert (found.headline, found.body_html) == ("The ferry", "<p>It sails.</p>")


@pytest.mark.parametrize("draft", ["draft: true", "published: false", "status: draft"])
def test_a_draft_is_not_published(draft: str) -> None:
    assert story(f"---\ntitle: A\n{draft}\n---\nx\n", "post.md").pub_status == "withheld"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("---\ntitle: A\ncatgories: x\n---\nx\n", "post.md:3: catgories: is not a field of a story; is 'categories' meant?"),
        ("---\ntitle: A\nfrobnicate: x\n---\nx\n", "post.md:3: frobnicate: is not a field of a story."),
        ("+++\ntitle = \"A\"\nautor = \"x\"\n+++\nx\n", "post.md:3: autor: is not a field of a story; is 'author' meant?"),
        ("+++\ntitle = \n+++\nx\n", "post.md: not TOML: "),
        ("+++\ntitle = 'A'\nx\n", "post.md:1: the front matter is not closed by a line of +++."),
        ("---\ntitle: A\ndate: soon\n---\nx\n", "published_at: 'soon' is not a date and time."),
        ("---\ntitle: A\n---\n\n<form>\n", "<form> is not allowed."),
        ("---\ntitle: A\n---\n\n", "the body is empty."),
        ("Just a text.\n", "the file must begin with front matter between two lines of ---, or with a heading."),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused_with_its_line_and_a_hint_that_fits(
    text: str, mistake: str
) -> None:
    assert mistake in mistakes(text, "post.md")
