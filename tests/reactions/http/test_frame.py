"""The widget in a frame on pages of others, and oEmbed's frame."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils.html import escape
from pytest_django import Settings

from articles.models import Article, ArticleAddress, Site, State
from articles.sites.known import clear_sites
from reactions.models import Policy
from reactions.policy import set_policy

pytestmark = pytest.mark.django_db

PublishArticle = Callable[..., Article]
BLOG = "https://blog.example"
POST = f"{BLOG}/2024/bridge/"


@pytest.fixture(autouse=True)
def site_url(settings: Settings) -> None:
    settings.SITE_URL = "https://news.example"


@pytest.fixture
def blog() -> Site:
    site = Site.objects.create(name="Blog", origins=[BLOG], has_mobile_hosts=False)
    clear_sites()
    return site


@pytest.fixture
def post(blog: Site, publish_article: PublishArticle) -> Article:
    """An article of the blog, which has its page there."""
    article = publish_article(
        slug="post", headline="The <bridge>", site=blog, canonical_url=POST, is_listed=False
    )
    ArticleAddress.objects.create(
        key="blog.example/2024/bridge", url=POST, article=article, site=blog, is_canonical=True
    )
    return article


def policy_of(response: Any) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def test_the_frame_of_an_article_of_a_site_is_for_that_sites_pages(
    post: Article, client: Client
) -> None:
    Site.objects.create(name="Other", origins=["https://other.example"])

    response = client.get(f"/embed/{post.id}/")

    policy = policy_of(response)
    assert policy["frame-ancestors"] == BLOG
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "X-Frame-Options" not in response
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Link"] == f'<{POST}>; rel="canonical"'
    assert response["Cache-Control"].startswith("public") or "public" in response["Cache-Control"]
    assert not response.cookies
    assert "Vary" not in response or "Cookie" not in response["Vary"]
    text = response.content.decode()
    assert "<title>Reactions to “The &lt;bridge&gt;”</title>" in text
    assert 'data-mine="?"' in text
    assert "<form" not in text
    assert " style=" not in text
    assert re.findall(r"<script(?! type=\"module\" src=)", text) == []
    # Without scripts: the numbers, and where the story is.
    assert f'<a href="{POST}">' in text.partition("<noscript>")[2]


def test_the_frame_of_an_own_article_is_for_every_active_site(
    blog: Site, publish_article: PublishArticle, client: Client
) -> None:
    Site.objects.create(name="Mobile", origins=["https://www.other.example", "null"])
    Site.objects.create(name="Former", origins=["https://former.example"], active=False)
    clear_sites()
    publish_article(slug="bridge")

    ancestors = policy_of(client.get("/embed/bridge/"))["frame-ancestors"].split()

    assert ancestors[:2] == ["'self'", BLOG]
    forms = ["", "amp.", "m.", "mobile.", "www."]
    assert ancestors[2:] == [f"https://{form}other.example" for form in forms]


def test_a_frame_for_no_page(publish_article: PublishArticle, client: Client, blog: Site) -> None:
    publish_article(slug="post", site=blog, canonical_url=POST)
    Site.objects.update(active=False)
    clear_sites()

    assert policy_of(client.get("/embed/post/"))["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("url", [POST, "http://blog.example//2024/bridge?utm_source=x#top"])
def test_a_frame_is_found_by_the_address_of_a_page(url: str, post: Article, client: Client) -> None:
    response = client.get("/embed/", {"url": url})

    assert f'article="{post.id}"' in response.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/embed/unknown/",
        f"/embed/{UUID(int=7)}/",
        "/embed/%00/",
        "/embed/",
        "/embed/?url=https://blog.example/other/",
        "/embed/?url=https://elsewhere.example/",
    ],
)
def test_an_unknown_article_is_a_small_404(address: str, post: Article, client: Client) -> None:
    response = client.get(address)

    assert response.status_code == 404
    assert len(response.content) < 500
    assert response["X-Robots-Tag"] == "noindex"
    assert "X-Frame-Options" not in response


@pytest.mark.parametrize(
    "state", sorted(set(State) - {"published", "corrected", "retracted", "merged"})
)
def test_an_article_that_is_not_public_has_no_frame(
    state: State, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(slug="bridge", state=state)

    assert client.get("/embed/bridge/").status_code == 404


def test_a_merged_article_has_the_frame_of_the_other(
    publish_article: PublishArticle, client: Client
) -> None:
    other = publish_article(slug="other")
    publish_article(slug="bridge", state=State.MERGED, merged_into=other)

    assert f'article="{other.id}"' in client.get("/embed/bridge/").content.decode()


@pytest.mark.parametrize(
    "query",
    ["layout=wide", "theme=pink", "lang=<b>", "lang=" + "e" * 99, "headline=yes", "layout="],
)
def test_a_parameter_without_such_a_value_is_refused_by_name(
    query: str, publish_article: PublishArticle, client: Client
) -> None:
    publish_article(slug="bridge")

    response = client.get(f"/embed/bridge/?{query}")

    assert response.status_code == 400
    assert response.content.decode().startswith(query.partition("=")[0])


def test_layout_theme_language_and_headline_are_set_by_the_address(
    publish_article: PublishArticle, client: Client
) -> None:
    publish_article(slug="bridge", headline="Bridge", language="de")

    text = client.get("/embed/bridge/?layout=row&theme=dark&lang=ar&headline=1").content.decode()

    assert '<meta name="color-scheme" content="dark">' in text
    assert 'layout="row" theme="dark" lang="ar" dir="rtl"' in text
    assert 'class="widget row"' in text
    assert re.search(r'<h1 class="headline" lang="de" dir="ltr">\s*<a href', text)
    assert "<noscript>" not in text


def test_a_frame_has_the_theme_of_its_site_and_the_language_of_its_article(
    blog: Site, post: Article, client: Client
) -> None:
    Site.objects.update(theme="light")
    Article.objects.update(language="pt-BR")

    text = client.get("/embed/post/?layout=summary").content.decode()

    assert '<meta name="color-scheme" content="light">' in text
    assert 'layout="summary" theme="light" lang="pt"' in text
    assert 'class="widget summary"' in text


def test_an_article_whose_reactions_are_hidden_has_a_frame_without_them(
    publish_article: PublishArticle, client: Client
) -> None:
    article = publish_article(slug="bridge")
    set_policy(article_id=article.id, state=Policy.State.HIDDEN)

    response = client.get("/embed/bridge/")

    assert response.status_code == 200
    assert "<reader-reactions" not in response.content.decode()


def test_an_unchanged_frame_is_304(publish_article: PublishArticle, client: Client) -> None:
    publish_article(slug="bridge")
    first = client.get("/embed/bridge/")

    again = client.get("/embed/bridge/", headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 304


def test_the_files_of_a_frame_are_sent(client: Client) -> None:
    assert "postMessage" in client.get("/embed/frame.js").content.decode()
    assert client.get("/embed/frame.css")["Content-Type"].startswith("text/css")


def test_oembed_has_the_frame_of_an_article_of_a_site(post: Article, client: Client) -> None:
    answer = client.get("/oembed/", {"url": POST + "?utm_source=x"}).json()

    assert (answer["type"], answer["url"], answer["title"]) == ("rich", POST, "The <bridge>")
    title = escape("Reactions to “The <bridge>”")
    assert answer["html"] == (
        f'<iframe src="https://news.example/embed/{post.id}/" title="{title}"'
        f' width="640" height="{answer["height"]}" frameborder="0"></iframe>'
    )
    assert answer["width"] == 640


def test_oembed_has_a_frame_of_an_own_article_where_a_site_may_show_it(
    publish_article: PublishArticle, client: Client
) -> None:
    publish_article(slug="bridge", language="de")
    query = {"url": "https://news.example/articles/bridge/"}
    assert client.get("/oembed/", query).json()["type"] == "link"

    Site.objects.create(name="Blog", origins=[BLOG])
    clear_sites()

    answer = client.get("/oembed/", query).json()
    assert answer["type"] == "rich"
    assert "Reaktionen" in answer["html"]


@pytest.mark.parametrize(
    ("limits", "layout", "width"),
    [
        ({"maxwidth": "300"}, "", 300),
        ({"maxheight": "250"}, "row", 640),
        ({"maxheight": "200", "maxwidth": "500"}, "compact", 500),
        ({"maxheight": "50", "maxwidth": "9999"}, "summary", 640),
    ],
)
def test_oembed_fits_into_what_is_asked(
    limits: dict[str, str], layout: str, width: int, post: Article, client: Client
) -> None:
    answer = client.get("/oembed/", {"url": POST, **limits}).json()

    assert answer["width"] == width
    assert answer["height"] <= int(limits.get("maxheight", "9999"))
    assert (f"?layout={layout}" in answer["html"]) == bool(layout)


def test_oembed_is_a_link_where_no_layout_fits(post: Article, client: Client) -> None:
    answer = client.get("/oembed/", {"url": POST, "maxheight": "20"}).json()

    assert answer["type"] == "link"
    assert "html" not in answer
