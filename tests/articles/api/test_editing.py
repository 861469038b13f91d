"""Creating, editing and transitions of an article by API."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from articles import editing
from articles.api.api_keys import issue_key
from articles.api.idempotency import RETENTION, purge_answers
from articles.editing import edit_article
from articles.models import Article, ArticleRevision, Author, IdempotencyKey, State, Tag
from articles.workflow import Transition
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

URL = "/api/v1/articles/"
WHOLE: dict[str, Any] = {
    "headline": "The  bridge is open",
    "subheadline": "Nine years late",
    "short_headline": "Bridge open",
    "slugline": "BRIDGE",
    "slug": "bridge-opens",
    "guid": "tag:example.org,2024-12-08:1",
    "abstract": "It took nine years.",
    "body_markdown": "It opened at *noon*.\n\nWith a band.",
    "authors": [{"name": "Ada Lovelace"}, {"name": "Bob", "slug": "bob-b", "role": "photographer"}],
    "article_type": "reportage",
    "dateline": {"place": "Damascus", "country": "SY", "date": "2024-12-08", "source": "AFP", "style": "afp"},
    "section": "World",
    "tags": ["Bridges", "Syria"],
    "subjects": ["http://cv.iptc.org/newscodes/mediatopic/20000001"],
    "language": "EN-gb",
    "lead_image": {"caption": "The bridge at noon."},
    "source": "Agence France-Presse",
    "source_item_id": "7",
    "source_version": "2",
    "source_url": "https://afp.example/7",
    "canonical_url": "https://afp.example/7",
    "copyright_holder": "AFP",
    "copyright_notice": "© AFP",
    "usage_terms": "None.",
    "credit_line": "AFP",
    "urgency": 3,
    "ed_note": "Check the band.",
    "editor_note": "This story is in two parts.",
    "published_at": "2024-12-08T09:23:00Z",
    "expires_at": "2099-01-01T00:00:00Z",
}  # fmt: skip


class Desk:
    """A program with a key."""

    def __init__(self, scopes: list[str]) -> None:
        self.client = Client(
            headers={"Authorization": f"Bearer {issue_key(name='CMS', scopes=scopes)}"}
        )

    def post(self, path: str = "", body: object = None, **headers: str) -> Any:
        return self.client.post(
            URL + path, json.dumps(body or {}), content_type="application/json", headers=headers
        )

    def patch(self, article: Article, body: object, version: object = None) -> Any:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return self.client.patch(
            f"{URL}{article.pk}/",
            json.dumps(body),
            content_type="application/json",
            headers=headers,
        )


@pytest.fixture
def desk() -> Desk:
    return Desk(["articles:write"])


def fields_of(response: Any) -> list[str]:
    assert response["Content-Type"] == "application/problem+json"
    return [error["field"] for error in response.json().get("errors", [])]


def test_a_draft_is_created_with_all_its_fields(desk: Desk, client: Client) -> None:
    response = desk.post(body=WHOLE)

    answer = response.json()
    assert response.status_code == 201, answer
    assert (response["Article-Version"], response["Cache-Control"]) == ("1", "private, no-store")
    assert response["Location"].endswith(f"{URL}{answer['id']}/")
    assert (answer["state"], answer["headline"], answer["language"]) == (
        "draft",
        "The bridge is open",
        "en-GB",
    )
    assert answer["byline"] == "Ada Lovelace and Bob"
    assert answer["authors"] == [
        {"name": "Ada Lovelace", "slug": "ada-lovelace", "role": "author"},
        {"name": "Bob", "slug": "bob-b", "role": "photographer"},
    ]
    assert answer["dateline"]["text"] == "DAMASCUS, Dec 8 (AFP) —"
    assert [tag["name"] for tag in answer["tags"]] == ["Bridges", "Syria"]
    for same in WHOLE.keys() - {
        *("headline", "language", "authors", "dateline", "section", "tags", "lead_image"),
    }:
        assert answer[same] == WHOLE[same]
    assert client.get(f"{URL}{answer['id']}/").status_code == 404


def test_a_draft_is_published_and_read(desk: Desk, client: Client) -> None:
    draft = desk.post(body=WHOLE).json()

    out = desk.post(f"{draft['id']}/publish/").json()

    read = client.get(f"{URL}bridge-opens/")
    assert (out["state"], out["version"]) == ("published", 2)
    assert read["Article-Version"] == "2"
    assert read.json()["authors"] == out["authors"]
    assert read.json()["first_published_at"] == "2024-12-08T09:23:00Z"
    assert "ed_note" not in read.json()


@pytest.mark.parametrize(
    ("scopes", "status"), [([], 401), (["stats:read"], 403), (["articles:write"], 400)]
)
def test_writing_needs_a_key_with_the_scope(scopes: list[str], status: int) -> None:
    client = Desk(scopes).client if scopes else Client()

    response = client.post(URL, "{}", content_type="application/json")

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"headlin": "x"}, "headlin"),
        ({"state": "published"}, "state"),
        ({"dateline": {"place": "Damascus", "planet": "Mars"}}, "dateline.planet"),
        ({"headline": ""}, "headline"),
        ({"headline": 5}, "headline"),
        ({"headline": None}, "headline"),
        ({"headline": "x" * 301}, "headline"),
        ({"headline": "a\u202eb"}, "headline"),
        ({"headline": "\ud800"}, "headline"),
        ({"headline": "!!!"}, "headline"),
        ({"slug": "Not a slug"}, "slug"),
        ({"slug": "0193a5c0-7d1e-7000-8000-000000000000"}, "slug"),
        ({"guid": "https://example.org/1"}, "guid"),
        ({"abstract": "x" * 1001}, "abstract"),
        ({"body_markdown": "<script>alert(1)</script>"}, "body_markdown"),
        ({"body_markdown": "[x](javascript:alert(1))"}, "body_markdown"),
        ({"body_markdown": "x" * 100_001}, "body_markdown"),
        ({"tags": ["a", "A"]}, "tags"),
        ({"tags": ["!"]}, "tags.0"),
        ({"tags": [f"tag {n}" for n in range(51)]}, "tags"),
        ({"tags": "Syria"}, "tags"),
        ({"authors": [{"name": "A"}, {"name": "a"}]}, "authors"),
        ({"authors": ["A"]}, "authors"),
        ({"subjects": ["medtop:1"]}, "subjects.0"),
        ({"language": "english"}, "language"),
        ({"dateline": {"region": "Homs"}}, "dateline.place"),
        ({"dateline": {"place": "Damascus", "country": "Syria"}}, "dateline.country"),
        ({"dateline": {"place": "Damascus", "date": "2024-13-08"}}, "dateline.date"),
        ({"dateline": {"place": "Damascus", "style": "tass"}}, "dateline.style"),
        ({"lead_image": {"credit": "AFP"}}, "lead_image.caption"),
        ({"urgency": 10}, "urgency"),
        ({"article_type": "poem"}, "article_type"),
        ({"canonical_url": "javascript:alert(1)"}, "canonical_url"),
        ({"source": "", "source_item_id": "7"}, "source_item_id"),
        ({"translation_of": "nothing"}, "translation_of"),
        ({"published_at": "2099-01-01T00:00:00Z"}, "published_at"),
        ({"published_at": "1500-01-01T00:00:00Z"}, "published_at"),
        ({"expires_at": "soon"}, "expires_at"),
    ],
)
def test_an_invalid_value_is_refused_by_its_field(
    wrong: dict[str, Any], field: str, desk: Desk
) -> None:
    body = {**WHOLE, **wrong}
    if wrong.get("headline") == "!!!":
        del body["slug"]

    response = desk.post(body=body)

    assert response.status_code == 400
    assert all(name.startswith(field) for name in fields_of(response))
    assert not Article.objects.exists()
    assert not Tag.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "[" * 100_000, '{"urgency": NaN}'])
def test_a_body_that_is_no_object_is_400(body: str, desk: Desk) -> None:
    response = desk.client.post(URL, body, content_type="application/json")

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_a_body_that_is_too_large_is_413(desk: Desk) -> None:
    assert desk.post(body={"headline": "x" * 2_000_000}).status_code == 413


@pytest.mark.parametrize("field", ["slug", "guid", "source_item_id"])
def test_a_slug_or_guid_of_another_article_is_refused(field: str, desk: Desk) -> None:
    desk.post(body=WHOLE)
    other = {**WHOLE, "slug": "other", "guid": "tag:example.org,2024:2", "source_item_id": "8"}

    response = desk.post(body={**other, field: WHOLE[field]})

    assert (response.status_code, fields_of(response)) == (400, [field])
    assert Article.objects.count() == 1


def test_an_edit_of_a_public_article_is_a_version_at_once(desk: Desk, article: Article) -> None:
    answer = desk.patch(article, {"headline": "Shut", "tags": ["Trains"]}, 1)

    assert answer.status_code == 200, answer.json()
    assert answer["Article-Version"] == "2"
    assert answer.json()["headline"] == "Shut"
    assert answer.json()["content_modified_at"] > answer.json()["first_published_at"]
    assert ArticleRevision.objects.get().snapshot["tags"] == [{"slug": "trains", "name": "Trains"}]


def test_another_section_is_no_change_that_readers_notice(desk: Desk, article: Article) -> None:
    answer = desk.patch(article, {"section": "Local", "tags": ["Trains"]}, 1).json()

    assert (answer["version"], answer["content_modified_at"]) == (2, None)


def test_an_edit_without_a_change_is_no_version(desk: Desk) -> None:
    desk.post(body=WHOLE)
    same = {name: value for name, value in WHOLE.items() if name != "guid"}

    answer = desk.patch(Article.objects.get(), same, 1)

    assert (answer.status_code, answer["Article-Version"]) == (200, "1")
    assert ArticleRevision.objects.count() == 1


def test_the_second_of_two_edits_of_one_version_is_412(desk: Desk, article: Article) -> None:
    first = desk.patch(article, {"headline": "Mine"}, 1)
    second = desk.patch(article, {"headline": "Yours"}, 1)

    assert (first.status_code, second.status_code) == (200, 412)
    assert second["Article-Version"] == "2"
    assert fields_of(second) == []
    assert Article.objects.get().headline == "Mine"


@pytest.mark.parametrize(
    ("tag", "status"), [('"1"', 200), ("*", 200), ('"7", "1"', 200), ('W/"1"', 412), ("1", 412)]
)
def test_if_match_is_read_as_http_says(tag: str, status: int, desk: Desk, article: Article) -> None:
    response = desk.client.patch(
        f"{URL}{article.slug}/", "{}", content_type="application/json", headers={"If-Match": tag}
    )

    assert response.status_code == status


def test_an_edit_of_another_editors_version_needs_the_expected_version(
    desk: Desk, article: Article
) -> None:
    edit_article(
        article_id=article.pk, changes={"abstract": "Ours."}, expected_version=1, editor="ada"
    )

    response = desk.patch(article, {"headline": "Mine"})

    assert response.status_code == 428
    assert "Version 2" in response.json()["detail"]
    assert "If-Match" in response.json()["detail"]
    assert Article.objects.get().headline == "The bridge is open"


def test_a_program_edits_its_own_version_without_an_expected_version(desk: Desk) -> None:
    desk.post(body=WHOLE)
    article = Article.objects.get()

    answers = [desk.patch(article, {"headline": text}) for text in ("One", "Two")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].json()["version"] == 3


def test_another_key_of_the_same_name_is_another_editor(desk: Desk) -> None:
    desk.post(body=WHOLE)

    answer = Desk(["articles:write"]).patch(Article.objects.get(), {"headline": "Mine"})

    assert answer.status_code == 428


def test_a_killed_article_cannot_be_edited(desk: Desk, publish_article: PublishArticle) -> None:
    killed = publish_article(state=State.KILLED)

    assert desk.patch(killed, {"headline": "Back"}, 1).status_code == 409


def test_a_public_article_cannot_lose_its_text(desk: Desk, article: Article) -> None:
    assert fields_of(desk.patch(article, {"body_markdown": ""}, 1)) == ["body_markdown"]


def test_an_article_that_is_not_there_cannot_be_written(desk: Desk) -> None:
    assert desk.post("nothing/publish/").status_code == 404
    assert desk.post("%00/publish/").status_code == 404


def test_a_transition_that_the_state_does_not_allow_is_409(desk: Desk, article: Article) -> None:
    response = desk.post(f"{article.slug}/publish/")

    assert response.status_code == 409
    assert "published" in response.json()["detail"]


def test_a_transition_of_an_older_version_is_412(desk: Desk, article: Article) -> None:
    assert desk.post(f"{article.pk}/kill/", **{"If-Match": '"7"'}).status_code == 412


@pytest.mark.parametrize(
    ("transition", "body", "state"),
    [
        ("correct", {"text": "It is one bridge.", "changes": {"headline": "One"}}, "corrected"),
        ("unpublish", {"note": "Rights."}, "unpublished"),
        ("retract", {"text": "It is not."}, "retracted"),
        ("kill", {}, "killed"),
    ],
)
def test_a_public_article_changes_its_state(
    transition: str, body: dict[str, Any], state: str, desk: Desk, article: Article
) -> None:
    response = desk.post(f"{article.pk}/{transition}/", body)

    assert (response.status_code, response.json()["state"]) == (200, state)
    assert len(response.json()["corrections"]) == (transition in {"correct", "retract"})


@pytest.mark.parametrize(
    ("transition", "before", "after"),
    [
        ("submit", "draft", "in_review"),
        ("send_back", "in_review", "draft"),
        ("deschedule", "scheduled", "draft"),
        ("lift_embargo", "in_review", "in_review"),
        ("lift_embargo", "scheduled", "draft"),
        ("spike", "draft", "spiked"),
        ("unspike", "spiked", "draft"),
    ],
)
def test_a_transition_of_an_own_article_needs_no_expected_version(
    transition: str, before: str, after: str, desk: Desk, publish_article: PublishArticle
) -> None:
    embargo = timezone.now() + timedelta(hours=1) if transition == "lift_embargo" else None
    filed = publish_article(state=before, embargoed_until=embargo)

    changed = desk.post(f"{filed.pk}/{transition}/", {"note": "As agreed."})
    again = desk.post(f"{filed.pk}/{transition}/")

    assert (changed.status_code, changed.json()["state"]) == (200, after)
    assert ArticleRevision.objects.get().note == "As agreed."
    assert again.status_code == 409


def test_every_transition_of_the_table_is_a_call(
    desk: Desk, publish_article: PublishArticle
) -> None:
    draft = publish_article(state=State.DRAFT)

    found = {
        transition: desk.post(f"{draft.pk}/{transition}/", {"x": 1}).status_code
        for transition in Transition
    }

    assert found == dict.fromkeys(
        Transition, 400
    )  # the endpoint exists, and refuses the unknown field


def test_an_article_is_scheduled(desk: Desk, publish_article: PublishArticle) -> None:
    draft = publish_article(state=State.DRAFT)
    soon = (timezone.now() + timedelta(hours=1)).isoformat()

    answer = desk.post(f"{draft.pk}/schedule/", {"publish_at": soon}).json()

    assert answer["state"] == "scheduled"
    assert answer["publish_at"][:19] == soon[:19]


@pytest.mark.parametrize(
    ("transition", "body", "field"),
    [
        ("schedule", {}, "publish_at"),
        ("schedule", {"publish_at": "2020-01-01T00:00:00Z"}, "publish_at"),
        ("schedule", {"publish_at": "later"}, "publish_at"),
        (
            "schedule",
            {"publish_at": "2098-01-01T00:00:00Z", "embargoed_until": "2098-01-01T00:00:00Z"},
            "embargoed_until",
        ),
        ("correct", {}, "text"),
        ("correct", {"text": " "}, "text"),
        ("correct", {"text": "x", "kind": "retraction"}, "kind"),
        ("correct", {"text": "x", "placement": "left"}, "placement"),
        ("correct", {"text": "x", "changes": {"state": "draft"}}, "changes.state"),
        ("retract", {}, "text"),
        ("publish", {"when": "now"}, "when"),
    ],
)
def test_a_transition_without_a_required_field_is_refused_by_that_field(
    transition: str, body: dict[str, Any], field: str, desk: Desk, publish_article: PublishArticle
) -> None:
    article = publish_article(state=State.DRAFT if transition == "schedule" else State.PUBLISHED)

    response = desk.post(f"{article.pk}/{transition}/", body)

    assert (response.status_code, fields_of(response)) == (400, [field])
    assert Article.objects.get().version == 1


def test_the_same_key_and_body_get_the_same_answer(desk: Desk) -> None:
    first = desk.post(body=WHOLE, **{"Idempotency-Key": "k1"})
    again = desk.post(body=WHOLE, **{"Idempotency-Key": "k1"})

    assert (again.status_code, again.content) == (201, first.content)
    kept = ("ETag", "Location", "Content-Type", "Cache-Control")
    assert [again[name] for name in kept] == [first[name] for name in kept]
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert Article.objects.count() == 1


def test_the_same_key_with_another_body_is_422(desk: Desk) -> None:
    desk.post(body=WHOLE, **{"Idempotency-Key": "k1"})

    response = desk.post(body={"headline": "Other"}, **{"Idempotency-Key": "k1"})

    assert response.status_code == 422
    assert response.json()["code"] == "key_reused"


def test_a_key_of_another_program_is_another_key(desk: Desk) -> None:
    desk.post(body={"headline": "One"}, **{"Idempotency-Key": "k1"})

    other = Desk(["articles:write"]).post(body={"headline": "Two"}, **{"Idempotency-Key": "k1"})

    assert other.status_code == 201


def test_a_refused_call_may_be_corrected_under_its_key(desk: Desk) -> None:
    refused = desk.post(body={"headline": ""}, **{"Idempotency-Key": "k1"})
    mended = desk.post(body={"headline": "One"}, **{"Idempotency-Key": "k1"})

    assert (refused.status_code, mended.status_code) == (400, 201)


@pytest.mark.parametrize("key", ["x" * 256, "\x7f", "", "a\tb"])
def test_an_invalid_idempotency_key_is_refused(key: str, desk: Desk) -> None:
    response = desk.post(body=WHOLE, **{"Idempotency-Key": key})

    assert (response.status_code, fields_of(response)) == (400, ["Idempotency-Key"])


def test_stored_answers_are_deleted_after_a_day(desk: Desk) -> None:
    desk.post(body=WHOLE, **{"Idempotency-Key": "k1"})
    assert purge_answers() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - RETENTION - timedelta(seconds=1))

    assert (purge_answers(), purge_answers()) == (1, 0)


def test_a_replaced_slug_still_leads_to_the_article(
    desk: Desk, client: Client, article: Article
) -> None:
    former = article.slug
    desk.patch(article, {"slug": "bridge"}, 1)

    page = client.get(f"/articles/{former}/")
    answer = client.get(f"{URL}{former}/")

    assert (page.status_code, page["Location"]) == (301, "/articles/bridge/")
    assert answer.json()["slug"] == "bridge"


def test_a_former_slug_may_be_reused_by_its_article_and_no_other(
    desk: Desk, article: Article, publish_article: PublishArticle
) -> None:
    former, other = article.slug, publish_article()
    desk.patch(article, {"slug": "bridge"}, 1)

    assert fields_of(desk.patch(other, {"slug": former}, 1)) == ["slug"]
    assert fields_of(desk.patch(other, {"slug": "bridge"}, 1)) == ["slug"]
    assert desk.patch(article, {"slug": former}, 2).status_code == 200
    assert [url.slug for url in article.former_urls.all()] == ["bridge"]


def test_a_slug_that_became_a_former_one_after_the_check_is_refused(
    desk: Desk, article: Article, publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, other = editing._check_slug, publish_article()

    def check_then_lose(checked: Article) -> None:
        check(checked)
        if checked.pk == other.pk:  # a rival commits both between this check and this write
            edit_article(article_id=article.pk, changes={"slug": "wanted"}, expected_version=None)
            edit_article(article_id=article.pk, changes={"slug": "later"}, expected_version=None)

    monkeypatch.setattr(editing, "_check_slug", check_then_lose)

    refused = desk.patch(other, {"slug": "wanted"}, 1)

    assert (refused.status_code, fields_of(refused)) == (400, ["slug"])
    assert Article.objects.get(pk=other.pk).slug == other.slug


@pytest.mark.parametrize("suffix", ["-gzip", ";gzip"])
def test_a_version_that_came_through_a_compressing_proxy_is_still_the_expected_one(
    desk: Desk, article: Article, suffix: str
) -> None:
    changed = {"headline": "The bridge is shut"}

    answers = [desk.patch(article, changed, f"{version}{suffix}") for version in (7, 1)]

    assert [answer.status_code for answer in answers] == [412, 200]


@pytest.mark.parametrize(
    ("transition", "status"), [("kill", 410), ("unpublish", 404), ("retract", 301)]
)
def test_a_former_slug_is_public_while_its_article_is(
    transition: str, status: int, desk: Desk, client: Client, article: Article
) -> None:
    former = article.slug
    desk.patch(article, {"slug": "bridge"}, 1)
    desk.post(f"bridge/{transition}/", {"text": "No."} if transition == "retract" else {})

    assert client.get(f"/articles/{former}/").status_code == status
    assert client.get(f"{URL}{former}/").status_code == (200 if status == 301 else status)
    assert client.get(f"{URL}bridge/").status_code == (200 if status == 301 else status)


def test_authors_that_change_change_a_byline_that_only_named_them(desk: Desk) -> None:
    desk.post(body=WHOLE)
    article = Article.objects.get()

    renamed = desk.patch(article, {"authors": [{"name": "Carla"}]}, 1).json()
    worded = desk.patch(article, {"byline": "By our staff", "authors": [{"name": "Bob"}]}, 2).json()

    assert renamed["byline"] == "Carla"
    assert worded["byline"] == "By our staff"
    assert Author.objects.count() == 4


def test_the_list_can_be_filtered_by_author_and_source(desk: Desk, client: Client) -> None:
    desk.post(body=WHOLE)
    desk.post("bridge-opens/publish/")

    def count(**asked: str) -> int:
        return len(client.get(URL, asked).json()["results"])

    assert (count(author="ada-lovelace"), count(author="carla")) == (1, 0)
    assert (count(source="agence france-presse"), count(source="AP")) == (1, 0)


def test_an_answer_takes_as_many_queries_however_long_its_lists(
    desk: Desk, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many = {
        "tags": [f"tag {n}" for n in range(50)],
        "authors": [{"name": f"A{n}"} for n in range(50)],
    }
    desk.post(body={**WHOLE, **many})
    desk.post("bridge-opens/publish/")

    with django_assert_max_num_queries(5):  # and one for the counts
        assert len(client.get(f"{URL}bridge-opens/").json()["authors"]) == 50


def test_a_time_of_publication_keeps_the_offset_in_which_it_was_sent(desk: Desk) -> None:
    answer = desk.post(body=WHOLE | {"published_at": "2024-12-08T12:23:00+03:00"}).json()
    article = Article.objects.get()
    same = desk.patch(article, {"published_at": answer["published_at"]}, 1)
    moved = desk.patch(article, {"published_at": "2024-12-08T10:23:00+01:00"}, 1)
    later = desk.patch(article, {"published_at": "2024-12-08T09:24:00Z"}, 2)

    versions = [each["Article-Version"] for each in (same, moved, later)]
    shown = [each.json() for each in (same, moved, later)]
    assert (answer["published_at"], answer["published_offset"]) == (
        "2024-12-08T09:23:00Z",
        "+03:00",
    )
    assert versions == ["1", "2", "3"]
    assert [each["published_offset"] for each in shown] == ["+03:00", "+01:00", None]
    assert [each["published_at"] for each in shown][:2] == ["2024-12-08T09:23:00Z"] * 2
