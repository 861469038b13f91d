"""What one installation exports, an empty one imports: the same articles, counts and figures."""

import csv
import gc
import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, Sum
from django.test import Client

from articles.api.api_keys import issue_key
from articles.models import (
    Article,
    ArticleAddress,
    ArticleAuthor,
    ArticleMedia,
    ArticleTag,
    ArticleURL,
    Author,
    Correction,
    Media,
    Section,
    Site,
    Source,
    State,
    Tag,
)
from articles.transfer import article_records
from reactions.counting.aggregate import aggregate
from reactions.counting.cache_writer import write_stale_counts
from reactions.counting.watermark import watermark
from reactions.counts import get_counts
from reactions.data_files import END, Damaged, lines_of, read_records
from reactions.export import DATA_SETS
from reactions.kinds import BY_KEY, pack
from reactions.models import (
    ArticleCount,
    Bucket,
    DayBucket,
    ImportedCount,
    OutboxEntry,
    Policy,
    PolicyState,
    Reaction,
    SiteBucket,
    SummedDay,
    ViewBucket,
)
from reactions.policy import set_policy
from reactions.record import erase_reader, set_reactions
from reactions.stats.days import sum_days
from reactions.stats.site_buckets import sum_site_buckets
from tests.conftest import PublishArticle
from tests.races.rival import on_a_connection_of_its_own

pytestmark = pytest.mark.django_db(transaction=True)

FORMATS = ["jsonl", "csv"]


def react(article: Article, *keys: str) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(keys))


@pytest.fixture
def newsroom(publish_article: PublishArticle) -> None:
    """Months of reactions to many stories, and one story with all that an article can have."""
    call_command("make_traffic", stories=12, reactions=600, days=30, stdout=StringIO())
    full = _full_article(publish_article)
    react(full, "love")
    react(full, "angry")
    gone = uuid4()
    set_reactions(article_id=full.id, reader_id=gone, kinds=pack(["sad"]))
    aggregate()
    _import_counts(full)
    Reaction.objects.filter(article_id=full.id, kinds=pack(["angry"])).update(
        held=True, counted=F("counted")
    )
    OutboxEntry.objects.bulk_create(
        OutboxEntry(article_id=full.id, reader_id=reader)
        for reader in Reaction.objects.filter(held=True).values_list("reader_id", flat=True)
    )
    aggregate()
    erase_reader(reader_id=gone)  # not aggregated: the counts still have it
    react(full, "funny")  # nor this
    for minutes, views, moved in ((0, 40, 0), (30, 50, -8)):
        start = datetime(2024, 12, 8, 9, minutes, tzinfo=UTC)
        ViewBucket.objects.create(article_id=full.id, start=start, views=views, moved=moved)
    set_policy(article_id=full.id, allowed=0, closes_at=datetime(2030, 1, 2, 3, 4, 5, 6, UTC))
    original = Article.objects.get(slug="original")
    set_policy(article_id=original.id, state=PolicyState.OPEN, close_after_days=0)
    old = Article.objects.get(slug="old")
    set_policy(article_id=old.id, state=PolicyState.HIDDEN, allowed=pack(["love", "sad"]))
    sum_site_buckets()
    while sum_days():
        pass


def _full_article(publish_article: PublishArticle) -> Article:
    section = Section.objects.create(slug="arts", name="Arts")
    source = Source.objects.create(name="Agency", credit="AGY", category=Source.Category.WIRES)
    site = Site.objects.create(name="Blog", origins=["https://blog.example.org"], jwt_secrets="x")
    picture = Media.objects.create(caption="A bridge", file="ab/cd.jpg", width=10, height=5)
    original = publish_article(slug="original", headline="=1+1", abstract="-2+3\r\nand \u2028 “é”")
    article = publish_article(
        slug="full",
        headline="@home",
        section=section,
        source=source,
        source_item_id="7",
        site=site,
        canonical_url="https://blog.example.org/full",
        lead_image=picture,
        translation_of=original,
        subjects=["medtop:1", "medtop:2"],
        dateline_date="2024-12-08",
        body_markdown="'=quoted\n\ttab\rreturn",
        urgency=3,
        version=4,
        first_created_at=datetime(2024, 12, 8, 1, 2, 3, 456789, tzinfo=UTC),
    )
    for position, name in enumerate(["Zebra", "Apple"], start=1):
        tag = Tag.objects.create(slug=name.lower(), name=name)
        ArticleTag.objects.create(article=article, tag=tag, position=position)
    author = Author.objects.create(slug="ann", name="Ann", about="Writes.")
    ArticleAuthor.objects.create(article=article, author=author, role="editor", position=1)
    ArticleMedia.objects.create(article=article, media=picture, position=1)
    Correction.objects.create(article=article, text="It was Monday.", version=2)
    ArticleURL.objects.create(article=article, slug="fuller")
    ArticleAddress.objects.create(
        article=article, site=site, key="blog/full", url="https://blog.example.org/full"
    )
    publish_article(slug="old", state=State.MERGED, merged_into=article)
    return article


