"""Sitemaps, the news sitemap, robots.txt and security.txt."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone
from lxml import etree
from pytest_django import DjangoAssertNumQueries, Settings

from articles.fields import SLUG_LENGTH
from articles.models import Article, PubStatus, Section, Source, State
from articles.syndication import sitemaps

pytestmark = pytest.mark.django_db

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
DECEMBER = "/sitemap-2024-12-1.xml"
PublishArticle = Callable[..., Article]


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.SITE_URL = "https://news.example"


def root_of(client: Client, url: str) -> ElementTree.Element:
    response = client.get(url)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml"
    return ElementTree.fromstring(response.content)  # noqa: S314  # our own


RULES = etree.XMLSchema(etree.parse(Path(__file__).parent / "sitemap.xsd"))
LARGEST = 50 * 1024 * 1024  # bytes, and 50,000 addresses, says sitemaps.org


@pytest.mark.parametrize("filed", [0, 3])
@pytest.mark.parametrize(
    "url", ["/sitemap.xml", "/sitemap-sections.xml", DECEMBER, "/news-sitemap.xml"]
)
def test_a_sitemap_keeps_to_the_rules(
    url: str, filed: int, publish_article: PublishArticle, client: Client
) -> None:
    for number in range(filed):
        publish_article(slug=f"جسر&-{number}", first_published_at=timezone.now())

    content = client.get(url).content

    if url != DECEMBER or filed:
        RULES.assertValid(etree.fromstring(content))


@pytest.mark.parametrize(
    "wrong", ["<url/>", "<url><loc>x</loc></url>", "<loc>https://a/12345</loc>"]
)
def test_a_sitemap_that_breaks_the_rules_is_reported(wrong: str) -> None:
    assert not RULES.validate(etree.fromstring(f'<urlset xmlns="{SITEMAP[1:-1]}">{wrong}</urlset>'))


def test_the_largest_sitemap_is_not_too_large(
    publish_article: PublishArticle, client: Client
) -> None:
    publish_article(slug="ج" * SLUG_LENGTH)  # six bytes a letter, in an address
    entry = len(client.get(DECEMBER).content)

    assert sitemaps.URLS_PER_SITEMAP <= 50_000
    assert sitemaps.URLS_PER_SITEMAP * entry < LARGEST
    assert sitemaps.NEWS_LIMIT <= 1000
    assert timedelta(days=2) >= sitemaps.NEWS_LIFETIME


def addresses(client: Client, url: str) -> list[str | None]:
    return [element.text for element in root_of(client, url).iter(f"{SITEMAP}loc")]


def test_the_index_leads_to_every_article(publish_article: PublishArticle, client: Client) -> None:
    months = [datetime(2024, month, 8, tzinfo=UTC) for month in (11, 12)]
    articles = [publish_article(published_at=month) for month in months]

    (_, *maps) = addresses(client, "/sitemap.xml")

    assert maps == [f"https://news.example/sitemap-2024-{month}-1.xml" for month in (11, 12)]
    for url, article in zip(maps, articles, strict=True):
        assert url is not None
        assert addresses(client, url.removeprefix("https://news.example")) == [article.url]


def test_a_sitemap_says_when_an_article_changed_to_the_second(
    publish_article: PublishArticle, client: Client
) -> None:
    publish_article(content_modified_at=datetime(2024, 12, 9, 1, 2, 3, tzinfo=UTC))

    for url in ("/sitemap.xml", DECEMBER):
        (lastmod,) = root_of(client, url).iter(f"{SITEMAP}lastmod")
        assert lastmod.text == "2024-12-09T01:02:03+00:00"


def test_a_long_month_has_several_sitemaps_and_no_article_twice(
    publish_article: PublishArticle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "URLS_PER_SITEMAP", 2)
    articles = {publish_article().url for _ in range(5)}

    maps = addresses(client, "/sitemap.xml")[1:]

    assert len(maps) == 3
    found = [url for n in (1, 2, 3) for url in addresses(client, f"/sitemap-2024-12-{n}.xml")]
    assert sorted(map(str, found)) == sorted(articles)


def test_sections_with_articles_have_a_sitemap(
    publish_article: PublishArticle, client: Client
) -> None:
    Section.objects.create(slug="empty", name="Empty")
    publish_article(section=Section.objects.create(slug="world", name="World"))

    assert addresses(client, "/sitemap-sections.xml") == [
        "https://news.example/",
        "https://news.example/sections/world/",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "/sitemap-2024-13-1.xml",
        "/sitemap-2024-1-1.xml",
        "/sitemap-0-1-1.xml",
        "/sitemap-9999-12-1.xml",
        "/sitemap-2024-12-99999999999999999999.xml",
        "/sitemap-2024-12-0.xml",
    ],
)
def test_a_month_without_articles_has_no_sitemap(
    url: str, article: Article, client: Client
) -> None:
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        *(
            {"state": state}
            for state in State
            if state not in {"published", "corrected", "retracted"}
        ),
        {"pub_status": PubStatus.CANCELED},
        {"canonical_url": "https://other.example/story"},
    ],
)
def test_articles_not_to_be_indexed_are_in_no_sitemap(
    fields: dict[str, object], publish_article: PublishArticle, client: Client
) -> None:
    publish_article(first_published_at=timezone.now(), **fields)

    assert client.get(DECEMBER).status_code == 404
    assert addresses(client, "/news-sitemap.xml") == []


def test_copies_that_a_source_keeps_for_itself_are_in_no_sitemap(
    publish_article: PublishArticle, client: Client
) -> None:
    source = Source.objects.create(name="Wire", indexing=Source.Indexing.NOINDEX)
    publish_article(source=source)
    kept = publish_article(source=Source.objects.create(name="Agency"))

    assert addresses(client, DECEMBER) == [kept.url]


def test_a_retracted_article_is_in_the_sitemap_and_no_news(
    publish_article: PublishArticle, client: Client
) -> None:
    article = publish_article(state=State.RETRACTED, first_published_at=timezone.now())

    assert addresses(client, DECEMBER) == [article.url]
    assert addresses(client, "/news-sitemap.xml") == []


def test_the_news_sitemap_says_what_google_asks_for(
    publish_article: PublishArticle, client: Client, settings: Settings
) -> None:
    settings.SITE_NAME = "News & Co"
    now = timezone.now().replace(microsecond=0)
    publish_article(headline="<b>&\x0b", language="en-GB", first_published_at=now)

    (news,) = root_of(client, "/news-sitemap.xml").iter(f"{NEWS}news")

    assert {element.tag: element.text for element in news.iter() if element.text} == {
        f"{NEWS}name": "News & Co",
        f"{NEWS}language": "en",
        f"{NEWS}publication_date": now.astimezone(UTC).isoformat(),
        f"{NEWS}title": "<b>&",
    }


def test_the_news_sitemap_ends_after_two_days_and_its_limit(
    publish_article: PublishArticle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "NEWS_LIMIT", 2)
    now = timezone.now()
    hours = [1, 2, 3, 49]
    articles = [publish_article(first_published_at=now - timedelta(hours=each)) for each in hours]

    assert addresses(client, "/news-sitemap.xml") == [article.url for article in articles[:2]]
    Article.objects.exclude(pk=articles[3].pk).delete()
    assert addresses(client, "/news-sitemap.xml") == []


@pytest.mark.parametrize(
    ("language", "named"), [("pt-BR", "pt"), ("zh-Hans", "zh-cn"), ("zh-TW", "zh-tw")]
)
def test_google_knows_languages_without_their_country(
    language: str, named: str, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(language=language, first_published_at=timezone.now())

    (found,) = root_of(client, "/news-sitemap.xml").iter(f"{NEWS}language")

    assert found.text == named


@pytest.mark.parametrize(
    ("url", "queries"),
    [("/sitemap.xml", 2), (DECEMBER, 2), ("/news-sitemap.xml", 2), ("/sitemap-sections.xml", 2)],
)
def test_a_sitemap_takes_few_queries_and_is_answered_with_304(
    url: str,
    queries: int,
    publish_article: PublishArticle,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(3):
        publish_article()

    with django_assert_num_queries(queries):
        first = client.get(url)

    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert first["Last-Modified"]


def test_robots_find_the_sitemaps(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert lines[0] == "User-agent: *"
    assert "Disallow: /desk/" in lines
    assert "Sitemap: https://news.example/sitemap.xml" in lines
    assert "Sitemap: https://news.example/news-sitemap.xml" in lines


@pytest.mark.parametrize(
    ("contact", "uri"),
    [
        ("desk@news.example", "mailto:desk@news.example"),
        ("https://news.example/report", "https://news.example/report"),
    ],
)
def test_security_txt_names_the_contact(
    contact: str, uri: str, client: Client, settings: Settings
) -> None:
    settings.SECURITY_CONTACT = contact

    response = client.get("/.well-known/security.txt")

    fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert fields["Contact"] == uri
    assert fields["Canonical"] == "https://news.example/.well-known/security.txt"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=30) < expires - timezone.now() < timedelta(days=365)


def test_without_a_contact_there_is_no_security_txt(client: Client, settings: Settings) -> None:
    settings.SECURITY_CONTACT = ""

    assert client.get("/.well-known/security.txt").status_code == 404
