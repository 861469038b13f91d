"""An article's pictures in pages, feeds and the API."""

import json
import re
from pathlib import Path

import feedparser
import pytest
from django.test import Client
from lxml import etree, html
from pytest_django import DjangoAssertNumQueries, Settings

from articles.media.images import read_picture
from articles.media.pictures import prepare, put_picture
from articles.models import Article, ArticleMedia, Media
from articles.syndication.ninjs import ninjs_of
from tests.articles.media.drawings import draw
from tests.articles.syndication.test_ninjs import VALIDATORS
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

SITE = "https://news.example"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SITE_URL = SITE


@pytest.fixture
def media() -> Media:
    media = Media(caption="At <noon>.", alt_text='A "bridge"', credit="Bo Park", focal_x=0.25)
    put_picture(media, read_picture(draw(500, 400)))
    return media


@pytest.fixture
def rendered(media: Media) -> Media:
    prepare(media)
    return Media.objects.get(pk=media.pk)


@pytest.fixture
def article(rendered: Media, publish_article: PublishArticle) -> Article:
    return publish_article(slug="bridge", lead_image=rendered)


def page(client: Client, path: str = "/articles/bridge/") -> html.HtmlElement:
    parsed: html.HtmlElement = html.document_fromstring(client.get(path).content)  # type: ignore[no-untyped-call]  # lxml has no types
    return parsed


def meta(root: html.HtmlElement) -> dict[str, str]:
    tags = root.xpath("//meta[@property or @name]")
    return {tag.get("property") or tag.get("name"): tag.get("content") for tag in tags}


def test_an_article_shows_its_picture_in_sizes_and_keeps_room_for_it(
    article: Article, client: Client
) -> None:
    (figure,) = page(client).xpath("//figure")

    (source,), (image,) = figure.xpath(".//source"), figure.xpath(".//img")
    assert re.findall(r" (\d+)w", source.get("srcset")) == ["320", "500"]
    assert source.get("type") == "image/webp"
    assert source.get("sizes") == image.get("sizes") != ""
    assert (image.get("width"), image.get("height")) == ("500", "400")
    assert (image.get("loading"), image.get("fetchpriority")) == ("eager", "high")
    assert image.get("alt") == 'A "bridge"'
    assert "At <noon>." in figure.text_content()
    assert "Bo Park" in figure.text_content()
    assert client.get(image.get("src")).getvalue()


def test_a_rendition_that_an_earlier_release_listed_twice_is_shown_once(
    article: Article, rendered: Media, client: Client
) -> None:
    Media.objects.filter(pk=rendered.pk).update(rendered=rendered.rendered * 2)

    for path in ("/articles/bridge/", "/"):
        (source,) = page(client, path).xpath("//source")
        widths = re.findall(r" (\d+)w", source.get("srcset"))
        assert widths == sorted(set(widths), key=int)


