"""What programs with a key read that is not public."""

from typing import Any

import pytest
from django.test import Client

from articles.api import articles
from articles.api.api_keys import issue_key
from articles.models import Article, State
from tests.api_document import read_document
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

URL = "/api/v1/articles/"


def program(*scopes: str) -> Client:
    key = issue_key(name="CMS", scopes=scopes)
    return Client(headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def draft(publish_article: PublishArticle) -> Article:
    return publish_article(
        state=State.DRAFT, slug="draft", published_at=None, first_published_at=None
    )


def names_of(response: Any) -> list[str]:
    return [entry["slug"] for entry in response.json()["results"]]


@pytest.mark.parametrize("scope", ["articles:read", "articles:write"])
@pytest.mark.parametrize("by", ["pk", "slug"])
def test_a_draft_is_read_with_a_key_for_articles(scope: str, by: str, draft: Article) -> None:
    response = program(scope).get(f"{URL}{getattr(draft, by)}/")

    answer = response.json()
    assert response.status_code == 200
    assert (response["Article-Version"], response["Cache-Control"]) == ("1", "private, no-store")
    assert (answer["state"], answer["published_at"], answer["body_html"]) == (
        "draft",
        None,
        "<p>It is.</p>",
    )


def test_openapi_has_every_field_that_a_key_reads(draft: Article) -> None:
    schemas = read_document()["components"]["schemas"]
    reader = program("articles:read")

    whole = reader.get(f"{URL}draft/").json()
    (entry,) = reader.get(f"{URL}?state=draft").json()["results"]

    for name, answer in (("ArticleAnswer", whole), ("ArticleEntry", entry)):
        assert set(answer) == set(schemas[name]["properties"])
        assert "state" not in schemas[name]["required"]


def test_no_one_else_reads_it(draft: Article, client: Client) -> None:
    wrong = Client(headers={"Authorization": "Bearer nr_1234567890_wrong"})

    statuses = [
        each.get(f"{URL}draft/").status_code for each in (client, program("stats:read"), wrong)
    ]

    assert statuses == [404, 404, 401]


def test_a_killed_article_is_gone_for_programs_too(publish_article: PublishArticle) -> None:
    article = publish_article(state=State.KILLED)

    assert program("articles:read").get(f"{URL}{article.pk}/").status_code == 410


def test_a_shared_cache_keeps_the_public_answer_for_those_without_a_key(
    client: Client, article: Article
) -> None:
    public = client.get(f"{URL}{article.pk}/")
    own = program("articles:read").get(f"{URL}{article.pk}/")

    assert "public" in public["Cache-Control"]
    assert "Authorization" in public["Vary"]
    assert "state" not in public.json()
    assert (own["Cache-Control"], own.json()["state"]) == ("private, no-store", "published")


def test_drafts_are_listed_by_state_the_newest_made_first(
    publish_article: PublishArticle, draft: Article
) -> None:
    publish_article()
    publish_article(state=State.IN_REVIEW, slug="review", published_at=None)

    response = program("articles:read").get(URL, {"state": "draft,in_review"})

    assert names_of(response) == ["review", "draft"]
    assert [entry["state"] for entry in response.json()["results"]] == ["in_review", "draft"]
    assert response["Cache-Control"] == "private, no-store"


def test_the_list_by_state_goes_forth_and_back(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(articles, "ARTICLES_PER_ANSWER", 2)
    for n in range(5):
        publish_article(state=State.DRAFT, slug=f"draft-{n}", published_at=None)
    desk = program("articles:write")

    pages = [desk.get(URL, {"state": "draft"})]
    while pages[-1].json()["next"]:
        pages.append(desk.get(pages[-1].json()["next"]))
    back = desk.get(pages[-1].json()["previous"])

    listed = [names_of(each) for each in pages]
    assert listed == [["draft-4", "draft-3"], ["draft-2", "draft-1"], ["draft-0"]]
    assert names_of(back) == listed[1]
    assert desk.get(back.json()["previous"]).json()["previous"] is None
    assert pages[0].json()["previous"] is None


@pytest.mark.parametrize(
    ("scopes", "status"), [([], 401), (["stats:read"], 403), (["articles:read"], 200)]
)
def test_a_list_by_state_needs_a_key_for_articles(scopes: list[str], status: int) -> None:
    client = program(*scopes) if scopes else Client()

    assert client.get(URL, {"state": "draft"}).status_code == status


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "secret"}, "state"),
        ({"state": "draft", "q": "bridge"}, "q"),
        ({"state": "draft", "before": f"1733650000000000-{'0' * 32}"}, "before"),
        ({"before": "0" * 32}, "before"),
        ({"state": "draft", "after": "x"}, "after"),
    ],
)
def test_what_such_a_list_cannot_be_asked_is_refused_by_name(
    query: dict[str, str], field: str
) -> None:
    response = program("articles:read").get(URL, query)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
