"""A CSV of old and new URLs: chains, loops, mistakes by line, a dry run, and ten thousand lines."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article, ArticleAddress, ArticleRevision, Site, State
from articles.sites import move_files
from articles.sites.move_files import FileRefused, FileResult, move_articles
from tests.articles.sites.sites import (
    BLOG,
    assert_canonical_urls_are_those_of_their_addresses,
    leads_to,
    make_site,
    publish_at,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return make_site(url_patterns=["!/tags/*"])


def write(*moves: str) -> bytes:
    """Lines such as `/a/ /b/`."""
    return "".join(
        ",".join(f"{BLOG}{path}" for path in each.split()) + "\n" for each in moves
    ).encode()


def state() -> Any:
    columns = ("key", "url", "article", "is_canonical")
    return (
        sorted(ArticleAddress.objects.values_list(*columns), key=str),
        list(Article.objects.order_by("pk").values_list("pk", "version", "canonical_url", "state")),
        ArticleRevision.objects.count(),
    )


def apply(*moves: str) -> FileResult:
    """Applied with a dry run before and once more after, which both change nothing."""
    content, before = write(*moves), state()
    dry = move_articles(content=content, dry_run=True)
    assert state() == before
    result = move_articles(content=content, editor="ada")
    after = state()
    assert list(dry.lines()) == list(result.lines())
    assert move_articles(content=content).unmatched == result.unmatched
    assert state() == after
    assert_canonical_urls_are_those_of_their_addresses()
    return result


def test_moves_merges_aliases_and_what_matches_nothing(site: Site) -> None:
    moved, old, new = (publish_at(site, f"/{name}/") for name in ("moved", "old", "new"))

    result = apply("/moved/ /m/", "/old/ /new/", "/lost/ /new/", "/no/ /where/", "/new/ /new/")

    moved.refresh_from_db()
    assert moved.canonical_url == f"{BLOG}/m/"
    assert leads_to(f"{BLOG}/old/") == leads_to(f"{BLOG}/lost/") == new
    assert Article.objects.get(pk=old.pk).state == State.MERGED
    assert list(result.lines()) == [
        f"line 4: no article is at {BLOG}/no/ or {BLOG}/where/",
        "5 lines: 1 moved, 1 alias, 1 merged, 1 unchanged, 1 unmatched",
    ]


@pytest.mark.parametrize("lines", [("/a/ /b/", "/b/ /c/"), ("/b/ /c/", "/a/ /b/")])
@pytest.mark.parametrize("known", ["a", "b", "c", "ab", "ac", "bc", "abc"])
def test_a_chain_ends_where_it_ends_whatever_is_known_and_in_any_order(
    site: Site, lines: tuple[str, ...], known: str
) -> None:
    articles = [publish_at(site, f"/{name}/") for name in known]

    result = apply(*lines)

    assert not result.unmatched
    (left,) = Article.objects.exclude(state=State.MERGED)
    assert left == articles[-1]
    assert left.canonical_url == f"{BLOG}/c/"
    assert set(left.addresses.values_list("url", flat=True)) == {f"{BLOG}/{n}/" for n in "abc"}


def test_a_page_that_moves_back_has_its_first_address_again(site: Site) -> None:
    article = publish_at(site, "/a/")

    apply("/a/ /b/")
    apply("/b/ /a/")

    article.refresh_from_db()
    assert article.canonical_url == f"{BLOG}/a/"


@pytest.mark.parametrize(
    ("lines", "mistakes"),
    [
        (("/a/ /b/", "/b/ /a/"), ["line 1: the lines 1, 2 lead in a circle."]),
        (
            ("/x/ /a/", "/a/ /b/", "/b/ /c/", "/c/ /a"),
            ["line 2: the lines 2, 3, 4 lead in a circle."],
        ),
        (("/a/ /b/", "/a /c/"), [f"line 2: {BLOG}/a has another new address in line 1."]),
        (("/a/ /b/ /c/",), ["line 1: has not exactly two columns, the old URL and the new one."]),
        (("/a/ /tags/b/",), [f"line 1: {BLOG}/tags/b/ is none of the addresses"]),
        (("/a/ /killed/", "/killed/ /k/"), ["line 1: “Of /killed/” was killed", "line 2:"]),
    ],
)
def test_mistakes_are_named_by_their_lines_and_nothing_is_moved(
    site: Site, lines: tuple[str, ...], mistakes: list[str]
) -> None:
    publish_at(site, "/a/")
    publish_at(site, "/good/")
    publish_at(site, "/killed/", state=State.KILLED)
    before = state()

    if mistakes[-1] == "line 2:":  # each by itself: together they are a chain
        found = [str(_mistakes(write(line), at=number)[0]) for number, line in enumerate(lines, 1)]
    else:
        found = [str(each) for each in _mistakes(write(*lines, "/good/ /better/"))]

    assert len(found) == len(mistakes)
    assert all(each.startswith(text) for each, text in zip(found, mistakes, strict=True))
    assert state() == before


def _mistakes(content: bytes, at: int = 1) -> Any:
    with pytest.raises(FileRefused) as refused:
        move_articles(content=b"\n" * (at - 1) + content)
    return refused.value.mistakes


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (b"https://unknown.example.org/a/,https://blog.example.org/b/", "line 1: https://unknown"),
        (b"\nno URL,https://blog.example.org/b/", "line 2: no URL is on no site"),
        (b"old,new\n\xff\xfe,x", "line 2: the file is no text in UTF-8."),
        (b'"a,b', "line 1: is no CSV: "),
        (b"old,new\nhttps://blog.example.org/a/", "line 2: has not exactly two columns"),
    ],
)
def test_files_that_cannot_be_read(site: Site, content: bytes, mistake: str) -> None:
    assert str(_mistakes(content)[0]).startswith(mistake)


def test_a_file_that_is_too_large_and_a_long_list_of_mistakes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = _mistakes(b"x,y\n" * 300)
    monkeypatch.setattr(move_files, "_MOST_MISTAKES", 1)
    publish_at(site, "/k/", state=State.KILLED)
    refused = _mistakes(write("/k/ /a/", "/k/ /a", "/k /a/"))
    monkeypatch.setattr(move_files, "MOST_BYTES", 10)

    assert len(many) == 101
    assert str(many[-1]).startswith("line 100: the rest is not read")
    assert str(refused[-1]) == "line 2: 2 more."
    assert "more than 0 MB" in str(_mistakes(b"x" * 11)[0])


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeffNew;Count;Old\r\n{BLOG}/b/;3;{BLOG}/a/\r\n",
        f"old,new\n{BLOG}/a/,{BLOG}/b/",
        f"{BLOG}/a/\t{BLOG}/b/\n\n",
        f'"{BLOG}/a/", "{BLOG}/b/"'.replace(", ", ","),
    ],
)
def test_headers_separators_and_order_of_columns(site: Site, content: str) -> None:
    article = publish_at(site, "/a/")

    move_articles(content=content.encode())

    article.refresh_from_db()
    assert article.canonical_url == f"{BLOG}/b/"


def test_the_command_prints_what_it_did_and_with_a_dry_run_what_it_would_do(
    site: Site, tmp_path: Path
) -> None:
    publish_at(site, "/a/")
    file = tmp_path / "moves.csv"
    file.write_bytes(write("/a/ /b/", "/x/ /y/"))
    printed = []

    for options in ({"dry_run": True}, {}):
        out = StringIO()
        call_command("move_articles", str(file), stdout=out, **options)
        printed.append(out.getvalue())

    assert printed[0] == printed[1]
    assert printed[0].splitlines()[0].startswith("line 2: no article is at")
    assert leads_to(f"{BLOG}/b/").canonical_url == f"{BLOG}/b/"


def test_the_command_names_every_mistake(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "moves.csv"
    file.write_bytes(write("/a/ /b/", "/b/ /a/"))

    with pytest.raises(CommandError, match="line 1: the lines 1, 2 lead in a circle"):
        call_command("move_articles", str(file))
    with pytest.raises(CommandError, match="cannot be read: no such file"):
        call_command("move_articles", str(tmp_path / "gone.csv"))


def test_a_longer_file_is_a_few_statements_for_all_of_it(
    site: Site, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        publish_at(site, f"/{number}/")
    for number in range(20):
        publish_at(site, f"/new/{number}/")

    with django_assert_max_num_queries(75):
        move_articles(content=write(*(f"/{number}/ /new/{number}/" for number in range(40))))

    assert Article.objects.filter(state=State.MERGED).count() == 20
