"""ETag, Article-Version, If-None-Match and If-Match of the calls about articles."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from articles.api.api_keys import issue_key
from articles.models import Article, Section, Site, State
from articles.workflow import Transition
from reactions.counting.aggregate import aggregate
from reactions.counts import clear_counts
from reactions.kinds import pack
from reactions.record import set_reactions
from tests.articles.sites.sites import make_site, publish_at
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

URL = "/api/v1/articles/"


class Program:
    """A program with a key, over HTTP."""

    def __init__(self, *scopes: str) -> None:
        key = issue_key(name="CMS", scopes=scopes or ["articles:write"])
        self.client = Client(headers={"Authorization": f"Bearer {key}"})

    def get(self, path: object, **headers: str) -> Any:
        return self.client.get(f"{URL}{path}/", headers=headers)

    def send(self, method: str, path: str, body: object, **headers: str) -> Any:
        return self.client.generic(
            method, f"{URL}{path}", json.dumps(body), "application/json", headers=headers
        )

    def patch(self, article: object, body: object, **headers: str) -> Any:
        return self.send("PATCH", f"{article}/", body, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.send("POST", path, body or {}, **headers)


@pytest.fixture
def program() -> Program:
    return Program()


def react(article: Article) -> None:
    set_reactions(article_id=article.pk, reader_id=uuid4(), kinds=pack(["love"]))
    aggregate()
    clear_counts()


def headers_of(response: Any) -> dict[str, str]:
    """Those that a client keeps with the answer."""
    left_out = {"Content-Type", "Content-Length"}
    return {name: value for name, value in response.items() if name not in left_out}


# --- reading


def test_the_etag_changes_with_counts_and_the_version_does_not(
    client: Client, article: Article
) -> None:
    before = client.get(f"{URL}{article.slug}/")
    react(article)
    after = client.get(f"{URL}{article.slug}/", headers={"If-None-Match": before["ETag"]})

    assert after.status_code == 200
    assert after.json()["reactions"]["total"] == 1
    assert before["ETag"] != after["ETag"]
    assert before["Article-Version"] == after["Article-Version"] == "1"
    assert all(each["ETag"].startswith('"1-') for each in (before, after))


def test_the_etag_changes_with_what_makes_no_version(
    client: Client, publish_article: PublishArticle
) -> None:
    section = Section.objects.create(slug="town", name="Town")
    article = publish_article(section=section)
    etag = client.get(f"{URL}{article.pk}/")["ETag"]

    Section.objects.update(name="City")
    renamed = client.get(f"{URL}{article.pk}/", headers={"If-None-Match": etag})

    assert (renamed.status_code, renamed.json()["section"]["name"]) == (200, "City")


@pytest.mark.parametrize("path", ["story/", "", "?language=en", "?q=bridge", "?section=town"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*", "-gzip", ";br", "--gzip"])
def test_what_a_client_has_is_304_with_the_same_headers(
    path: str, form: str, client: Client, publish_article: PublishArticle
) -> None:
    publish_article(slug="story")
    answer = client.get(f"{URL}{path}")
    etag = answer["ETag"]
    tags = form.format(etag) if "{}" in form or form == "*" else f'{etag[:-1]}{form}"'

    again = client.get(f"{URL}{path}", headers={"If-None-Match": tags})

    assert (again.status_code, again.content) == (304, b"")
    assert headers_of(again) == headers_of(answer)
    assert "public" in again["Cache-Control"]
    assert "Authorization" in again["Vary"]


@pytest.mark.parametrize("path", ["story/", ""])
def test_a_head_is_answered_as_a_get(
    path: str, client: Client, publish_article: PublishArticle
) -> None:
    publish_article(slug="story")
    answer = client.get(f"{URL}{path}")

    head = client.head(f"{URL}{path}")
    known = client.head(f"{URL}{path}", headers={"If-None-Match": answer["ETag"]})

    assert (head.status_code, head.content, known.status_code) == (200, b"", 304)
    assert dict(head.items()) == dict(answer.items())
    assert headers_of(known) == headers_of(answer)


def test_a_list_changes_with_its_counts_and_its_articles(
    client: Client, publish_article: PublishArticle
) -> None:
    article = publish_article()
    etags = [client.get(URL)["ETag"]]
    react(article)
    etags.append(client.get(URL, headers={"If-None-Match": etags[-1]})["ETag"])
    publish_article()
    etags.append(client.get(URL, headers={"If-None-Match": etags[-1]})["ETag"])

    assert len(set(etags)) == 3
    assert client.get(URL, headers={"If-None-Match": etags[0]}).status_code == 200


def test_drafts_are_validated_with_a_key_and_stay_private(
    publish_article: PublishArticle,
) -> None:
    publish_article(slug="draft", state=State.DRAFT, published_at=None, first_published_at=None)
    client = Program("articles:read").client

    for url in (f"{URL}draft/", f"{URL}?state=draft"):
        answer = client.get(url)
        again = client.get(url, headers={"If-None-Match": answer["ETag"]})

        assert (answer.status_code, again.status_code) == (200, 304)
        assert headers_of(again) == headers_of(answer)
        assert again["Cache-Control"] == "private, no-store"


def test_the_answer_with_a_key_is_another_one(
    client: Client, program: Program, article: Article
) -> None:
    public = client.get(f"{URL}{article.pk}/")

    own = program.get(article.pk, **{"If-None-Match": public["ETag"]})

    assert (own.status_code, own.json()["state"]) == (200, "published")
    assert own["ETag"] != public["ETag"]


# --- writing


def sent(form: str, etag: str) -> str:
    return form.format(etag=etag, version=etag[1:].partition("-")[0])


MATCHES = [
    ("{etag}", True),
    ('"{version}"', True),
    ('"x", {etag}', True),
    ('"7", "{version}"', True),
    ("*", True),
    (" * ", True),
    ("W/{etag}", False),
    ('W/"{version}"', False),
    ("{version}", False),
    ('"7"', False),
    ('"x"', False),
    ('"{version}-x"', False),
    ('"{version}-", "-{version}"', False),
    ("", False),
]


@pytest.mark.parametrize(("form", "matches"), MATCHES)
def test_if_match_of_an_edit(form: str, matches: bool, program: Program, article: Article) -> None:
    etag = program.get(article.pk)["ETag"]
    react(article)

    response = program.patch(article.pk, {"headline": "New"}, **{"If-Match": sent(form, etag)})

    assert response.status_code == (200 if matches else 412), response.content
    assert response["Article-Version"] == ("2" if matches else "1")


@pytest.mark.parametrize(("form", "matches"), MATCHES)
def test_if_match_of_a_merge(form: str, matches: bool, program: Program) -> None:
    site: Site = make_site()
    old, new = publish_at(site, "/old/"), publish_at(site, "/new/")
    etag = program.get(old.pk)["ETag"]

    response = program.post(
        f"{old.pk}/merge/", {"into": new.slug}, **{"If-Match": sent(form, etag)}
    )

    assert response.status_code == (200 if matches else 412), response.content
    if matches:
        assert program.get(new.pk, **{"If-None-Match": response["ETag"]}).status_code == 304


TRANSITIONS: dict[Transition, tuple[State, dict[str, str]]] = {
    Transition.SUBMIT: (State.DRAFT, {}),
    Transition.SEND_BACK: (State.IN_REVIEW, {}),
    Transition.PUBLISH: (State.DRAFT, {}),
    Transition.SCHEDULE: (State.DRAFT, {"publish_at": "2098-01-01T00:00:00Z"}),
    Transition.DESCHEDULE: (State.SCHEDULED, {}),
    Transition.LIFT_EMBARGO: (State.IN_REVIEW, {}),
    Transition.CORRECT: (State.PUBLISHED, {"text": "One bridge."}),
    Transition.UNPUBLISH: (State.PUBLISHED, {}),
    Transition.RETRACT: (State.PUBLISHED, {"text": "No bridge."}),
    Transition.KILL: (State.PUBLISHED, {}),
    Transition.SPIKE: (State.DRAFT, {}),
    Transition.UNSPIKE: (State.SPIKED, {}),
}


@pytest.mark.parametrize("transition", list(Transition))
def test_if_match_of_every_transition(
    transition: Transition, program: Program, publish_article: PublishArticle
) -> None:
    state, body = TRANSITIONS[transition]
    is_embargoed = transition is Transition.LIFT_EMBARGO
    embargo = timezone.now() + timedelta(hours=1) if is_embargoed else None
    article = publish_article(state=state, embargoed_until=embargo)
    etag = program.get(article.pk)["ETag"]
    path = f"{article.pk}/{transition}/"

    stale = [
        program.post(path, body, **{"If-Match": tag})
        for tag in ('"7"', f"W/{etag}", etag.replace('"1-', '"2-'))
    ]
    done = program.post(path, body, **{"If-Match": etag})

    assert [each.status_code for each in stale] == [412] * 3
    assert {each["Article-Version"] for each in stale} == {"1"}
    assert (done.status_code, done["Article-Version"]) == (200, "2"), done.content
    assert done["ETag"].startswith('"2-')


def test_a_412_says_the_present_version(program: Program, article: Article) -> None:
    program.patch(article.pk, {"headline": "Mine"}, **{"If-Match": '"1"'})

    late = program.patch(article.pk, {"headline": "Yours"}, **{"If-Match": '"1"'})

    assert (late.status_code, late["Content-Type"]) == (412, "application/problem+json")
    assert (late.json()["version"], late["Article-Version"]) == (2, "2")
    assert "at version 2" in late.json()["detail"]
    assert "ETag" not in late


def test_a_428_says_how_to_get_the_etag(program: Program, article: Article) -> None:
    mine = Program().patch(article.slug, {"headline": "Mine"}, **{"If-Match": "*"})
    refused = program.patch(article.slug, {"headline": "Yours"})

    detail = refused.json()["detail"]
    path = detail.partition("GET ")[2].partition(" ")[0]
    etag = program.client.get(path)["ETag"]
    again = program.patch(article.slug, {"headline": "Yours"}, **{"If-Match": etag})

    assert (mine.status_code, refused.status_code, again.status_code) == (200, 428, 200)
    assert detail.endswith(f"send the ETag of GET {URL}{article.pk}/ in If-Match.")


@pytest.mark.parametrize("path", ["", "unpublish/"])
def test_a_merged_article_is_409_by_whichever_version(path: str, program: Program) -> None:
    """A GET of it answers the other one, so that a program that reads again would not get further."""
    site: Site = make_site()
    old, new = publish_at(site, "/old/"), publish_at(site, "/new/")
    program.patch(new.pk, {"abstract": "At noon."}, **{"If-Match": "*"})
    program.post(f"{old.pk}/merge/", {"into": new.slug})
    tags = (program.get(old.pk)["ETag"], '"1"', "*")

    method = "POST" if path else "PATCH"
    answers = [program.send(method, f"{old.pk}/{path}", {}, **{"If-Match": tag}) for tag in tags]

    assert [each.status_code for each in answers] == [409] * 3
    assert f"merged into {new.pk}" in answers[1].json()["detail"]
    assert answers[1].json()["type"].endswith(":already_merged")


def test_a_write_answers_the_etag_of_what_the_next_read_answers(program: Program) -> None:
    created = program.post("", {"headline": "The bridge is open", "body_markdown": "It is."})
    address = created.json()["id"]
    edited = program.patch(address, {"abstract": "At noon."})
    kept = program.get(address, **{"If-None-Match": edited["ETag"]})
    same = program.patch(address, {"abstract": "At noon."})

    assert [each["Article-Version"] for each in (created, edited, same)] == ["1", "2", "2"]
    assert (kept.status_code, kept["Article-Version"]) == (304, "2")
    assert same["ETag"] == edited["ETag"]


def test_a_replay_has_the_validators_of_the_first_answer(program: Program) -> None:
    once = {"Idempotency-Key": "k1"}
    created = [program.post("", {"headline": "One"}, **once) for _ in range(2)]
    address = created[0].json()["id"]
    edited = [program.patch(address, {"headline": "Two"}, **once) for _ in range(2)]
    submitted = [program.post(f"{address}/submit/", **once) for _ in range(2)]

    for first, again in (created, edited, submitted):
        assert dict(again.items()) == {**dict(first.items()), "Idempotent-Replayed": "true"}
        assert {"ETag", "Article-Version"} <= {*again.headers}
    assert created[1]["Location"].endswith(f"{URL}{address}/")
    assert [each[1]["Article-Version"] for each in (created, edited, submitted)] == ["1", "2", "3"]


def test_a_program_publishes(
    program: Program,
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Creates a draft, reads it, edits what it has read, publishes it, and reads it as everyone does."""
    created = program.post("", {"headline": "The bridge is open", "body_markdown": "It is."})
    path = created["Location"].partition(URL)[2].rstrip("/")

    read = program.get(path)
    edited = program.patch(path, {"headline": "Open at last"}, **{"If-Match": read["ETag"]})
    late = program.patch(path, {"headline": "Lost"}, **{"If-Match": read["ETag"]})
    with django_capture_on_commit_callbacks(execute=True):  # drops the counts of the draft
        published = program.post(f"{path}/publish/", **{"If-Match": edited["ETag"]})
    shown = client.get(f"{URL}{path}/")

    statuses = [each.status_code for each in (created, read, edited, late, published, shown)]
    assert statuses == [201, 200, 200, 412, 200, 200]
    assert read["ETag"] == created["ETag"]
    assert shown.json()["headline"] == "Open at last"
    assert shown.json()["reactions"]["state"] == "open"
    assert shown["Article-Version"] == published["Article-Version"] == "3"
    assert client.get(f"{URL}{path}/", headers={"If-None-Match": shown["ETag"]}).status_code == 304
