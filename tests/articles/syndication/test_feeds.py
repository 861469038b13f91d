"""RSS, Atom and JSON Feed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import (
    DjangoAssertNumQueries,
    Settings,
)

from articles import workflow
from articles.models import (
    Article,
    ArticleAuthor,
    ArticleTag,
    Author,
    Correction,
    PubStatus,
    Section,
    State,
    Tag,
)
from articles.syndication import feed_entries, feeds
from tests.articles.syndication import feed_rules

pytestmark = pytest.mark.django_db

FORMS = ["rss.xml", "atom.xml", "feed.json"]
XML_FORMS = FORMS[:2]
PublishArticle = Callable[..., Article]


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.SITE_URL = "https://news.example"


@pytest.fixture
def article(publish_article: PublishArticle) -> Article:
    """An article with everything that a feed shows."""
    article = publish_article(
        slug="bridge-opens",
        guid="tag:news.example,2024-12-08:articles/1",
        abstract="It took nine years.",
        dateline_text="DAMASCUS, Dec 8 (AFP) —",
        section=Section.objects.create(slug="world", name="World"),
        copyright_notice="© 2024",
        content_modified_at=datetime(2024, 12, 9, tzinfo=UTC),
    )
    tag = Tag.objects.create(slug="syria", name="Syria")
    ArticleTag.objects.create(article=article, tag=tag, position=1)
    for position, name in enumerate(["Ada", "Béla"], start=1):
        author = Author.objects.create(slug=name.lower(), name=name)
        ArticleAuthor.objects.create(article=article, author=author, position=position)
    return article


def parsed(response: HttpResponseBase) -> Any:
    """The feed as feedparser reads it, which must report no fault."""
    content: bytes = response.content  # type: ignore[attr-defined]  # of every response that does not stream
    feed = feedparser.parse(content, response_headers={"content-type": response["Content-Type"]})
    assert not feed.bozo, feed.bozo_exception
    return feed


def guids(client: Client, url: str) -> list[str]:
    response = client.get(url)
    assert response.status_code == 200
    if ".json" in url:
        return [item["id"] for item in json.loads(response.content)["items"]]
    return [entry.id for entry in parsed(response).entries]


@pytest.mark.parametrize("form", XML_FORMS)
def test_a_feed_reader_finds_the_whole_article(form: str, article: Article, client: Client) -> None:
    feed = parsed(client.get(f"/feeds/{form}"))

    (entry,) = feed.entries
    assert feed.version == {"rss.xml": "rss20", "atom.xml": "atom10"}[form]
    assert feed.feed.title == "Newsroom"
    assert feed.feed.link == "https://news.example/"
    assert entry.title == "The bridge is open"
    assert entry.link == "https://news.example/articles/bridge-opens/"
    assert (entry.id, entry.guidislink) == (article.guid, False)
    assert entry.summary == "It took nine years."
    assert entry.content[0].value == (
        '<p><span class="dateline">DAMASCUS, Dec 8 (AFP) —</span> It is.</p>'
    )
    assert entry.published_parsed[:5] == (2024, 12, 8, 9, 23)
    assert entry.updated_parsed[:5] == (2024, 12, 9, 0, 0)
    assert [author.name for author in entry.authors if "name" in author] == ["Ada", "Béla"]
    assert [tag.term for tag in entry.tags] == ["World", "Syria"]
    assert entry.rights == "© 2024"


def test_json_feed_has_the_whole_article(article: Article, client: Client) -> None:
    response = client.get("/feeds/feed.json")

    assert response["Content-Type"].startswith("application/feed+json")
    assert json.loads(response.content) == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Newsroom",
        "home_page_url": "https://news.example/",
        "feed_url": "https://news.example/feeds/feed.json",
        "description": "The latest stories: Newsroom",
        "language": "en",
        "items": [
            {
                "id": article.guid,
                "url": "https://news.example/articles/bridge-opens/",
                "title": "The bridge is open",
                "summary": "It took nine years.",
                "content_html": '<p><span class="dateline">DAMASCUS, Dec 8 (AFP) —</span> It is.</p>',
                "date_published": "2024-12-08T09:23:00+00:00",
                "date_modified": "2024-12-09T00:00:00+00:00",
                "authors": [
                    {"name": "Ada", "url": "https://news.example/authors/ada/"},
                    {"name": "Béla", "url": "https://news.example/authors/b%C3%A9la/"},
                ],
                "tags": ["World", "Syria"],
                "language": "en",
            }
        ],
    }


STRICT = {"rss.xml": feed_rules.faults_of_rss, "atom.xml": feed_rules.faults_of_atom}


@pytest.mark.parametrize("form", XML_FORMS)
def test_a_feed_has_what_its_standard_demands(
    form: str, article: Article, publish_article: PublishArticle, client: Client, settings: Settings
) -> None:
    settings.WEBSUB_HUB = "https://hub.example/"
    publish_article(abstract="", byline="")
    workflow.kill(article_id=publish_article().pk)

    for of in ("", "sections/world/", "authors/ada/", "tags/syria/"):
        assert STRICT[form](client.get(f"/feeds/{of}{form}").content) == []


@pytest.mark.parametrize("form", XML_FORMS)
def test_an_empty_feed_has_what_its_standard_demands(form: str, client: Client) -> None:
    assert STRICT[form](client.get(f"/feeds/{form}").content) == []


@pytest.mark.parametrize(
    ("form", "part", "other"),
    [
        ("rss.xml", "<pubDate>Sun, 08 Dec 2024", "<pubDate>8 December"),
        ("rss.xml", "<description>The latest stories: Newsroom</description>", ""),
        ("rss.xml", ' isPermaLink="false"', ""),
        ("rss.xml", "<title>The bridge is open</title>", ""),
        ("rss.xml", ">tag:news.example,2024-12-08:articles/1<", "><"),
        ("atom.xml", "<id>tag:news.example,2024-12-08:articles/1</id>", ""),
        ("atom.xml", "<id>tag:", "<id>"),
        ("atom.xml", "<updated>2024-12-09T00:00:00+00:00</updated>", ""),
        ("atom.xml", "2024-12-08T09:23:00+00:00", "2024-12-08"),
        ("atom.xml", "<name>Ada</name>", ""),
        ("atom.xml", "<title>The bridge is open</title>", ""),
        ("atom.xml", 'rel="self"', 'rel="me"'),
        ("atom.xml", 'when="', 'then="'),
    ],
)
def test_a_feed_without_a_required_element_is_found(
    form: str,
    part: str,
    other: str,
    article: Article,
    publish_article: PublishArticle,
    client: Client,
) -> None:
    workflow.kill(article_id=publish_article(headline="Gone").pk)
    content = client.get(f"/feeds/{form}").content.decode()
    if form == "rss.xml" and part.startswith("<title>"):
        content = content.replace("<description>It took nine years.</description>", "")
    assert part in content

    assert STRICT[form](content.replace(part, other).encode())


@pytest.mark.parametrize("transition", ["kill", "unpublish", "retract"])
def test_atom_lists_deleted_articles(
    transition: str, article: Article, publish_article: PublishArticle, client: Client
) -> None:
    kept = publish_article()
    text = {"text": "It is not."} if transition == "retract" else {}
    gone = getattr(workflow, transition)(article_id=article.pk, **text)

    for of in ("", "sections/world/", "authors/ada/", "tags/syria/"):
        feed = ElementTree.fromstring(client.get(f"/feeds/{of}atom.xml").content)  # noqa: S314  # our own
        (tombstone,) = feed.findall(f"{feed_rules.TOMBSTONES}deleted-entry")
        assert tombstone.get("ref") == gone.guid
        assert datetime.fromisoformat(tombstone.get("when", "")) == gone.version_created_at
    assert guids(client, "/feeds/atom.xml") == [kept.guid]


def test_a_republished_article_is_no_longer_listed_as_deleted(
    article: Article, client: Client
) -> None:
    workflow.unpublish(article_id=article.pk)
    assert b"deleted-entry" in client.get("/feeds/atom.xml").content

    workflow.publish(article_id=article.pk)

    assert b"deleted-entry" not in client.get("/feeds/atom.xml").content
    assert guids(client, "/feeds/atom.xml") == [article.guid]


def test_articles_never_published_or_long_gone_are_not_listed_as_deleted(
    article: Article, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(state=State.DRAFT, first_published_at=None, published_at=None)
    workflow.kill(article_id=article.pk)
    Article.objects.update(updated_at=timezone.now() - feeds.DELETED_PERIOD - timedelta(minutes=1))

    assert b"deleted-entry" not in client.get("/feeds/atom.xml").content


def pages_of(client: Client, form: str, between: Callable[[], object]) -> list[str]:
    """The guids of all pages of the site's feed; `between` happens after each."""
    found: list[str] = []
    url: str | None = f"/feeds/{form}"
    while url:
        found += guids(client, url)
        content = client.get(url).content
        if form == "feed.json":
            url = json.loads(content).get("next_url")
        else:
            links = feedparser.parse(content).feed.links
            url = next((link.href for link in links if link.rel == "next"), None)
        between()
    return found


