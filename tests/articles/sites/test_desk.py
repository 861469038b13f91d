"""Sites at the desk: what the form accepts, what it refuses, and what follows."""

import pytest
from django.test import Client

from articles.models import Article, Sighting, State
from articles.models import Site as KnownSite
from articles.roles import Role
from articles.sites.known import known_sites
from tests.articles.desk.client import page as story
from tests.articles.desk.client import sign_in, text_of
from tests.articles.sites.conftest import See
from tests.articles.sites.pages import page
from tests.articles.test_http_client import Site, answer
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

ADD = "/desk/articles/site/add/"
USUAL = {"name": "News", "active": "on", "origins": "https://news.example", "theme": "dark"}


@pytest.fixture
def publisher() -> Client:
    return sign_in(Role.PUBLISHER)


def test_a_publisher_adds_a_site_and_copies_two_lines(publisher: Client) -> None:
    typed = USUAL | {
        "origins": "HTTPS://News.Example/\nnull\nhttps://news.example",
        "url_patterns": "/20*\n!/tag/*",
        "query_parameters": "p",
        "registers": "on",
    }
    saved = publisher.post(ADD, typed)
    site = KnownSite.objects.get()
    shown = text_of(publisher.get(f"/desk/articles/site/{site.pk}/change/"))

    assert saved.status_code == 302
    assert (site.origins, site.url_patterns) == (
        ["https://news.example", "null"],
        ["/20*", "!/tag/*"],
    )
    assert known_sites().of_origin("https://news.example")
    assert '<reader-reactions article="auto" theme="dark"></reader-reactions>' in shown
    assert "/embed/reactions.js" in shown
    assert "news.example" in text_of(publisher.get("/desk/articles/site/"))


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ({"origins": "news.example"}, "is no origin"),
        ({"origins": "https://news.example/blog"}, "has more than scheme, host and port"),
        ({"origins": "null"}, "at least one origin"),
        ({"origins": "https://www.taken.example"}, "taken.example is of the site Taken."),
        ({"url_patterns": "blog/*"}, "does not begin with a slash"),
        ({"jwt_algorithm": "HS256", "jwt_audience": "a"}, "HS256 needs it."),
        ({"jwt_algorithm": "RS256", "jwks_url": "https://news.example/k"}, "RS256 needs it."),
        ({"jwt_secrets": "short"}, "32 characters"),
        ({"jwt_audience": "taken"}, "Another site has this audience."),
        ({"name": "Taken"}, "already exists"),
    ],
)
def test_what_no_site_can_have_is_refused(
    publisher: Client, typed: dict[str, str], refusal: str
) -> None:
    KnownSite.objects.create(name="Taken", origins=["https://taken.example"], jwt_audience="taken")

    answered = publisher.post(ADD, USUAL | typed)

    assert refusal in text_of(answered)
    assert KnownSite.objects.count() == 1


def test_only_publishers_may_change_sites() -> None:
    editor = sign_in(Role.EDITOR)

    assert editor.get(ADD).status_code == 403
    assert editor.get("/desk/articles/site/").status_code == 403


def test_a_site_that_wants_it_has_its_articles_listed(
    publisher: Client, site: Site, see: See, blog: KnownSite
) -> None:
    site.answers["/bridge"] = page()
    article = see("/bridge")
    change = f"/desk/articles/site/{blog.pk}/change/"
    typed = USUAL | {"name": "Blog", "origins": site.url("")}

    publisher.post(change, typed | {"is_listed": "on"})
    listed = Article.objects.get().is_listed
    publisher.post(change, typed)

    assert (article.is_listed, listed, Article.objects.get().is_listed) == (False, True, False)
    assert publisher.get(f"/desk/articles/site/{blog.pk}/delete/").status_code == 403


def test_the_editor_sees_what_is_to_be_mended(
    publisher: Client, site: Site, see: See, blog: KnownSite
) -> None:
    site.answers["/bridge"] = page(canonical="/")
    site.answers["/fine"] = page("Fine")
    site.answers["/"] = answer(status=404)
    see("/bridge")
    see("/fine")

    of_site = text_of(publisher.get(f"/desk/articles/site/{blog.pk}/change/"))
    seen = text_of(publisher.get("/desk/articles/sighting/?warned=1"))

    assert "as its canonical address, which is ignored" in of_site
    assert site.url("/bridge") in seen
    assert site.url("/fine") not in seen
    assert Sighting.objects.count() == 2


def test_the_page_of_a_story_says_where_it_is_published(
    publisher: Client, site: Site, see: See, publish_article: PublishArticle
) -> None:
    site.answers["/bridge"] = page()
    of_site, own = see("/bridge"), publish_article()
    merged = publish_article(state=State.MERGED, merged_into=own)

    assert f"Blog: {of_site.url}" in text_of(publisher.get(story(of_site)))
    assert "Published on Newsroom" in text_of(publisher.get(story(own)))
    assert f'href="{story(own)}"' in publisher.get(story(merged)).content.decode()
