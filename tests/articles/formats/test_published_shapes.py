"""Shapes that agencies, blogs and standards publish as examples: small invented files in their image, and the right result."""

import json
from typing import Any

import pytest

from articles.formats import bodies
from articles.formats.story import LeadImage
from articles.ingest import ingest_stories
from articles.models import Author
from tests.articles.formats.wires import (
    QUAY,
    entry,
    mistakes,
    news_item,
    nitf,
    post,
    rss,
    stories,
    story,
    wxr,
)

HEADLINE = "The ferry sails"
FRONT = "---\ntitle: The ferry sails\nlayout: post\n{}---\n\n"


def ninjs(**values: Any) -> bytes:
    item = {
        "uri": "tag:wire.example,2026:1",
        "type": "text",
        "headline": HEADLINE,
        "body_html": QUAY,
    }
    return json.dumps(item | values).encode()  # fmt: skip


def data(text: str, content_type: str = "text/plain") -> bytes:
    """An item whose text is plain, as some agencies send it."""
    inline = f'<contentSet><inlineData contenttype="{content_type}"><![CDATA[{text}]]></inlineData></contentSet>'
    return news_item(body=None).replace(b"</newsItem>", f"{inline}</newsItem>".encode())


def body_of(text: str) -> str:
    return story(wxr(post(text))).body_html


def test_lines_between_blocks_of_a_post_are_paragraphs() -> None:
    text = (
        "<strong>[dropcap]T[/dropcap]he</strong> ferry sails.\nEvery day.\n<h2>The quay</h2>\nIt is old.\n\n"
        "It is long.\n<ul>\n <li>Ropes</li>\n <li>Planks</li>\n</ul>\nThe end."
    )

    assert body_of(text).replace("\n", "") == (
        "<p><strong>The</strong> ferry sails.<br>Every day.</p><h2>The quay</h2><p>It is old.</p><p>It is long.</p>"
        "<ul> <li>Ropes</li> <li>Planks</li></ul><p>The end.</p>"
    )


def test_one_paragraph_element_does_not_make_the_others_of_a_post_one() -> None:
    text = 'The ferry sails.\n\n<p style="text-align:center">The quay.</p>\n\nIt is old.'

    assert body_of(text).count("<p>") == 3


def test_a_quotation_of_a_post_has_paragraphs_and_preformatted_text_stays() -> None:
    text = "<blockquote>One.\n\nTwo.</blockquote>\n<pre>a\n  b</pre>\n<hr>\nThree."

    assert body_of(text).replace(">\n<", "><") == (
        "<blockquote><p>One.</p><p>Two.</p></blockquote><pre>a\n  b</pre><hr><p>Three.</p>"
    )


def test_a_block_that_is_not_closed_loses_nothing() -> None:
    text = body_of("The ferry.\n\n<div>The quay.\n\nIt is old.")

    assert all(words in text for words in ("The ferry.", "The quay.", "It is old."))


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h2>Quay</h2>\nOld.", "<h2>Quay</h2><p>Old.</p>"),
        ("<p>One.</p> <b>Two.</b> <a>Three.</a><p>Four.</p>", "<p>One.</p><p><b>Two.</b> <a rel=\"noopener nofollow\">Three.</a></p><p>Four.</p>"),
        ("<p>One.</p><br>\n<br>Two.<br>", "<p>One.</p><p>Two.</p>"),
        ("<ul><li><p>One.</p> two</li></ul>", "<ul><li><p>One.</p> two</li></ul>"),
        ("<p>One.</p>\n\n<p>Two.</p>", "<p>One.</p>\n<p>Two.</p>"),
        ("<p>One.</p><hr>Two", "<p>One.</p><hr><p>Two</p>"),
    ],
)  # fmt: skip
def test_loose_text_is_a_paragraph(html: str, expected: str) -> None:
    first = bodies.from_html(html)

    assert first == expected
    assert bodies.from_html(first) == first


