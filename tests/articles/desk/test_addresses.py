"""Addresses at the desk: a file of moves, and merging two stories."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from articles.models import Article, ArticleRevision, Site, State
from articles.roles import Role
from tests.articles.desk.client import sign_in, text_of
from tests.articles.sites.sites import BLOG, leads_to, make_site, publish_at

pytestmark = pytest.mark.django_db

LIST = "/desk/articles/articleaddress/"


@pytest.fixture
def publisher() -> Client:
    return sign_in(Role.PUBLISHER, "ada")


@pytest.fixture
def site() -> Site:
    return make_site()


def upload(*moves: str) -> SimpleUploadedFile:
    lines = (",".join(f"{BLOG}{path}" for path in each.split()) for each in moves)
    return SimpleUploadedFile("moves.csv", "\n".join(lines).encode())


def test_a_file_is_shown_first_and_then_applied(publisher: Client, site: Site) -> None:
    article = publish_at(site, "/a/")
    moves = ("/a/ /b/", "/x/ /y/")

    page = publisher.get(f"{LIST}moves/")
    shown = publisher.post(f"{LIST}moves/", {"upload": upload(*moves), "dry_run": "on"})
    before = Article.objects.get(pk=article.pk).canonical_url
    done = publisher.post(f"{LIST}moves/", {"upload": upload(*moves)})
    article.refresh_from_db()

    assert "Only show what it would do" in text_of(page)
    assert "What it would do 2 lines: 1 moved" in text_of(shown)
    assert "line 2: no article is at" in text_of(shown)
    assert "What it did 2 lines: 1 moved" in text_of(done)
    assert (before, article.canonical_url) == (f"{BLOG}/a/", f"{BLOG}/b/")
    assert ArticleRevision.objects.get().editor == "ada"
    assert f"{BLOG}/b/" in text_of(publisher.get(LIST))
    assert f'href="{LIST}moves/"' in publisher.get(LIST).content.decode()


def test_the_mistakes_of_a_file_are_shown_by_line(publisher: Client, site: Site) -> None:
    publish_at(site, "/a/")

    page = text_of(publisher.post(f"{LIST}moves/", {"upload": upload("/a/ /b/", "/b/ /a/")}))
    empty = text_of(publisher.post(f"{LIST}moves/", {"dry_run": "on"}))

    assert "line 1: the lines 1, 2 lead in a circle." in page
    assert "This field is required." in empty


def test_two_stories_are_merged(publisher: Client, site: Site) -> None:
    old, new = publish_at(site, "/old/"), publish_at(site, "/new/")

    form = publisher.get(f"{LIST}merge/?article={old.slug}")
    response = publisher.post(f"{LIST}merge/", {"article": old.slug, "into": new.url}, follow=True)

    assert old.slug in form.content.decode()
    assert response.redirect_chain[0][0] == f"/desk/articles/article/{new.pk}/change/"
    assert "has the reactions of both" in text_of(response)
    assert leads_to(f"{BLOG}/old/") == new


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ({"article": "unknown", "into": f"{BLOG}/a/"}, "There is no such story."),
        ({"article": f"{BLOG}/a/", "into": f"{BLOG}/alias/"}, "Both are the same story"),
    ],
)
def test_a_merge_that_is_refused_says_why(
    publisher: Client, site: Site, typed: dict[str, str], refusal: str
) -> None:
    publish_at(site, "/a/", "/alias/")

    response = publisher.post(f"{LIST}merge/", typed)

    assert refusal in text_of(response)
    assert not Article.objects.filter(state=State.MERGED).exists()


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.EDITOR])
@pytest.mark.parametrize("page", ["", "moves/", "merge/"])
def test_only_publishers_move_and_merge(site: Site, role: Role, page: str) -> None:
    assert sign_in(role).get(f"{LIST}{page}").status_code == 403
