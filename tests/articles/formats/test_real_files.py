# ruff: noqa: RUF001
"""What real files of news people have in them: languages, shapes of ninjs, times, bylines, standfirsts, subjects."""

import datetime as dt
import json
from typing import Any

import pytest
from pytest_django import Settings

from articles.formats.story import Author
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

NINJS = {"uri": "tag:wire.example,2026:1", "type": "text", "versionCreated": "2026-11-20T10:00:00Z"}


def ninjs(**values: Any) -> bytes:
    return json.dumps({**NINJS, **values}).encode()


def page(head: str = "", body: str = "", attributes: str = "") -> bytes:
    text = "".join(
        f"<p>The bridge opened again on Friday after nine years of work, said the mayor in part {n}.</p>"
        for n in range(3)
    )
    return (
        f"<!doctype html><html {attributes}><head><meta charset='utf-8'><title>The bridge - Wire</title>{head}</head><body>"
        f"<article><h1>The bridge</h1>{body}{text}</article></body></html>"
    ).encode()


LANGUAGES = [
    (news_item(attributes='xml:lang="fi"'), "fi"),
    (news_item(attributes='xml:lang="fi"', content='<language tag="sv"/>'), "sv"),
    (news_item(attributes='xml:lang="fi"', body="<p>x</p>").replace(b"<body>", b'<body xml:lang="sv">'), "sv"),
    (nitf(attributes='baselang="pt-BR"'), "pt-BR"),
    (nitf(attributes='xml:lang="nb"'), "nb"),
    (rss(entry(more="<dc:language>cs</dc:language>"), channel="<language>de</language>"), "cs"),
    (rss(entry(), channel="<language>de-at</language>"), "de-AT"),
    (rss(entry()), "uk"),
    (nitf(), "uk"),
    (ninjs(headline="A", body_text="x"), "uk"),
    (page(attributes='lang="nl"', head='<meta property="og:locale" content="de_DE">'), "nl"),
    (page(head='<meta property="og:locale" content="nl_NL">'), "nl"),
    (page(head='<meta property="og:locale" content="de_AT">'), "de-AT"),
    (page(head='<meta http-equiv="Content-Language" content="nl, en">'), "nl"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "language"), LANGUAGES)
def test_the_language_is_that_of_the_nearest_statement_and_else_the_sites(
    content: bytes, language: str, settings: Settings
) -> None:
    settings.SITE_LANGUAGE = "uk"
    name = "a.json" if content[:1] == b"{" else "a.html" if b"doctype" in content else "a.xml"

    assert story(content, name).language == language


BODIES = [
    ({"bodies": [{"role": "text", "contentType": "text/plain", "value": "Plain."}, {"role": "html", "contentType": "text/html", "value": "<p>Rich.</p>"}]},
     "<p>Rich.</p>"),
    ({"bodies": [{"role": "web", "value": "<p>Rich.</p>"}]}, "<p>Rich.</p>"),
    ({"bodies": [{"role": "dateline", "value": "OSLO"}, {"role": "full", "value": "Plain.\n\nMore."}]}, "<p>Plain.</p>\n<p>More.</p>"),
    ({"bodies": [{"contentType": "application/xhtml+xml", "value": "<html><head><title>T</title></head><body><p>Rich.</p></body></html>"}]}, "<p>Rich.</p>"),
    ({"bodies": [{"contentType": "application/nitf+xml", "value": nitf("<p>Wire.</p>").decode()}]}, "<p>Wire.</p>"),
    ({"body_main": "Plain."}, "<p>Plain.</p>"),
    ({"body_xhtml": "<div><p>Rich.</p></div>", "body_text": "Plain."}, "<p>Rich.</p>"),
    ({"body_web": "<p>Rich.</p>"}, "<p>Rich.</p>"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "html"), BODIES)
def test_the_body_of_ninjs_is_the_richest_of_those_it_has(
    values: dict[str, Any], html: str
) -> None:
    assert story(ninjs(headline="A", **values), "a.json").body_html == html


@pytest.mark.parametrize(
    "values",
    [
        {"headline_main": "A", "headline_short": "B"},
        {"headlines": [{"role": "web", "value": "A"}, {"role": "short", "value": "B"}]},
        {"headlines": [{"value": "A"}]},
        {"headline": "A"},
        {"headline_web": "A"},
    ],
)
def test_the_headline_of_ninjs_in_every_shape(values: dict[str, Any]) -> None:
    assert story(ninjs(body_text="x", **values), "a.json").headline == "A"


