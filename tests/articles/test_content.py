"""The rules that editing and ingest share, each shown for both."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from articles.editing import SETTERS, edit_article, restore_revision
from articles.fields import FIELDS, Field, Kind
from articles.formats.story import Author, Dateline, LeadImage
from articles.ingest import ingest_stories
from articles.models import Article
from tests.articles.ingest.test_fingerprints import WHOLE

# By the names of the API; fields that are left out get a line of text.
ANOTHER: dict[str, Any] = {
    "headline": "The bridge is shut",
    "subheadline": "After nine days",
    "short_headline": "Bridge shut",
    "slugline": "SHUT",
    "slug": "bridge-shut",
    "abstract": "It took nine days.",
    "body_markdown": "It shut at *noon*.",
    "byline": "Cy Ray",
    "authors": [{"name": "Cy Ray"}],
    "article_type": "analysis",
    "dateline": {"place": "Homs", "style": "plain"},
    "section": "Local",
    "tags": ["Trains"],
    "subjects": ["http://cv.iptc.org/newscodes/mediatopic/20000002"],
    "language": "de",
    "translation_of": "original",
    "lead_image": {"caption": "At dusk."},
    "source": "Reuters",
    "source_item_id": "8",
    "source_version": "9",
    "source_url": "https://afp.example/8",
    "canonical_url": "https://afp.example/8",
    "copyright_holder": "Reuters",
    "copyright_notice": "© Reuters",
    "usage_terms": "All.",
    "credit_line": "Reuters",
    "urgency": 5,
    "ed_note": "Check the trains.",
    "editor_note": "This story was longer.",
    "published_at": dt.datetime(2024, 12, 9, tzinfo=dt.UTC),
    "expires_at": dt.datetime(2098, 1, 1, tzinfo=dt.UTC),
}
# The same in the types of a story, where they differ.
AS_STORY: dict[str, Any] = {
    "authors": (Author("Cy Ray"),),
    "dateline": Dateline("Homs"),
    "tags": ("Trains",),
    "subjects": ("http://cv.iptc.org/newscodes/mediatopic/20000002",),
    "lead_image": LeadImage("At dusk."),
}


def edit(article: Article, name: str) -> None:
    edit_article(
        article_id=article.pk, changes={name: ANOTHER.get(name, "Other")}, expected_version=1
    )


def import_again(article: Article, name: str) -> None:
    value = AS_STORY.get(name, ANOTHER.get(name, "Other"))
    ingest_stories([replace(WHOLE, source_version="3", **{name: value})])


WAYS = [
    *(pytest.param(edit, field, id=f"edit-{field.name}") for field in FIELDS),
    *(
        pytest.param(import_again, field, id=f"import-{field.name}")
        for field in FIELDS
        if field.from_source
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "field"), WAYS)
def test_content_modified_at_moves_with_every_substantial_change_and_no_other(
    change: Callable[[Article, str], None], field: Field
) -> None:
    ingest_stories([replace(WHOLE, slug="original", source_item_id="0", guid="")])
    article = ingest_stories([WHOLE])[0].article

    change(article, field.name)

    after = Article.objects.get(pk=article.pk)
    assert after.version == 2
    assert after.was_modified is field.is_substantial


@pytest.mark.django_db
def test_a_restored_dateline_is_a_substantial_change() -> None:
    (outcome,) = ingest_stories([WHOLE])
    edit(outcome.article, "dateline")
    before = Article.objects.get()

    restore_revision(article_id=before.pk, version=1, expected_version=2)

    after = Article.objects.get()
    assert after.dateline_place == "Damascus"
    assert after.content_modified_at != before.content_modified_at


def test_each_field_of_several_columns_or_rows_has_a_setter() -> None:
    assert {field.name for field in FIELDS if field.kind is Kind.RELATION} <= SETTERS.keys()


def test_each_column_of_a_field_exists() -> None:
    columns = {field.attname for field in Article._meta.concrete_fields}

    assert {column for f in FIELDS for column in (*f.columns, *f.derived)} <= columns
