"""The cards that other sites show beside a link to a page without a picture."""

import io
import os
import re
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image, features
from pytest_django import DjangoAssertNumQueries, Settings

from articles.media import card_images, cards
from articles.media.card_images import CardText, draw_card
from articles.models import Article, Section, State
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

ARABIC = "الأسد غادر سوريا والمعارضة تعلن دخول دمشق"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SITE_URL = "https://news.example"
    return tmp_path / "media" / "cards"


def card(headline: str, language: str = "en", site: str = "Newsroom") -> CardText:
    return CardText(headline, "World", site, language)


def picture(text: CardText) -> Image.Image:
    return Image.open(io.BytesIO(draw_card(text))).convert("L")


def ink(image: Image.Image, left: int, right: int) -> int:
    """The dark pixels of the headline between two columns."""
    part = image.crop((left, 150, right, 520))
    return sum(part.point(lambda value: 255 if value < 80 else 0).histogram()[255:])


def address_in(client: Client, path: str) -> str:
    """The path of the picture that the page names for link previews."""
    head = client.get(path).content.decode().partition("</head>")[0]
    (url,) = re.findall(r'<meta property="og:image" content="https://news.example([^"]+)">', head)
    assert "summary_large_image" in head
    return str(url)


def test_every_page_has_a_picture_for_link_previews(
    publish_article: PublishArticle, client: Client
) -> None:
    section = Section.objects.create(slug="world", name="World")
    article = publish_article(section=section, headline="The bridge is open")

    for path in ("/", section.get_absolute_url(), article.get_absolute_url(), "/corrections/"):
        response = client.get(address_in(client, path))
        with Image.open(io.BytesIO(response.content)) as image:
            assert (image.format, image.size) == ("PNG", (1200, 630))
        assert response["Content-Type"] == "image/png"
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_changed_headline_has_another_address_and_the_former_one_leads_there(
    article: Article, client: Client
) -> None:
    former = address_in(client, article.get_absolute_url())
    Article.objects.filter(pk=article.pk).update(headline="It is shut")
    article.refresh_from_db()

    current = cards.path_of(article)

    assert current != former
    assert client.get(former)["Location"] == current
    assert client.get(f"/cards/{article.pk.hex}/invented.png")["Location"] == current


