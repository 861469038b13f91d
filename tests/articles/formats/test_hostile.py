"""Input meant to break a format reader: refused in one line, at once, and never with another error."""

import json
import re
import resource
import time
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.formats import READERS, bodies, read_stories
from articles.formats.datelines import recognise
from articles.formats.story import StoryError
from articles.formats.wire import FILE_BYTES
from articles.formats.xmltree import root_of
from tests.articles.formats.hostile import ENTRY_POINTS, GOOD, EntryPoint, repeated
from tests.articles.formats.samples import EVERY, NEWSML_G2, NINJS_3, NITF, RSS, WXR
from tests.profiles import examples

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
CHECKED = next(entry for entry in ENTRY_POINTS if entry.name.endswith("checked"))
MEMORY_KILOBYTES = 200 * 1024  # that one entry point may add to the process
WIRE = sorted(set(READERS) - {"markdown"})
XML = {"feed.rss": RSS, "story.nitf": NITF, "item.xml": NEWSML_G2, "export.wxr": WXR}


def refused(content: bytes, name: str) -> str:
    with pytest.raises(StoryError) as caught:
        read_stories(content, name=name, zone=UTC)
    return str(caught.value)


def with_doctype(content: bytes, doctype: str) -> bytes:
    text = content.decode().partition("?>\n")[2]
    if text.startswith("<!DOCTYPE"):
        text = text.partition(">\n")[2]
    return f'<?xml version="1.0"?>{doctype}{text}'.encode()


@pytest.mark.parametrize("name", XML)
def test_a_bomb_of_entities_is_refused_at_once(name: str) -> None:
    content = with_doctype(XML[name], BOMB).replace(b"The bridge is open", b"&i;")
    started = time.process_time()

    text = refused(content, name)

    assert "entities" in text or "not XML" in text
    assert time.process_time() - started < 1


@pytest.mark.parametrize("name", XML)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_external_entity_is_not_read(name: str, encoding: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    doctype = f'<!DOCTYPE x [<!ENTITY i SYSTEM "{secret.as_uri()}">]>'
    content = with_doctype(XML[name], doctype).replace(b"The bridge is open", b"&i;")
    if encoding == "utf-16":
        content = content.decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")

    text = refused(content, name)

    assert "entities" in text
    assert "hunter2" not in text


@pytest.mark.parametrize("kind", WIRE)
def test_more_than_five_megabytes_are_refused_unread(kind: str) -> None:
    with pytest.raises(StoryError, match=r"^x: the file has more than 5 MB\.$"):
        READERS[kind](b" " * (FILE_BYTES + 1), name="x", zone=UTC)


def test_a_list_that_is_too_long_is_refused() -> None:
    text = refused(
        json.dumps([{"uri": f"x{n}", "type": "picture"} for n in range(2001)]).encode(), "a.json"
    )

    assert "a.json: has more than 2000 items." in text


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 1_000_000,
        b'{"a":' * 100_000,
        b'{"uri": NaN}',
        b'{"uri": ' + b"1" * 5000 + b"}",
        b'{"uri": "\xff"}',
        b'[{"uri": "\\ud800", "headline": "\\ud800"}]',
        b"[1, null, []]",
        b'"x"',
    ],
    ids=lambda content: content[:12].decode("latin-1"),
)
def test_json_that_is_no_story_is_refused(content: bytes) -> None:
    assert refused(content, "a.json")


EVIL = (
    '<script>alert(1)</script><style>p {{}}</style><a href="javascript:alert(2)" onclick="alert(3)"'
    ' style="color: red">three</a><iframe src="https://evil.example/">x</iframe>{}four'
).format("\u202e")


@pytest.mark.parametrize("name", ["feed.rss", "story.nitf", "item.xml", "export.xml", "feed.json"])
def test_scripts_and_bidirectional_controls_are_removed_in_every_format(name: str) -> None:
    evil = json.dumps(EVIL)[1:-1] if name == "feed.json" else EVIL
    content = EVERY[name].replace(b"With a band.", b"With a band. " + evil.encode())

    (story,) = read_stories(content, name=name, zone=UTC)

    assert "three" in story.body_html
    assert "four" in story.body_html
    for bad in ("alert", "javascript", "onclick", "style", "iframe", "\u202e"):
        assert bad not in story.body_html


def test_a_deep_tree_is_refused() -> None:
    assert "not XML" in refused(b"<nitf>" + b"<a>" * 100_000, "a.nitf")


BAD_NAMES = {
    "a prefix that is not declared": b"<x:y/>",
    "no prefix": b"<:y/>",
    "no local name": b"<y:/>",
    "two prefixes": b"<x:y:z/>",
    "an attribute's undeclared prefix": b'<y x:z="1"/>',
    "an attribute without prefix": b'<y :z="1"/>',
    "an attribute without local name": b'<y z:="1"/>',
    "an empty namespace": b'<y xmlns:x=""><x:z/></y>',
    "braces in a namespace": b'<y xmlns:x="{u}v" x:a="1"><x:z/></y>',
    "a brace as the namespace": b'<y xmlns="}"><z/></y>',
}


@pytest.mark.parametrize("bad", BAD_NAMES.values(), ids=BAD_NAMES)
@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("export.xml", b"<item>"),  # in the channel
        ("export.xml", b"<title>p.jpg"),  # in an item
        ("export.xml", b"</channel>"),  # after the last item
        ("story.nitf", b"<head>"),
        ("item.xml", b"<contentMeta>"),
    ],
)
def test_a_name_that_is_no_qualified_name_is_refused(name: str, place: bytes, bad: bytes) -> None:
    content = EVERY[name]
    assert place in content

    assert "not XML" in refused(content.replace(place, bad + place, 1), name)