def _import_counts(article: Article) -> None:
    ImportedCount.objects.create(
        article_id=article.id,
        source="old system",
        kind=BY_KEY["love"].bit,
        count=70,
        imported_at=datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    )


def _figures() -> dict[str, Any]:
    """All that pages and statistics are made of, without numbers of rows."""
    sections = {None: None} | dict(Section.objects.values_list("id", "slug"))
    of_sections = SiteBucket.objects.values("start", "section_id", "kind").annotate(
        a=Sum("added"), r=Sum("removed")
    )
    return {
        "articles": list(article_records()),
        "counts": sorted(ArticleCount.objects.values_list("article_id", "kind", "count")),
        "imported": sorted(ImportedCount.objects.values_list()),
        "buckets": sorted(
            Bucket.objects.values_list("article_id", "start", "kind", "added", "removed")
        ),
        "sections": sorted(
            (each["start"], str(sections[each["section_id"]]), each["kind"], each["a"], each["r"])
            for each in of_sections
        ),
        "policies": sorted(Policy.objects.values_list(), key=str),
        "views": sorted(
            ViewBucket.objects.values_list("article_id", "start", F("views") + F("moved"))
        ),
        "days": sorted(
            DayBucket.objects.values_list("day", "article_id", "kind", "added", "removed")
        ),
        "summed": sorted(SummedDay.objects.values_list("day", flat=True)),
    }


def _export(folder: Path, format_: str = "jsonl") -> Path:
    call_command("export_reactions", folder=folder, format=format_, stdout=StringIO())
    return folder


def _import(folder: Path) -> str:
    out = StringIO()
    call_command("import_data", folder, stdout=out)
    return out.getvalue()


def _empty() -> None:
    """As a new installation: its ids begin again, so what this process knows of the outbox ends."""
    call_command("flush", interactive=False, verbosity=0)
    watermark.reset()


def _is_clean() -> bool:
    try:
        call_command("reconcile", dry_run=True, stdout=StringIO())
    except SystemExit:
        return False
    return True


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.usefixtures("newsroom")
def test_an_empty_installation_gets_the_same_articles_counts_and_figures(
    tmp_path: Path, format_: str
) -> None:
    before = _figures()
    folder = _export(tmp_path / "export", format_)
    _empty()

    _import(folder)

    after = _figures()
    for name, figures in before.items():
        assert after[name] == figures, name
    assert len(before["days"]) > 50
    assert len(before["sections"]) > 50
    assert _is_clean()


@pytest.mark.usefixtures("newsroom")
def test_what_was_not_counted_when_it_was_exported_is_counted_after_the_import(
    tmp_path: Path,
) -> None:
    article = Article.objects.get(slug="full")
    folder = _export(tmp_path / "export")
    aggregate()
    exact = get_counts(article.id)
    _empty()

    _import(folder)
    aggregate()
    write_stale_counts()

    counts = get_counts(article.id)
    assert exact is not None
    assert counts is not None
    assert counts.counts is not None
    assert counts.counts == exact.counts
    assert [counts.counts[key] for key in ("love", "funny", "sad", "angry")] == [71, 1, 0, 0]
    assert (counts.version or 0) > (exact.version or 0)
    assert _is_clean()


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.usefixtures("newsroom")
def test_importing_twice_changes_nothing(tmp_path: Path, format_: str) -> None:
    folder = _export(tmp_path / "export", format_)
    _empty()
    _import(folder)
    before = _figures() | {"rows": sorted(Reaction.objects.values_list("pk", "kinds"))}

    out = _import(folder)

    assert _figures() | {"rows": sorted(Reaction.objects.values_list("pk", "kinds"))} == before
    assert out.splitlines()[:2] == ["articles created: 0", "reactions imported: 0"]