def test_a_card_is_drawn_once_however_often_it_is_requested(
    article: Article, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, drawn = cards.path_of(article), []

    def count(text: CardText) -> bytes:
        drawn.append(text)
        return draw_card(text)

    monkeypatch.setattr(cards, "draw_card", count)

    contents = {client.get(path).content for _ in range(3)}

    assert len(drawn) == len(contents) == 1


def test_requests_at_one_moment_draw_one_card(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[CardText] = []
    together = threading.Barrier(4)

    def count(text: CardText) -> bytes:
        drawn.append(text)
        return draw_card(text)

    def ask() -> None:
        together.wait(5)
        cards.read_card(card("At once"))

    monkeypatch.setattr(cards, "draw_card", count)
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(drawn) == 1


def test_a_request_waits_no_longer_than_its_limit(
    article: Article, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "_WAIT_SECONDS", 0.01)

    with cards._drawing:
        response = client.get(cards.path_of(article))

    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert client.get(cards.path_of(article)).status_code == 200


@pytest.mark.parametrize("state", [State.DRAFT, State.UNPUBLISHED, State.KILLED])
def test_an_article_that_is_not_public_has_no_card(
    state: State, article: Article, client: Client
) -> None:
    path = cards.path_of(article)
    Article.objects.filter(pk=article.pk).update(state=state)

    assert client.get(path).status_code == 404


def test_a_card_that_was_drawn_costs_one_query(
    publish_article: PublishArticle,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    section = Section.objects.create(slug="world", name="World")
    path = cards.path_of(publish_article(section=section))
    client.get(path)

    with django_assert_num_queries(1):
        client.get(path)


def test_where_no_card_was_drawn_none_is_deleted(folder: Path) -> None:
    assert cards.delete_old_cards() == 0


def test_old_cards_are_deleted_and_drawn_again(folder: Path) -> None:
    content = cards.read_card(card("Old"))
    (file,) = folder.iterdir()
    cards.read_card(card("New"))
    old = (timezone.now() - cards.LIFETIME - timedelta(minutes=1)).timestamp()
    os.utime(file, (old, old))

    assert cards.delete_old_cards() == 1

    assert not file.exists()
    assert len(list(folder.iterdir())) == 1
    assert cards.read_card(card("Old")) == content


def test_a_card_says_its_headline_at_the_side_where_it_begins() -> None:
    left, right = picture(card("Short")), picture(card("ראשי", "he"))

    assert ink(left, 0, 400) > 1000
    assert ink(left, 800, 1200) == 0
    assert ink(right, 800, 1200) > 1000
    assert ink(right, 0, 400) == 0


@pytest.mark.parametrize(
    ("language", "headline"),
    [
        ("ar", ARABIC),
        ("fa", "گزارش هواشناسی می‌گوید"),
        ("he", "ראש הממשלה הודיע"),
        ("hi", "नई दिल्ली में भारी बारिश"),
        ("bn", "ঢাকায় বৃষ্টি"),
        ("zh-Hans", "中国科学家发现新物种"),
        ("zh-Hant", "臺灣總統"),
        ("ja", "東京で桜が満開"),
        ("ko", "서울에서 첫눈이 내렸다"),
        ("ru", "Мост открыт"),
        ("el", "γέφυρα"),
        ("vi", "Cây cầu đã mở"),
        ("th", "กรุงเทพฯ น้ำท่วม"),
        ("am", "ድልድዩ ተከፈተ"),
    ],
)
def test_a_headline_in_any_of_these_scripts_can_be_drawn(language: str, headline: str) -> None:
    assert features.check("raqm"), "Pillow finds no FriBiDi: install libfribidi0."

    line = card_images._Line.of(headline, language)

    assert line
    assert line.text == headline


def test_arabic_letters_join() -> None:
    line = card_images._Line.of("سلام", "ar")
    assert line

    assert line.width("سلام", 80) < 0.8 * sum(line.width(letter, 80) for letter in "سلام")


def test_what_no_font_has_is_left_out_and_never_drawn_as_boxes() -> None:
    assert draw_card(card("ភ្នំពេញ", "km")) == draw_card(card("", "km"))  # the site's name instead
    assert draw_card(card("🎉 Party 🇩🇪 time ❤️")) == draw_card(card("Party time"))
    assert draw_card(card("\x00\u200b\ufeff")) == draw_card(card(""))


def test_without_fribidi_what_needs_it_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    latin = draw_card(card("Übergrößenträger"))
    monkeypatch.setattr(features, "check", lambda feature: feature != "raqm")

    assert draw_card(card(ARABIC, "ar")) == draw_card(card("", "ar"))
    assert draw_card(card("नई दिल्ली", "hi")) == draw_card(card("", "hi"))
    assert draw_card(card("U\u0308bergro\u0308ßentra\u0308ger")) != draw_card(card(""))
    assert latin


@pytest.mark.parametrize(
    "headline", ["word " * 60, "W" * 300, "中" * 300, ARABIC * 7, "iiii " * 75]
)
def test_the_longest_headline_stays_on_the_card_and_within_a_second(headline: str) -> None:
    draw_card(card(headline))  # loads the fonts
    started = time.process_time()

    image = picture(card(headline))

    assert time.process_time() - started < 1
    assert ink(image, 0, 78) == ink(image, 1122, 1200) == 0


def test_a_line_never_begins_with_the_comma_of_the_last_one() -> None:
    comma = "\N{FULLWIDTH COMMA}"
    line = card_images._Line.of(
        f"中国科学家发现深海新物种{comma}引发全球关注{comma}这是一个标题", "zh"
    )
    assert line

    lines = list(card_images._wrap(line, 88))

    assert len(lines) > 1
    assert not any(each.startswith(comma) for each in lines)
