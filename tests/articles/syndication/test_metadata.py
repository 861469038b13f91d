"""The metadata in the head of an article's page."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from articles.hooks import Interaction, NullHooks, Widget, register_hooks
from articles.models import (
    Article,
    ArticleAuthor,
    ArticleTag,
    Author,
    Correction,
    PubStatus,
    Section,
    Source,
    Tag,
)
from articles.syndication.locales import og_locale
from articles.syndication.metadata import as_script

pytestmark = pytest.mark.django_db

PublishArticle = Callable[..., Article]


class Readers(NullHooks):
    """A hook with reactions."""

    def widget(self, request: HttpRequest, article: Article) -> Widget:
        interactions = [
            Interaction("LikeAction", None, 3),
            Interaction("ReactAction", "sad", 12),
            Interaction("ReactAction", None, 15),
        ]
        return Widget(interactions=interactions)


@pytest.fixture(autouse=True)
def null_hook(settings: Settings) -> Iterator[None]:
    settings.SITE_URL = "https://news.example"
    before = register_hooks(NullHooks())
    yield
    register_hooks(before)


def head_of(client: Client, article: Article) -> str:
    html = client.get(article.get_absolute_url()).content.decode()
    return " ".join(html.partition("</head>")[0].split())


def data_of(client: Client, article: Article) -> dict[str, Any]:
    (script,) = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', head_of(client, article)
    )
    data: dict[str, Any] = json.loads(script)
    return data


def test_an_article_is_a_news_article(publish_article: PublishArticle, client: Client) -> None:
    article = publish_article(
        slug="bridge",
        subheadline="After nine years",
        abstract="It took nine years.",
        dateline_place="Damascus",
        dateline_country="SY",
        dateline_text="DAMASCUS, Dec 8 (AFP) —",
        section=Section.objects.create(slug="world", name="World"),
        source=Source.objects.create(name="AFP"),
        source_url="https://afp.example/1",
        article_type="reportage",
        word_count=2,
        content_modified_at=datetime(2024, 12, 9, tzinfo=UTC),
    )
    tag = Tag.objects.create(slug="syria", name="Syria")
    author = Author.objects.create(slug="ada", name="Ada", job_title="Reporter")
    ArticleTag.objects.create(article=article, tag=tag, position=1)
    ArticleAuthor.objects.create(article=article, author=author, position=1)

    data = data_of(client, article)

    assert data.pop("dateCreated")
    assert data == {
        "@context": "https://schema.org",
        "@type": "ReportageNewsArticle",
        "@id": article.guid,
        "identifier": article.guid,
        "url": "https://news.example/articles/bridge/",
        "mainEntityOfPage": "https://news.example/articles/bridge/",
        "headline": "The bridge is open",
        "alternativeHeadline": "After nine years",
        "description": "It took nine years.",
        "articleSection": "World",
        "keywords": ["Syria"],
        "wordCount": 2,
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "dateline": "DAMASCUS, Dec 8 (AFP)",
        "locationCreated": {
            "@type": "Place",
            "name": "Damascus",
            "address": {
                "@type": "PostalAddress",
                "addressLocality": "Damascus",
                "addressCountry": "SY",
            },
        },
        "datePublished": "2024-12-08T09:23:00+00:00",
        "dateModified": "2024-12-09T00:00:00+00:00",
        "publisher": {
            "@type": "NewsMediaOrganization",
            "name": "Newsroom",
            "url": "https://news.example/",
        },
        "author": [
            {
                "@type": "Person",
                "name": "Ada",
                "url": "https://news.example/authors/ada/",
                "jobTitle": "Reporter",
            }
        ],
        "sourceOrganization": {"@type": "Organization", "name": "AFP"},
        "isBasedOn": "https://afp.example/1",
        "version": 1,
    }


def test_a_correction_is_in_the_metadata(article: Article, client: Client) -> None:
    at = datetime(2024, 12, 9, tzinfo=UTC)
    Correction.objects.create(article=article, text="It was ten.", version=2, published_at=at)

    assert data_of(client, article)["correction"] == [
        {
            "@type": "CorrectionComment",
            "text": "It was ten.",
            "datePublished": "2024-12-09T00:00:00+00:00",
        }
    ]


def test_reactions_are_counted_by_their_action(article: Article, client: Client) -> None:
    register_hooks(Readers())

    counters = data_of(client, article)["interactionStatistic"]

    assert [(each["interactionType"], each["userInteractionCount"]) for each in counters] == [
        ({"@type": "LikeAction"}, 3),
        ({"@type": "ReactAction", "name": "sad"}, 12),
        ({"@type": "ReactAction"}, 15),
    ]


def test_a_preview_without_a_widget_has_no_interactions(article: Article) -> None:
    html = render_to_string("articles/article.html", {"article": article})

    assert '"NewsArticle"' in html
    assert "interactionStatistic" not in html


def test_counts_that_are_not_known_are_left_out(article: Article, client: Client) -> None:
    assert "interactionStatistic" not in data_of(client, article)


@given(text=st.text())
def test_no_text_ends_the_script_early(text: str) -> None:
    script = as_script({"headline": f"{text}</script><!--<script>"})

    inside = script.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set(inside) & set("<>&\u2028\u2029")
    assert json.loads(inside)["headline"] == f"{text}</script><!--<script>"


def test_a_headline_is_escaped(publish_article: PublishArticle, client: Client) -> None:
    evil = '"></script><script>alert(1)</script>'
    article = publish_article(headline=evil, abstract=evil, byline=evil)
    Correction.objects.create(article=article, text=evil, version=2)

    head = head_of(client, article)

    scripts = re.findall(r"<script(?! type=\"module\"\s+src=\"/)[^>]*>", head)
    assert scripts == ['<script type="application/ld+json">']
    assert data_of(client, article)["headline"] == evil


def test_cards_and_graphs(publish_article: PublishArticle, client: Client) -> None:
    expires_at = datetime(2030, 1, 1, tzinfo=UTC)
    article = publish_article(slug="bridge", language="en-gb", expires_at=expires_at)
    author = Author.objects.create(slug="ada", name="Ada")
    ArticleAuthor.objects.create(article=article, author=author, position=1)

    head = head_of(client, article)

    for name, content in {
        "og:type": "article",
        "og:url": "https://news.example/articles/bridge/",
        "og:locale": "en_GB",
        "article:author": "https://news.example/authors/ada/",
        "article:published_time": "2024-12-08T09:23:00+00:00",
        "article:expiration_time": "2030-01-01T00:00:00+00:00",
    }.items():
        assert f'<meta property="{name}" content="{content}">' in head
    assert '<meta name="twitter:card" content="summary_large_image">' in head
    assert 'name="robots"' not in head


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("en-GB", "en_GB"),
        ("zh-Hant-TW", "zh_TW"),
        ("DE-at", "de_AT"),
        ("pt", "pt_BR"),
        ("ar", "ar_EG"),
        ("zh-Hant", "zh_TW"),
        ("es-419", "es_ES"),
        ("tlh", ""),
    ],
)
def test_a_locale_is_a_language_with_its_territory(language: str, locale: str) -> None:
    assert og_locale(language) == locale


def test_a_language_alone_has_the_territory_of_the_site(settings: Settings) -> None:
    settings.SITE_LANGUAGE = "de-at"

    assert (og_locale("de"), og_locale("en")) == ("de_AT", "en_US")


def test_a_copy_names_its_original(publish_article: PublishArticle, client: Client) -> None:
    article = publish_article(canonical_url="https://other.example/?a=1&b=2")

    assert '<link rel="canonical" href="https://other.example/?a=1&amp;b=2">' in head_of(
        client, article
    )
    assert data_of(client, article)["isBasedOn"] == "https://other.example/?a=1&b=2"


@pytest.mark.parametrize("reason", ["source", "desk"])
def test_search_engines_are_sent_away(
    reason: str, publish_article: PublishArticle, client: Client
) -> None:
    source = Source.objects.create(name="Wire", indexing=Source.Indexing.NOINDEX)
    fields = {"source": source} if reason == "source" else {"pub_status": PubStatus.WITHHELD}

    head = head_of(client, publish_article(**fields))

    assert '<meta name="robots" content="noindex">' in head


def test_each_language_of_an_article_names_all_of_them(
    publish_article: PublishArticle, client: Client
) -> None:
    original = publish_article(slug="bridge", language="en")
    german = publish_article(slug="bruecke", language="de", translation_of=original)
    publish_article(language="fr", translation_of=original, state="draft")

    for article in (original, german):
        found = re.findall(r'hreflang="(.*?)" href="(.*?)"', head_of(client, article))
        assert found == [
            ("de", "https://news.example/articles/bruecke/"),
            ("en", "https://news.example/articles/bridge/"),
        ]


def test_an_article_in_one_language_names_no_other(article: Article, client: Client) -> None:
    assert "hreflang" not in head_of(client, article)


def test_feeds_and_oembed_are_found(publish_article: PublishArticle, client: Client) -> None:
    head = head_of(client, publish_article(slug="bridge"))

    for kind, form in (
        ("application/rss+xml", "rss.xml"),
        ("application/atom+xml", "atom.xml"),
        ("application/feed+json", "feed.json"),
    ):
        assert f'type="{kind}" title="Newsroom" href="https://news.example/feeds/{form}"' in head
    (url,) = re.findall(r'json\+oembed" title="[^"]*" href="https://news.example(.*?)"', head)
    assert client.get(url).json()["title"] == "The bridge is open"


def test_the_head_costs_no_query(
    publish_article: PublishArticle,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Article, tags, authors, corrections, what to read next, and the sections of the page's navigation."""
    source = Source.objects.create(name="Wire")
    original = publish_article(source=source)
    publish_article(language="de", translation_of=original)

    with django_assert_num_queries(6):
        client.get(original.get_absolute_url())
