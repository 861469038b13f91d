"""Exported rows, without their readers."""

import csv
import json
from io import StringIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.counts import get_counts
from reactions.kinds import pack
from reactions.models import ImportedCount, Reaction
from reactions.record import clear_reactions, erase_reader, set_reactions
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db


def printed(**options: object) -> str:
    out = StringIO()
    call_command("export_reactions", stdout=out, **options)
    return out.getvalue()


def exported(**options: object) -> str:
    """Without the last line, which says how many there are."""
    *lines, end = printed(**options).splitlines(keepends=True)
    assert "#end" in end
    return "".join(lines)


def react(article: Article, *keys: str, reader_id: UUID | None = None) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id or uuid4(), kinds=pack(keys))


def test_a_row_has_article_kinds_and_an_approximate_time(article: Article, reader_id: UUID) -> None:
    react(article, "love", reader_id=reader_id)
    Reaction.objects.update(held=True, changed_at="2024-12-08T09:29:59.123Z")

    out = exported()

    assert json.loads(out) == {
        "article": str(article.id),
        "guid": article.guid,
        "slug": article.slug,
        "reactions": ["love"],
        "counted": [],
        "held": True,
        "changed_at": "2024-12-08T09:15:00.000Z",
    }
    assert str(reader_id) not in out


def test_the_order_within_an_article_does_not_distinguish_readers(article: Article) -> None:
    for number, key in enumerate(["wow", "like", "sad"]):
        react(article, key, reader_id=UUID(int=number))
    Reaction.objects.update(changed_at="2024-12-08T09:20:00Z")

    keys = [json.loads(line)["reactions"] for line in exported().splitlines()]

    assert keys == [["like"], ["sad"], ["wow"]]


def test_cleared_and_erased_reactions_are_not_exported(article: Article) -> None:
    gone, undecided = uuid4(), uuid4()
    for reader_id in (gone, undecided):
        react(article, "love", reader_id=reader_id)

    clear_reactions(article_id=article.id, reader_id=undecided)
    erase_reader(reader_id=gone)

    assert exported() == ""


def test_rows_come_as_a_stream_of_many_batches(article: Article) -> None:
    Reaction.objects.bulk_create(
        Reaction(article_id=article.id, reader_id=UUID(int=number), kinds=1)
        for number in range(4_500)
    )

    assert len(exported().splitlines()) == 4_500


def test_csv_has_a_header_and_the_same_rows(article: Article) -> None:
    react(article, "love")

    (row,) = csv.DictReader(StringIO(exported(format="csv")))

    assert (row["slug"], row["reactions"], row["held"]) == (article.slug, "love", "false")


def test_totals_keep_counted_and_imported_apart(article: Article) -> None:
    react(article, "love")
    aggregate()
    ImportedCount.objects.create(
        article_id=article.id, source="old", kind=2, count=7, imported_at="2024-12-08T09:00:00Z"
    )

    record = json.loads(exported(totals=True))

    assert (record["love"], record["imported_love"], record["sad"]) == (1, 7, 0)


def test_exported_totals_can_be_imported_elsewhere(
    publish_article: PublishArticle, tmp_path: Path
) -> None:
    article = publish_article(slug="bridge-opens")
    react(article, "love")
    aggregate()
    path = tmp_path / "totals.csv"
    path.write_text(printed(format="csv", totals=True))

    call_command("import_reactions", "csv", path, source="the other site")

    counts = get_counts(article.id)
    assert counts is not None
    assert counts.total == 2


def test_exported_totals_that_were_cut_are_refused(article: Article, tmp_path: Path) -> None:
    react(article, "love")
    aggregate()
    header, _, end = printed(format="csv", totals=True).splitlines(keepends=True)
    path = tmp_path / "totals.csv"
    path.write_text(header + end)

    with pytest.raises(SystemExit):
        call_command("import_reactions", "csv", path)

    assert not ImportedCount.objects.exists()