def test_ninjs_as_superdesk_writes_it() -> None:
    item: dict[str, Any] = {
        "guid": "urn:newsml:desk.example:2026-11-20:1", "type": "text", "version": "3", "pubstatus": "usable",
        "headline": "The ferry sails", "body_html": QUAY, "byline": "Ann Lee", "service": [{"name": "Local", "code": "l"}],
        "authors": [{"code": "7", "name": "Ann Lee", "role": "writer"}], "place": [{"name": "Oslo"}], "source": "Desk",
        "associations": {"featuremedia": {"type": "picture", "description_text": "The quay.",
                         "renditions": {"original": {"href": "https://desk.example/a.jpg", "mimetype": "image/jpeg"}}}},
    }  # fmt: skip

    found = story(json.dumps(item).encode(), "a.json")

    assert (found.source_item_id, found.source, found.section) == (item["guid"], "Desk", "Local")
    assert (found.authors, found.tags) == ((Author("Ann Lee"),), ("Oslo",))
    assert found.lead_image
    assert found.lead_image.url == "https://desk.example/a.jpg"


def test_names_of_what_a_story_is_about_become_tags() -> None:
    subjects = (
        '<subject qcode="inv:pol"><name>Politics</name></subject><subject type="cpnat:person" qcode="p:1"><name>Ann Lee</name>'
        '</subject><subject qcode="medtop:20000001"><name>arts</name></subject><keyword>sea</keyword>'
    )
    things = {
        "places": [{"name": "Tuscany"}],
        "organisations": [{"name": "Costa"}],
        "located": "Grosseto, Italy",
    }
    wire = '<identified-content><person>Bo Park</person></identified-content><key-list><keyword key="sea"/></key-list>'

    assert story(news_item(content=subjects)).tags == ("sea", "Politics", "Ann Lee")
    assert story(nitf(docdata=wire)).tags == ("sea", "Bo Park")
    found = story(ninjs(headline="A", body_text="x", **things), "a.json")
    assert found.tags == ("Costa", "Tuscany")
    assert found.dateline
    assert (found.dateline.place, found.dateline.region, found.dateline.country) == (
        "Grosseto",
        "Italy",
        "IT",
    )


TIMES = {
    "Wed, 04 Sep 2024 10:00:00 CET": "09:00",
    "Wed, 04 Sep 2024 10:00:00 EET": "08:00",
    "Wed, 04 Sep 2024 10:00:00 AEST": "00:00",
    "Wed, 04 Sep 2024 10:00:00 IST": "04:30",
    "Wed, 04 Sep 2024 10:00:00 BST": "09:00",
    "Wed, 04 Sep 2024 10:00:00 EST": "15:00",
    "Wed, 4 Sept 2024 10:00:00 GMT": "10:00",
    "Wednesday, 4 September 2024 10:00:00 +0200": "08:00",
    "04.09.2024 10:00": "10:00",
    "4. 9. 2024, 10:00 MESZ": "08:00",
    "Wed Sep 04 10:00:00 PST 2024": "18:00",
    "Wed Sep  4 10:00:00 2024": "10:00",
    "Mi, 04 Sep 2024 10:00:00 +0200": "08:00",
    "mer., 04 sept. 2024 10:00:00 +0200": "08:00",
    "Ср, 04 сен 2024 10:00:00 +0300": "07:00",
    "4 de septiembre de 2024 10:00": "10:00",
    "September 4, 2024 10:00 am EDT": "14:00",
    "Sep 4, 2024, 12:00 p.m.": "12:00",
    "2024-09-04T10:00:00.000+02:00": "08:00",
    "2024-09-04 10:00:00 UTC": "10:00",
    "2024-09-04 10:00:00 GMT+2": "08:00",
    "2024-09-04T10:00": "10:00",
    "20240904T100000Z": "10:00",
    "Tue, 03 Sep 2024 24:00:00 GMT": "00:00",
    "Wed, 04 Sep 2024 10:00:00 +0000 (UTC)": "10:00",
    "4 September 2024": "00:00",
}


