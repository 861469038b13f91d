"""`manage.py publish` from the command line."""

from pathlib import Path

import pytest
from django.core.management import call_command

from articles.formats import ENDINGS
from articles.formats.wire import FILE_BYTES
from articles.models import Article
from tests.articles.conftest import REAL_ARTICLES, ArticleFile
from tests.articles.formats.samples import EVERY, RSS, WXR

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
