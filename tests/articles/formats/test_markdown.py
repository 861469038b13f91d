"""Story files: their fields, and every mistake named with its line."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from articles.formats import read_stories
from articles.formats.markdown import FILE_BYTES
from articles.formats.story import Author, Dateline, LeadImage, StoryError
from tests.articles.conftest import ARTICLE, read, with_changes


def mistakes_in(text: str | bytes) -> list[str]:
    with pytest.raises(StoryError) as caught:
        read(text)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_article_file_says_what_it_says() -> None:
    story = read(ARTICLE)

    assert story.headline == "The bridge is open"
    assert story.slug == "bridge-opens"
    assert story.dateline == Dateline(
        place="Damascus", country="SY", date=date(2024, 12, 8), source="AFP", style="afp"
    )
    assert story.tags == ("Bridges", "Syria")
    assert story.published_at == datetime(2024, 12, 8, 9, 23, tzinfo=UTC)
    assert story.lead_image == LeadImage("The bridge at noon.")
    assert story.body_markdown == "It opened at *noon*, with a band."
    assert story.body_html == "<p>It opened at <em>noon</em>, with a band.</p>"
    assert story.word_count == 7


def test_a_headline_and_a_body_are_enough() -> None:
    story = read("---\nheadline: 'Café: open'\n---\nYes.\n")

    assert (story.slug, story.language, story.dateline, story.tags) == ("cafe-open", "en", None, ())


def test_a_time_without_an_offset_is_the_sites_own() -> None:
    text = with_changes(("2024-12-08T12:23:00+03:00", "2024-12-08 12:23"))

    (story,) = read_stories(text.encode(), name="a.markdown", zone=ZoneInfo("Asia/Damascus"))

    assert story.published_at == datetime(2024, 12, 8, 9, 23, tzinfo=UTC)


def test_a_dateline_of_a_moment_has_the_date_at_the_place() -> None:
    story = read(with_changes(("date: 2024-12-08", "date: 2024-12-07T22:30:00Z")))

    assert story.dateline
    assert story.dateline.date == date(2024, 12, 8)


def test_a_byline_names_the_authors_where_the_file_lists_none() -> None:
    named = read(with_changes(("Newsroom staff", "Ann Lee and Bo Park, AFP")))
    listed = read(
        with_changes(
            ("byline: Newsroom staff", "authors: [Ann Lee, {name: Reuters, role: editor}]")
        )
    )

    assert read(ARTICLE).authors == ()
    assert named.authors == (Author("Ann Lee"), Author("Bo Park"))
    assert listed.authors == (Author("Ann Lee"), Author("Reuters", "editor"))


def test_norway_is_a_country_and_a_language() -> None:
    story = read(with_changes(("country: SY", "country: NO"), ("language: en", "language: no")))

    assert story.dateline
    assert (story.dateline.country, story.language) == ("NO", "no")


@pytest.mark.parametrize(
    ("written", "language"),
    [("en-gb", "en-GB"), ("ZH-hant-tw", "zh-Hant-TW"), ("es-419", "es-419")],
)
def test_a_language_tag_gets_its_usual_case(written: str, language: str) -> None:
    assert read(with_changes(("language: en", f"language: {written}"))).language == language


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(newline: str) -> None:
    assert read(b"\xef\xbb\xbf" + ARTICLE.replace("\n", newline).encode()) == read(ARTICLE)


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("headline: The bridge is open\n", "", "1: headline: is missing."),
        ("The bridge is open", "", "2: headline: is missing."),
        ("The bridge is open", "[a, b]", "2: headline: must be text."),
        ("The bridge is open", "2024", "2: headline: must be text; put 2024 in quotes."),
        ("The bridge is open", "a" * 301, "2: headline: has 301 characters; 300 are allowed."),
        ("The bridge is open", r'"a\u202eb"', r"2: headline: the character '\u202e' is not allowed."),
        ("The bridge is open", r'"a\0b"', r"2: headline: the character '\x00' is not allowed."),
        (
            "The bridge is open",
            "!!python/object/apply:os.system [id]",
            "2: headline: must be text.",
        ),
        (
            "The bridge is open",
            "!!python/name:os.system x",
            "2: headline: the YAML tag '!!python/name:os.system' is not allowed.",
        ),
        (
            "slug: bridge-opens\n",
            "headline: Again\n",
            "3: headline: is listed twice.",
        ),
        ("bridge-opens", "Bridge Opens", "3: slug: 'Bridge Opens' is not a slug; 'bridge-opens' is one."),
        ("bridge-opens", "'?'", "3: slug: '?' is not a slug."),
        ("bridge-opens", "a" * 121, "3: slug: has 121 characters; 120 are allowed."),
        (
            "bridge-opens",
            "0193a5c0-7d1e-7000-8000-000000000000",
            "3: slug: '0193a5c0-7d1e-7000-8000-000000000000' looks like a story's id.",
        ),
        ("abstract:", "abstrct:", "4: abstrct: is not a field of a story; is 'abstract' meant?"),
        ("abstract:", "colour:", "4: colour: is not a field of a story."),
        ("place: Damascus, ", "", "5: dateline.place: is missing."),
        ("style: afp", "style: tabloid", "5: dateline.style: 'tabloid' is not a style; choose one of afp, ap, ap_print, reuters, aap, plain."),
        ("style: afp", "town: x", "5: dateline.town: is not a field of a story."),
        ("date: 2024-12-08", "date: 2024-13-08", "5: dateline.date: '2024-13-08' is not a date."),
        ("date: 2024-12-08", "date: 2024-12-07 22:30", "5: dateline.date: '2024-12-07 22:30' is not a date."),
        ("date: 2024-12-08", "date: 8 Dec", "5: dateline.date: '8 Dec' is not a date."),
        ("country: SY", "country: Syria", "5: dateline.country: has 5 characters; 2 are allowed."),
        ("country: SY", "country: sy", "5: dateline.country: 'sy' is not a two-letter country code such as SY."),
        ("section: World", "section: '?'", "7: section: '?' has no letter and no digit."),
        ("[Bridges, Syria]", "{a: b}", "8: tags: must be a list."),
        ("[Bridges, Syria]", "!!python/tuple [a]", "8: tags: must be a list."),
        ("[Bridges, Syria]", "[Syria, syria]", "8: tags: 'syria' is listed twice."),
        ("[Bridges, Syria]", "[Syria, '']", "8: tags: an entry is empty."),
        ("[Bridges, Syria]", f"[{', '.join(f't{n}' for n in range(51))}]", "8: tags: has 51 entries; 50 are allowed."),
        ("[Bridges, Syria]", f"\n- Syria\n- {'a' * 101}", "10: tags: an entry has 101 characters; 100 are allowed."),
        ("language: en", "language: english!", "9: language: 'english!' is not a language tag such as en or en-GB."),
        ("2024-12-08T12:23:00+03:00", "2024-13-08", "10: published_at: '2024-13-08' is not a date."),
        ("2024-12-08T12:23:00+03:00", "2024-12-08T25:00", "10: published_at: '2024-12-08T25:00' is not a date and time."),
        ("2024-12-08T12:23:00+03:00", "yesterday", "10: published_at: 'yesterday' is not a date."),
        ("2024-12-08T12:23:00+03:00", "0001-01-01", "10: published_at: '0001-01-01' is before 1600."),
        ("{caption: The bridge at noon.}", "bridge.jpg", "11: lead_image: must be fields with values."),
        ("{caption: The bridge at noon.}", "{credit: AFP}", "11: lead_image.caption: is missing."),
        ("language: en", "guid: '7'", "9: guid: '7' is not a tag: URI such as tag:example.org,2024-12-08:1."),
        ("byline: Newsroom staff", "auther: Ann Lee", "6: auther: is not a field of a story; is 'author' meant?"),
        ("byline: Newsroom staff", "authors: 5", "6: authors: must be a list."),
        ("byline: Newsroom staff", "authors: [Ann Lee, ann lee]", "6: authors.name: 'ann lee' is listed twice."),
        ("byline: Newsroom staff", "authors: ['…']", "6: authors.name: '…' has no letter and no digit."),
        ("byline: Newsroom staff", "authors: [[Ann]]", "6: authors: must be fields with values."),
        ("byline: Newsroom staff", "authors: [{role: editor}]", "6: authors.name: is missing."),
        ("byline: Newsroom staff", f"authors: [{', '.join('x' * 51)}]", "6: authors: has 51 entries; 50 are allowed."),
        ("It opened at *noon*, with a band.\n", "\n", "13: the body is empty."),
        ("with a band", "<script>x</script>", "14: <script> is not allowed."),
        ("with a band", "[x](java&#10;script:x)", "14: a link to 'javascript:' is not allowed."),
        ("with a band", "![x][a]\n\n[a]: x.png", "14: readers do not see this picture: add it under Pictures, and use the line that its page there gives."),
        ("with a band", "\u202e", r"14: the character '\u202e' is not allowed."),
        ("headline: The", "headline: {The", "3: not YAML: expected ',' or '}', but got ':'."),
        ("headline: The", "headline: *The", "2: not YAML: found undefined alias 'The'."),
        ("headline: The", "headline: \x07The", r"2: not YAML: the character '\x07' is not allowed."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(old: str, new: str, mistake: str) -> None:
    found = mistakes_in(with_changes((old, new)))

    assert f"story.md:{mistake}" in found


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (b"", "story.md:1: the file must begin with front matter between two lines of ---, or with a headline such as # Headline."),
        (b"Hello.\n", "story.md:1: the file must begin with front matter between two lines of ---, or with a headline such as # Headline."),
        (b"---\nheadline: x\n", "story.md:1: the front matter is not closed by a line of ---."),
        (b"---\nheadline: \xff\n---\nx\n", "story.md:2: the file is not UTF-8."),
        (b"x" * (FILE_BYTES + 1), "story.md: the file has more than 2 MB."),
        (b"---\n- a\n---\nx\n", "story.md:2: the front matter: must be fields with values."),
        (b"---\n---\nx\n", "story.md:1: headline: is missing."),
        (b"---\nheadline: '?'\n---\nx\n", "story.md:2: headline: gives no slug; add a slug."),
        (b"---\n" + b"[" * 5_000 + b"\n---\nx\n", "story.md:1: the front matter is nested too deeply."),
        (b"---\n#" + b"x" * 70_000 + b"\n---\nx\n", "story.md:1: the front matter has more than 65536 characters."),
        (b"---\nheadline: x\nheadline: y\n---\n<form>\n", "story.md:5: <form> is not allowed."),
    ],
)  # fmt: skip
def test_a_file_that_is_no_story_is_refused_in_a_line(content: bytes, mistake: str) -> None:
    assert mistake in mistakes_in(content)


def test_all_mistakes_are_named_at_once_in_the_order_of_their_lines() -> None:
    text = with_changes(
        ("The bridge is open", ""), ("language: en", "language: '?'"), ("*noon*", "<form>")
    )

    lines = [mistake.split(":")[1] for mistake in mistakes_in(text)]

    assert lines == ["2", "9", "14"]


@pytest.mark.parametrize(
    "front", ["tags: &a [*a]", "dateline: &a {place: *a}", "headline: &a {b: *a}"]
)
def test_an_alias_to_itself_is_refused_and_not_followed(front: str) -> None:
    assert mistakes_in(f"---\n{front}\n---\nx\n")


def test_a_bomb_of_aliases_is_refused_and_not_expanded() -> None:
    levels = "\n".join(f"  - &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 30))

    assert mistakes_in(f"---\ntags:\n  - &x0 lol\n{levels}\n---\nx\n")


def test_an_unknown_format_is_refused_in_a_line() -> None:
    with pytest.raises(StoryError, match=r"^story.docx: .docx is not a format we read: .md, "):
        read_stories(b"", name="story.docx", zone=UTC)
