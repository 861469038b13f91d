"""`manage.py publish` from the command line."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from articles import formats
from articles.formats import ENDINGS
from articles.formats.wire import FILE_BYTES
from articles.models import Article, ArticleMedia, Media, Source
from tests.articles.conftest import REAL_ARTICLES, ArticleFile
from tests.articles.formats.samples import EVERY, RSS, WXR
from tests.articles.formats.wires import entry, post, rss, wxr

pytestmark = pytest.mark.django_db

Captured = pytest.CaptureFixture[str]


def refuse(*files: Path | str) -> None:
    with pytest.raises(SystemExit) as exited:
        call_command("publish", *map(str, files))
    assert exited.value.code == 1


def test_each_story_gets_a_line_with_its_outcome_and_url(
    article_file: ArticleFile, capsys: Captured
) -> None:
    path = article_file()

    call_command("publish", path)
    call_command("publish", path)

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [outcome for outcome, _ in lines] == ["created", "unchanged"]
    assert {url.partition("/articles/")[2] for _, url in lines} == {"bridge-opens/"}


def test_an_export_larger_than_what_is_fetched_is_read_from_disk(tmp_path: Path) -> None:
    start, end = WXR.index(b"<item>\n  <title>The bridge"), WXR.index(b"</channel>")
    post = WXR[start:end].replace(b"With a band.", b"With a band. " * 4000)
    path = tmp_path / "export.xml"
    posts = b"".join(post.replace(b"?p=7", b"?p=%d" % number) for number in range(150))
    path.write_bytes(WXR[:start] + posts + WXR[end:])
    assert path.stat().st_size > FILE_BYTES

    call_command("publish", path)

    assert Article.objects.public().count() == 150
    assert Article.objects.exclude(lead_image__caption="The bridge at noon.").count() == 0


def test_a_large_file_of_another_format_is_refused(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(RSS + b" " * FILE_BYTES)

    refuse(path)

    assert capsys.readouterr().err == f"{path}: the file has more than 5 MB.\n"


@pytest.mark.parametrize("path", REAL_ARTICLES, ids=lambda path: path.stem)
def test_a_real_story_is_published(path: Path) -> None:
    call_command("publish", path)

    article = Article.objects.public().get()
    assert article.dateline_text
    assert 250 <= article.word_count <= 600


def test_all_mistakes_of_all_files_are_listed_and_nothing_is_published(
    article_file: ArticleFile, capsys: Captured
) -> None:
    good = article_file()
    bad = article_file(("language: en", "language: '?'"), ("*noon*", "<form>"), name="bad.md")
    strange = article_file(name="strange.docx")

    refuse(good, bad, strange, "missing.md", good.parent)

    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"{bad}:9: language: '?' is not a language tag such as en or en-GB.",
        f"{bad}:14: <form> is not allowed.",
        f"{strange}: .docx is not a format we read: {', '.join(ENDINGS)}.",
        "missing.md: cannot be read: no such file or directory.",
        f"{good.parent}: cannot be read: is a directory.",
    ]
    assert not Article.objects.exists()


def test_a_slug_in_use_is_reported_in_one_line(article_file: ArticleFile, capsys: Captured) -> None:
    first, second = article_file(), article_file(name="second.md")

    refuse(first, second)

    assert capsys.readouterr().err == f"{second}:3: slug: 'bridge-opens' is taken by {first}.\n"
    assert not Article.objects.exists()


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_story_of_every_format_is_published(name: str, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / name
    path.write_bytes(EVERY[name])

    call_command("publish", path)

    assert capsys.readouterr().out.startswith("created")
    assert Article.objects.public().count() == 1


def publish(tmp_path: Path, name: str, content: bytes, *options: str) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    call_command("publish", str(path), *options)
    return path


GOOD_AND_BAD = rss(entry(guid="1"), entry("<p></p>", title="The empty one", guid="2"))


def test_by_default_one_bad_story_keeps_all_out_and_its_title_is_named(
    tmp_path: Path, capsys: Captured
) -> None:
    with pytest.raises(SystemExit):
        publish(tmp_path, "feed.rss", GOOD_AND_BAD)

    assert "entry 2: body: is empty. (The empty one)" in capsys.readouterr().err
    assert not Article.objects.exists()


def test_with_skip_bad_the_good_stories_are_published_and_the_bad_ones_listed(
    tmp_path: Path, capsys: Captured, article_file: ArticleFile
) -> None:
    publish(tmp_path, "feed.rss", GOOD_AND_BAD, "--skip-bad")
    first, second = article_file(), article_file(name="second.md")
    call_command("publish", str(first), str(second), "--skip-bad")

    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["created", "created"]
    assert "(The empty one)" in err
    assert f"{second}:3: slug: " in err
    assert Article.objects.public().count() == 2


def test_with_skip_bad_a_file_without_a_good_story_fails(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        publish(tmp_path, "feed.rss", rss(entry("<p></p>")), "--skip-bad")


def test_a_check_says_what_is_read_left_out_and_guessed_and_changes_nothing(
    tmp_path: Path, capsys: Captured
) -> None:
    text = '<p>It sails.</p><iframe src="https://v.example/1"></iframe><form>x</form>'
    content = rss(entry(text, title="", more="<pubDate>2024-09-04T10:00</pubDate>"))

    publish(tmp_path, "feed.rss", content, "--check")

    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0].startswith("created")
    assert set(lines[1:]) == {
        "headline from the first words of the text",
        "left out: <form>",
        "as a link: https://v.example/1",
        "guessed: 2024-09-04T10:00 is in the zone UTC",
        "guessed: language en, the site’s",
    }
    assert not Article.objects.exists()
    assert not Media.objects.exists()
    assert not Source.objects.exists()


def test_what_was_left_out_is_printed_below_its_article(tmp_path: Path, capsys: Captured) -> None:
    publish(tmp_path, "feed.rss", rss(entry("<p>It sails.</p><form>x</form>")))

    created, left_out = capsys.readouterr().out.splitlines()
    assert created.startswith("created")
    assert left_out.strip() == "left out: <form>"


def test_a_file_without_a_story_says_so_and_what_is_ignored_says_why(
    tmp_path: Path, capsys: Captured
) -> None:
    expired = {
        "uri": "tag:x,2026:1",
        "headline": "A",
        "body_text": "x",
        "expires": "2020-01-01T00:00:00Z",
    }
    canceled = {"uri": "tag:x,2026:2", "pubstatus": "canceled", "slug": "b"}
    publish(tmp_path, "none.json", b'[{"uri": "tag:x,2026:3", "type": "picture"}]')
    publish(tmp_path, "two.json", json.dumps([expired, canceled]).encode())

    first, *others = capsys.readouterr().out.splitlines()
    assert first.endswith("none.json: holds no story.")
    assert others[0] == "ignored   a (expired 2020-01-01)"
    assert others[1].endswith("(canceled by its source, and not here)")


def test_pictures_of_the_text_become_lead_image_and_gallery_and_follow_its_changes(
    tmp_path: Path,
) -> None:
    image = '<img src="https://wire.example/{}.jpg" alt="{}">'
    text = "<p>It sails.</p>" + image.format("a", "A") + image.format("b", "B")
    publish(tmp_path, "feed.rss", rss(entry(text)))
    article = Article.objects.get()
    first = [media.source_url for media in article.gallery]
    kept = article.media_links.get().media_id

    changed = text.replace('alt="B"', 'alt="Boat"') + image.format("c", "C")
    publish(tmp_path, "feed.rss", rss(entry(changed)))
    publish(tmp_path, "feed.rss", rss(entry(changed)))

    article = Article.objects.get()
    assert article.lead_image
    assert (article.lead_image.alt_text, first) == ("A", ["https://wire.example/b.jpg"])
    assert [media.alt_text for media in article.gallery] == ["Boat", "C"]
    assert article.gallery[0].pk == kept
    assert article.version == 2
    assert all(media.due_at for media in article.gallery)


def test_pictures_that_the_desk_added_stay_when_the_source_changes_its_text(tmp_path: Path) -> None:
    publish(tmp_path, "feed.rss", rss(entry("It sails.")))
    article = Article.objects.get()
    ArticleMedia.objects.create(article=article, media=Media.objects.create(caption="Ours."))

    publish(tmp_path, "feed.rss", rss(entry("It sails again.")))

    article = Article.objects.get()
    assert "again" in article.body_html
    assert [media.caption for media in article.gallery] == ["Ours."]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_long_file_shows_how_much_of_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "FILE_BYTES", 500)
    path, terminal = tmp_path / "export.wxr", Terminal()
    path.write_bytes(wxr(*(post("It sails.", name=f"ferry-{number}") for number in range(3))))

    call_command("publish", str(path), stderr=terminal)

    assert "[" + "." * 75 + "]" in terminal.getvalue()
    assert Article.objects.count() == 3