@pytest.mark.parametrize("form", FORMS)
def test_the_pages_of_a_feed_neither_skip_nor_repeat_when_articles_come_and_go(
    form: str,
    publish_article: PublishArticle,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "ARTICLES_PER_FEED", 2)
    noon = datetime(2024, 12, 8, 12, tzinfo=UTC)
    times = [noon, noon, noon, *(noon - timedelta(hours=hour) for hour in range(1, 5))]
    filed = [publish_article(published_at=time) for time in times]
    by_time = sorted(filed, key=lambda each: (each.published_at, each.id), reverse=True)
    shown = iter(by_time)

    def come_and_go() -> None:
        publish_article(published_at=noon + timedelta(hours=1))
        Article.objects.filter(pk=next(shown).pk).update(state=State.KILLED)  # which was shown

    assert pages_of(client, form, come_and_go) == [article.guid for article in by_time]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", ["", "yesterday", "%00"])
def test_a_page_of_a_feed_that_cannot_be_is_404(before: str, form: str, client: Client) -> None:
    assert client.get(f"/feeds/{form}?before={before}").status_code == 404


def test_every_page_of_a_feed_names_itself_and_the_feed(
    publish_article: PublishArticle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "ARTICLES_PER_FEED", 1)
    for _ in range(2):
        publish_article()
    first = parsed(client.get("/feeds/atom.xml")).feed
    (next_url,) = [link.href for link in first.links if link.rel == "next"]

    second = parsed(client.get(next_url)).feed

    assert second.id == first.id == "https://news.example/feeds/atom.xml"
    assert [link.href for link in second.links if link.rel == "self"] == [next_url]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("of", ["sections/world", "authors/ada", "tags/syria"])
