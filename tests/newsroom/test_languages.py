"""The pages for readers in every language of the interface, and the desk and the API in English."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from babel.messages.catalog import Catalog
from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import gettext, ngettext, override, pgettext
from pytest_django import Settings

from articles.languages import direction
from articles.models import Article, Author, Correction, Section, State, Tag
from articles.pages import views
from articles.pages.preview_links import make_link
from newsroom.languages import SITE_LANGUAGES
from newsroom.stack.messages import extract_texts
from tests.conftest import PublishArticle
from tests.newsroom.test_settings import start_with
from tests.reactions.rankings import count, forget_rankings
from tests.reactions.visitor import Visitor

pytestmark = pytest.mark.django_db

TRANSLATED = [language for language in SITE_LANGUAGES if language != "en"]
# The texts of the test's own articles have only this word, so that every other one is of the interface.
WORD = "Zzz"


@pytest.fixture
def site(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> list[str]:
    """The addresses of every kind of page, with all that a page may show."""
    section = Section.objects.create(slug="s", name=WORD)
    author = Author.objects.create(slug="a", name=WORD, job_title=WORD, about=WORD)
    tag = Tag.objects.create(slug="t", name=WORD)
    texts = {
        "headline": WORD,
        "abstract": WORD,
        "body_html": f"<p>{WORD}</p>",
        "editor_note": WORD,
        "section": section,
        "language": "de",
    }
    monkeypatch.setattr(views, "ARTICLES_PER_PAGE", 2)
    for number in range(2):
        publish_article(slug=f"zzz-{number}", **texts)
    article = publish_article(slug="zzz", content_modified_at=datetime.now(UTC), **texts)
    settings.REACTIONS_PUBLIC_RANKINGS = ["love", "sad"]
    forget_rankings()
    count(article, 40)
    article.author_links.create(author=author, position=0)
    article.tag_links.create(tag=tag, position=0)
    for kind in Correction.Kind:
        article.corrections.create(kind=kind, text=WORD, version=1)
    publish_article(slug="zzz-zzz", state=State.RETRACTED, **texts)
    publish_article(slug="zzz-killed", state=State.KILLED, **texts)
    draft = publish_article(slug="zzz-draft", state=State.DRAFT, **texts)
    ended = make_link(draft)
    Article.objects.filter(pk=draft.pk).update(preview_generation=1)
    draft.refresh_from_db()
    return [
        *("/", f"/search/?q={WORD}", "/corrections/", "/most/love/", "/most/sad/"),
        *(
            "/articles/zzz/?reaction=too_many_readers",
            "/articles/zzz-killed/",
            "/articles/nothing/",
        ),
        *(link.removeprefix("http://127.0.0.1:8000") for link in (make_link(draft), ended)),
    ]


ERASE = "/privacy/erase/"
# Pages that share their texts with those, other states of the same, and pages of a reader.
MORE = [
    *("/?before=2024-12-08T09:23:00Z_00000000-0000-0000-0000-000000000000", "/tags/t/", "/search/"),
    *("/search/?q=1", "/corrections/?before=1", "/articles/zzz/", "/articles/zzz-zzz/"),
    *("/sections/s/", "/authors/a/", "/privacy/", ERASE),
]


class Page(HTMLParser):
    """What a page says: its texts, and the attributes that are read out or shown, each with the language it is in."""

    SPOKEN = ("aria-label", "title", "alt", "placeholder")
    VOID = ("meta", "link", "img", "input", "source", "rect", "br", "path")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.html_attributes: dict[str, str | None] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "html":
            self.html_attributes = attributes
        if tag not in self.VOID:
            self._open.append(tag)
        self.texts += [attributes.get(name) or "" for name in self.SPOKEN]
        if attributes.get("name") == "description":
            self.texts.append(attributes["content"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & {*self._open}:
            self.texts.append(" ".join(data.split()))


@pytest.mark.parametrize("language", SITE_LANGUAGES)
def test_every_page_is_in_the_language_of_the_site(
    language: str, site: list[str], client: Client, settings: Settings, english: Catalog
) -> None:
    settings.SITE_LANGUAGE = language
    is_english = _english_texts(language, english).fullmatch

    for address in site:
        page = Page(client.get(address, headers={"Accept-Language": "sv"}).content.decode())

        expected = ("zh-Hans" if language == "zh-hans" else language, direction(language))
        assert (page.html_attributes["lang"], page.html_attributes["dir"]) == expected
        assert [text for text in page.texts if is_english(text)] == [], address


@pytest.fixture(scope="module")
def english() -> Catalog:
    return extract_texts()


def _english_texts(language: str, english: Catalog) -> "re.Pattern[str]":
    """A pattern of the English texts that read otherwise in the language."""
    with override(language):
        texts = [text for text, known in _translations(english) if text != known]
    return re.compile(
        "|".join(re.sub(r"%\\\(\w+\\\)[sd]", ".+", re.escape(each)) for each in texts) or "(?!)"
    )


def _translations(english: Catalog) -> Iterator[tuple[str, str]]:
    for message in english:
        if isinstance(message.id, tuple):
            one, other = message.id
            yield from ((one, ngettext(one, other, 1)), (other, ngettext(one, other, 5)))
        elif isinstance(message.id, str) and message.id:
            known = (
                pgettext(message.context, message.id) if message.context else gettext(message.id)
            )
            yield message.id, known


def test_a_page_in_another_alphabet_has_no_word_in_latin_letters(
    site: list[str], client: Client, settings: Settings
) -> None:
    """Which finds what is not even marked for translation."""
    settings.SITE_LANGUAGE, settings.SITE_NAME = "ar", WORD
    names = {WORD, "UTC", settings.READER_COOKIE, "Global", "Privacy", "Control"}
    reader = Visitor(Article.objects.get(slug="zzz"))
    reader.choose("love")

    pages = [(client, address) for address in [*site, *MORE]]
    pages += [(reader.client, address) for address in ("/articles/zzz/", "/privacy/", ERASE)]
    for browser, address in pages:
        page = Page(browser.get(address).content.decode())
        words = {word for text in page.texts for word in re.findall(r"[A-Za-z]{2,}", text)}
        assert words - names == set(), address


@pytest.mark.parametrize("template", ["400.html", "403.html", "500.html", "503.html"])
@pytest.mark.parametrize("language", SITE_LANGUAGES)
def test_an_error_is_a_page_in_the_language_of_the_site(
    template: str, language: str, english: Catalog
) -> None:
    with override(language):
        page = Page(render_to_string(template))

    assert page.html_attributes["dir"] == direction(language)
    is_english = _english_texts(language, english).fullmatch
    assert [text for text in page.texts if is_english(text)] == []


def test_errors_of_requests_are_in_the_language_of_the_site(
    client: Client, settings: Settings, article: Article
) -> None:
    settings.SITE_LANGUAGE = "fr"
    foreign_form = client.post(
        f"/articles/{article.slug}/reactions/", {"reactions": "sad"}, headers={"Origin": "https://x.example"}
    )  # fmt: skip
    unknown_host = client.get("/", headers={"Host": "x.example"})

    assert foreign_form.status_code == 403
    assert "Cette action n’est pas autorisée" in foreign_form.content.decode()
    assert unknown_host.status_code == 400
    assert "Demande incomprise" in unknown_host.content.decode()


def test_an_article_has_the_language_and_direction_of_its_own_text(
    publish_article: PublishArticle, client: Client, settings: Settings
) -> None:
    settings.SITE_LANGUAGE = "de"
    article = publish_article(language="ar", headline="NATO تعلن", abstract="نبأ")
    article.corrections.create(text="كان خطأ", version=1)

    story = client.get(article.get_absolute_url()).content.decode()
    front = client.get("/").content.decode()
    corrections = client.get("/corrections/").content.decode()

    assert '<article class="article" lang="ar" dir="rtl">' in story
    assert re.search(r'<article class="teaser[^>]*lang="ar" dir="rtl">', front)
    assert re.search(r'<article class="correction [^>]*lang="ar" dir="rtl">', corrections)
    # The article's direction decides, not the first letter of a headline that begins with a Latin name.
    assert "<h1>NATO تعلن</h1>" in story
    # The interface's own words within it are in the interface's language.
    assert '<strong lang="de" dir="ltr">Korrektur:</strong>' in story
    assert '<p class="meta" lang="de">' in front


def test_the_api_and_the_desk_are_in_english_whatever_the_site_and_the_client_speak(
    client: Client, article: Article, settings: Settings
) -> None:
    settings.SITE_LANGUAGE = "ar"
    headers = {"Accept-Language": "de, ar;q=0.5"}
    article.corrections.create(text="It was wrong.", version=1)
    editor = get_user_model().objects.create_superuser("editor", password="x")

    answers = [
        client.get("/api/v1/articles/nothing/", headers=headers),
        client.get("/api/v1/articles/?nothing=1", headers=headers),
        client.get(f"/api/v1/articles/{article.slug}/", headers=headers),
        client.get(f"/api/v1/articles/{article.slug}/ninjs/", headers=headers),
    ]
    client.force_login(editor)
    answers.append(client.get("/desk/articles/article/", headers=headers))

    for answer in answers:
        assert re.search(r"[\u0590-\u06ff]|[äöüß]", answer.content.decode()) is None
        assert "Accept-Language" not in answer.get("Vary", "")
    assert "Correction: It was wrong." in answers[3].content.decode()
    assert '<html lang="en' in answers[4].content.decode()


def test_readers_of_all_languages_share_one_page(
    client: Client, article: Article, settings: Settings
) -> None:
    settings.SITE_LANGUAGE = "pl"

    pages = [client.get("/", headers={"Accept-Language": each}) for each in ("de", "ar", "pl")]

    assert len({page["ETag"] for page in pages}) == 1
    assert "Accept-Language" not in pages[0]["Vary"]


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml", "feed.json"])
def test_a_feed_names_the_language_of_the_site(
    name: str, client: Client, article: Article, settings: Settings
) -> None:
    settings.SITE_LANGUAGE = "zh-hans"
    article.corrections.create(text="It was wrong.", version=1)

    feed = client.get(f"/feeds/{name}").content.decode()

    assert "zh-Hans" in feed
    assert name == "atom.xml" or "最新报道" in feed
    assert "更正" in feed


def test_a_language_without_a_catalogue_is_refused() -> None:
    started = start_with({"SITE_LANGUAGE": "tlh"})

    assert started.returncode != 0
    assert "SITE_LANGUAGE is none of en, ar, de, " in started.stderr
    assert started.stderr.rstrip().endswith(": 'tlh'.")


def test_the_language_is_accepted_in_either_case() -> None:
    assert start_with({"SITE_LANGUAGE": "zh-Hans"}).returncode == 0