@pytest.mark.parametrize(
    "content",
    [
        news_item(body=f"<h1>{HEADLINE}</h1>{QUAY}"),
        news_item(content='<headline role="x:subtitle">Again</headline>', body=f"<h1>{HEADLINE}</h1><h2>Again</h2>{QUAY}"),
        news_item(body=f"<header><ul><li>Sport</li></ul><time>20.11.2026</time><h1>{HEADLINE}</h1></header><section>{QUAY}</section>"),
        nitf(f"<block><hl2>{HEADLINE}</hl2></block>{QUAY}"),
        rss(entry(f"<h1>{HEADLINE}</h1>{QUAY}")),
        ninjs(body_html=f"<article><h1>{HEADLINE}</h1>{QUAY}</article>"),
    ],
)  # fmt: skip
def test_a_body_does_not_begin_with_the_headline(content: bytes) -> None:
    assert story(content, "a.json" if content[:1] == b"{" else "a.xml").body_html == QUAY


def test_other_headings_at_the_head_of_a_body_stay() -> None:
    assert story(nitf(f"<hl2>By sea</hl2>{QUAY}")).body_html == f"<h3>By sea</h3>{QUAY}"


def test_a_header_of_a_page_leaves_the_dateline_at_the_head_of_the_text() -> None:
    header = f"<header><time>20.11.2026</time><h1>{HEADLINE}</h1></header>"
    text = '<p><span class="dateline">London <span>(dpa)</span> - </span>The ferry sails.</p>'
    content = news_item(content="<dateline>London (dpa) - </dateline>", body=header + text)

    found = story(content)

    assert found.dateline
    assert (found.dateline.place, found.dateline.source) == ("London", "dpa")
    assert found.body_html == "<p>The ferry sails.</p>"


@pytest.mark.parametrize("tag", ["hl2", "hl1"])
def test_a_subheadline_that_is_the_headline_is_none(tag: str) -> None:
    content = nitf().replace(b"</hedline>", f"<{tag}>The  Ferry Sails</{tag}></hedline>".encode())

    assert story(content).subheadline == ""


PLAIN = """
<p>
            (ANSA) - Rome, November 20 - The ferry sails again from
the old quay.
   "It is time," said the captain.
</p>"""
WIRE = """(Adds comments)
    * The quay is old

    By Ann Lee
    Nov 20 (Reuters) - The ferry sails from
the old quay.
    "It is time," said the captain.

 (Reporting by Ann Lee)"""


def test_text_that_is_said_to_be_plain_may_be_markup() -> None:
    found = story(data(PLAIN))

    assert "&lt;" not in found.body_html
    assert found.dateline
    assert (found.dateline.place, found.dateline.source) == ("Rome", "ANSA")
    assert found.body_html == (
        "<p>The ferry sails again from\nthe old quay.</p>\n<p>\"It is time,\" said the captain.</p>"
    )  # fmt: skip


@pytest.mark.parametrize("content", [data(WIRE), news_item(body=f"<p>{WIRE}</p>")])
def test_indented_lines_of_a_wire_begin_paragraphs(content: bytes) -> None:
    text = story(content).body_html

    assert text.count("<p>") == 6
    assert "<p>Nov 20 (Reuters) - The ferry sails from\nthe old quay.</p>" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.\n\nTwo.", ["One.", "Two."]),
        ("One is\nlong.\n   Two.", ["One is\nlong.", "Two."]),
        ("One is\n   long\n   here.", ["One is\n   long\n   here."]),  # the layout of a file
        ("\n   One is\n   long.\n", ["One is\n   long."]),
        ("One.\r\n\r\nTwo:\r\n    a;\r\n    b;\r\nthree", ["One.", "Two:", "a;", "b;\nthree"]),
        ("", []),
    ],
)
def test_paragraphs_of_plain_text(text: str, expected: list[str]) -> None:
    assert bodies.paragraphs(text) == expected


@pytest.mark.parametrize("text", ["a < b and c > d", "use <b> here", "the <p> tag", "x <br y"])
def test_plain_text_about_markup_is_text(text: str) -> None:
    assert not bodies.is_markup(text)


def test_a_place_may_be_stated_by_its_name_alone() -> None:
    found = story(news_item(content='<located type="cptype:city" literal="Rome"/>'))

    assert found.dateline
    assert found.dateline.place == "Rome"


@pytest.mark.parametrize("name", ["dw", "VRG", "lee.ann", "desk-4", "user17"])
def test_a_signature_is_no_person(name: str) -> None:
    found = story(news_item(content=f"<creator><name>{name}</name></creator>"))

    assert (found.byline, found.authors) == ("", ())
    assert f"left out: the signature {name}" in found.notes


