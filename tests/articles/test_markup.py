"""Markdown becomes HTML without active content."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from articles.markup import (
    ALLOWED_ATTRIBUTES,
    ALLOWED_SCHEMES,
    ALLOWED_TAGS,
    count_words,
    list_hidden_pictures,
    list_objections,
    render,
    sanitise,
    with_absolute_pictures,
    with_dateline,
)

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</script>",
    "<iframe src=https://evil.example></iframe>",
    "<object data=x></object>",
    "<embed src=x>",
    "<form action=/steal><input name=a></form>",
    "<style>*{display:none}</style>",
    "<svg onload=alert(1)>",
    "<math><a xlink:href=javascript:alert(1)>x</a></math>",
    "<p onclick=alert(1)>x</p>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    '<a href=" \x01JaVaScRiPt:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "<a href='vbscript:x'>x</a>",
    "[x](javascript:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](<data:text/html;base64,AAAA>)",
    "<vbscript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '<p style="position:fixed">x</p>',
    "<meta http-equiv=refresh content=0>",
    "<base href=//evil.example>",
]


class Seen(HTMLParser):
    """Every tag and attribute that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def assert_harmless(html: str) -> None:
    seen = Seen(html)
    assert seen.tags <= ALLOWED_TAGS
    for tag, name, value in seen.attributes:
        assert (tag, name) == ("a", "rel") or name in ALLOWED_ATTRIBUTES[tag]
        if name == "href":
            # What the URL standard accepts as a scheme, after what browsers drop from a link.
            link = re.sub(r"[\x00-\x20]", "", unquote(value))
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", link, re.IGNORECASE)
            assert scheme is None or scheme[1].lower() in ALLOWED_SCHEMES


@pytest.mark.parametrize("text", HOSTILE)
def test_active_content_is_named_and_removed(text: str) -> None:
    objections = list_objections(f"First line.\n\n{text}\n")

    assert objections[0].line >= 3
    assert_harmless(render(text).html)


@given(
    st.lists(
        st.sampled_from(HOSTILE)
        | st.sampled_from(["<", ">", '"', "`", "\n", "\n\n", "[", "](", ")", "*", "&#10;", "    "])
        | st.text(max_size=8),
        max_size=12,
    ).map("".join)
)
def test_no_active_content_survives_any_mixture(text: str) -> None:
    assert_harmless(render(text).html)


def test_every_objection_has_its_line() -> None:
    text = "one\ntwo <b onclick=x>\nthree [x](javascript:x)\n\n- four\n- five <script>\n\n<div>\n<form>\n"

    objections = [(objection.line, objection.text) for objection in list_objections(text)]

    assert objections == [
        (2, "the attribute 'onclick' is not allowed."),
        (3, "a link to 'javascript:' is not allowed."),
        (6, "<script> is not allowed."),
        (9, "<form> is not allowed."),
    ]


OWN = f"/media/pictures/ab/{'ab' * 32}/1280w.jpg"


@pytest.mark.parametrize(
    "text",
    [
        f"![The bridge]({OWN})",
        f"![The bridge]({settings.SITE_URL}{OWN})",
        f'<img src="{OWN}" alt="The bridge">',
    ],
)
def test_a_picture_of_the_library_is_shown(text: str) -> None:
    assert list_objections(text) == []
    assert f'<img src="{OWN}" alt="The bridge">' in render(text).html
    absolute = with_absolute_pictures(render(text).html)
    assert f'<img src="{settings.SITE_URL}{OWN}" alt="The bridge">' in absolute


@pytest.mark.parametrize(
    "text",
    [
        "![The bridge](https://example.org/bridge.jpg)",
        "![The bridge](//example.org/media/pictures/x.jpg)",
        "![The bridge](data:image/png;base64,AAAA)",
        f"![The bridge]({OWN}?x=1)",
        f"![The bridge](/media/pictures/../{OWN})",
        "<img src=https://example.org/pixel.gif alt=x>",
        "<picture></picture>",
        "<video src=x></video>",
    ],
)
def test_readers_load_no_picture_of_another_site(text: str) -> None:
    objections = list_objections(f"First.\n\n{text}\n")

    assert [(each.line, each.is_picture) for each in objections] == [(3, True)]
    assert list_hidden_pictures(f"First.\n\n{text}\n") == objections
    assert "<img" not in render(text).html
    assert_harmless(render(text).html)


def test_a_path_in_a_body_from_elsewhere_is_no_picture_of_this_site() -> None:
    assert sanitise(f'<p><img src="{OWN}">x</p>', is_foreign=True) == "<p>x</p>"
    whole = sanitise(f'<img src="{settings.SITE_URL}{OWN}">', is_foreign=True)
    assert whole == f'<img src="{OWN}">'


@pytest.mark.parametrize(
    "text",
    [
        "`<script>` in code",
        "```\n<script>alert(1)</script>\n```",
        "[a](https://example.org/?q=javascript:x)",
        "[a](/articles/javascript:x/)",
        "<div><span>kept</span></div>",
        "mail <editor@example.org>",
    ],
)
def test_harmless_markup_is_accepted(text: str) -> None:
    assert list_objections(text) == []


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("*so* **it** ~~is~~", "<p><em>so</em> <strong>it</strong> <s>is</s></p>"),
        ("# One\n\n##### Five", "<h2>One</h2>\n<h4>Five</h4>"),
        (
            '[a](https://example.org "t")',
            '<p><a href="https://example.org" title="t" rel="noopener nofollow">a</a></p>',
        ),
        ("<div>kept</div>", "kept"),
        ("https://example.org", "<p>https://example.org</p>"),
        ("H<sub>2</sub>O", "<p>H<sub>2</sub>O</p>"),
    ],
)
def test_markdown_becomes_plain_html(markdown: str, html: str) -> None:
    assert render(markdown).html == html


def test_a_table_keeps_its_cells() -> None:
    html = render("|a|b|\n|:-|-|\n|1|2|").html

    assert "<th>a</th>" in html
    assert "<td>2</td>" in html


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>one two</p><p>three</p>", 3),
        ("<p>un<em>believ</em>able</p>", 1),
        ("<p>It\u2019s 1,200 non-stop &amp; fine</p>", 4),
        ("<p>—</p>", 0),
    ],
)
def test_words_are_counted_as_readers_see_them(html: str, words: int) -> None:
    assert count_words(html) == words


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("<p>It.</p>", '<p><span class="dateline">R&amp;D —</span> It.</p>'),
        ("<h2>It</h2>", '<p><span class="dateline">R&amp;D —</span></p>\n<h2>It</h2>'),
    ],
)
def test_the_dateline_opens_the_first_paragraph(body: str, html: str) -> None:
    assert with_dateline(body, "R&D —") == html
    assert with_dateline(body, "") == body