def test_a_picture_is_shown_before_it_has_renditions(
    media: Media, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(slug="bridge", lead_image=media)

    for path in ("/articles/bridge/", "/"):
        root = page(client, path)
        (image,) = root.xpath("//img")
        assert image.get("src") == media.path
        assert root.xpath("//source") == []


def test_a_caption_is_not_shown_without_its_picture(
    publish_article: PublishArticle, client: Client
) -> None:
    media = Media.objects.create(caption="At noon.")
    article = publish_article(slug="bridge", lead_image=media)
    ArticleMedia.objects.create(article=article, media=media, position=1)

    root = page(client)

    assert root.xpath("//img | //figure | //*[@class='gallery']") == []
    assert not root.xpath("//body//*[contains(text(), 'At noon.')]")


def test_further_pictures_follow_the_text_in_their_order(
    article: Article, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for position, caption in ((2, "Second"), (1, "First")):
        further = Media(caption=caption, alt_text=caption)
        put_picture(further, read_picture(draw(400, 300)))
        ArticleMedia.objects.create(article=article, media=further, position=position)

    client.get("/articles/bridge/")  # the counts are in Redis then
    with django_assert_max_num_queries(5):
        images = page(client).xpath("//img")

    assert [each.get("alt") for each in images] == ['A "bridge"', "First", "Second"]
    assert [each.get("loading") for each in images] == ["eager", "lazy", "lazy"]
    media_list = client.get("/api/v1/articles/bridge/").json()["media"]
    assert [each["caption"] for each in media_list] == ["First", "Second"]


def test_lists_show_crops_the_first_at_once(
    article: Article,
    rendered: Media,
    publish_article: PublishArticle,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(6):
        publish_article(lead_image=rendered)

    with django_assert_max_num_queries(6):
        images = page(client, "/").xpath("//img")  # the four beside the lead have none

    assert [each.get("loading") for each in images] == ["eager", "lazy", "lazy"]
    assert {each.get("alt") for each in images} == {""}
    assert all("16x9-25-50-" in each.get("src") for each in images)


def test_cards_show_it_large(article: Article, client: Client) -> None:
    card = meta(page(client))

    assert re.fullmatch(rf"{SITE}/media/pictures/.+/16x9-25-50-500w\.jpg", card["og:image"])
    assert (card["og:image:width"], card["og:image:height"]) == ("500", "281")
    assert card["og:image:alt"] == card["twitter:image:alt"] == 'A "bridge"'
    assert card["twitter:card"] == "summary_large_image"


def test_search_engines_get_three_shapes(article: Article, client: Client) -> None:
    (script,) = page(client).xpath("//script[@type='application/ld+json']")

    images = json.loads(script.text)["image"]

    assert [(each["width"], each["height"]) for each in images] == [
        (500, 281),
        (500, 375),
        (400, 400),
    ]
    assert {each["creditText"] for each in images} == {"Bo Park"}
    assert all(each["url"].startswith(f"{SITE}/media/pictures/") for each in images)


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_feeds_carry_it_with_its_length(name: str, article: Article, client: Client) -> None:
    feed = feedparser.parse(client.get(f"/feeds/{name}").content)

    (enclosure,) = feed.entries[0].enclosures
    copy = Media.objects.get().within(1280)
    assert (enclosure["href"], enclosure["length"]) == (copy.url, str(copy.byte_size))
    assert enclosure["type"] == "image/jpeg"


def test_rss_has_its_words_too_and_no_other_reader_mistakes_them(
    article: Article, client: Client
) -> None:
    content = client.get("/feeds/rss.xml").content

    (media,) = etree.fromstring(content).iter("{http://search.yahoo.com/mrss/}content")
    assert [each.text for each in media] == ["At <noon>.", "Bo Park"]
    assert (media.get("width"), media.get("medium")) == ("500", "image")


def test_json_feed_names_it(article: Article, client: Client) -> None:
    (item,) = client.get("/feeds/feed.json").json()["items"]

    assert item["image"] == Media.objects.get().within(1280).url


def test_ninjs_has_every_rendition_and_stays_valid(article: Article) -> None:
    answer = ninjs_of(Article.objects.in_full().get())

    (picture,) = answer["associations"]
    assert picture["renditions"][0]["poi"] == {"x": 125, "y": 200}
    assert {each["contentType"] for each in picture["renditions"]} == {"image/jpeg", "image/webp"}
    assert [error.message for each in VALIDATORS for error in each.iter_errors(answer)] == []


def test_sitemaps_name_it(article: Article, client: Client) -> None:
    content = client.get("/sitemap-2024-12-1.xml").content.decode()

    assert f"<image:image><image:loc>{Media.objects.get().url}</image:loc></image:image>" in content


@pytest.mark.parametrize(
    ("most", "width"), [("", 500), ("&maxwidth=499", 320), ("&maxheight=256", 320)]
)
def test_oembed_has_a_thumbnail_that_fits(
    most: str, width: int, article: Article, client: Client
) -> None:
    answer = client.get(f"/oembed/?url={SITE}/articles/bridge/{most}").json()

    assert answer["thumbnail_width"] == width
    assert answer["thumbnail_height"] == width * 4 // 5
    assert answer["thumbnail_url"].endswith(f"/{width}w.jpg")


def test_oembed_leaves_out_a_thumbnail_that_cannot_fit(article: Article, client: Client) -> None:
    answer = client.get(f"/oembed/?url={SITE}/articles/bridge/&maxwidth=10").json()

    assert "thumbnail_url" not in answer


def test_the_api_has_all_its_fields(article: Article, rendered: Media, client: Client) -> None:
    answer = client.get("/api/v1/articles/bridge/").json()["lead_image"]

    assert (answer["url"], answer["width"], answer["height"]) == (rendered.url, 500, 400)
    assert answer["focal_point"] == {"x": 0.25, "y": 0.5}
    assert answer["renditions"][0] == {
        "name": "320w",
        "url": rendered.renditions[0].url,
        "content_type": "image/webp",
        "width": 320,
        "height": 256,
        "bytes": rendered.renditions[0].byte_size,
    }
