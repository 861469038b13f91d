"""Generates input that makes parsers slow: a part that is repeated, in many shapes, for every entry point of foreign bytes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC

from articles import markup
from articles.desk.pasting import to_markdown
from articles.formats import READERS, bodies, bylines, datelines, recognise
from articles.formats.languages import language_tag
from articles.formats.page_head import read_page_head
from articles.formats.slugs import slug_of
from articles.formats.story import StoryError
from articles.formats.wire import read_moment
from articles.formats.xmltree import root_of

# fmt: off
ELEMENTS = [
    "div", "pre", "p", "b", "i", "a", "em", "table", "td", "tr", "li", "ul", "dl", "dt", "dd", "h1", "blockquote",
    "section", "figure", "figcaption", "form", "select", "option", "button", "font", "nobr", "svg", "math", "script",
    "style", "title", "textarea", "iframe", "object", "noscript", "template", "ruby", "rt", "caption", "thead",
    "del", "code", "span", "time", "x", "x:y",
]
MARKUP = [
    *(f"<{name}>" for name in ELEMENTS), *(f"</{name}>" for name in ("p", "div", "br", "table", "b")),
    "<ul><li>", "<dl><dt>", "<tr><td>", "<em><b>", "<b><p>", "<a><b>", "<pre>\n", "<pre>\n\n", "<p><br>", "<p>&nbsp;",
    "<b><i></b>", "</p><br>", "<p>x</p> <br> ", "<br> <br>", "<p>x<br><br>", "<b>x<br><br>", "<p>x</p>x", "<hr>x", "<div><table></div>", "<table><b>x", "<p><b></p>", "<svg><p>", "<math><mi><p>", "<select><p>",
    "<a href=x>y</a>", "<p>x</p>", "<img src=x>", "<br>", "<hr>", "<link>", "<meta>", "<!-- --!><div>", "<svg><title><b>",
    "<p ", "<a ", "<a b=\"", "<a b='", "<a b=", "<a href=\"x", "<img ", "<img src=\"", "</", "</p ", "<", "<<", "< ", "<>",
    "<!--", "<!-", "-->", "<!", "<?", "<?xml ", "<!DOCTYPE", "<![CDATA[", "]]>", "<!DOCTYPE a [", "<!ENTITY a 'b'>",
    "&", "&#", "&#x", "&amp;", "&lt;", "&nbsp;", "&am", "\u00a0", "\0", "\x0c", "\r", "\u202e",
]
COUNTED = ["<p><b x={}>", "<b x={}>", " x{}=1", "<x{}>", "<font x={}><p>", "&#{};", "<a href={}><div>", "<i id={}></p><p>",
    "<iframe src=http://a/{}></iframe>y", "<img src=http://a.b/{}>y", "<figure><img src=http://a.b/{}></figure>", "<video></video>y",
    "<p>http://a.b/{}</p>", "<a href='#{}' id={}>y</a>", "[gallery ids='{}']", "[caption]<img src=http://a.b/{}>[/caption]", "<div></div>",
    "&lt;b&gt;{}&lt;/b&gt;", "&lt;p x={}&gt;", "&amp;amp;", "![{}](http://a.b/{})", "<img class=emoji alt={}>y",
    "<a href=http://a.b/{}.jpg><img src=http://a.b/{}-10x10.jpg></a>", "[youtube http://a.b/{}]", "[a{} b=c]", "[^{}]", "\n[^{}]: x\n",
    "<blockquote>x{}\n\n", "<h2>{}</h2>",
]
TEXT = [
    "a", "a ", "a-", "A, ", "A. ", "AA ", "Aa ", "A'", "L'", "(", ")", "(a", "(a) ", "[", "[a", "]", "[a](", "![", "![a](x)", "[a]: ",
    "*", "**", "*a ", "**a", "_a_ ", "`", "``a`", "~", "~~a", "> ", "- ", "- a\n", "1. ", "1) a\n ", "#", "|", "|a\n", "|-", "\\", "\n",
    "\n\n", " \n", "\n ", "  ", "\t", "[x]", "[/x]", "[caption]", "[caption ", "[a b=\"", ",", ";", ": ", " - ", " — ", " _ ", "0", "12:",
    "1.", "1,", "-1", "By ", "and ", "A and ", ", photo ", ", photos by ", ", reporting by ", " in A", " with ", "\u0301", "\ufdfa", "İ", "中",
    "دمشق", "'", '"', "{", "}", '{"a":', '["', "[[", "!a ", "&a ", "*a ", "a: b\n", "? ", "- - ", "http://a ", "x@y.z ", "Jan 1", "(AFP) ",
    "\n   a", "\na\n   ", "\n{{< highlight a >}}\n", "\n{% highlight a %}\na\n", "\n{% endhighlight %}", "{{< youtube abc >}}",
]
# fmt: on
SHAPES = [*MARKUP, *COUNTED, *TEXT]
GOOD = "<p>The <b>bridge</b> is <a href='https://a.example/b'>open</a>, it said.</p>\n"
WXR = (
    "<rss xmlns:wp='http://wordpress.org/export/1.2/' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
    "<item><title>x</title><wp:post_type>post</wp:post_type><wp:status>publish</wp:status>"
    "<content:encoded><![CDATA[{}]]></content:encoded></item></channel></rss>"
)
RSS = (
    "<rss version='2.0'><channel><item><title><![CDATA[{0}]]></title><description><![CDATA[{0}]]></description>"
    "</item></channel></rss>"
)
NITF = "<nitf><body><body.content><p><![CDATA[{}]]></p></body.content></body></nitf>"
ITEM = (
    "<newsItem guid='x'><itemMeta/><contentSet><inlineData contenttype='text/html'><![CDATA[{}]]></inlineData></contentSet>"
    "</newsItem>"
)


def repeated(part: str, characters: int) -> str:
    """The part again and again; a counter where it has braces for one."""
    if part in COUNTED:
        numbers = range(characters // len(part))
        return "".join(part.format(number, number) for number in numbers)
    return (part * (characters // len(part) + 1))[:characters]


@dataclass(frozen=True)
class EntryPoint:
    """Where foreign text comes in, and how much of it each shape has in the test."""

    name: str
    read: Callable[[str], object]
    characters: int
    shapes: list[str]

    def __call__(self, text: str) -> None:
        try:
            self.read(text)
        except StoryError:
            return

    def inputs(self) -> Iterator[tuple[str, str]]:
        for part in self.shapes:
            yield part, repeated(part, self.characters)


def _file(kind: str, template: str = "{}") -> Callable[[str], object]:
    def read(text: str) -> object:
        inside = (
            text.replace("]]>", "").replace("\0", "").replace("\x0c", "")
            if "CDATA" in template
            else text
        )
        return READERS[kind](
            template.replace("{0}", inside).replace("{}", inside).encode(), name="x", zone=UTC
        )

    return read


def _ninjs(text: str) -> object:
    item = {
        "uri": "x",
        "headline": text,
        "by": text,
        "description_text": text,
        "body_html": text,
        "located": text,
    }
    return READERS["ninjs"](json.dumps(item).encode(), name="x", zone=UTC)


def _json_feed(text: str) -> object:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"title": text, "content_html": text, "date_published": text}],
    }
    return READERS["jsonfeed"](json.dumps(feed).encode(), name="x", zone=UTC)


def _json_ld(text: str) -> object:
    data = json.dumps(
        {"@type": text, "headline": text, "keywords": text, "author": text, "datePublished": text}
    )
    return READERS["html"](
        f"<html><script type='application/ld+json'>{data}</script></html>".encode(),
        name="x",
        zone=UTC,
    )


ENTRY_POINTS = [
    EntryPoint("body of foreign HTML", bodies.read, 40_000, MARKUP + COUNTED + TEXT[::8]),
    EntryPoint("headline", bodies.plain, 10_000, MARKUP + COUNTED),
    EntryPoint("paste at the desk", to_markdown, 10_000, MARKUP + COUNTED),
    EntryPoint("Markdown of the API and the desk: rendered", markup.render, 6_000, SHAPES),
    EntryPoint("Markdown of the API and the desk: checked", markup.list_objections, 6_000, SHAPES),
    EntryPoint("dateline", datelines.recognise, 20_000, TEXT),
    EntryPoint("dateline alone", lambda text: datelines.read(text, None), 20_000, TEXT),
    EntryPoint("byline", bylines.authors_of, 20_000, TEXT),
    EntryPoint("time", read_moment, 60, TEXT),
    EntryPoint("language", language_tag, 20_000, TEXT),
    EntryPoint("slug", slug_of, 20_000, TEXT),
    EntryPoint("first bytes", lambda text: root_of(text.encode()), 60_000, SHAPES),
    EntryPoint("format", lambda text: recognise(text.encode(), name="x"), 60_000, MARKUP),
    EntryPoint(
        "head of a page",
        lambda text: read_page_head(text.encode(), url="https://a.example/"),
        1_500,
        MARKUP + COUNTED,
    ),
    EntryPoint("page", _file("html"), 2_000, MARKUP + COUNTED),
    EntryPoint("JSON-LD of a page", _json_ld, 1_000, TEXT),
    EntryPoint("feed", _file("rss"), 4_000, SHAPES[::2]),
    EntryPoint("text of a feed", _file("rss", RSS), 5_000, SHAPES[::4]),
    EntryPoint("WordPress export", _file("wxr"), 30_000, MARKUP + COUNTED),
    EntryPoint("post of WordPress", _file("wxr", WXR), 6_000, SHAPES),
    EntryPoint("NITF", _file("nitf"), 30_000, MARKUP),
    EntryPoint("text of NITF", _file("nitf", NITF), 10_000, SHAPES[::4]),
    EntryPoint("NewsML-G2", _file("newsml-g2"), 30_000, MARKUP),
    EntryPoint("text of NewsML-G2", _file("newsml-g2", ITEM), 10_000, SHAPES[1::4]),
    EntryPoint("ninjs", _file("ninjs"), 30_000, TEXT),
    EntryPoint("texts of ninjs", _ninjs, 10_000, SHAPES[2::4]),
    EntryPoint("texts of JSON Feed", _json_feed, 10_000, SHAPES[3::4]),
    EntryPoint("Markdown file", _file("markdown"), 20_000, TEXT),
    EntryPoint("front matter", _file("markdown", "---\n{}\n---\nx"), 3_000, TEXT),
    EntryPoint(
        "text of a Markdown file",
        _file("markdown", "---\nheadline: x\n---\n{}"),
        5_000,
        SHAPES[::3],
    ),
]