@pytest.mark.usefixtures("newsroom")
def test_an_installation_with_the_same_articles_gets_their_reactions(tmp_path: Path) -> None:
    folder = _export(tmp_path / "export")
    before = _figures()
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE reactions_reaction, reactions_outboxentry, reactions_articlecount,"
            " reactions_importedcount, reactions_bucket, reactions_sitebucket, reactions_daybucket,"
            " reactions_summedday, reactions_countversion, reactions_viewbucket, reactions_policy"
        )

    _import(folder)

    assert _figures() == before


@pytest.mark.parametrize("name", DATA_SETS)
@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.usefixtures("newsroom")
def test_a_file_that_was_cut_is_refused_and_nothing_is_imported(
    tmp_path: Path, name: str, format_: str
) -> None:
    path = _export(tmp_path / "export", format_) / f"{name}.{format_}"
    whole = path.read_bytes()
    _empty()

    for kept in (len(whole) // 2, len(whole) - len(whole.splitlines()[-1]) - 2, len(whole) - 3):
        path.write_bytes(whole[:kept])
        with pytest.raises(CommandError, match=rf"{name}\.{format_}"):
            _import(path.parent)

    assert not Article.objects.exists()
    assert not Reaction.objects.exists()


@pytest.mark.usefixtures("newsroom")
def test_files_of_two_exports_are_refused(tmp_path: Path) -> None:
    folder = _export(tmp_path / "export")
    aggregate()
    later = _export(tmp_path / "later")
    (folder / "counts.jsonl").write_bytes((later / "counts.jsonl").read_bytes())
    _empty()

    with pytest.raises(CommandError, match="do not fit together"):
        _import(folder)


@pytest.mark.usefixtures("newsroom")
def test_an_installation_with_other_articles_is_refused(
    tmp_path: Path, publish_article: PublishArticle
) -> None:
    folder = _export(tmp_path / "export")
    Article.objects.filter(slug="original").update(headline="Another")
    with pytest.raises(CommandError, match="the article original is another one in the files"):
        _import(folder)
    Article.objects.filter(slug="original").update(headline="=1+1")
    publish_article(slug="more")

    with pytest.raises(CommandError, match="1 articles here are not in the files"):
        _import(folder)


@pytest.mark.usefixtures("newsroom")
def test_an_installation_with_other_reactions_is_refused(tmp_path: Path) -> None:
    folder = _export(tmp_path / "export")
    react(Article.objects.get(slug="original"), "like")

    with pytest.raises(CommandError, match="has other reactions than the files"):
        _import(folder)


@pytest.mark.usefixtures("newsroom")
def test_a_kind_that_is_not_known_is_refused_by_its_name(tmp_path: Path) -> None:
    folder = _export(tmp_path / "export")
    path = folder / "counts.jsonl"
    path.write_text(path.read_text().replace('"kind":"love"', '"kind":"cheer"'))
    _empty()

    with pytest.raises(CommandError, match="There is no kind 'cheer' here"):
        _import(folder)


@pytest.mark.usefixtures("newsroom")
def test_all_files_are_of_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reaction that is counted while the export runs is in none of its files, or in all."""
    article = Article.objects.get(slug="original")
    rows = DATA_SETS["rows"].read

    def act() -> None:
        react(article, "like")
        aggregate()

    def read_late() -> Any:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(on_a_connection_of_its_own, act).result()
        yield from rows()

    monkeypatch.setitem(
        DATA_SETS,
        "rows",
        type(DATA_SETS["rows"])(DATA_SETS["rows"].columns, read_late),
    )
    folder = _export(tmp_path / "export")
    _empty()

    _import(folder)

    assert _is_clean()
    assert not ArticleCount.objects.filter(article_id=article.id).exists()


def test_no_file_names_a_reader_or_a_secret(tmp_path: Path, newsroom: None) -> None:
    readers = {str(each) for each in Reaction.objects.values_list("reader_id", flat=True)}

    folder = _export(tmp_path / "export")

    text = "".join(path.read_text() for path in folder.iterdir())
    assert len(list(folder.iterdir())) == len(DATA_SETS)
    assert not [reader for reader in readers if reader in text]
    assert "jwt" not in text


def test_a_spreadsheet_runs_nothing_and_numbers_stay_numbers(
    tmp_path: Path, newsroom: None
) -> None:
    Bucket.objects.filter(start__lt=datetime.now(UTC) - timedelta(days=5)).update(removed=-5)

    folder = _export(tmp_path / "export", "csv")

    with (folder / "articles.csv").open(newline="") as file:
        headlines = {row["slug"]: row["headline"] for row in csv.DictReader(file) if row["slug"]}
    assert (headlines["original"], headlines["full"]) == ("'=1+1", "'@home")
    assert ",-5\r\n" in (folder / "buckets.csv").read_bytes().decode()


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("text", ["-2+3", "=1", "@x", "\ta", "\ra", "'=1", "''+", 'a,"b"\r\nc', ""])
def test_text_comes_back_as_it_was(format_: str, text: str) -> None:
    columns = {"text": "text", "net": "number", "none": "value", "any": "json"}
    record = {"text": text, "net": -5, "none": None, "any": [text, {"a": None}]}

    file = StringIO("".join(lines_of([record], columns, format_)), newline="")

    assert list(read_records(file, columns, format_)) == [record]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_wrong_number_of_rows_is_noticed(format_: str) -> None:
    lines = list(lines_of([{"n": 1}, {"n": 2}], {"n": "number"}, format_))
    del lines[-2]

    with pytest.raises(Damaged, match="says 2 rows"):
        list(read_records(StringIO("".join(lines), newline=""), {"n": "number"}, format_))


def test_a_stream_ends_with_the_number_of_rows(article: Article) -> None:
    react(article, "love")
    out = StringIO()

    call_command("export_reactions", what="rows", stdout=out)

    assert json.loads(out.getvalue().splitlines()[-1]) == {END: 1}


@pytest.mark.usefixtures("newsroom")
def test_what_came_along_is_edited_and_its_history_begins_with_the_import(
    tmp_path: Path, client: Client
) -> None:
    folder = _export(tmp_path / "export")
    _empty()
    _import(folder)
    key = issue_key(name="cms", scopes=["articles:write"])

    answer = client.patch(
        "/api/v1/articles/full/",
        {"abstract": "New."},
        "application/json",
        headers={"Authorization": f"Bearer {key}", "If-Match": '"4"'},
    )

    assert (answer.status_code, answer.json()["version"]) == (200, 5)
    article = Article.objects.get(slug="full")
    history = [(each.version, each.kind) for each in article.revisions.order_by("version")]
    assert history == [(4, "import"), (5, "edit")]
    assert [tag.name for tag in article.ordered_tags] == ["Zebra", "Apple"]


def _crowd(article: Article, readers: int) -> None:
    """So many readers who love an article, as aggregation would have counted them."""
    statements = [
        "INSERT INTO reactions_reaction (article_id, reader_id, kinds, held, counted, was_counted,"
        " erased, changed_at) SELECT %(article)s, gen_random_uuid(), 4, false, 4, 0, false,"
        " '2024-12-08 09:00Z' FROM generate_series(1, %(readers)s)",
        "INSERT INTO reactions_articlecount VALUES (%(article)s, 2, %(readers)s)",
        "INSERT INTO reactions_countversion VALUES (%(article)s, 7, 7, now())",
        "INSERT INTO reactions_bucket VALUES (%(article)s, '2024-12-08 09:00Z', 2, %(readers)s, 0)",
        "INSERT INTO reactions_sitebucket (start, kind, added, removed)"
        " VALUES ('2024-12-08 09:00Z', 2, %(readers)s, 0)",
    ]
    with connection.cursor() as cursor:
        for each in statements:
            cursor.execute(each, {"article": article.id, "readers": readers})


def _peak(act: Any) -> int:
    """The most bytes that Python held more than before."""
    gc.collect()
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows(
    tmp_path: Path, publish_article: PublishArticle
) -> None:
    """Twenty times as many take at most twice as much, for an export as for an import."""
    peaks = {}
    for readers in (2_500, 50_000):  # a batch of rows, and twenty
        _crowd(publish_article(), readers)
        folder = tmp_path / str(readers)
        exporting = _peak(lambda folder=folder: _export(folder))
        _empty()
        peaks[readers] = exporting, _peak(lambda folder=folder: _import(folder))
        assert _is_clean()
        _empty()

    for few, many in zip(*peaks.values(), strict=True):
        assert many < 2 * few
