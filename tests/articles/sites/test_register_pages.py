"""`manage.py register_pages`."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article
from articles.models import Site as KnownSite
from tests.articles.sites.pages import page
from tests.articles.test_http_client import Site

pytestmark = pytest.mark.django_db


def test_the_pages_of_a_file_are_registered_once(
    site: Site, blog: KnownSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.answers["/a"], site.answers["/b"] = page("A"), page("B")
    blog.registers = False
    blog.save()
    lines = tmp_path / "urls.txt"
    lines.write_text(f"{site.url('/a')}\n\n{site.url('/b')}\n{site.url('/a')}\n", "utf-8")

    call_command("register_pages", str(lines))
    call_command("register_pages", str(lines))

    assert {each.headline for each in Article.objects.all()} == {"A", "B"}
    assert capsys.readouterr().out.splitlines() == [
        "2 pages registered, 0 refused.",
        "0 pages registered, 0 refused.",
    ]


def test_a_sitemap_is_read_and_refusals_are_named(
    site: Site, blog: KnownSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.answers["/a"], site.answers["/b"] = page("A"), page("")
    locations = "".join(f"<url><loc>{site.url(path)}</loc></url>" for path in ("/a", "/b", "/"))
    sitemap = tmp_path / "sitemap.xml"
    sitemap.write_text(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locations}</urlset>', "utf-8"
    )

    with pytest.raises(SystemExit) as exited:
        call_command("register_pages", str(sitemap))

    printed = capsys.readouterr()
    assert exited.value.code == 1
    assert printed.out.strip() == "1 pages registered, 2 refused."
    assert f"{site.url('/b')}: {site.url('/b')} has no title." in printed.err


def test_a_file_that_cannot_be_read_is_named(db: None, tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")

    for name in ("nothing", "bytes"):
        with pytest.raises(CommandError, match=f"{name} cannot be read"):
            call_command("register_pages", str(tmp_path / name))
