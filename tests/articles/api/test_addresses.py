"""Addresses of the articles of sites by API, and merging two articles."""

from typing import Any

import pytest
from django.test import Client

from articles.api.api_keys import issue_key
from articles.models import Article, ArticleAddress, Site, State
from tests.articles.sites.sites import BLOG, leads_to, make_site, publish_at
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return make_site(url_patterns=["!/tags/*"])


@pytest.fixture
def editor(client: Client) -> Client:
    key = issue_key(name="Migration", scopes=["articles:write"])
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def post(client: Client, article: object, call: str, body: Any, **headers: str) -> Any:
    return client.post(
        f"/api/v1/articles/{article}/{call}/",
        body,
        content_type="application/json",
        headers=headers,
    )


def into_of(kind: str, article: Article) -> str:
    return {"id": str(article.pk), "slug": article.slug, "url": article.url}[kind]


@pytest.mark.parametrize("kind", ["id", "slug", "url"])
def test_an_article_is_merged_into_one_that_is_named_in_any_way(
    editor: Client, site: Site, kind: str
) -> None:
    old, new = publish_at(site, "/old/"), publish_at(site, "/new/")

    for _ in range(2):
        answer = post(editor, old.slug, "merge", {"into": into_of(kind, new)})

    assert answer.status_code == 200, answer.content
    assert answer.json()["id"] == str(new.pk)
    assert leads_to(f"{BLOG}/old/") == new
    assert editor.get(f"/api/v1/articles/{old.slug}/").json()["id"] == str(new.pk)


@pytest.mark.parametrize(
    ("into", "status", "code"),
    [
        ("itself", 409, "itself"),
        ("its alias", 409, "itself"),
        ("merged into it", 409, "itself"),
        ("killed", 409, "killed"),
        ("draft", 409, "never_published"),
        ("unknown", 400, "unknown_article"),
        ("https://unknown.example.org/a/", 400, "unknown_article"),
        (f"{BLOG}/unknown/", 400, "unknown_article"),
        ("", 400, "blank"),
    ],
)
def test_merges_that_are_refused(
    editor: Client, site: Site, into: str, status: int, code: str
) -> None:
    article = publish_at(site, "/a/", "/alias/")
    merged = publish_at(site, "/m/")
    post(editor, merged.pk, "merge", {"into": article.slug})
    names = {
        "itself": str(article.pk),
        "its alias": f"{BLOG}/alias/?utm_source=x",
        "merged into it": str(merged.pk),
        "killed": publish_at(site, "/k/", state=State.KILLED).slug,
        "draft": publish_at(site, "/d/", state=State.DRAFT, first_published_at=None).slug,
    }

    answer = post(editor, article.slug, "merge", {"into": names.get(into, into)})

    problem = answer.json()
    assert answer.status_code == status, problem
    assert answer["Content-Type"] == "application/problem+json"
    assert code in {
        problem["type"].rpartition(":")[2],
        *(e["code"] for e in problem.get("errors", [])),
    }
    assert Article.objects.get(pk=article.pk).state == State.PUBLISHED


def test_an_own_article_is_not_merged_away(
    editor: Client, site: Site, publish_article: PublishArticle
) -> None:
    answer = post(editor, publish_article().slug, "merge", {"into": publish_at(site, "/a/").slug})

    assert answer.status_code == 409
    assert "published here" in answer.json()["detail"]


def test_a_merge_is_based_on_a_version_and_happens_once_with_a_key(
    editor: Client, site: Site
) -> None:
    old, new = publish_at(site, "/old/"), publish_at(site, "/new/")
    stale = post(editor, old.slug, "merge", {"into": new.slug}, **{"If-Match": '"7"'})

    answers = [
        post(editor, old.slug, "merge", {"into": new.slug}, **{"Idempotency-Key": "one"})
        for _ in range(2)
    ]

    assert stale.status_code == 412
    assert answers[0].json() == answers[1].json()
    assert Article.objects.get(pk=old.pk).version == 2


def test_an_address_is_added_and_made_canonical(editor: Client, site: Site) -> None:
    article = publish_at(site, "/a/")

    for canonical in (False, True, True):
        answer = post(
            editor, article.slug, "addresses", {"url": f"{BLOG}/b/", "canonical": canonical}
        )
    listed = editor.get(f"/api/v1/articles/{article.pk}/addresses/")

    assert answer.status_code == 200
    assert listed.json() == answer.json()
    assert [(each["url"], each["canonical"]) for each in listed.json()["results"]] == [
        (f"{BLOG}/b/", True),
        (f"{BLOG}/a/", False),
    ]
    assert editor.get(f"/api/v1/articles/{article.pk}/").json()["url"] == f"{BLOG}/b/"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"url": "https://unknown.example.org/"}, 400, "unknown_site"),
        ({"url": f"{BLOG}/tags/a/"}, 400, "outside_patterns"),
        ({"url": f"{BLOG}/taken/"}, 409, "address_taken"),
        ({"url": f"{BLOG}/b/", "cannonical": True}, 400, "unknown"),
        ({}, 400, "required"),
    ],
)
def test_addresses_that_are_refused(
    editor: Client, site: Site, body: Any, status: int, code: str
) -> None:
    article, _ = publish_at(site, "/a/"), publish_at(site, "/taken/")

    answer = post(editor, article.slug, "addresses", body)

    problem = answer.json()
    assert answer.status_code == status
    assert code in {
        problem["type"].rpartition(":")[2],
        *(e["code"] for e in problem.get("errors", [])),
    }
    assert ArticleAddress.objects.count() == 2


def test_a_merged_article_has_the_addresses_of_the_other_one(editor: Client, site: Site) -> None:
    old, new = publish_at(site, "/old/"), publish_at(site, "/new/")
    post(editor, old.slug, "merge", {"into": new.slug})

    answer = post(editor, old.slug, "addresses", {"url": f"{BLOG}/c/"})

    assert answer.json()["article"] == str(new.pk)
    assert len(answer.json()["results"]) == 3


def test_an_unknown_article_is_not_found(editor: Client, site: Site) -> None:
    assert editor.get("/api/v1/articles/unknown/addresses/").status_code == 404
    assert post(editor, "unknown", "merge", {"into": "x"}).status_code == 404


@pytest.mark.parametrize("call", ["merge", "addresses"])
def test_a_key_with_the_scope_is_needed(client: Client, site: Site, call: str) -> None:
    article = publish_at(site, "/a/")
    reader = issue_key(name="Reader", scopes=["stats:read"])

    assert post(client, article.slug, call, {}).status_code == 401
    assert client.get(f"/api/v1/articles/{article.slug}/addresses/").status_code == 401
    refused = post(client, article.slug, call, {}, Authorization=f"Bearer {reader}")
    assert refused.status_code == 403
