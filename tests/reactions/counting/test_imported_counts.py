"""Imported counts are added to our counts once, and survive every recount."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from articles.models import Article, ArticleAddress, ArticleURL, Site, State
from reactions.cache.redis import client as redis
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.counts import get_counts
from reactions.kinds import pack
from reactions.models import CountVersion, ImportedCount
from reactions.record import set_reactions
from reactions.stats.article import article_statistics
from tests.conftest import PublishArticle
from tests.reactions.import_formats.samples import GENERIC, MODX, VARIENT, VARIENT_POSTS, WALINE
from tests.reactions.oracle import totals

Captured = pytest.CaptureFixture[str]
Write = Callable[[str, bytes], Path]


@pytest.fixture
def article(publish_article: PublishArticle) -> Article:
    return publish_article(slug="bridge-opens")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return make


def shown(article: Article) -> dict[str, int]:
    """The public counts that are not zero."""
    counts = get_counts(article.id)
    assert counts is not None
    assert counts.counts is not None
    return {key: count for key, count in counts.counts.items() if count}


def refused(*arguments: object, **options: object) -> None:
    with pytest.raises(SystemExit) as exited:
        call_command("import_reactions", *map(str, arguments), **options)
    assert exited.value.code == 1


def test_what_was_imported_is_added_to_what_is_counted(article: Article, write: Write) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["love"]))
    aggregate()

    call_command("import_reactions", "csv", write("old.csv", GENERIC))

    assert shown(article) == {"love": 8, "sad": 1}
    assert totals(article.id) == {"love": 1}


def test_the_same_file_twice_changes_nothing(article: Article, write: Write) -> None:
    path = write("old.csv", GENERIC)
    call_command("import_reactions", "csv", path)
    before = list(ImportedCount.objects.values()), list(CountVersion.objects.values())

    call_command("import_reactions", "csv", path)

    assert (list(ImportedCount.objects.values()), list(CountVersion.objects.values())) == before


def test_a_later_file_of_the_same_source_replaces_and_another_source_adds(
    article: Article, write: Write
) -> None:
    call_command(
        "import_reactions", "csv", write("old.csv", b"article,love,sad\nbridge-opens,5,1\n")
    )
    call_command(
        "import_reactions", "csv", write("new.csv", b"article,love,wow\nbridge-opens,0,2\n")
    )
    other = write("other.csv", b"article,love\nbridge-opens,100\n")

    call_command("import_reactions", "csv", other, source="the sister site")

    assert shown(article) == {"love": 100, "sad": 1, "wow": 2}


def test_the_answer_to_a_reaction_holds_what_was_imported(article: Article, write: Write) -> None:
    call_command("import_reactions", "csv", write("old.csv", GENERIC))

    change = set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["love"]))

    assert change.counts["love"] == 8


def test_an_import_is_public_at_once_with_a_new_version(
    article: Article, write: Write, client: Client
) -> None:
    address = f"/api/v1/articles/{article.slug}/reactions/"
    before = client.get(address)

    call_command("import_reactions", "csv", write("old.csv", GENERIC))

    after = client.get(address)
    assert after["ETag"] != before["ETag"]
    assert after.json()["version"] == before.json()["version"] + 1
    assert after.json()["total"] == 8


def test_an_empty_redis_is_filled_with_the_sum(article: Article, write: Write) -> None:
    call_command("import_reactions", "csv", write("old.csv", GENERIC))

    redis().flushdb()

    assert shown(article) == {"love": 7, "sad": 1}
    assert shown(article) == {"love": 7, "sad": 1}


def test_reconcile_finds_no_drift_and_keeps_imported_counts(article: Article, write: Write) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["wow"]))
    aggregate()
    call_command("import_reactions", "csv", write("old.csv", GENERIC))

    found = reconcile()

    assert found.is_clean
    assert shown(article) == {"love": 7, "sad": 1, "wow": 1}


@pytest.mark.parametrize(
    "address",
    [
        "bridge-opens",
        "https://news.example/2024/12/bridge-opens.html?utm_source=mail#top",
        "/articles/bridge-opens/",
        "/2024/bridge-opens/index.html",
        "bridge-is-open",
        "/old/bridge-is-open",
        "tag:example.org,2024:bridge",
        "{id}",
    ],
)
def test_an_article_is_known_by_its_addresses_of_now_and_then(
    publish_article: PublishArticle, write: Write, address: str
) -> None:
    article = publish_article(slug="bridge-opens", guid="tag:example.org,2024:bridge")
    ArticleURL.objects.create(article=article, slug="bridge-is-open")
    address = address.format(id=str(article.id).upper())

    call_command(
        "import_reactions", "csv", write("a.csv", f'article,love\n"{address}",3\n'.encode())
    )

    assert shown(article) == {"love": 3}


def test_a_bare_number_is_not_mistaken_for_a_slug(
    publish_article: PublishArticle, write: Write
) -> None:
    article = publish_article(slug="41")

    call_command("import_reactions", "varient", write("reactions.csv", VARIENT))

    assert shown(article) == {}


def test_varient_finds_its_posts_through_a_map(
    article: Article, write: Write, capsys: Captured
) -> None:
    posts = write("posts.csv", VARIENT_POSTS)

    call_command("import_reactions", "varient", write("reactions.csv", VARIENT), map=posts)

    assert shown(article) == {"like": 12, "dislike": 3, "love": 40, "angry": 1, "wow": 2}
    assert capsys.readouterr().out.splitlines() == [
        "entries read: 2",
        "articles: 1, with 58 reactions",
        "articles changed: 1",
        "left out, for there is no such article: 1",
        "  line 3: 42",
    ]


def test_waline_adds_up_the_paths_of_an_article_and_reports_what_has_no_kind(
    article: Article, write: Write, capsys: Captured
) -> None:
    call_command("import_reactions", "waline", write("waline.json", WALINE))

    assert shown(article) == {"like": 6, "dislike": 2}
    out = capsys.readouterr().out
    assert "left out, for no kind here has this name: reaction5, 4 reactions" in out
    assert "  item 3: /about/" in out


def test_a_position_is_mapped_as_the_site_configured_it(article: Article, write: Write) -> None:
    path = write("waline.json", WALINE)

    call_command(
        "import_reactions", "waline", path, "--kind", "reaction5=sad", "--kind", "reaction1="
    )

    assert shown(article) == {"like": 6, "sad": 4}


def test_modx_finds_its_pages_through_a_map(article: Article, write: Write) -> None:
    pages = write("pages.csv", b"id,uri\n5,news/bridge-opens.html\n")

    call_command("import_reactions", "modx", write("reactions.json", MODX), map=pages)

    assert shown(article) == {"love": 2, "dislike": 1}


def test_every_mistake_is_a_line_and_nothing_is_imported(
    article: Article, write: Write, capsys: Captured
) -> None:
    path = write("bad.csv", b"article,love\nbridge-opens,5\nelse,-1\nbridge-opens,6\n")

    refused("csv", path)

    assert capsys.readouterr().err.splitlines() == [
        f"{path}: line 3: love: -1 is negative.",
        f"{path}: line 4: bridge-opens is repeated; it is in line 2 already.",
    ]
    assert not ImportedCount.objects.exists()


def test_strict_imports_nothing_where_an_article_is_unknown(
    article: Article, write: Write, capsys: Captured
) -> None:
    path = write("old.csv", b"article,love\nbridge-opens,5\nelsewhere,1\n")

    refused("csv", path, strict=True)

    assert capsys.readouterr().err == f"{path}: line 3: no article: elsewhere\n"
    assert not ImportedCount.objects.exists()


def test_a_dry_run_reports_all_and_changes_nothing(
    article: Article, write: Write, capsys: Captured
) -> None:
    call_command("import_reactions", "csv", write("old.csv", GENERIC), dry_run=True)

    assert "articles that would change: 1" in capsys.readouterr().out
    assert not ImportedCount.objects.exists()
    assert not CountVersion.objects.exists()


@pytest.mark.parametrize("map_", [b"id\n5\n", b"id,slug\n5,a\n5,b\n", b"id,slug\n5,\n"])
def test_an_ambiguous_map_is_refused(article: Article, write: Write, map_: bytes) -> None:
    refused("csv", write("old.csv", GENERIC), map=write("map.csv", map_))

    assert not ImportedCount.objects.exists()


@pytest.mark.parametrize("kind", ["hearts", "hearts=heart", "=love"])
def test_an_unknown_kind_is_refused(article: Article, write: Write, kind: str) -> None:
    with pytest.raises(CommandError, match="NAME=KIND"):
        call_command("import_reactions", "csv", str(write("old.csv", GENERIC)), "--kind", kind)


def test_a_file_that_is_not_there_is_one_line(db: None, capsys: Captured) -> None:
    refused("csv", "missing.csv")

    assert capsys.readouterr().err == "missing.csv: cannot be read: no such file or directory.\n"


def test_the_statistics_keep_it_apart(article: Article, write: Write) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["love"]))
    aggregate()
    call_command("import_reactions", "csv", write("old.csv", GENERIC))

    found = article_statistics(article_id=article.id, interval="day", timezone=ZoneInfo("UTC"))

    assert found is not None
    assert (found.current["love"], found.imported["love"]) == (1, 7)
    assert sum(each.added["love"] for each in found.series) == 1
    assert found.imported_at == ImportedCount.objects.latest("imported_at").imported_at


def test_the_desk_lists_the_sum_and_the_article_says_what_of_it_was_imported(
    article: Article, write: Write, admin_client: Client
) -> None:
    call_command("import_reactions", "csv", write("old.csv", GENERIC))

    listed = admin_client.get(reverse("admin:reactions_reactedarticle_changelist"))
    page = admin_client.get(reverse("desk:story", args=[article.pk]))

    assert re.findall(r">\s*(8)\s*<", listed.content.decode())
    assert re.findall(r'data-imported="love">(7)<', page.content.decode())


def test_a_draft_keeps_its_imported_counts_until_it_is_published(
    publish_article: PublishArticle, write: Write
) -> None:
    draft = publish_article(slug="bridge-opens", state=State.DRAFT)
    call_command("import_reactions", "csv", write("old.csv", GENERIC))

    Article.objects.filter(pk=draft.pk).update(state=State.PUBLISHED)

    assert shown(draft) == {"love": 7, "sad": 1}


def test_counters_of_a_site_are_matched_by_url(
    publish_article: PublishArticle, write: Write
) -> None:
    site = Site.objects.create(name="Blog", origins=["null", "https://blog.example.org"])
    article = publish_article(site=site, canonical_url="https://blog.example.org/2024/bridge/")
    ArticleAddress.objects.create(
        article=article, site=site, url=article.canonical_url, key="blog.example.org/2024/bridge"
    )
    publish_article(slug="other")
    by_url = write(
        "a.csv",
        b"url,like\nhttp://www.blog.example.org/2024/bridge/index.html,2\n"
        b"https://blog.example.org/other,9\n",
    )
    by_path = write("b.csv", b"url,like\n/2024/bridge/,3\n")

    call_command("import_reactions", "csv", str(by_url), "--source", "one")
    call_command("import_reactions", "csv", str(by_path), "--source", "two", "--site", "blog")

    assert shown(article) == {"like": 5}
    assert ImportedCount.objects.count() == 2
    with pytest.raises(CommandError, match="There is no site 'Other'"):
        call_command("import_reactions", "csv", str(by_path), "--site", "Other")