@pytest.mark.parametrize("located", ["Ann B. Lee, Michigan", "Bo Park", "Ann B. Lee"])
def test_where_a_system_puts_the_writer_there_is_no_place(located: str) -> None:
    found = story(
        ninjs(located=located, byline="Ann B. Lee, Lake University", authors=[{"name": "Bo Park"}]),
        "a.json",
    )

    assert found.dateline is None


def test_a_place_that_is_nobody_stays() -> None:
    found = story(ninjs(located="Singapore", byline="By Ann Lee"), "a.json")

    assert found.dateline
    assert found.dateline.place == "Singapore"


@pytest.mark.parametrize("name", ["item", "items"])
def test_an_answer_of_an_api_lists_its_stories(name: str) -> None:
    listed = {
        "total": 2,
        name: [json.loads(ninjs()), json.loads(ninjs(uri="tag:wire.example,2026:2"))],
    }

    assert len(stories(json.dumps(listed), "a.json")) == 2


def picture(name: str, *, kind: str = "picture", **values: Any) -> dict[str, Any]:
    sizes = [
        {"href": f"https://wire.example/{name}-s.jpg", "contentType": "image/jpeg", "width": 256},
        {"href": f"https://wire.example/{name}.jpg", "contentType": "image/jpeg", "width": 2048},
    ]
    return {"name": name, "type": kind, "renditions": sizes, **values}


def test_each_picture_of_an_item_is_kept_photographs_before_drawings() -> None:
    described = [{"role": "alttext", "value": "A quay"}, {"role": "text", "value": "The quay."}]
    found = story(
        ninjs(
            associations=[
                picture("logo", kind="graphic"),
                picture("quay", descriptions=described, by="Bo Park"),
                picture("rope"),
            ]
        ),
        "a.json",
    )

    assert found.lead_image == LeadImage(
        "The quay.", "A quay", "Bo Park", url="https://wire.example/quay.jpg"
    )
    assert [each.url[21:] for each in found.pictures] == ["rope.jpg", "logo.jpg"]


def test_the_main_picture_comes_first() -> None:
    found = story(
        ninjs(associations=[picture("rope"), picture("featureMedia", kind="graphic")]), "a.json"
    )

    assert found.lead_image
    assert found.lead_image.url == "https://wire.example/featureMedia.jpg"


def test_a_smaller_size_of_a_picture_in_the_text_is_the_same_picture() -> None:
    text = f'{QUAY}<figure><img src="https://wire.example/quay-s.jpg" alt="A quay"></figure>'
    found = story(ninjs(body_html=text, associations=[picture("quay")]), "a.json")

    assert found.lead_image == LeadImage("", "A quay", url="https://wire.example/quay.jpg")
    assert found.pictures == ()


def test_players_beside_a_text_become_links_and_other_items_are_said() -> None:
    video = {"type": "video", "headlines": [{"value": "The crossing"}], "renditions": [
        {"href": "https://wire.example/v.jpg", "contentType": "image/jpeg"},
        {"href": "https://wire.example/v.mp4", "contentType": "video/mp4"},
    ]}  # fmt: skip
    chart = {"type": "text", "headlines": [{"value": "The timetable"}]}
    found = story(ninjs(associations=[video, chart]), "a.json")

    assert (
        '<a href="https://wire.example/v.mp4" rel="noopener nofollow">The crossing</a>'
        in found.body_html
    )
    assert "left out: text The timetable" in found.notes


def test_the_lead_of_an_item_is_its_standfirst() -> None:
    found = story(ninjs(descriptions=[{"role": "lead", "value": "After nine years."}]), "a.json")

    assert found.abstract == "After nine years."


def test_a_note_of_several_lines_keeps_its_words_apart() -> None:
    note = '<edNote><section xmlns="http://www.w3.org/1999/xhtml"><h3>Notes</h3><ul><li>One</li><li>Two</li></ul></section></edNote>'

    assert story(news_item(meta=note)).ed_note == "Notes One Two"


def test_a_picture_that_is_nowhere_leaves_no_caption() -> None:
    media = '<media media-type="image"><media-reference source="iJIJyyF0tiE"/><media-caption>The quay.</media-caption></media>'
    found = story(nitf(QUAY + media))

    assert (found.lead_image, found.pictures) == (None, ())
    assert "left out: the picture 'iJIJyyF0tiE', which is no web address" in found.notes


def test_the_source_of_a_wire_may_be_in_its_list_of_deliveries() -> None:
    identity = '<doc-id id-string="1"/><del-list><from-src src-name="PA"/></del-list>'

    assert story(nitf(identity=identity)).source == "PA"


