"""Articles as ninjs 3.1."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings
from referencing import Registry, Resource

from articles.models import (
    Article,
    ArticleAuthor,
    ArticleTag,
    Author,
    Correction,
    Media,
    Section,
    Source,
    State,
    Tag,
)
from articles.syndication.ninjs import ninjs_of

pytestmark = pytest.mark.django_db

PublishArticle = Callable[..., Article]

# IPTC's schema is not part of this repository. Where it is present, it decides.
SCHEMAS = Path(__file__).resolve().parents[4] / "shared" / "schemas" / "ninjs"
# The keys that ninjs 3.1 allows at the top of its closed object.
PROPERTIES = {
    "uri",
    "type",
    "representationType",
    "profile",
    "version",
    "firstCreated",
    "versionCreated",
    "contentCreated",
    "embargoedUntil",
    "pubStatus",
    "urgency",
    "copyrightHolder",
    "copyrightNotice",
    "usageTerms",
    "edNote",
    "language",
    "descriptions",
    "bodies",
    "headlines",
    "people",
    "organisations",
    "places",
    "subjects",
    "events",
    "eventDetails",
    "plannedCoverage",
    "objects",
    "infoSources",
    "title",
    "by",
    "slugline",
    "located",
    "renditions",
    "associations",
    "altIds",
    "trustIndicators",
    "standard",
    "genres",
    "expires",
    "rightsInfo",
    "digitalSourceType",
}


def validators() -> list[jsonschema.Draft202012Validator]:
    """One for each schema that is there, with formats, and with GeoJSON from its local copy."""
    found = []
    for path in SCHEMAS.glob("ninjs-schema_3.1.json"):
        geojson = json.loads((SCHEMAS / "GeoJSON-schema.iptc-copy.json").read_text())
        resource: Resource[Any] = Resource.from_contents(geojson)
        registry: Registry[Any] = Registry().with_resources(
            [(f"https://geojson.org/schema/GeoJSON.json{end}", resource) for end in ("", "#")]
        )
        kind = jsonschema.Draft202012Validator
        schema = json.loads(path.read_text())
        found.append(kind(schema, registry=registry, format_checker=kind.FORMAT_CHECKER))
    return found


VALIDATORS = validators()


def check(document: dict[str, Any]) -> None:
    """Checks what receivers depend on, then IPTC's own schema."""
    assert document.keys() <= PROPERTIES
    assert ":" in document["uri"]
    assert document["pubStatus"] in {"usable", "withheld", "canceled"}
    assert isinstance(document["version"], str)
    for name in ("firstCreated", "versionCreated", "contentCreated", "embargoedUntil", "expires"):
        if name in document:
            assert datetime.fromisoformat(document[name]).tzinfo
    for validator in VALIDATORS:
        validator.validate(document)


@pytest.fixture
def full_article(publish_article: PublishArticle, settings: Settings) -> Article:
    """An article with every field set."""
    settings.SITE_URL = "https://news.example"
    at = datetime(2024, 12, 8, 9, 23, tzinfo=UTC)
    article = publish_article(
        slug="bridge",
        guid="tag:news.example,2024-12-08:articles/1",
        subheadline="After nine years",
        short_headline="Bridge",
        slugline="SYRIA-BRIDGE",
        abstract="It took nine years.",
        word_count=2,
        byline="Ada, Béla",
        dateline_place="Damascus",
        dateline_region="Syria",
        dateline_date=date(2024, 12, 8),
        dateline_source="AFP",
        dateline_text="DAMASCUS, Dec 8 (AFP) —",
        section=Section.objects.create(slug="world", name="World"),
        subjects=["http://cv.iptc.org/newscodes/mediatopic/20000001"],
        source=Source.objects.create(name="Agence France-Presse", credit="AFP"),
        source_item_id="afp-1",
        article_type="reportage",
        language="en",
        urgency=3,
        version=4,
        ed_note="Call the mayor before noon.",
        editor_note="Some names were changed.",
        copyright_holder="AFP",
        copyright_notice="© AFP",
        usage_terms="Ask.",
        expires_at=at,
        embargoed_until=at,
        lead_image=Media.objects.create(caption="At noon.", alt_text="A bridge", credit="AFP"),
    )
    tag = Tag.objects.create(slug="syria", name="Syria")
    author = Author.objects.create(slug="ada", name="Ada")
    ArticleTag.objects.create(article=article, tag=tag, position=1)
    ArticleAuthor.objects.create(article=article, author=author, position=1)
    Correction.objects.create(article=article, text="It was ten.", version=4)
    return article


