"""The pages that readers open."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
from django.core.cache import caches
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.test import Client
from django.utils.safestring import SafeString
from pytest_django import DjangoAssertNumQueries, Settings

from articles.editing import edit_article
from articles.hooks import NullHooks, ReactionTotal, Widget, register_hooks
from articles.ingest import ingest_stories
from articles.models import PUBLIC_STATES, Article, Author, Section, State
from articles.pages import search, views
from articles.workflow import correct, kill, retract
from tests.articles.conftest import read, with_changes

pytestmark = pytest.mark.django_db

SHARED = {
    *("public", "max-age=0", "s-maxage=1"),
    *("stale-while-revalidate=30", "stale-if-error=86400"),
}
ARTICLE_URL = "/articles/bridge-opens/"
PublishArticle = Callable[..., Article]


class Readers(NullHooks):
    """A hook that gives every article the same reactions."""

    def __init__(self) -> None:
        self.personal = False

    def totals(self, article_ids: Sequence[UUID]) -> Mapping[UUID, ReactionTotal]:
        total = ReactionTotal(1234, ("😢", "😮"), lambda: SafeString("<b>1,234 reactions</b>"))
        return dict.fromkeys(article_ids, total)

    def summary(self, article_id: UUID) -> Mapping[str, object]:
        return {"state": "open", "allowed": ["sad"], "counts": {"sad": 1234}, "total": 1234}

    def variant(self, request: HttpRequest) -> str | None:
        return None if self.personal else ""

    def head(self) -> SafeString:
        return SafeString('<meta name="bar">')

    def widget(self, request: HttpRequest, article: Article) -> Widget:
        return Widget(
            write=lambda: SafeString("<p>How was it?</p>"),
            chip=lambda: SafeString("1,234 reactions"),
            personal=self.personal,
        )


@pytest.fixture(autouse=True)
def null_hook() -> Iterator[None]:
    """Pages with the null hook, without reactions."""
    before = register_hooks(NullHooks())
    yield
    register_hooks(before)


@pytest.fixture
def readers(null_hook: None) -> Readers:
    filler = Readers()
    register_hooks(filler)
    return filler


@pytest.fixture
def article(null_hook: None) -> Article:
    (outcome,) = ingest_stories([read(with_changes())])
    return outcome.article


def cache_control(response: HttpResponseBase) -> set[str]:
    return set(response["Cache-Control"].split(", "))


def text_of(html: str) -> str:
    """The text of the page, in one line."""
    body = re.sub(r"(?s)^.*<main.*?>|</main>.*$", "", html)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_an_article_page_shows_the_article(article: Article, client: Client) -> None:
    html = client.get(ARTICLE_URL).content.decode()

    assert text_of(html) == (
        "World The bridge is open It took nine years. Newsroom staff "
        "Published 8 December 2024, 12:23 in Damascus (09:23 UTC) "
        "DAMASCUS, Dec 8 (AFP) — It opened at noon , with a band. Topics Bridges Syria"
    )
    assert '<time datetime="2024-12-08T12:23:00+03:00" dir="auto">' in html
    assert '<span class="dateline">DAMASCUS, Dec 8 (AFP) —</span>' in html
    assert "<title> The bridge is open · Newsroom </title>" in " ".join(html.split())


def test_an_article_page_has_metadata(article: Article, client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://news.example"

    html = " ".join(client.get(ARTICLE_URL).content.decode().split())

    assert '<link rel="canonical" href="https://news.example/articles/bridge-opens/">' in html
    assert '<meta name="description" content="It took nine years.">' in html
    assert '<meta property="og:title" content="The bridge is open">' in html
    assert '<meta property="article:published_time" content="2024-12-08T12:23:00+03:00">' in html


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Berlin", "(10:23 CET)"),
        ("Asia/Dubai", "(13:23 UTC+04)"),
    ],
)
def test_times_are_in_the_sites_zone_and_name_it(
    zone: str, shown: str, article: Article, client: Client, settings: Settings
) -> None:
    settings.TIME_ZONE = zone

    assert f">{shown}</time>" in client.get(ARTICLE_URL).content.decode()


def test_a_reworded_article_says_when(article: Article, client: Client) -> None:
    ingest_stories([read(with_changes(("open\n", "shut\n")))])

    html = client.get(ARTICLE_URL).content.decode()

    assert "Updated" in text_of(html)
    assert 'property="article:modified_time"' in html


def test_a_headline_is_text_and_not_html(publish_article: PublishArticle, client: Client) -> None:
    article = publish_article(headline="<b>&</b>", abstract='"><script>', byline="<i>")

    for url in ["/", article.get_absolute_url()]:
        html = client.get(url).content.decode()
        assert "&lt;b&gt;&amp;&lt;/b&gt;" in html
        assert "<script>" not in html


def test_the_widget_of_the_hook_follows_the_article(
    article: Article, readers: Readers, client: Client
) -> None:
    response = client.get(ARTICLE_URL)

    html = response.content.decode()
    assert html.index("with a band") < html.index("<p>How was it?</p>")
    assert html.index('<meta name="bar">') < html.index("</head>")
    assert '<a href="#reactions">1,234 reactions</a>' in html
    assert cache_control(response) == SHARED
    assert response["Vary"] == "Cookie, Accept-Encoding"


def test_a_personal_widget_keeps_the_page_out_of_shared_caches(
    article: Article, readers: Readers, client: Client
) -> None:
    readers.personal = True

    response = client.get(ARTICLE_URL)

    assert cache_control(response) == {"private", "no-cache", "no-transform"}
    assert response["Vary"] == "Cookie, Accept-Encoding"


def test_a_list_shows_the_known_totals(article: Article, readers: Readers, client: Client) -> None:
    assert "1,234 reactions" in text_of(client.get("/").content.decode())


def test_a_list_names_a_retracted_article(article: Article, client: Client) -> None:
    retract(article_id=article.pk, text="It was not.")

    for url in ("/", "/search/?q=bridge"):
        assert "World Retracted The bridge is open" in text_of(client.get(url).content.decode())


def test_a_total_that_is_not_known_is_not_shown(article: Article, client: Client) -> None:
    assert "reaction" not in text_of(client.get("/").content.decode())


def test_the_front_page_has_the_newest_article_first(
    publish_article: PublishArticle, client: Client
) -> None:
    noon = datetime(2024, 12, 8, 12, tzinfo=UTC)
    publish_article(headline="Older", published_at=noon)
    publish_article(headline="Newer", published_at=noon + timedelta(seconds=1))
    publish_article(headline="Draft", state=State.DRAFT)

    text = text_of(client.get("/").content.decode())

    assert text.index("Newer") < text.index("Older")
    assert "Draft" not in text


def test_the_front_page_leads_on_to_every_article(
    publish_article: PublishArticle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "ARTICLES_PER_PAGE", 2)
    slugs = {publish_article().slug for _ in range(5)}
    seen: list[str] = []

    url = "/"
    while url:
        html = client.get(url).content.decode()
        seen += re.findall(r'<h[23][^>]*><a href="/articles/([^"]+)/"', html)
        older = re.search(r'href="(\?before=[^"]+)"', html)
        url = f"/{older[1]}" if older else ""

    assert sorted(seen) == sorted(slugs)


@pytest.mark.parametrize(
    "url", ["/", "/sections/world/", "/authors/ada/", "/tags/syria/", "/search/?q=bridge"]
)
def test_paging_through_a_changing_list_shows_each_article_once(
    url: str,
    article: Article,
    publish_article: PublishArticle,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "ARTICLES_PER_PAGE", 2)
    monkeypatch.setattr(search, "RESULTS_PER_PAGE", 2)
    ada = Author.objects.create(slug="ada", name="Ada")
    noon = datetime(2024, 12, 8, 12, tzinfo=UTC)

    def file(published_at: datetime) -> str:
        filed = publish_article(section=article.section, published_at=published_at)
        filed.author_links.create(author=ada, position=1)
        filed.tag_links.create(tag=article.ordered_tags[1], position=1)
        return filed.slug

    Article.objects.filter(pk=article.pk).update(state=State.UNPUBLISHED)
    filed = {file(noon - timedelta(hours=hour // 2)) for hour in range(7)}  # two share a time
    seen: list[str] = []
    page: str | None = url
    while page:
        html = client.get(page).content.decode()
        shown = re.findall(r'<h[23][^>]*><a href="/articles/([^"]+)/"', html)
        # A section's block on the front page goes further back than the page does.
        seen += shown if page != "/" else shown[:2]
        file(noon + timedelta(hours=1))
        Article.objects.filter(slug=seen[-1]).update(state=State.KILLED)
        found = re.search(r'rel="next"\s+href="([^"]+)"', html)
        page = f"{url.partition('?')[0]}{unescape(found[1])}" if found else None

    assert len(seen) == len(set(seen))
    assert set(seen) == filed


def test_a_section_has_its_own_articles(
    article: Article, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(headline="Elsewhere")

    text = text_of(client.get("/sections/world/").content.decode())

    assert text.startswith("World The bridge is open")
    assert "Elsewhere" not in text


def test_an_empty_section_is_a_page_that_the_navigation_leaves_out(client: Client) -> None:
    Section.objects.create(slug="sport", name="Sport")

    assert "nothing to read here yet" in client.get("/sections/sport/").content.decode()
    assert "/sections/sport/" not in client.get("/").content.decode()


def test_an_article_is_found_by_its_id_and_sent_to_its_slug(
    article: Article, client: Client
) -> None:
    response = client.get(f"/articles/{article.id}/")

    assert (response.status_code, response["Location"]) == (302, ARTICLE_URL)


def test_a_slug_in_another_alphabet_has_a_page(
    publish_article: PublishArticle, client: Client
) -> None:
    article = publish_article(slug="سوريا-اليوم", language="ar")

    assert client.get(article.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "/articles/nothing/",
        "/articles/0193a5c0-7d1e-7000-8000-000000000000/",
        "/articles/%00/",
        f"/articles/{'x' * 2000}/",
        "/sections/nothing/",
        "/sections/%00/",
        "/?before=",
        "/?before=yesterday",
        "/?before=%00",
    ],
)
def test_what_is_not_there_is_a_404_page(url: str, client: Client) -> None:
    response = client.get(url)

    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


@pytest.mark.parametrize("state", sorted(set(State) - {*PUBLIC_STATES, State.KILLED}))
def test_an_article_that_is_not_public_is_not_found(
    state: State, publish_article: PublishArticle, client: Client
) -> None:
    article = publish_article(state=state)

    assert client.get(article.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    ("url", "queries"),
    [
        ("/", 4),
        ("/sections/world/", 4),
        ("/tags/syria/", 4),
        ("/authors/newsroom-staff/", 4),
        ("/search/?q=bridge", 2),
        ("/corrections/", 2),
        (ARTICLE_URL, 6),
    ],
)
def test_a_page_takes_as_many_queries_however_much_is_on_it(
    url: str,
    queries: int,
    article: Article,
    publish_article: PublishArticle,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    author = Author.objects.create(slug="newsroom-staff", name="Newsroom staff")
    for _ in range(5):
        more = publish_article(section=article.section)
        more.author_links.create(author=author, position=1)
        more.tag_links.create(tag=article.ordered_tags[1], position=1)
        correct(article_id=more.pk, text="It was ten.")

    with django_assert_num_queries(queries):
        client.get(url)


@pytest.mark.parametrize("url", ["/", "/sections/world/", ARTICLE_URL])
def test_a_page_sets_no_cookie_and_may_be_shared(
    url: str, article: Article, client: Client
) -> None:
    response = client.get(url)

    assert not response.cookies
    assert cache_control(response) == SHARED


@pytest.mark.parametrize("url", ["/", "/sections/world/", ARTICLE_URL, "/nothing/"])
def test_a_page_obeys_a_strict_content_security_policy(
    url: str, article: Article, client: Client
) -> None:
    html = client.get(url).content.decode()

    assert not re.search(
        r'<style|<script(?! type="(?:application/ld\+json"|module"\s+src="/))|\sstyle=|\son\w+=',
        html,
    )
    assert not re.search(r'(?:src|<link rel="stylesheet" href)="https?:', html)


def test_the_page_of_a_server_error_needs_no_database(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        assert "Something went wrong" in render_to_string("500.html")


def test_an_article_shows_its_notices_where_they_belong(article: Article, client: Client) -> None:
    correct(article_id=article.pk, text="It was two bridges.", placement="bottom")
    retract(article_id=article.pk, text="It was <none>.")

    text = text_of(client.get(ARTICLE_URL).content.decode())

    assert text.index("Retraction: It was &lt;none&gt;.") < text.index("with a band")
    assert text.index("with a band") < text.index("Correction: It was two bridges.")


def test_all_corrections_are_listed_and_lead_on(
    publish_article: PublishArticle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "CORRECTIONS_PER_PAGE", 2)
    for number in range(3):
        correct(article_id=publish_article(headline=f"Story {number}").pk, text=f"Slip {number}")
    hidden = publish_article()
    correct(article_id=hidden.pk, text="Hidden")
    kill(article_id=hidden.pk)

    first = client.get("/corrections/").content.decode()
    older = re.search(r'href="(\?before=\d+)"', first)
    assert older
    second = client.get(f"/corrections/{older[1]}").content.decode()

    assert re.findall("Slip .", first) == ["Slip 2", "Slip 1"]
    assert re.findall("Slip .", second) == ["Slip 0"]
    assert "Hidden" not in first + second
    assert 'href="?before' not in second


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 19, "%00"])
def test_a_page_of_corrections_that_cannot_be_is_404(before: str, client: Client) -> None:
    assert client.get(f"/corrections/?before={before}").status_code == 404


@pytest.mark.parametrize(("byline", "shown"), [
    ("By Ada & Bob", 'By {ada} &amp; {bob}'),
    ("By Ada in Homs", "By {ada} in Homs, {bob}"),
    ("", "{ada}, {bob}"),
])  # fmt: skip
def test_a_byline_leads_to_its_authors(
    byline: str, shown: str, publish_article: PublishArticle, client: Client
) -> None:
    article = publish_article(byline=byline)
    for position, name in enumerate(["Ada", "Bob"]):
        author = Author.objects.create(slug=name.lower(), name=name)
        article.author_links.create(author=author, position=position)
    links = {
        name.lower(): f'<a href="/authors/{name.lower()}/">{name}</a>' for name in ["Ada", "Bob"]
    }

    for url in ["/", article.get_absolute_url(), "/authors/ada/"]:
        html = client.get(url).content.decode()
        assert f'<span class="byline" dir="auto">{shown.format(**links)}</span>' in html


def test_an_author_and_a_tag_have_pages(article: Article, client: Client) -> None:
    author = Author.objects.create(slug="ada", name="Ada", job_title="Reporter", about="<Numbers>")

    page = client.get(author.get_absolute_url()).content.decode()
    assert text_of(page).startswith("Ada Reporter &lt;Numbers&gt;")
    assert '<a href="/tags/syria/" dir="auto">Syria</a>' in client.get(ARTICLE_URL).content.decode()
    assert "Syria The bridge is open" not in text_of(client.get("/tags/bridges/").content.decode())
    assert "The bridge is open" in text_of(client.get("/tags/syria/").content.decode())


def test_a_killed_article_is_gone_for_good(article: Article, client: Client) -> None:
    kill(article_id=article.pk)

    response = client.get(ARTICLE_URL)

    assert response.status_code == 410
    assert "This story is gone" in response.content.decode()
    assert "The bridge is open" not in client.get("/").content.decode()


@pytest.mark.parametrize("url", ["/", "/articles/{}/", "/feeds/rss.xml", "/sitemap.xml"])
def test_an_etag_that_a_compressing_proxy_has_changed_still_matches(
    client: Client, article: Article, url: str
) -> None:
    address = url.format(article.slug)
    etag = client.get(address)["ETag"].removeprefix("W/").strip('"')

    for sent in (f'"{etag}-gzip"', f'W/"{etag};gzip"'):
        assert client.get(address, headers={"If-None-Match": sent}).status_code == 304


def test_every_redirect_of_an_address_keeps_the_query(client: Client, article: Article) -> None:
    former = article.slug
    edit_article(article_id=article.id, changes={"slug": "now"}, expected_version=None)
    query = "?utm_source=letter&x=a%2Fb"

    answers = {
        path: client.get(path + query)
        for path in (f"/articles/{former}/", f"/articles/{article.id}/", "/articles/now")
    }

    assert [answer["Location"] for answer in answers.values()] == [f"/articles/now/{query}"] * 3


def test_below_an_article_is_where_to_go_next(
    publish_article: PublishArticle, client: Client
) -> None:
    world, local = (Section.objects.create(name=name, slug=name.lower()) for name in ("W", "L"))
    read = publish_article(headline="Read", section=world)
    assert "Read next" not in client.get(read.get_absolute_url()).content.decode()
    publish_article(headline="Elsewhere", section=local)
    publish_article(headline="Taken back", section=world, state=State.RETRACTED)
    caches["pages"].clear()
    alone = next_links(client, read)
    for number in range(4):
        publish_article(headline=f"Near {number}", section=world)

    assert alone == ["Elsewhere"]
    caches["pages"].clear()
    assert next_links(client, read) == ["Near 3", "Near 2", "Near 1"]


def next_links(client: Client, article: Article) -> list[str]:
    page = client.get(article.get_absolute_url()).content.decode()
    _, _, after = page.partition('class="read-next"')
    return re.findall(r"<a[^>]*>([^<]*)</a>", after.partition("</nav>")[0])