ENCLOSURE = '<enclosure url="https://wire.example/quay.mp3" type="audio/mpeg" length="1"/>'
PODCAST = {
    "version": "https://jsonfeed.org/version/1.1", "title": "Wire", "items": [
        {"id": "1", "title": HEADLINE, "content_text": "It sails.", "attachments": [
            {"url": "https://wire.example/quay.mp3", "mime_type": "audio/mpeg", "title": "The quay by ear"},
            {"url": "https://wire.example/quay.pdf", "mime_type": "application/pdf"},
        ]},
    ],
}  # fmt: skip


def test_audio_of_a_feed_becomes_a_link() -> None:
    found = story(rss(entry("It sails.", more=ENCLOSURE)))

    link = '<a href="https://wire.example/quay.mp3" rel="noopener nofollow">wire.example</a>'
    assert found.body_html == f"<p>It sails.</p><p>{link}</p>"
    assert "as a link: https://wire.example/quay.mp3" in found.notes


def test_media_of_a_feed_that_are_named_twice_are_one_link() -> None:
    media = (
        '<media:content url="https://wire.example/v.mp4" type="video/mp4"><media:title>The crossing</media:title></media:content>'
        '<enclosure url="https://wire.example/v.mp4" type="video/mp4" length="1"/>'
    )
    text = story(rss(entry("It sails.", more=media))).body_html

    assert text.count("https://wire.example/v.mp4") == 1


def test_a_link_that_the_text_has_is_not_put_behind_it() -> None:
    text = '<p>It sails. <a href="https://wire.example/quay.mp3">Listen</a></p>'

    assert story(rss(entry(text, more=ENCLOSURE))).body_html.count("quay.mp3") == 1


def test_attachments_of_a_json_feed_become_links_and_others_are_said() -> None:
    found = story(json.dumps(PODCAST), "a.json")

    assert ">The quay by ear</a>" in found.body_html
    assert "left out: https://wire.example/quay.pdf" in found.notes


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<byline>By ANN LEE<byttl>WIRE Business Writer</byttl></byline>", [("Ann Lee", "WIRE Business Writer")]),
        ("<byline>By <person>Ann Lee</person><byttl>Foreign Editor</byttl></byline>", [("Ann Lee", "Foreign Editor")]),
        ("<byline>By Ann Lee, Foreign Editor</byline>", [("Ann Lee", "Foreign Editor")]),
        ("<byline><person>Ann Lee</person><byttl>Editor</byttl> and <person>Bo Park</person><byttl>Reporter</byttl></byline>",
            [("Ann Lee", "Editor"), ("Bo Park", "Reporter")]),
        ("<byline>By Ann Lee, Lake University</byline>", [("Ann Lee", "")]),
        ("<byline>By Ann Lee and Bo Park</byline>", [("Ann Lee", ""), ("Bo Park", "")]),
    ],
)  # fmt: skip
def test_the_title_of_a_byline_is_that_of_its_author(
    head: str, expected: list[tuple[str, str]]
) -> None:
    found = story(nitf(head=head))

    assert [(author.name, author.title) for author in found.authors] == expected
    assert not any("title" in note for note in found.notes)


def test_a_title_without_a_person_is_left_out_and_said() -> None:
    found = story(nitf(head="<byline><byttl>Sports Desk</byttl></byline>"))

    assert (found.byline, found.authors) == ("", ())
    assert "left out: the byline’s title Sports Desk" in found.notes


@pytest.mark.django_db
def test_an_author_gets_a_title_and_keeps_the_one_of_the_desk() -> None:
    head = "<byline>By <person>{}</person><byttl>Foreign Editor</byttl></byline>"
    Author.objects.create(slug="bo-park", name="Bo Park", job_title="Columnist")
    two = "<byline><person>Cy Ray</person></byline>"
    for number, each in enumerate((head.format("Ann Lee"), head.format("Bo Park"), two)):
        identity = f'<doc-id id-string="wire-{number}" regsrc="WIRE"/>'
        ingest_stories(stories(nitf(head=each, identity=identity)))

    titles = dict(Author.objects.values_list("name", "job_title"))

    assert titles == {"Ann Lee": "Foreign Editor", "Bo Park": "Columnist", "Cy Ray": ""}


