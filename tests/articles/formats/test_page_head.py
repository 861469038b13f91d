"""What is read of a page of another site."""

from datetime import UTC, datetime

import pytest

from articles.fields import MAX_LENGTH
from articles.formats.page_head import PageHead, read_page_head
from articles.formats.story import StoryError

URL = "https://blog.example.org/2024/bridge/"
MORNING = datetime(2024, 12, 8, 9, 23, tzinfo=UTC)


def head_of(html: str) -> PageHead:
    return read_page_head(html.encode(), url=URL)


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ('<script type="application/ld+json">{"@type":"BlogPosting","headline":"A &amp; B"}</script>', "A & B"),
        ('<title>A – Blog</title><meta property="og:title" content=" A  bridge ">', "A bridge"),
        ("<title>A – Blog</title><h1>A <em>new</em> bridge</h1>", "A new bridge"),
        ("<title>A – Blog</title><h1>Blog</h1><h1>A</h1>", "A – Blog"),
        ('<script type="application/ld+json">{broken</script><title>A</title>', "A"),
        ("<title> </title><h1></h1>", ""),
        ("<p>Text", ""),
        (f"<title>{'x' * 900}</title>", "x" * MAX_LENGTH["headline"]),
    ],
)  # fmt: skip
def test_the_title_is_what_the_page_calls_itself(html: str, title: str) -> None:
    assert head_of(html).title == title


@pytest.mark.parametrize(
    "html",
    [
        '<script type="application/ld+json">{"@type":"Article","datePublished":"2024-12-08T10:23+01:00"}</script>',
        '<meta property="article:published_time" content="2024-12-08T09:23:00Z">',
        '<time class="entry-date published updated" datetime="2024-12-08T10:23:00+01:00">8 December</time>',
        '<time class="dt-published" datetime="2024-12-08T09:23"></time>',
        '<meta itemprop="datePublished" content="Sun, 08 Dec 2024 09:23:00 GMT">',
        '<meta property="article:published_time" content="soon"><time itemprop=datePublished datetime="2024-12-08 09:23">',
    ],
)  # fmt: skip
def test_the_date_is_one_that_the_page_states_as_its_publication(html: str) -> None:
    assert head_of(html).published_at == MORNING


@pytest.mark.parametrize(
    "html",
    [
        '<time datetime="2024-12-08T09:23">8 December</time>',
        '<time class="updated" datetime="2024-12-08T09:23">',
        "<p>8 December 2024</p>",
        '<meta property="article:published_time" content="0001-01-01T00:00:00Z">',
    ],
)
def test_another_date_is_none(html: str) -> None:
    assert head_of(html).published_at is None


def test_section_language_canonical_and_ids_are_read() -> None:
    head = head_of(
        '<html lang="pt_br"><link rel="Canonical nofollow" href="../bridge">'
        '<a rel="category tag" href="/c">World &amp; <b>more</b></a>'
        '<reader-reactions article=" auto " item="wp-4"></reader-reactions>'
    )

    assert (head.section, head.language) == ("World & more", "pt-BR")
    assert head.canonical == "https://blog.example.org/2024/bridge"
    assert (head.article, head.item_id) == ("auto", "wp-4")


def test_a_page_that_says_nothing_has_empty_texts() -> None:
    head = head_of('<html lang="not a language"><p>Text')

    assert (head.section, head.language, head.canonical, head.item_id) == ("", "", "", "")


def test_what_is_no_page_is_refused() -> None:
    with pytest.raises(StoryError):
        head_of("")


@pytest.mark.parametrize(
    ("charset", "declared", "encoding"),
    [
        ("", "", "utf-8"),
        ("", "<meta charset=windows-1251>", "windows-1251"),
        ("windows-1251", "", "windows-1251"),
        ("koi8-r", "<meta charset=utf-8>", "koi8-r"),
        ("no-such-charset", "<meta charset=utf-8>", "utf-8"),
    ],
)
def test_letters_are_read_as_the_answer_or_the_page_declares_them(
    charset: str, declared: str, encoding: str
) -> None:
    content = f"{declared}<title>Мост открыт</title>".encode(encoding)

    assert read_page_head(content, url=URL, charset=charset).title == "Мост открыт"