def test_an_export_with_an_undeclared_prefix_is_refused_with_the_line_of_its_first_use() -> None:
    text = refused(WXR.replace(b"xmlns:excerpt=", b"mlns:excerpt="), "export.wxr")

    assert re.fullmatch(
        r"export\.wxr:\d+: not XML: 'excerpt:encoded' is not a valid name;"
        r" is its prefix declared\?",
        text,
    )


UNIT = 60_000  # characters of harmless HTML, whose cleaning tells how fast this machine is


def cpu_seconds(entry: EntryPoint, text: str) -> float:
    started = time.process_time()
    entry(text)
    return time.process_time() - started


def least(entry: EntryPoint, text: str, times: int = 3) -> float:
    """Of several runs, since another process may have taken the caches of this one."""
    return min(cpu_seconds(entry, text) for _ in range(times))


@pytest.mark.parametrize("entry", ENTRY_POINTS, ids=lambda entry: entry.name)
def test_no_shape_takes_an_entry_point_much_longer_than_harmless_text(entry: EntryPoint) -> None:
    entry(repeated(GOOD, entry.characters))  # imports what it needs
    unit = least(ENTRY_POINTS[0], repeated(GOOD, UNIT))
    budget = 16 * least(entry, repeated(GOOD, entry.characters)) + 16 * unit
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    seconds = {part: cpu_seconds(entry, text) for part, text in entry.inputs()}

    slow = [part for part, taken in seconds.items() if taken > budget]
    assert not [part for part in slow if least(entry, repeated(part, entry.characters)) > budget]
    worst = max(seconds, key=lambda part: seconds[part])
    if (
        seconds[worst] > 4 * unit
    ):  # four times as much takes about four times as long, and not sixteen times
        once = least(entry, repeated(worst, entry.characters))
        assert least(entry, repeated(worst, 4 * entry.characters)) < 10 * max(once, 2 * unit)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < MEMORY_KILOBYTES


@pytest.mark.parametrize(
    "text",
    ["<div>" * 100_000, "<pre>" * 200_000, "<p><b x=1>" * 50_000, "<!--" * 25_000],
    ids=lambda text: text[:8],
)
def test_what_once_took_minutes_takes_less_than_a_hundred_times_what_harmless_text_takes(
    text: str,
) -> None:
    unit = least(ENTRY_POINTS[0], repeated(GOOD, UNIT))

    assert cpu_seconds(ENTRY_POINTS[0], text) < 100 * unit
    assert cpu_seconds(CHECKED, text[:100_000]) < 100 * unit


def test_the_first_bytes_of_a_feed_are_recognised_at_once() -> None:
    started = time.process_time()

    assert root_of(b" " * 240 + b"<?" * 20) == ""
    assert root_of(b"<!---->" * 9000 + b"<rss>") == "rss"
    assert (
        root_of(b'<?xml version="1.0"?>\n<!-- a > b -->\n<!DOCTYPE rss [<!ENTITY a "b">]>\n<rss>')
        == "rss"
    )
    assert time.process_time() - started < 1


def test_deep_and_wrongly_nested_elements_keep_their_text() -> None:
    deep = bodies.from_html("<p>" + "<b>" * 1000 + "deep" + "</b>" * 1000 + " <i>after</i></p>")
    wrong = bodies.from_html("<p><b><i>wrong</b>ly</i></p>" * 100)

    assert "deep" in deep
    assert "<i>after</i>" in deep
    assert deep.count("<b>") < 250
    assert wrong.count("wrong</i></b>ly") == 100


def test_a_body_of_a_million_characters_is_refused() -> None:
    content = json.dumps({**NINJS_3, "bodies": [{"value": "x" * 1_000_001}]}).encode()

    assert "a.json: item 1: body: has more than 1000000 characters." in refused(content, "a.json")


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A good document with a part cut out and something else put there."""
    name = draw(st.sampled_from(sorted(EVERY)))
    content = EVERY[name]
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, min(len(content), start + 200)))
    return name, content[:start] + draw(st.binary(max_size=40)) + content[end:]


@examples(0.5)
@given(damaged())
def test_no_damage_makes_a_reader_raise_anything_but_its_own_error(case: tuple[str, bytes]) -> None:
    name, content = case
    try:
        stories = read_stories(content, name=name, zone=UTC)
    except StoryError:
        return
    assert all(story.headline or story.pub_status != "usable" for story in stories)


@examples(0.5)
@given(st.sampled_from(sorted(READERS)), st.binary(max_size=300))
def test_no_bytes_make_a_reader_raise_anything_but_its_own_error(kind: str, content: bytes) -> None:
    assert_read_or_refused(kind, content)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3)
    ),
    max_leaves=6,
)


@examples(0.5)
@given(
    st.dictionaries(st.sampled_from([*NINJS_3, "keywords", "renditions", "altids"]), json_values)
)
def test_no_values_make_ninjs_raise_anything_but_its_own_error(changes: dict[str, object]) -> None:
    assert_read_or_refused("ninjs", json.dumps({**NINJS_3, **changes}).encode())


def assert_read_or_refused(kind: str, content: bytes) -> None:
    try:
        stories = READERS[kind](content, name="x", zone=UTC)
    except StoryError:
        return
    assert all(story.headline or story.pub_status != "usable" for story in stories)


@examples(0.5)
@given(st.text(max_size=200))
def test_a_dateline_is_never_longer_than_its_text(text: str) -> None:
    found = recognise(text)

    assert found is None or 0 < found.length <= len(text)