@pytest.mark.parametrize(("text", "expected"), TIMES.items())
def test_a_time_as_feeds_write_it(text: str, expected: str) -> None:
    found = story(rss(entry(more=f"<pubDate>{text}</pubDate>"))).published_at

    assert found
    assert found.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M") == f"2024-09-04 {expected}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1725444000", "is not a date and time"),
        ("20/11/2026", "is not a date and time"),
        ("soon", "is not a date and time"),
        ("Wed, 04 Sep 2024 25:00:00 GMT", "is not a date and time"),
        ("Wed, 04 Sep 2024 24:00:01 GMT", "is not a date and time"),
        ("32.09.2024 10:00", "is not a date and time"),
        ("Wed, 04 Sep 2024 10:00:00 XYZT", "is in the zone XYZT, which is not known"),
        ("2024-09-04 10:00:00 Mars/Base", "is in the zone Mars/Base, which is not known"),
    ],
)
def test_a_time_that_would_have_to_be_guessed_is_refused(text: str, reason: str) -> None:
    assert f"published_at: {text!r} {reason}." in mistakes(
        rss(entry(more=f"<pubDate>{text}</pubDate>"))
    )


PAGE_TIMES = [
    ('<meta property="article:published_time" content="2026-11-20T10:00:00+01:00">', ""),
    ("", '<time itemprop="datePublished" datetime="2026-11-20T10:00:00+01:00">20 November</time>'),
    ('<meta name="parsely-pub-date" content="2026-11-20T09:00:00Z">', ""),
    ("", '<meta itemprop="datePublished" content="2026-11-20T09:00:00Z">'),
]


@pytest.mark.parametrize(("head", "body"), PAGE_TIMES)
def test_a_page_states_when_it_was_published(head: str, body: str) -> None:
    assert story(page(head, body), "a.html").published_at == dt.datetime(
        2026, 11, 20, 9, tzinfo=dt.UTC
    )


def test_a_date_that_is_only_written_on_a_page_is_no_time_of_publication() -> None:
    found = story(
        page(
            body='<p class="byline">By Ann Lee</p><p>Friday, 20 November 2026</p>',
            head='<meta name="author" content="Ann Lee">',
        ),
        "a.html",
    )

    assert found.published_at is None
    assert (found.byline, found.authors) == ("Ann Lee", (Author("Ann Lee"),))
    assert "By Ann Lee" not in found.body_html


def test_an_embargo_by_the_status_of_nitf() -> None:
    found = story(
        nitf(status='management-status="embargoed"', date='<date.release norm="20270101T100000Z"/>')
    )

    assert found.embargoed_until == dt.datetime(2027, 1, 1, 10, tzinfo=dt.UTC)


def test_audio_and_video_beside_the_text_are_named_as_links() -> None:
    media = (
        '<enclosure url="https://wire.example/a.mp3" type="audio/mpeg" length="1"/>'
        '<media:content url="https://wire.example/v.mp4" type="video/mp4"/>'
    )
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [
        {"id": "1", "title": "A", "content_text": "x", "attachments": [{"url": "https://wire.example/a.mp3", "mime_type": "audio/mpeg"}]},
    ]}  # fmt: skip

    assert set(story(rss(entry(more=media))).notes) >= {
        "as a link: https://wire.example/a.mp3", "as a link: https://wire.example/v.mp4",
    }  # fmt: skip
    assert "as a link: https://wire.example/a.mp3" in story(json.dumps(feed), "a.json").notes


def test_the_same_person_is_one_author() -> None:
    found = story(rss(entry(more="<author>Ann Lee</author><dc:creator>Ann Lee</dc:creator>")))

    assert (found.byline, found.authors) == ("Ann Lee", (Author("Ann Lee"),))


def test_a_long_list_of_authors_has_no_limit_of_length() -> None:
    names = [
        f"{first} {last}"
        for first in ("Ann", "Bo", "Cy", "Di", "Ed")
        for last in ("Underhillmoor", "Longname", "Wintergarden")
    ]

    found = story(rss(entry(more=f"<dc:creator>{', '.join(names)}</dc:creator>")))

    assert [author.name for author in found.authors] == names
    assert found.byline == ""
    numbered = ", ".join(f"Author Number{n} Longname" for n in range(8))
    assert len(story(rss(entry(more=f"<dc:creator>{numbered}</dc:creator>"))).authors) == 8