def test_a_part_of_the_site_has_its_own_feed(
    of: str, form: str, article: Article, publish_article: PublishArticle, client: Client
) -> None:
    elsewhere = publish_article()

    assert guids(client, f"/feeds/{of}/{form}") == [article.guid]
    assert set(guids(client, f"/feeds/{form}")) == {article.guid, elsewhere.guid}


@pytest.mark.parametrize(
    "url", ["sections/no/rss.xml", "authors/no/atom.xml", "tags/no/feed.json", "news.xml"]
)
def test_what_does_not_exist_has_no_feed(url: str, client: Client) -> None:
    assert client.get(f"/feeds/{url}").status_code == 404


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "fields",
    [
        *({"state": state} for state in set(State) - {State.PUBLISHED, State.CORRECTED}),
        {"pub_status": PubStatus.WITHHELD},
        {"pub_status": PubStatus.CANCELED},
    ],
)
def test_articles_that_may_not_be_syndicated_are_in_no_feed(
    fields: dict[str, object], form: str, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(**fields)

    assert guids(client, f"/feeds/{form}") == []


@pytest.mark.parametrize("form", FORMS)
def test_a_feed_has_the_newest_first_and_no_guid_twice(
    form: str,
    publish_article: PublishArticle,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "ARTICLES_PER_FEED", 3)
    noon = datetime(2024, 12, 8, 12, tzinfo=UTC)
    hours = [timedelta(hours=number) for number in range(5)]
    articles = [publish_article(published_at=noon + hour) for hour in hours]

    assert guids(client, f"/feeds/{form}") == [article.guid for article in articles[:1:-1]]


@pytest.mark.parametrize("form", FORMS)
def test_an_update_moves_neither_guid_nor_date_of_publication(
    form: str, article: Article, client: Client
) -> None:
    before = guids(client, f"/feeds/{form}")

    article.slug, article.headline, article.version = "bridge-shut", "The bridge is shut", 2
    article.content_modified_at = timezone.now()
    article.save()

    assert guids(client, f"/feeds/{form}") == before
    text = client.get(f"/feeds/{form}").content.decode()
    assert "bridge-shut" in text
    assert "2024-12-08T09:23:00" in text or "Sun, 08 Dec 2024 09:23:00" in text


@pytest.mark.parametrize("form", FORMS)
def test_markup_in_an_article_stays_text(
    form: str, publish_article: PublishArticle, client: Client
) -> None:
    evil = "]]><script>alert(1)</script>&\x0b"
    section = Section.objects.create(slug="evil", name=evil)
    article = publish_article(headline=evil, abstract=evil, byline=evil, section=section)
    Correction.objects.create(article=article, text=evil, version=2)

    response = client.get(f"/feeds/sections/evil/{form}")

    if form == "feed.json":
        (item,) = json.loads(response.content)["items"]
        assert item["title"] == evil
        assert "<script" not in item["content_html"]
        return
    assert b"<script" not in response.content
    (entry,) = parsed(response).entries
    assert entry.title in {evil.replace("\x0b", ""), "]]>&", "]]>alert(1)&"}
    assert "<script" not in entry.summary + entry.content[0].value


@given(text=st.text())
def test_any_text_makes_a_feed_that_can_be_read(text: str) -> None:
    article = Article(
        guid="tag:example.org,2024:1",
        slug="story",
        headline=text,
        abstract=text,
        dateline_text=text,
        body_html=f"<p>{text}</p>",
        first_published_at=datetime(2024, 12, 8, tzinfo=UTC),
    )
    entry = feed_entries.Entry(article, notices=[Correction(text=text)])
    feed = feed_entries.Feed(
        "Site", "https://a/", "https://a/f", "https://a/f", [entry], datetime.now(UTC)
    )

    for form in XML_FORMS:
        read = ElementTree.fromstring(feeds.FORMATS[form].write(feed))  # noqa: S314  # our own
        assert "https://a/f" in ElementTree.tostring(read, "unicode")


def test_corrections_are_in_the_text_that_readers_see(article: Article, client: Client) -> None:
    Correction.objects.create(article=article, text="It was ten.", version=2)
    Correction.objects.create(article=article, text="A note.", version=3, placement="bottom")

    (item,) = json.loads(client.get("/feeds/feed.json").content)["items"]

    top, body, bottom = item["content_html"].split("\n")
    assert top == "<p><strong>Correction:</strong> It was ten.</p>"
    assert "It is." in body
    assert "A note." in bottom


@pytest.mark.parametrize("form", FORMS)
def test_an_unchanged_feed_is_304(form: str, article: Article, client: Client) -> None:
    first = client.get(f"/feeds/{form}")

    for name, value in (
        ("If-None-Match", first["ETag"]),
        ("If-Modified-Since", first["Last-Modified"]),
    ):
        again = client.get(f"/feeds/{form}", headers={name: value})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
    assert "max-age=60" in first["Cache-Control"]
    assert "public" in first["Cache-Control"]
    assert not first.cookies


@pytest.mark.parametrize("form", FORMS)
def test_a_feed_is_new_when_one_of_its_articles_is_killed(
    form: str, publish_article: PublishArticle, client: Client
) -> None:
    kept, killed = publish_article(), publish_article()
    Article.objects.update(updated_at=datetime(2024, 12, 8, 12, tzinfo=UTC))
    first = client.get(f"/feeds/{form}")
    killed.state = State.KILLED
    killed.save()

    by_tag = client.get(f"/feeds/{form}", headers={"If-None-Match": first["ETag"]})
    by_time = client.get(f"/feeds/{form}", headers={"If-Modified-Since": first["Last-Modified"]})

    assert (by_tag.status_code, by_time.status_code) == (200, 200)
    assert guids(client, f"/feeds/{form}") == [kept.guid]


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_feed_is_the_same_each_time(form: str, client: Client) -> None:
    assert client.get(f"/feeds/{form}").content == client.get(f"/feeds/{form}").content


@pytest.mark.parametrize("form", FORMS)
def test_a_feed_takes_as_many_queries_however_long_it_is(
    form: str,
    article: Article,
    publish_article: PublishArticle,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(5):
        publish_article(section=article.section)

    with django_assert_num_queries(6 if form == "atom.xml" else 5):  # Atom lists deleted articles
        client.get(f"/feeds/{form}")


@pytest.mark.parametrize("form", FORMS)
def test_a_feed_names_its_hub(
    form: str, article: Article, client: Client, settings: Settings
) -> None:
    settings.WEBSUB_HUB = "https://hub.example/"

    response = client.get(f"/feeds/tags/syria/{form}")

    own = f"https://news.example/feeds/tags/syria/{form}"
    assert response["Link"] == f'<{own}>; rel="self", <https://hub.example/>; rel="hub"'
    assert "https://hub.example/" in response.content.decode()