def ninjs(client: Client, article: Article) -> dict[str, Any]:
    response = client.get(f"/api/v1/articles/{article.slug}/ninjs/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    document: dict[str, Any] = response.json()
    check(document)
    return document


def test_every_field_of_an_article_is_there(full_article: Article, client: Client) -> None:
    document = ninjs(client, full_article)

    assert document["uri"] == full_article.guid
    assert document["version"] == "4"
    assert (document["type"], document["representationType"]) == ("text", "full")
    assert document["contentCreated"] == "2024-12-08T09:23:00Z"
    assert {each["role"]: each["value"] for each in document["headlines"]} == {
        "main": "The bridge is open",
        "subheadline": "After nine years",
        "short": "Bridge",
    }
    assert (document["by"], document["located"]) == ("Ada, Béla", "Damascus, Syria")
    assert document["people"] == [
        {"name": "Ada", "rel": "author", "uri": "https://news.example/authors/ada/"}
    ]
    assert [each.get("name", each.get("uri")) for each in document["subjects"]] == [
        "World",
        "Syria",
        "http://cv.iptc.org/newscodes/mediatopic/20000001",
    ]
    assert document["infoSources"] == [{"name": "Agence France-Presse", "role": "source"}]
    assert document["altIds"] == [
        {"role": "slug", "value": "bridge"},
        {"role": "source", "value": "afp-1"},
    ]
    assert document["renditions"][0]["href"] == "https://news.example/articles/bridge/"
    assert document["associations"][0]["descriptions"][0]["value"] == "At noon."


def test_the_dateline_heads_the_body_and_stands_alone(
    full_article: Article, client: Client
) -> None:
    main, dateline = ninjs(client, full_article)["bodies"]

    assert main["role"] == "main"
    assert main["value"] == '<p><span class="dateline">DAMASCUS, Dec 8 (AFP) —</span> It is.</p>'
    assert (main["wordCount"], main["charCount"]) == (2, len(main["value"]))
    assert (dateline["role"], dateline["value"]) == ("dateline", "DAMASCUS, Dec 8 (AFP) —")


def test_the_desks_own_note_is_not_syndicated(full_article: Article, client: Client) -> None:
    document = ninjs(client, full_article)

    assert document["edNote"] == "Some names were changed.\nCorrection: It was ten."
    assert "mayor" not in json.dumps(document)


def test_empty_fields_of_an_article_are_left_out(article: Article, client: Client) -> None:
    document = ninjs(client, article)

    assert [body["role"] for body in document["bodies"]] == ["main"]
    assert not {"by", "people", "located", "subjects", "urgency", "edNote"} & document.keys()


def test_reactions_have_no_place_in_it(full_article: Article, client: Client) -> None:
    assert "reaction" not in json.dumps(ninjs(client, full_article)).lower()


@given(text=st.text(), urgency=st.none() | st.integers(1, 9), version=st.integers(1, 10**9))
def test_any_article_is_valid_ninjs(text: str, urgency: int | None, version: int) -> None:
    article = Article(
        guid="tag:news.example,2024-12-08:articles/1",
        slug="full_article",
        headline=text,
        abstract=text,
        byline=text,
        dateline_place=text,
        dateline_text=text,
        body_html=text,
        editor_note=text,
        urgency=urgency,
        version=version,
        first_published_at=datetime(2024, 12, 8, tzinfo=UTC),
    )
    article._prefetched_objects_cache = {  # type: ignore[attr-defined]  # as prefetch_related does
        "tag_links": ArticleTag.objects.none(),
        "author_links": ArticleAuthor.objects.none(),
        "corrections": Correction.objects.none(),
    }

    check(ninjs_of(article))


@pytest.mark.parametrize("state", set(State) - {"published", "corrected", "retracted"})
def test_an_article_that_is_not_public_has_no_ninjs(
    state: State, publish_article: PublishArticle, client: Client
) -> None:
    article = publish_article(state=state)

    response = client.get(f"/api/v1/articles/{article.slug}/ninjs/")

    assert response.status_code == (410 if state == State.KILLED else 404)
    assert response["Content-Type"] == "application/problem+json"


def test_an_unchanged_answer_is_304(full_article: Article, client: Client) -> None:
    url = f"/api/v1/articles/{full_article.id}/ninjs/"
    first = client.get(url)

    assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_it_takes_four_queries(
    full_article: Article, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):
        ninjs(client, full_article)
