"""The change feed as a program reads it: a mirror equals what is public, and never misses what is gone."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from articles import workflow
from articles.api.api_keys import issue_key
from articles.editing import edit_article
from articles.models import Article, Section, Tag
from articles.models.articles import ArticleTag
from reactions.changes.cursors import Cursor
from reactions.changes.feed import read_expired_cursors, seconds_behind
from reactions.changes.numbering import forget_tombstones, number_changes
from reactions.counting.aggregate import aggregate
from reactions.kinds import pack
from reactions.models import Change, ChangeFeed, ChangeNote, PolicyState
from reactions.policy import set_policy
from reactions.record import set_reactions
from tests.conftest import PublishArticle
from tests.races.rival import Rival, held_open
from tests.reactions.changes.mirror import CHANGES, Mirror, true_counts, truth

pytestmark = pytest.mark.django_db(transaction=True)

LOVE, ANGRY = pack(["love"]), pack(["angry"])


@pytest.fixture
def published(publish_article: PublishArticle) -> Callable[..., Article]:
    """Publishes an article as the desk does, so that the feed hears of it."""

    def publish(**fields: Any) -> Article:
        article = publish_article(
            state="draft", first_published_at=None, published_at=None, **fields
        )
        return workflow.publish(article_id=article.pk)

    return publish


def react(article: Article, kinds: int = LOVE) -> None:
    set_reactions(article_id=article.pk, reader_id=uuid4(), kinds=kinds)


def test_without_a_cursor_it_is_all_that_is_public(published: Callable[..., Article]) -> None:
    articles = [published() for _ in range(7)]
    for article in articles[:4]:
        react(article)
    workflow.kill(article_id=articles[0].pk)
    aggregate()
    mirror = Mirror()

    mirror.catch_up()

    assert mirror.content == truth()
    assert len(mirror.content) == 6
    assert mirror.counts == true_counts()
    assert len(mirror.counts) == 3


def test_a_page_after_the_last_has_nothing_and_the_same_cursor(
    published: Callable[..., Article],
) -> None:
    react(published())
    aggregate()
    mirror = Mirror()
    mirror.catch_up()
    cursor = mirror.cursor

    body = mirror.read()

    assert body == {"results": [], "next": cursor, "more": False, "behind_seconds": 0.0}


def test_only_what_changed_comes_after_a_cursor(published: Callable[..., Article]) -> None:
    articles = [published() for _ in range(5)]
    mirror = Mirror(limit=100)
    mirror.catch_up()

    react(articles[2], ANGRY)
    aggregate()
    (change,) = mirror.read()["results"]

    assert change.pop("at").endswith("Z")
    assert change.pop("version") >= 1
    assert change == {
        "article": str(articles[2].pk),
        "kind": "counts",
        "counts": {"like": 0, "dislike": 0, "love": 0, "funny": 0, "angry": 1, "sad": 0, "wow": 0},
        "total": 1,
        "url": None,
        "reason": None,
        "into": None,
    }


@pytest.mark.parametrize(
    ("transition", "reason"),
    [(workflow.kill, "killed"), (workflow.unpublish, "unpublished")],
    ids=["killed", "unpublished"],
)
def test_an_article_that_is_not_public_any_more_is_gone_with_its_reason(
    transition: Callable[..., Article], reason: str, published: Callable[..., Article]
) -> None:
    article = published()
    react(article)
    aggregate()
    mirror = Mirror()
    mirror.catch_up()

    version = transition(article_id=article.pk).version
    aggregate()
    body = mirror.read()

    assert [(each["kind"], each["reason"], each["version"]) for each in body["results"]] == [
        ("gone", reason, version)
    ]
    assert (mirror.content, mirror.counts) == ({}, {})


def test_an_article_that_comes_back_brings_its_counts(published: Callable[..., Article]) -> None:
    article = published()
    react(article)
    aggregate()
    mirror = Mirror()
    mirror.catch_up()
    workflow.unpublish(article_id=article.pk)
    mirror.catch_up()

    workflow.publish(article_id=article.pk)
    aggregate()
    mirror.catch_up()

    assert mirror.content == truth() != {}
    assert mirror.counts == true_counts() != {}


def test_a_row_that_is_deleted_is_gone(published: Callable[..., Article]) -> None:
    article = published()
    mirror = Mirror()
    mirror.catch_up()

    ChangeNote.objects.create(article_id=article.pk, part=0)
    Article.objects.filter(pk=article.pk).delete()
    mirror.catch_up()

    assert mirror.gone == {str(article.pk): "deleted"}


def test_a_draft_is_not_in_the_feed(publish_article: PublishArticle) -> None:
    draft = publish_article(state="draft", first_published_at=None, published_at=None)
    workflow.submit(article_id=draft.pk)

    assert number_changes() > 0
    assert not Change.objects.exists()


def test_an_article_that_leaves_the_filter_is_gone_for_those_who_filter(
    published: Callable[..., Article],
) -> None:
    world = Section.objects.create(slug="world", name="World")
    sport = Section.objects.create(slug="sport", name="Sport")
    article, other = published(section=world), published(section=sport)
    react(article)
    react(other)
    aggregate()
    of_world, of_sport = Mirror(filters={"section": "world"}), Mirror(filters={"section": "sport"})
    of_all = Mirror()
    for mirror in (of_world, of_sport, of_all):
        mirror.catch_up()
    assert {*of_world.content} == {str(article.pk)}

    edit_article(article_id=article.pk, changes={"section": sport}, expected_version=None)
    aggregate()
    for mirror in (of_world, of_sport, of_all):
        mirror.catch_up()

    assert of_world.gone == {str(article.pk): "filtered"}
    assert (of_world.content, of_world.counts) == ({}, {})
    assert of_sport.content == truth()
    assert of_sport.counts == true_counts()
    assert of_all.content == truth()
    assert of_all.gone == {}


@pytest.mark.parametrize(
    ("filters", "is_found"),
    [
        ({"language": "de"}, True),
        ({"language": "DE-at"}, True),
        ({"language": "d"}, False),
        ({"tag": "bridges"}, True),
        ({"source": "REUTERS"}, True),
        ({"source": "afp"}, False),
        ({"tag": "bridges", "language": "en"}, False),
    ],
    ids=str,
)
def test_filters_are_those_of_the_list(
    filters: dict[str, str], is_found: bool, published: Callable[..., Article]
) -> None:
    article = published(language="de-AT", dateline_source="Reuters")
    bridges = Tag.objects.create(slug="bridges", name="Bridges")
    ArticleTag.objects.create(article=article, tag=bridges, position=0)
    mirror = Mirror(filters=filters)

    mirror.catch_up()

    listed = mirror.client.get("/api/v1/articles/", filters).json()["results"]
    assert (mirror.content != {}) is is_found
    assert [each["id"] for each in listed] == [*mirror.content]


def test_hidden_counts_are_not_in_the_feed(published: Callable[..., Article]) -> None:
    article = published()
    react(article)
    aggregate()
    mirror = Mirror()
    mirror.catch_up()

    set_policy(article_id=article.pk, state=PolicyState.HIDDEN)
    aggregate()
    (change,) = mirror.read()["results"]

    assert (change["kind"], change["counts"], change["total"]) == ("counts", None, None)


def test_a_transaction_that_commits_late_is_in_the_next_page(
    published: Callable[..., Article],
) -> None:
    late, early = published(), published()
    mirror = Mirror()
    mirror.catch_up()

    with held_open(lambda: workflow.correct(article_id=late.pk, text="x"), commits=True):
        workflow.correct(article_id=early.pk, text="y")
        mirror.catch_up()
        assert mirror.content[str(early.pk)] == early.version + 1
        assert mirror.content[str(late.pk)] == late.version
    mirror.catch_up()

    assert mirror.content == truth()


def test_an_open_transaction_that_has_written_shows_as_seconds_behind(
    published: Callable[..., Article],
) -> None:
    article = published()
    Mirror().catch_up()
    assert seconds_behind() == 0

    with held_open(lambda: workflow.correct(article_id=article.pk, text="x")):
        first = seconds_behind()
        second = seconds_behind()

    assert 0 < first < second
    assert seconds_behind() == 0


def test_many_of_one_moment_all_come(published: Callable[..., Article]) -> None:
    articles = [published() for _ in range(15)]
    moment = timezone.now()
    number_changes()
    Change.objects.update(at=moment)
    mirror = Mirror(limit=10)

    assert mirror.read()["more"]
    assert not mirror.read()["more"]

    assert len(mirror.content) == len(articles)


def test_a_change_between_two_pages_comes_once_in_one_of_them(
    published: Callable[..., Article],
) -> None:
    articles = [published() for _ in range(6)]
    mirror = Mirror(limit=2)
    mirror.read()

    for article in articles[1:5]:
        workflow.correct(article_id=article.pk, text="x")
    published()
    changes = mirror.catch_up()

    assert mirror.content == truth()
    assert (
        changes == 6
    )  # two that had come already, two that moved before they came, the last, and the new one


def test_the_cursor_before_a_full_read_is_latest(published: Callable[..., Article]) -> None:
    articles = [published() for _ in range(3)]
    mirror = Mirror()
    body = mirror.read(cursor="latest")
    assert (body["results"], body["more"]) == ([], False)

    workflow.correct(article_id=articles[1].pk, text="x")
    mirror.catch_up()

    assert {*mirror.content} == {str(articles[1].pk)}


# --- cursors that have expired


def refused(mirror: Mirror) -> dict[str, Any]:
    answer = mirror.client.get(CHANGES, {"cursor": mirror.cursor, **mirror.filters})
    assert answer.status_code == 410
    body: dict[str, Any] = answer.json()
    assert body["type"].endswith("cursor_expired")
    assert body["restart_url"].endswith(CHANGES)
    return body


def test_a_cursor_is_good_for_as_long_as_what_is_gone_since_is_known(
    published: Callable[..., Article],
) -> None:
    first, second = published(), published()
    mirror, late = Mirror(), Mirror()
    mirror.catch_up()
    late.catch_up()
    workflow.kill(article_id=first.pk)
    mirror.catch_up()
    Change.objects.filter(gone="killed").update(at=timezone.now() - timedelta(days=29, hours=23))
    assert forget_tombstones() == 0
    Change.objects.filter(gone="killed").update(at=timezone.now() - timedelta(days=30, hours=1))
    assert forget_tombstones() == 1

    mirror.catch_up()
    oldest = refused(late)["oldest_cursor"]
    late.cursor = oldest
    late.catch_up()

    assert {*mirror.content} == {str(second.pk)}
    assert mirror.gone == {str(first.pk): "killed"}


def test_29_days_offline_is_not_too_long(published: Callable[..., Article]) -> None:
    article = published()
    mirror = Mirror()
    mirror.catch_up()
    workflow.kill(article_id=article.pk)
    number_changes()
    Change.objects.update(at=timezone.now() - timedelta(days=29))
    forget_tombstones()

    mirror.catch_up()

    assert mirror.content == {}


def test_retention_counts_from_when_a_change_got_its_position(
    published: Callable[..., Article],
) -> None:
    article = published()
    mirror = Mirror()
    mirror.catch_up()
    workflow.kill(article_id=article.pk)
    ChangeNote.objects.update(created_at=timezone.now() - timedelta(days=31))  # committed late

    number_changes()

    assert forget_tombstones() == 0
    mirror.catch_up()
    assert mirror.content == {}


def test_a_restored_server_ends_all_cursors(published: Callable[..., Article]) -> None:
    published()
    mirror = Mirror()
    mirror.catch_up()

    ChangeFeed.objects.update(epoch=uuid4())

    assert "replaced" in refused(mirror)["detail"]


def test_a_server_that_has_less_than_the_cursor_says_so(published: Callable[..., Article]) -> None:
    published()
    mirror = Mirror()
    mirror.catch_up()

    ChangeFeed.objects.update(position=0)  # as a volume that was put back has it

    refused(mirror)


def test_an_expired_cursor_is_counted_and_logged_with_no_more_than_the_keys_prefix(
    published: Callable[..., Article], caplog: pytest.LogCaptureFixture
) -> None:
    published()
    key = issue_key(name="Mirror", scopes=["stats:read"])
    mirror = Mirror(client=Client(HTTP_AUTHORIZATION=f"Bearer {key}"))
    mirror.catch_up()
    ChangeFeed.objects.update(epoch=uuid4())
    before = read_expired_cursors() or 0

    refused(mirror)

    assert read_expired_cursors() == before + 1
    assert key.split("_")[1] in caplog.text
    assert key.split("_", 2)[2] not in caplog.text


# --- input


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"cursor": ""}, "cursor", "invalid"),
        ({"cursor": "x"}, "cursor", "invalid"),
        ({"cursor": "cD1hYmM="}, "cursor", "invalid"),
        ({"cursor": "\ud800"}, "cursor", "invalid"),
        ({"cursor": "A" * 5_000}, "cursor", "invalid"),
        ({"limit": "0"}, "limit", "out_of_range"),
        ({"limit": "1001"}, "limit", "out_of_range"),
        ({"limit": "٣"}, "limit", "invalid"),
        ({"limit": "-1"}, "limit", "invalid"),
        ({"wait": "31"}, "wait", "out_of_range"),
        ({"section": "nowhere"}, "section", "unknown"),
        ({"section": "a\0b"}, "section", "unknown"),
        ({"since": "2026-01-01"}, "since", "unknown"),
        ({"cursor": ["latest", "latest"]}, "cursor", "repeated"),
    ],
    ids=str,
)
def test_what_cannot_be_understood_is_refused_by_name(
    query: dict[str, Any], field: str, code: str, client: Client
) -> None:
    if query.get("cursor") == "\ud800":
        answer = client.get(f"{CHANGES}?cursor=%ED%A0%80")
    else:
        answer = client.get(CHANGES, query)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [(field, code)]


def test_a_cursor_of_other_filters_is_refused(published: Callable[..., Article]) -> None:
    Section.objects.create(slug="world", name="World")
    published()
    mirror = Mirror()
    mirror.catch_up()

    answer = mirror.client.get(CHANGES, {"cursor": mirror.cursor, "section": "world"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "other_filters"


def test_a_cursor_is_what_it_was() -> None:
    cursor = Cursor("0123456789ab", 42, "89abcdef")

    assert Cursor.parse(str(cursor)) == cursor


# --- waiting


def test_a_call_that_waits_is_answered_when_something_changes(
    published: Callable[..., Article],
) -> None:
    article = published()
    mirror = Mirror()
    mirror.catch_up()
    has_asked = Event()

    def wait() -> tuple[dict[str, Any], float]:
        started = time.monotonic()
        answer: Any = mirror.client.get(CHANGES, {"cursor": mirror.cursor, "wait": "20"})
        has_asked.set()
        return json.loads(b"".join(answer.streaming_content)), time.monotonic() - started

    waiting = Rival().start(wait)
    assert has_asked.wait(10)
    workflow.correct(article_id=article.pk, text="x")
    body, seconds = waiting.result(timeout=20)

    assert [each["kind"] for each in body["results"]] == ["content"]
    assert seconds < 10


def test_a_call_that_waits_in_vain_has_the_same_cursor(published: Callable[..., Article]) -> None:
    published()
    mirror = Mirror()
    mirror.catch_up()

    answer: Any = mirror.client.get(CHANGES, {"cursor": mirror.cursor, "wait": "3"})
    content = b"".join(answer.streaming_content)

    assert answer["Content-Type"] == "application/json"
    assert content.startswith(b" ")  # by which a proxy sees that it is alive
    body = json.loads(content)
    assert (body["results"], body["next"], body["more"]) == ([], mirror.cursor, False)


def test_so_many_may_wait_and_the_next_one_is_answered_at_once(
    published: Callable[..., Article],
) -> None:
    published()
    mirror = Mirror()
    mirror.catch_up()
    query: dict[str, Any] = {"cursor": mirror.cursor, "wait": 30}
    waiting = [mirror.client.get(CHANGES, query) for _ in range(6)]

    assert [each.streaming for each in waiting] == [True] * 6
    assert not mirror.client.get(CHANGES, query).streaming
    for each in waiting:
        each.close()  # as the server does where a client has left, before or after the first byte
    again = mirror.client.get(CHANGES, query)
    assert again.streaming
    again.close()


def test_a_head_does_not_wait(published: Callable[..., Article]) -> None:
    published()
    mirror = Mirror()
    mirror.catch_up()

    assert not mirror.client.head(CHANGES, {"cursor": mirror.cursor, "wait": 30}).streaming


def test_every_way_to_publish_is_heard_once(
    published: Callable[..., Article], publish_article: PublishArticle, tmp_path: Path
) -> None:
    mirror = Mirror(limit=100)
    mirror.catch_up()
    file = tmp_path / "story.md"
    file.write_text("---\nheadline: Imported\n---\nIt is open.\n")

    call_command("publish", file)
    at_the_desk = published()
    due = publish_article(
        state="scheduled",
        publish_at=timezone.now() - timedelta(seconds=1),
        first_published_at=None,
        published_at=None,
    )
    assert workflow.publish_due() == 1
    results = mirror.read()["results"]

    imported = Article.objects.get(headline="Imported")
    assert [each["article"] for each in results if each["kind"] == "content"] == [
        str(imported.pk),
        str(at_the_desk.pk),
        str(due.pk),
    ]
