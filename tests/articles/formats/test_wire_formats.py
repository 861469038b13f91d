"""The same story in every format: the fields that each one carries."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from articles import markup
from articles.formats import READERS, read_stories, recognise
from articles.formats.story import Author, Dateline, LeadImage, Story, StoryError
from articles.formats.wire import Item
from tests.articles.formats import samples
from tests.articles.formats.samples import EVERY, JSON_FEED, NINJS_3, NITF, PLAIN_HTML, RSS, WXR

FILES = sorted(EVERY)


def read(name: str, content: bytes | None = None) -> Story:
    (story,) = read_stories(EVERY[name] if content is None else content, name=name, zone=UTC)
    return story


def read_ninjs(**changes: object) -> Story:
    return read("a.json", json.dumps({**NINJS_3, **changes}).encode())


def mistakes_in(name: str, content: bytes) -> list[str]:
    with pytest.raises(StoryError) as caught:
        read_stories(content, name=name, zone=UTC)
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_headline_body_dateline_and_time(name: str) -> None:
    story = read(name)

    assert story.headline == "The bridge is open"
    assert story.abstract == "It took nine years."
    assert story.byline == "Ann Lee"
    about = ("The Mayor",) if name == "ninjs3.json" else ()
    assert story.tags == ("Bridges", *about)
    assert story.published_at == datetime(2024, 12, 8, 9, 23, tzinfo=UTC)
    assert story.body_html.startswith("<p>It opened at ")
    assert story.dateline
    assert replace(story.dateline, style="") == Dateline(
        place="Damascus", country="SY", date=date(2024, 12, 8), source="AFP", style=""
    )
    assert (story.source, story.pub_status) == ("AFP", "usable")
    assert story.source_item_id


@pytest.mark.parametrize("name", FILES)
def test_a_body_from_outside_is_markdown_that_renders_as_itself(name: str) -> None:
    story = read(name)

    assert markup.render(story.body_markdown).html == story.body_html
    assert markup.list_objections(story.body_markdown) == []


@pytest.mark.parametrize(
    "name", [n for n in FILES if n not in {"feed.json", "feed.xml", "item.xml"}]
)
def test_a_picture_comes_with_its_caption(name: str) -> None:
    image = read(name).lead_image

    assert image
    assert image.caption == "The bridge at noon."


def test_ninjs_gives_all_its_fields() -> None:
    story = read("ninjs3.json")

    assert story.subheadline == "After nine years"
    assert (story.slug, story.section, story.language) == ("bridge-opens", "World", "en-GB")
    assert story.subjects == ("http://cv.iptc.org/newscodes/mediatopic/20000001",)
    assert story.authors == (Author("Ann Lee"),)
    assert (story.urgency, story.source_version, story.copyright_holder) == (4, "2", "AFP")
    assert story.lead_image == LeadImage(
        "The bridge at noon.", credit="Bo Park", url="https://afp.example/p.jpg"
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"pubStatus": "canceled", "bodies": []}, "canceled"),
        ({"pubStatus": "withheld"}, "withheld"),
        ({"pubstatus": "usable"}, "usable"),
    ],
)
def test_a_status_is_read(changes: dict[str, object], status: str) -> None:
    assert read_ninjs(**changes).pub_status == status


def test_an_embargo_is_read() -> None:
    story = read_ninjs(embargoedUntil="2030-01-01T00:00:00Z")

    assert story.embargoed_until == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Mon, 02 Dec 2024 10:00:00 CET", 9),
        ("Mon, 02 Dec 2024 10:00 jst", 1),
        ("Mon, 02 Dec 2024 10:00:00 EST", 15),
        ("Mon, 02 Dec 2024 10:00:00 +0100", 9),
        ("2024-12-02T10:00:00Z", 10),
        ("Mon, 02 Dec 2024 10:00:00", 5),  # the site's zone
        ("2024-12-02T10:00:00", 5),
    ],
)
def test_a_time_is_in_the_zone_that_it_names(text: str, hour: int) -> None:
    item = Item("a.xml", "entry 1", ZoneInfo("Asia/Karachi"))

    assert item.moment("published_at", text) == datetime(2024, 12, 2, hour, tzinfo=UTC)
    assert item.mistakes == []


@pytest.mark.parametrize("zone", ["XYZ", "ABST", "Europe/Nowhere", "UTZ"])
def test_a_time_in_an_unknown_zone_is_refused_and_not_taken_for_another(zone: str) -> None:
    item = Item("a.xml", "entry 1", UTC)

    assert item.moment("published_at", f"Mon, 02 Dec 2024 10:00:00 {zone}") is None
    assert f"is in the zone {zone}, which is not known" in str(item.mistakes[0])


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"uri": ""}, "item 1: uri: is missing."),
        ({"uri": 7}, "item 1: uri: must be text."),
        ({"version": [2]}, "item 1: version: must be text."),
        ({"urgency": "high"}, "item 1: urgency: 'high' is not a number from 1 to 9."),
        ({"urgency": 12}, "item 1: urgency: '12' is not a number from 1 to 9."),
        ({"headlines": []}, "item 1: headline: is missing."),
        ({"headlines": "x"}, "item 1: headlines: must be a list."),
        ({"headlines": [7]}, "item 1: headlines: must be an object."),
        ({"headlines": [{"value": "a" * 301}]}, "item 1: headline: has 301 characters; 300 are allowed."),
        ({"headlines": [{"value": "a\u202eb"}]}, r"item 1: headline: the character '\u202e' is not allowed."),
        ({"bodies": []}, "item 1: body: is empty."),
        ({"language": "english!"}, "item 1: language: 'english!' is not a language tag such as en or en-GB."),
        ({"firstCreated": "soon"}, "item 1: published_at: 'soon' is not a date and time."),
        ({"embargoedUntil": "x"}, "item 1: embargoed_until: 'x' is not a date and time."),
        ({"pubStatus": "retracted"}, "item 1: pub_status: 'retracted' is not usable, withheld or canceled."),
        ({"subjects": [{"name": f"t{n}"} for n in range(10_000)]}, "item 1: tags: has 10000 entries; 50 are allowed."),
        ({"subjects": [{"name": "t"}] * 10_001}, "item 1: subjects: has 10001 entries; 10000 are allowed."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_item_and_field(
    changes: dict[str, object], mistake: str
) -> None:
    content = json.dumps({**NINJS_3, **changes}).encode()

    found = mistakes_in("a.json", content)
    assert any(line.startswith(f"a.json: {mistake}") for line in found)


def test_the_stories_without_mistakes_come_with_the_mistakes() -> None:
    content = json.dumps([NINJS_3, {"uri": "tag:x.example,2024:1"}]).encode()

    with pytest.raises(StoryError) as caught:
        read_stories(content, name="a.json", zone=UTC)

    assert [story.slug for story in caught.value.stories] == ["bridge-opens"]
    assert {str(mistake)[:14] for mistake in caught.value.mistakes} == {"a.json: item 2"}


def test_pictures_without_text_are_left_out() -> None:
    content = json.dumps([NINJS_3, {"uri": "tag:x.example,2024:1", "type": "picture"}]).encode()

    assert len(read_stories(content, name="a.json", zone=UTC)) == 1


def test_a_plain_page_is_read_by_its_layout() -> None:
    story = read("page.html", PLAIN_HTML)

    assert story.headline == "The bridge is open"
    assert story.body_html.startswith("<p>The bridge opened at noon")
    assert "alert" not in story.body_html
    assert "Sport" not in story.body_html
    assert story.source_url == "https://afp.example/news/bridge"


def test_only_published_posts_of_an_export_are_read() -> None:
    (story,) = read_stories(WXR, name="export.xml", zone=UTC)

    assert (story.slug, story.section) == ("bridge-opens", "World")
    assert story.body_html == "<p>It opened at <em>noon</em>.</p>\n<p>With a band.</p>"


def test_nitfs_headings_become_ours() -> None:
    assert "<h3>Music</h3>" in read("story.nitf").body_html


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [("usable", "canceled", "canceled"), ("usable", "withheld", "withheld")],
)
def test_nitf_has_a_status(old: str, new: str, status: str) -> None:
    content = NITF.replace(f'"{old}"'.encode(), f'"{new}"'.encode())

    assert read("story.nitf", content).pub_status == status


def test_a_feed_without_items_is_no_mistake() -> None:
    content = json.dumps({**JSON_FEED, "items": []}).encode()

    assert read_stories(content, name="feed.json", zone=UTC) == []


def test_a_feed_that_is_not_quite_xml_is_read() -> None:
    content = RSS.replace(b"nine years", b"nine&nbsp;years & a day")

    assert read("feed.rss", content).headline == "The bridge is open"


def test_a_dateline_that_is_not_understood_stays_in_the_text() -> None:
    body = "<p>SOMEWHERE AT SEA, off the coast — The ship sank.</p>"
    story = read_ninjs(bodies=[{"value": body}])

    assert story.dateline is None
    assert story.body_html == body


def test_a_dateline_in_bold_is_understood() -> None:
    story = read_ninjs(bodies=[{"value": "<p><b>PARIS (AFP) –</b> It rained.</p>"}])

    assert story.dateline == Dateline(place="Paris", country="FR", source="AFP", style="ap")
    assert story.body_html == "<p>It rained.</p>"


def test_scripts_go_and_text_stays() -> None:
    body = (
        '<div onclick="x()">One<script>alert(1)</script></div><h1>Two</h1><img src="x">'
        '<a href="javascript:x()">three</a> <a href="/four">four</a>\u202e'
    )

    html = read_ninjs(bodies=[{"value": body}]).body_html

    assert html.startswith("<p>One</p><h2>Two</h2>")
    assert not any(
        bad in html for bad in ("alert", "onclick", "img", "javascript", "/four", "\u202e")
    )


@pytest.mark.parametrize("around", ["{}", "<blockquote>{}</blockquote>"])
def test_preformatted_text_keeps_its_blank_lines(around: str) -> None:
    code = "<pre>one\n\n \n  two\r\n\r\nthree</pre>"
    story = read_ninjs(bodies=[{"value": "<p>x</p>" + around.format(code) + "<p>y</p>"}])

    kept = around.format("<pre>one\n<br><br>  two\n<br>three</pre>")
    assert story.body_html == f"<p>x</p>{kept}<p>y</p>"
    assert markup.render(story.body_markdown).html == story.body_html


def test_newsml_1_is_refused_by_name() -> None:
    (mistake,) = mistakes_in(
        "a.xml", b'<?xml version="1.0"?><NewsML Version="1.2"><NewsItem/></NewsML>'
    )

    assert mistake == "a.xml: is NewsML 1, which is not read; ask the source for NewsML-G2."


def test_a_relative_link_leads_to_where_the_story_came_from() -> None:
    item = {**JSON_FEED["items"][0], "content_html": '<p><a href="../more?a=1&amp;b">More</a></p>'}
    content = json.dumps({**JSON_FEED, "items": [item]}).encode()

    assert 'href="https://afp.example/more?a=1&amp;b"' in read("feed.json", content).body_html


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a", samples.RSS, "rss"),
        ("a", samples.ATOM, "rss"),
        ("a", samples.WXR, "wxr"),
        ("a", samples.NITF, "nitf"),
        ("a", samples.NEWSML_G2, "newsml-g2"),
        ("a", samples.HTML, "html"),
        ("a", EVERY["feed.json"], "jsonfeed"),
        ("a", EVERY["ninjs1.json"], "ninjs"),
        ("a", b"---\nheadline: x\n---\n", "markdown"),
    ],
)
def test_a_format_is_recognised_by_its_content(name: str, content: bytes, kind: str) -> None:
    assert recognise(content, name=name) == kind
    assert kind in READERS


@pytest.mark.parametrize("content", [b"", b"hello", b"<svg/>", b"\x00\x01\xff"])
def test_content_of_an_unknown_format_is_refused(content: bytes) -> None:
    (mistake,) = mistakes_in("a.xml", content)

    assert mistake.endswith("is not a format we read.")