@pytest.mark.parametrize(
    "summary", ["The ferry sails again from", "The ferry sails again from […]"]
)
def test_a_standfirst_that_begins_the_text_is_none_however_the_text_is_marked_up(
    summary: str,
) -> None:
    text = "<p>" + "<b><i></i></b>" * 300 + "The <em>ferry</em> sails again from the quay.</p>"

    assert (
        story(
            rss(entry(summary, more=f"<content:encoded><![CDATA[{text}]]></content:encoded>"))
        ).abstract
        == ""
    )


def test_a_standfirst_is_compared_by_whole_words() -> None:
    text = "<content:encoded><![CDATA[<p>The ferry sails againward.</p>]]></content:encoded>"

    assert story(rss(entry("The ferry sails again", more=text))).abstract == "The ferry sails again"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.<br><br>Two.<br />\n<br/><br>Three.", "<p>One.</p>\n<p>Two.</p>\n<p>Three.</p>"),
        ("<p>One.<br><br><b>Two.</b></p>", "<p>One.</p>\n<p><b>Two.</b></p>"),
        ("<p><b>One.<br><br>Two.</b></p>", "<p><b>One.<br><br>Two.</b></p>"),
        ("<p>One.<br>Two.</p>", "<p>One.<br>Two.</p>"),
        ("<ul><li>One.<br><br>Two.</li></ul>", "<ul><li>One.<br><br>Two.</li></ul>"),
    ],
)
def test_two_line_breaks_part_paragraphs(text: str, expected: str) -> None:
    assert bodies.from_html(text) == expected


@pytest.mark.parametrize(
    "code", ["[youtube https://video.example/1]", '[vimeo url="https://video.example/1"]']
)
def test_a_player_of_a_post_is_a_link(code: str) -> None:
    assert '<a href="https://video.example/1"' in body_of(f"One.\n\n{code}\n\nTwo.")


@pytest.mark.parametrize("code", ["[table id=5 /]", "[chart data=7]", "[spacer /]"])
def test_a_code_that_is_not_quoted_goes_and_is_said(code: str) -> None:
    found = story(wxr(post(f"One.\n\n{code}\n\nTwo [sic] and [see: 5].")))

    assert "[table" not in found.body_html
    assert found.body_html.count("[") == 2
    assert any(note.startswith("left out: [") for note in found.notes)


def test_a_picture_that_leads_to_its_file_is_that_file() -> None:
    found = story(wxr(post(
        '<a href="https://paper.example/wp/quay.jpg"><img src="https://paper.example/wp/quay-300x200.jpg" /></a>\n\n'
        '<a href="https://paper.example/wp/other.jpg"><img src="https://paper.example/wp/rope-300x200.jpg" /></a>'
    )))  # fmt: skip

    assert found.lead_image
    assert found.lead_image.url == "https://paper.example/wp/quay.jpg"
    assert [each.url for each in found.pictures] == ["https://paper.example/wp/rope-300x200.jpg"]


def test_an_author_behind_an_address_of_mail_keeps_the_name() -> None:
    found = story(rss(entry(more="<author>ann@wire.example (Ann Lee)</author>")))

    assert [author.name for author in found.authors] == ["Ann Lee"]


def test_the_summary_of_a_podcast_does_not_replace_a_longer_text() -> None:
    feed = rss(entry("The ferry sails again.", more="<itunes:summary>Ferry</itunes:summary>"))
    itunes = b'<rss xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '

    assert story(feed.replace(b"<rss ", itunes)).body_html == "<p>The ferry sails again.</p>"


def test_entities_of_a_standfirst_that_were_escaped_twice_are_characters() -> None:
    found = story(rss(entry("<p>Q&amp;amp;A &amp;#8211; yes</p>", title="Q&amp;amp;A", more="<content:encoded>Long text.</content:encoded>")))  # fmt: skip

    assert (found.headline, found.abstract) == ("Q&A", "Q&A – yes")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wed, 20 Nov 2024 10:00:00 Europe/Paris", "2024-11-20T10:00:00+01:00"),
        ("2024-07-20 10:00 America/New_York", "2024-07-20T10:00:00-04:00"),
        ("20 novembre 2024 à 10h00", "2024-11-20T10:00:00+00:00"),
        ("20. November 2024 um 10:00 CET", "2024-11-20T10:00:00+01:00"),
    ],
)
def test_times_and_zones_as_people_write_them(text: str, expected: str) -> None:
    found = story(rss(entry(more=f"<pubDate>{text}</pubDate>"))).published_at

    assert found
    assert found.isoformat() == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Wed, 20 Nov 2024 10:00:00 Europe/Nowhere", "the zone Europe/Nowhere, which is not known"),
        ("11/20/2024 10:00:00 AM", "is not a date and time"),
        ("2024-11-20 10:00 ../etc/passwd", "is not a date and time"),
    ],
)
def test_other_times_are_refused_for_what_is_wrong(text: str, reason: str) -> None:
    assert reason in mistakes(rss(entry(more=f"<pubDate>{text}</pubDate>")))


