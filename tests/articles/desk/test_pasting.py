"""What editors paste from other programs."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.desk.pasting import to_markdown
from articles.markup import list_objections, render
from articles.roles import Role
from tests.articles.desk.client import LIST, sign_in
from tests.articles.test_markup import HOSTILE, assert_harmless

PASTED = Path(__file__).parent / "pasted"
TEXT = """\
The council voted **nine to four** for the *new* quay, said [its minutes](https://example.org/council?id=1&page=2){note}.

- Dredging begins in May
  - in the **outer** basin
- The ferry moves

In this order:

1. Tender
2. Contract"""


def test_a_text_of_word_keeps_its_links_headings_and_lists() -> None:
    pasted = to_markdown((PASTED / "word.html").read_text())

    headings = "## The harbour\n\n## What the council decided\n\n"
    assert pasted == headings + TEXT.format(note=r"\[1]")


def test_a_text_of_google_docs_keeps_its_links_headings_and_lists() -> None:
    pasted = to_markdown((PASTED / "google-docs.html").read_text())

    assert pasted == "## What the council decided\n\n" + TEXT.format(note="")


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ('<p role="heading" aria-level="3">A</p><p><b>b</b></p>', "### A\n\n**b**"),
        ("<p><span style='font-style:italic;font-weight:bold'>x</span></p>", "***x***"),
        ("<p>H<span style='vertical-align:sub'>2</span>O</p>", "H<sub>2</sub>O"),
        ("<h2><span style='font-weight:700'>x</span> <b>y</b></h2>", "## x y"),
        ("<table><tr><td>a</td><td>b|c</td></tr></table>", "| a | b\\|c |\n| --- | --- |"),
        ("<blockquote>Said <s>not</s></blockquote>", "> Said ~~not~~"),
        ("<a href='https://a.example/x_(y'>b</a>", "[b](https://a.example/x_%28y)"),
        ("<a href='/only/there'>b</a> <i>c</i>", "b *c*"),
        ("<a href='https://[x'>b</a> <i>c</i>", "b *c*"),
        (
            "<b>a</b><img src=https://a.example/x.png><ul><li>x</li><ul><li>y</ul></ul>",
            "**a**\n\n- x\n  - y",
        ),
        (
            "<p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>a)</span>x</p>"
            "<p style='mso-list:l0 level1 lfo1'>y</p><p>z</p>",
            "1. x\n\n- y\n\nz",
        ),
    ],
)
def test_each_structure_has_its_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


@pytest.mark.parametrize(
    "words",
    [
        "1. not a list",
        "2) nor this",
        "# no heading",
        "- no list",
        "> no quotation",
        "*no* _emphasis_ `code` [no](link) <b>no tag</b> &lt; \\",
        "file_name and 2 * 3",
        "AT&T",
    ],
)
def test_words_that_look_like_markdown_stay_words(words: str) -> None:
    escaped = words.replace("&", "&amp;").replace("<", "&lt;")

    html = render(to_markdown(f"<p>{escaped} <i>e</i></p>")).html

    assert html == f"<p>{escaped.replace('>', '&gt;')} <em>e</em></p>"


@pytest.mark.parametrize(
    "html",
    [
        "",
        "plain",
        "<div style='color:red'><span>**code** # of an editor</span></div>",
        "<p>two</p><p>paragraphs</p>",
        "<b>" * 5_000 + "too deep",
    ],
)
def test_what_is_only_words_is_left_to_the_browser(html: str) -> None:
    assert to_markdown(html) == ""


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(HOSTILE)
        | st.sampled_from(
            ["<b>", "<ul>", "<li>", "<p style='mso-list:l0 level2 lfo1'>", "</p>", "<"]
        )
        | st.text(max_size=8),
        max_size=10,
    ).map("".join)
)
def test_nothing_pasted_is_active(html: str) -> None:
    markdown = to_markdown(html)

    assert_harmless(render(markdown).html)
    assert [each for each in list_objections(markdown) if not each.is_picture] == []


@pytest.mark.django_db
def test_the_desk_converts_for_those_who_write() -> None:
    pasted = {"html": "<h2>A</h2><p>b"}

    answer = sign_in(Role.AUTHOR).post(f"{LIST}paste/", pasted)

    assert answer.json() == {"markdown": "## A\n\nb"}
    assert sign_in(Role.STATISTICS).post(f"{LIST}paste/", pasted).status_code in {403, 404}
    assert sign_in(Role.AUTHOR).get(f"{LIST}paste/").status_code == 404