def test_elements_of_a_byline_are_joined_by_a_space_and_a_title_is_no_name() -> None:
    found = story(nitf(head="<byline>By ANN LEE<byttl>WIRE Business Writer</byttl></byline>"))

    assert (found.byline, found.authors) == ("Ann Lee", (Author("Ann Lee"),))
    assert found.authors[0].title == "WIRE Business Writer"
    assert (
        story(
            news_item(content="<by>By Ann Lee</by><creator><name>Ann Lee</name></creator>")
        ).byline
        == "Ann Lee"
    )
    assert (
        story(nitf(head="<byline><person>Ann Lee</person><person>Bo Park</person></byline>")).byline
        != "Ann LeeBo Park"
    )


@pytest.mark.parametrize(
    "summary",
    [
        "The quay reopened after nine years.",
        "The quay reopened after […]",
        "The quay reopened …",
        "<p>The quay reopened</p> Read more",
    ],
)
def test_a_summary_that_only_repeats_the_text_is_no_standfirst(summary: str) -> None:
    content = "<content:encoded><![CDATA[<p>The quay reopened after nine years.</p><p>It was late.</p>]]></content:encoded>"

    assert story(rss(entry(summary, more=content))).abstract == ""
    assert story(rss(entry("Nine years of work.", more=content))).abstract == "Nine years of work."
    assert story(rss(entry("The quay reopened after nine years."))).abstract == ""


def test_the_headline_and_the_summary_of_newsml() -> None:
    headline = (
        '<headline xml:lang="en">The quay</headline><headline xml:lang="fr">Le quai</headline>'
    )
    content = '<description role="drol:caption">cap</description><description>Plain summary.</description>'

    found = story(news_item(headline=headline, content=content, attributes='xml:lang="fr"'))

    assert (found.headline, found.abstract) == ("Le quai", "Plain summary.")
    assert story(news_item(headline=headline)).headline == "The quay"


def test_nitf_without_a_number_has_another_identity() -> None:
    assert story(nitf(identity='<du-key key="ferry" generation="1"/>')).source_item_id == "ferry"
    assert story(nitf(identity="", attributes='uno="urn:wire:7"')).source_item_id == "urn:wire:7"


def test_a_post_without_a_title_gets_its_first_words_and_links_are_those_of_the_channel() -> None:
    found = story(rss("<item><description>See &lt;a href='/o'&gt;o&lt;/a&gt;.</description><link>/story/13</link>"
                      "<enclosure url='/p.jpg' type='image/jpeg'/></item>"))  # fmt: skip

    assert found.headline == "See o ."
    assert found.source_url == "https://wire.example/story/13"
    assert 'href="https://wire.example/o"' in found.body_html
    assert found.lead_image
    assert found.lead_image.url == "https://wire.example/p.jpg"


def test_a_soft_hyphen_parts_no_words_of_a_slug() -> None:
    found = story(rss(entry(title="Donau\u00addampf\u00adschiff fährt")))

    assert found.slug == "donaudampfschiff-fahrt"


def test_the_largest_picture_of_a_group_has_its_own_words() -> None:
    group = (
        '<media:group><media:content url="https://wire.example/s.jpg" width="300" type="image/jpeg"/>'
        '<media:content url="https://wire.example/l.jpg" width="1200" type="image/jpeg"><media:description>The quay.'
        "</media:description><media:credit>Bo Park</media:credit></media:content>"
        '<media:content url="https://wire.example/v.mp4" type="video/mp4" width="1920"/></media:group>'
    )

    found = story(rss(entry(more=group))).lead_image

    assert found
    assert (found.url, found.caption, found.credit) == (
        "https://wire.example/l.jpg",
        "The quay.",
        "Bo Park",
    )


def test_a_byline_above_the_text_goes_where_the_story_has_it_too() -> None:
    author = "<dc:creator>Ann Lee</dc:creator>"
    text = "By Ann Lee\nHarare, July 19 (INV) - The firm sells."

    found = story(wxr(post(text).replace("<dc:creator>ann</dc:creator>", author)))

    assert found.body_html == "<p>The firm sells.</p>"
    assert found.dateline
    assert found.dateline.place == "Harare"
    assert len(stories(wxr(post(text)))) == 1
