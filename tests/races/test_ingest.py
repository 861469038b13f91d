"""Importers, pollers and the desk at the same articles at once: they serialise, and none waits for ever."""

import json
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from articles import editing
from articles.formats import read_stories
from articles.formats.story import Story, StoryError
from articles.http_client import Fetched
from articles.ingest import Action, create, ingest_stories, polling
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


def test_a_former_slug_finds_its_article_and_makes_no_other(article: Story) -> None:
    story = replace(article, source_item_id="", source="", guid="", slug="bridge")
    publish(story)
    ours = Article.objects.get()
    editing.edit_article(article_id=ours.pk, changes={"slug": "canal"}, expected_version=None)

    again = publish(story)
    newer = ingest_stories([replace(story, headline="Theirs")], overwrite=True)[0].action

    assert (again, newer) == (Action.UNCHANGED, Action.UPDATED)
    assert [(each.slug, each.headline) for each in Article.objects.all()] == [("canal", "Theirs")]


def test_two_stories_of_an_import_are_not_one_article(article: Story) -> None:
    story = replace(article, source_item_id="", source="", guid="", slug="bridge")
    publish(story)
    ours = Article.objects.get()
    editing.edit_article(article_id=ours.pk, changes={"slug": "canal"}, expected_version=None)

    with pytest.raises(StoryError, match="leads to the story that is now 'canal'"):
        ingest_stories([story, replace(story, slug="canal")])


def test_an_import_gives_no_article_a_slug_that_became_a_former_one_meanwhile(
    article: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(article)
    ours, free_slugs = Article.objects.get(), create._free_slugs
    story = replace(article, source_item_id="", source="", guid="", slug="wanted")

    def rename_twice() -> None:
        for slug in ("wanted", "later"):
            editing.edit_article(article_id=ours.pk, changes={"slug": slug}, expected_version=None)

    def check_then_lose(stories: Any) -> list[str]:
        free = free_slugs(stories)
        Rival().start(rename_twice).result(timeout=10)
        return free

    monkeypatch.setattr(create, "_free_slugs", check_then_lose)

    with pytest.raises(StoryError, match="was taken a moment ago"):
        publish(story)
    assert [each.slug for each in Article.objects.all()] == ["later"]


def test_a_slug_is_not_given_away_while_its_article_is_leaving_it(article: Story) -> None:
    """The writer that waits for the slug sees, when it has it, that it leads to another article."""
    publish(article)
    ours = Article.objects.get()
    former = ours.slug
    other = replace(article, source_item_id="8", guid="", slug="other")
    publish(other)
    theirs = Article.objects.exclude(pk=ours.pk)

    with transaction.atomic():
        editing.edit_article(article_id=ours.pk, changes={"slug": "later"}, expected_version=None)
        rival = Rival().start(lambda: theirs.update(slug=former))
        wait_for_a_blocked_backend()

    with pytest.raises(IntegrityError, match="leads to another article"):
        rival.result(timeout=10)
