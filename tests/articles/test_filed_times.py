"""A time of publication keeps the offset in which it was filed: from each format, on pages, and in every output."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from lxml import html
from pytest_django import Settings

from articles.formats.story import Story
from articles.ingest import Action, ingest_stories
from articles.models import Article
from articles.offsets import at_offset, offset_of, written
from articles.syndication.ninjs import ninjs_of
from tests.articles.conftest import read, with_changes
from tests.articles.formats.wires import entry, news_item, nitf, post, rss, story, wxr
from tests.articles.syndication.test_ninjs import check

MOMENT = datetime(2024, 12, 8, 9, 23, tzinfo=UTC)
FILED = "2024-12-08T12:23:00+03:00"
QUAY = "The ferry sails again."
PAGE = "/articles/bridge-opens/"


def feed(**values: Any) -> bytes:
    item = {"id": "1", "url": "https://wire.example/1", "title": "The ferry", "content_text": QUAY}
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Wire",
        "items": [item | values],
    }
    return json.dumps(document).encode()


def ninjs(**values: Any) -> bytes:
    item = {
        "uri": "tag:wire.example,2024:1",
        "type": "text",
        "headline": "The ferry",
        "body_text": QUAY,
    }
    return json.dumps(item | values).encode()


def page(head: str) -> bytes:
    text = (
        f"<p>{QUAY} It had been away for nine years, said the captain, and no one had missed it.</p>"
        * 3
    )
    return (
        f"<!doctype html><html lang='en'><head><title>The ferry</title>{head}</head><body><article><h1>The ferry</h1>"
        f"{text}</article></body></html>"
    ).encode()


def blog(local: str, utc: str) -> bytes:
    times = f"<wp:post_date>{local}</wp:post_date>"
    usual = "<wp:post_date_gmt>2026-11-20 10:00:00</wp:post_date_gmt>"
    return wxr(post(QUAY).replace(usual, f"{times}<wp:post_date_gmt>{utc}</wp:post_date_gmt>"))


LINKED = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "%s"}</script>'
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><id>tag:wire.example,2024:f</id><entry><title>The ferry</title>'
    "<id>tag:wire.example,2024:1</id><published>{}</published><updated>2024-12-08T10:00:00Z</updated>"
    f'<content type="text">{QUAY}</content></entry></feed>'
)

# Files of the same moment, the name of each, and the minutes of its offset.
FILES = [
    (rss(entry(more="<pubDate>Sun, 08 Dec 2024 12:23:00 +0300</pubDate>")), "a.rss", 180),
    (rss(entry(more="<pubDate>Sun, 08 Dec 2024 04:23 EST</pubDate>")), "a.rss", -300),
    (rss(entry(more="<pubDate>Sun, 08 Dec 2024 10:23:00 CET</pubDate>")), "a.rss", 60),
    (rss(entry(more="<pubDate>Sun, 08 Dec 2024 14:53:00 IST</pubDate>")), "a.rss", 330),
    (rss(entry(more="<pubDate>08.12.2024 10:23 +01:00</pubDate>")), "a.rss", 60),
    (rss(entry(more="<dc:date>2024-12-08T15:08:00+05:45</dc:date>")), "a.rss", 345),
    (ATOM.format(FILED).encode(), "a.atom", 180),
    (feed(date_published="2024-12-08T05:53:00-03:30"), "a.json", -210),
    (ninjs(versionCreated=FILED), "a.json", 180),
    (ninjs(contentCreated=FILED, firstCreated="2024-12-08T09:00:00Z"), "a.json", 180),
    (nitf(date='<date.issue norm="20241208T122300+0300"/>'), "a.xml", 180),
    (news_item(content=f"<contentCreated>{FILED}</contentCreated>"), "a.xml", 180),
    (news_item(modified=FILED), "a.xml", 180),
    (page(LINKED % FILED), "a.html", 180),
    (page(f'<meta property="article:published_time" content="{FILED}">'), "a.html", 180),
    (blog("2024-12-08 12:23:00", "2024-12-08 09:23:00"), "a.xml", 180),
    (blog("2024-12-08 03:23:00", "2024-12-08 09:23:00"), "a.xml", -360),
    # No offset, or one that only says which moment it was.
    (rss(entry(more="<pubDate>Sun, 08 Dec 2024 09:23:00 GMT</pubDate>")), "a.rss", None),
    (rss(entry(more="<pubDate>Sun, 08 Dec 2024 09:23:00 +0000</pubDate>")), "a.rss", None),
    (rss(entry(more="<pubDate>Sun, 08 Dec 2024 09:23:00 -0000</pubDate>")), "a.rss", None),
    (rss(entry(more="<pubDate>Sun, 08 Dec 2024 09:23:00</pubDate>")), "a.rss", None),
    (ninjs(versionCreated="2024-12-08T09:23:00Z"), "a.json", None),
    (blog("2024-12-08 09:23:00", "2024-12-08 09:23:00"), "a.xml", None),
    # A blog whose pair was written at two times.
    (blog("2024-12-08 12:24:11", "2024-12-08 09:23:00"), "a.xml", None),
    (blog("never", "2024-12-08 09:23:00"), "a.xml", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "name", "minutes"), FILES, ids=[f"{n}-{name}" for n, (_, name, _) in enumerate(FILES)]
)  # fmt: skip
def test_each_format_keeps_the_offset_that_it_states(
    content: bytes, name: str, minutes: int | None
) -> None:
    found = story(content, name)

    assert found.published_at == MOMENT
    assert offset_of(found.published_at) == minutes


@pytest.mark.parametrize(
    ("written_as", "minutes"),
    [
        (FILED, 180),
        ("2024-12-08 12:23 +03:00", 180),
        ("Sun, 08 Dec 2024 04:23:00 EST", -300),
        ("2024-12-08T09:23:00Z", None),
        ("2024-12-08 09:23", None),
    ],
)
def test_front_matter_keeps_the_offset_that_it_states(written_as: str, minutes: int | None) -> None:
    found = read(with_changes((FILED, written_as)))

    assert found.published_at == MOMENT
    assert offset_of(found.published_at) == minutes


def test_a_time_without_an_offset_has_none_though_the_sites_zone_has_one() -> None:
    from zoneinfo import ZoneInfo

    from articles.formats import read_stories

    zone = ZoneInfo("Europe/Berlin")
    content = rss(entry(more="<pubDate>Sun, 08 Dec 2024 10:23:00</pubDate>"))
    (found,) = read_stories(content, name="a.rss", zone=zone)

    assert found.published_at == MOMENT
    assert offset_of(found.published_at) is None


def test_offsets_that_no_clock_has_are_none() -> None:
    assert offset_of(datetime.fromisoformat("2024-12-08T12:23:00+23:00")) is None
    assert offset_of(datetime.fromisoformat("2024-12-08T12:23:00-13:00")) is None
    assert offset_of(datetime.fromisoformat("1890-12-08T12:23:00+00:53:28")) is None
    assert offset_of(datetime(2024, 12, 8)) is None  # noqa: DTZ001  # a time that states no zone
    assert [written(each) for each in (180, -210, 345)] == ["+03:00", "-03:30", "+05:45"]
    assert at_offset(MOMENT, -210).isoformat() == "2024-12-08T05:53:00-03:30"


def filed(time: str = FILED, *, dateline: bool = True, language: str = "en") -> Article:
    changes = [(FILED, time), ("language: en", f"language: {language}")]
    if not dateline:
        line = next(each for each in with_changes().splitlines() if each.startswith("dateline"))
        changes.append((f"{line}\n", ""))
    (outcome,) = ingest_stories([read(with_changes(*changes))])
    article = outcome.article
    article.refresh_from_db()
    return article


def shown(client: Client) -> str:
    root = html.document_fromstring(client.get(PAGE).content)  # type: ignore[no-untyped-call]  # lxml has no types
    (line,) = root.xpath("//p[@class='meta']/span[contains(., 'Published')]")
    return " ".join(str(line.xpath("string()")).split())


@pytest.mark.django_db
def test_the_moment_is_stored_in_utc_and_its_offset_beside_it() -> None:
    article = filed()

    assert (article.published_at, article.published_offset) == (MOMENT, 180)
    assert article.revisions.get().snapshot["published_at"] == "2024-12-08T09:23:00Z"
    assert article.revisions.get().snapshot["published_offset"] == 180


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("time", "dateline", "expected"),
    [
        (FILED, True, "12:23 in Damascus (09:23 UTC)"),
        (FILED, False, "12:23 UTC+03:00 (09:23 UTC)"),
        ("2024-12-08T10:23:00+01:00", True, "10:23 UTC+01:00 (09:23 UTC)"),
        ("2024-12-07T23:23:00-10:00", False, "23:23 UTC-10:00 (8 December 2024, 09:23 UTC)"),
        ("2024-12-08T09:23:00Z", True, "12:23 in Damascus (09:23 UTC)"),
        ("2024-12-08T09:23:00Z", False, "09:23 UTC"),
    ],
)
def test_a_page_shows_the_time_as_it_was_filed(
    time: str, dateline: bool, expected: str, client: Client
) -> None:
    filed(time, dateline=dateline)

    line = shown(client)

    assert line.startswith("Published ")
    assert line.partition("2024, ")[2] == expected


@pytest.mark.django_db
def test_where_the_sites_clocks_show_the_same_its_zone_stands_alone(
    client: Client, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    filed("2024-12-08T10:23:00+01:00")

    assert shown(client) == "Published 8 December 2024, 10:23 CET"


@pytest.mark.django_db
def test_programs_get_the_offset_in_the_head_of_a_page(client: Client) -> None:
    filed()

    content = client.get(PAGE).content.decode()

    assert f'<time datetime="{FILED}"' in content
    assert f'property="article:published_time" content="{FILED}"' in " ".join(content.split())
    assert f'"datePublished":"{FILED}"' in content.replace('": "', '":"')


@pytest.mark.django_db
def test_the_api_answers_the_moment_in_utc_and_the_offset(client: Client) -> None:
    filed()

    answer = client.get("/api/v1/articles/bridge-opens/").json()
    (entry_of_list,) = client.get("/api/v1/articles/").json()["results"]

    for each in (answer, entry_of_list):
        assert (each["published_at"], each["published_offset"]) == (
            "2024-12-08T09:23:00Z",
            "+03:00",
        )


@pytest.mark.django_db
@pytest.mark.parametrize("time", [FILED, "2024-12-08T09:23:00Z"])
@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/feeds/rss.xml", "a.rss"),
        ("/feeds/atom.xml", "a.atom"),
        ("/feeds/feed.json", "a.json"),
        ("/api/v1/articles/bridge-opens/ninjs/", "a.json"),
        (PAGE, "a.html"),
    ],
)
def test_every_output_comes_back_with_the_same_time(
    address: str, name: str, time: str, client: Client
) -> None:
    first = read(with_changes((FILED, time)))
    ingest_stories([first])

    second: Story = story(client.get(address).content, name)

    assert second.published_at
    assert first.published_at
    assert second.published_at == first.published_at
    assert offset_of(second.published_at) == offset_of(first.published_at)


@pytest.mark.django_db
def test_ninjs_and_the_news_sitemap_carry_the_offset(client: Client) -> None:
    recent = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    time = at_offset(recent, 180).isoformat()
    article = filed(time)

    document = ninjs_of(Article.objects.in_full().get())
    sitemap = client.get("/news-sitemap.xml").content.decode()

    check(document)
    assert document["contentCreated"] == time
    assert f"<news:publication_date>{time}</news:publication_date>" in sitemap
    assert article.first_published_at == recent


@pytest.mark.django_db
def test_the_same_moment_in_another_offset_is_no_new_version() -> None:
    """Articles that were imported before offsets were stored have none; their sources have not changed."""
    filed()
    Article.objects.update(published_offset=None)

    (outcome,) = ingest_stories([read(with_changes())])

    assert outcome.action == Action.UNCHANGED


@pytest.mark.django_db
def test_a_change_of_the_source_brings_the_offset_and_takes_none_away() -> None:
    filed()
    Article.objects.update(published_offset=None)
    ingest_stories([read(with_changes(("nine years", "ten years")))])
    with_offset = Article.objects.get().published_offset

    ingest_stories([read(with_changes((FILED, "2024-12-08T09:23:00Z")))])
    same_moment = Article.objects.get().published_offset
    ingest_stories([read(with_changes((FILED, "2024-12-08T09:24:00Z")))])

    assert (with_offset, same_moment) == (180, 180)
    assert Article.objects.get().published_offset is None