def test_paragraphs_of_a_caption_and_lines_of_a_headline_keep_their_words_apart() -> None:
    media = (
        '<media media-type="image"><media-reference source="https://wire.example/q.jpg"/>'
        "<media-caption><p>The <em>quay</em>.</p><p>At noon.</p></media-caption></media>"
    )
    content = nitf(QUAY + media).replace(b"The ferry sails", b"The ferry<br/>sails")

    found = story(content)

    assert found.headline == HEADLINE
    assert found.lead_image
    assert found.lead_image.caption == "The quay. At noon."


@pytest.mark.parametrize(("version", "urgency"), [(3, "4"), ("3", 4)])
def test_numbers_of_an_item_may_be_text(version: Any, urgency: Any) -> None:
    found = story(ninjs(version=version, urgency=urgency), "a.json")

    assert (found.source_version, found.urgency) == ("3", 4)


def test_what_a_text_says_of_itself_counts_where_its_item_is_silent() -> None:
    text = (
        '<contentSet><inlineXML contenttype="application/nitf+xml"><nitf xmlns="http://iptc.org/std/NITF/2006-10-18/"><body>'
        "<body.head><byline>By <person>Ann Lee</person><byttl>Editor</byttl></byline><dateline><location><city>Oslo</city>"
        "</location></dateline><abstract><p>In autumn.</p></abstract></body.head><body.content><p>It sails.</p>"
        "</body.content></body></nitf></inlineXML></contentSet>"
    )
    found = story(news_item(body=None).replace(b"</newsItem>", f"{text}</newsItem>".encode()))

    assert [(author.name, author.title) for author in found.authors] == [("Ann Lee", "Editor")]
    assert (found.byline, found.abstract, found.body_html) == (
        "Ann Lee",
        "In autumn.",
        "<p>It sails.</p>",
    )
    assert found.dateline
    assert found.dateline.place == "Oslo"


def test_footnotes_of_markdown_lead_to_their_place() -> None:
    text = (
        FRONT.format("")
        + "It sails.[^quay] Again.[^2]\n\n[^quay]: Since *noon*.\n[^2]: Twice.\n\nThe end[^3].\n"
    )
    html = story(text, "a.md").body_html

    assert '<sup><a href="#note-quay"' in html
    assert html.index('href="#note-2"') < html.index("The end[^3].") < html.index('id="note-quay"')
    assert "Since <em>noon</em>." in html
    assert "[^quay]" not in html


@pytest.mark.parametrize(
    ("begin", "end"),
    [("{{< highlight html >}}", "{{< /highlight >}}"), ("{% highlight ruby linenos %}", "{% endhighlight %}")],
)  # fmt: skip
def test_a_listing_of_a_blog_is_code(begin: str, end: str) -> None:
    found = story(
        FRONT.format("") + f"One.\n\n{begin}\n<p>Test</p>\n\n  two\n{end}\n\nTwo.\n", "a.md"
    )

    assert "&lt;p&gt;Test&lt;/p&gt;" in found.body_html
    assert found.body_html.count("<pre>") == 1
    assert not any("highlight" in note for note in found.notes)


def test_players_of_hugo_are_links() -> None:
    text = FRONT.format("") + '{{< youtube abc123 >}}\n\n{{< vimeo id="146022717" >}}\n'
    found = story(text, "a.md")

    assert '<a href="https://www.youtube.com/watch?v=abc123"' in found.body_html
    assert '<a href="https://vimeo.com/146022717"' in found.body_html
    assert "as a link: https://vimeo.com/146022717" in found.notes


def test_a_picture_below_the_root_of_a_blog_is_left_out_and_keeps_no_post_out() -> None:
    found = story(FRONT.format("image:\n  path: /img/quay.jpg\n") + "It sails.\n", "a.md")

    assert found.lead_image is None
    assert "left out: image" in found.notes
