"""Importers, pollers and the desk at the same articles at once: they serialise, and none waits for ever."""

import json
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from articles import editing
from articles.formats import read_stories
from articles.formats.story import Story
from articles.http_client import Fetched
from articles.ingest import Action, ingest_stories, polling
from articles.models import Article, Feed, Source, Tag
from articles.revisions import VersionConflict
from tests.articles.formats.samples import EVERY, JSON_FEED
from tests.races.rival import Rival, wait_for_a_blocked_backend

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def article() -> Story:
    (article,) = read_stories(EVERY["ninjs3.json"], name="a.json", zone=UTC)
    return article


def publish(article: Story) -> Action:
    (outcome,) = ingest_stories([article])
    return outcome.action


def test_a_feed_that_is_being_fetched_is_skipped_by_the_other_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Feed.objects.create(
        url="https://afp.example/feed.json", source=Source.objects.create(name="AFP")
    )
    asked: list[int] = []

    def fetch(url: str, **asking: Any) -> Fetched:
        asked.append(Rival().start(polling.poll_due).result(timeout=10))
        return Fetched(url, json.dumps(JSON_FEED).encode())

    monkeypatch.setattr(polling, "fetch", fetch)

    assert polling.poll_due() == 1
    assert asked == [0]
    assert Article.objects.get().version == 1


def test_a_feed_that_is_being_claimed_does_not_block_the_other_worker() -> None:
    Feed.objects.create(
        url="https://afp.example/feed.json", source=Source.objects.create(name="AFP")
    )

    with transaction.atomic():
        assert polling._claim_due(timezone.now())
        rival = Rival().start(lambda: polling._claim_due(timezone.now()))
        assert rival.result(timeout=10) is None


def test_an_import_waits_for_the_desk_and_does_not_undo_its_edit(article: Story) -> None:
    publish(article)
    ours = Article.objects.get()

    with transaction.atomic():
        editing.edit_article(article_id=ours.pk, changes={"headline": "Ours"}, expected_version=1)
        rival = Rival().start(
            lambda: publish(replace(article, headline="Theirs", source_version="3"))
        )
        wait_for_a_blocked_backend()

    assert rival.result(timeout=10) == Action.CONFLICT
    assert Article.objects.get().headline == "Ours"


def test_the_desk_waits_for_an_import_and_gets_a_version_conflict(article: Story) -> None:
    publish(article)
    ours = Article.objects.get()

    with transaction.atomic():
        publish(replace(article, headline="Theirs", source_version="3"))
        rival = Rival().start(
            lambda: editing.edit_article(
                article_id=ours.pk, changes={"headline": "Ours"}, expected_version=1
            )
        )
        wait_for_a_blocked_backend()

    with pytest.raises(VersionConflict):
        rival.result(timeout=10)
    assert Article.objects.get().headline == "Theirs"


def test_an_import_and_the_desk_that_make_the_same_tags_do_not_wait_for_each_other(
    article: Story,
) -> None:
    publish(article)
    ours = Article.objects.get()
    other = replace(article, source_item_id="other", slug="other", tags=("Canals", "Locks"))

    with transaction.atomic():
        editing.edit_article(article_id=ours.pk, changes={"tags": ["Locks"]}, expected_version=1)
        rival = Rival().start(lambda: publish(other))
        wait_for_a_blocked_backend()
        editing.edit_article(
            article_id=ours.pk, changes={"tags": ["Locks", "Weirs"]}, expected_version=2
        )

    assert rival.result(timeout=10) == Action.CREATED
    assert Tag.objects.filter(slug="locks").count() == 1
    assert [tag.slug for tag in Article.objects.get(slug="other").ordered_tags] == [
        "canals",
        "locks",
    ]
