"""Stories into the database: once, completely, or not at all."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from articles import dateline
from articles.formats.story import Story, StoryError
from articles.ingest import Action, create, ingest_stories
from articles.models import Article, Media, Section, State, Tag
from articles.syndication.metadata import news_article
from articles.syndication.ninjs import ninjs_of
from tests.articles.conftest import ARTICLE, read

PUBLISHED_AT = datetime(2024, 12, 8, 9, 23, tzinfo=UTC)


@pytest.fixture
def story() -> Story:
    return read(ARTICLE)


def publish(story: Story) -> Action:
    (outcome,) = ingest_stories([story])
    return outcome.action


def row(slug: str = "bridge-opens") -> dict[str, Any]:
    return {**Article.objects.values().get(slug=slug)}


def mistakes_of(*stories: Story) -> list[str]:
    with pytest.raises(StoryError) as caught:
        ingest_stories(stories)
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.django_db
def test_a_story_is_published_with_all_its_fields(story: Story) -> None:
    assert publish(story) == Action.CREATED

    article = Article.objects.public().with_parts().at("bridge-opens")
    assert article.headline == "The bridge is open"
    assert article.dateline_text == "DAMASCUS, Dec 8 (AFP) —"
    assert article.section
    assert article.section.name == "World"
    assert [tag.name for tag in article.ordered_tags] == ["Bridges", "Syria"]
    assert article.lead_image
    assert article.lead_image.caption == "The bridge at noon."
    assert article.guid == f"tag:127.0.0.1,{timezone.now():%Y-%m-%d}:articles/{article.id}"
    assert (article.version, article.word_count) == (1, 7)
    assert article.published_at == article.first_published_at == PUBLISHED_AT
    assert article.content_modified_at == PUBLISHED_AT


@pytest.mark.django_db
def test_the_same_story_twice_changes_nothing(story: Story) -> None:
    publish(story)
    before = row()

    assert publish(read(ARTICLE)) == Action.UNCHANGED

    assert row() == before
    assert Media.objects.count() == 1


@pytest.mark.django_db
def test_a_reworded_story_is_a_version_and_keeps_its_first_publication(story: Story) -> None:
    publish(story)
    before = row()

    assert publish(replace(story, headline="The bridge is shut")) == Action.UPDATED

    after = row()
    assert after["headline"] == "The bridge is shut"
    assert after["version"] == 2
    assert after["version_created_at"] > before["version_created_at"]
    assert after["content_modified_at"] > before["content_modified_at"]
    for stored in ("id", "guid", "first_created_at", "first_published_at", "published_at"):
        assert after[stored] == before[stored]


@pytest.mark.django_db
def test_another_section_is_a_version_but_no_change_that_readers_would_notice(story: Story) -> None:
    publish(story)

    publish(replace(story, section="Local", tags=("Syria", "Trains")))

    article = Article.objects.with_parts().at("bridge-opens")
    assert [tag.slug for tag in article.ordered_tags] == ["syria", "trains"]
    assert article.version == 2
    assert not article.was_modified


@pytest.mark.django_db
def test_another_display_time_moves_the_story_but_not_its_first_publication(story: Story) -> None:
    publish(story)

    publish(replace(story, published_at=PUBLISHED_AT + timedelta(days=1)))

    after = row()
    assert after["published_at"] == PUBLISHED_AT + timedelta(days=1)
    assert after["first_published_at"] == after["content_modified_at"] == PUBLISHED_AT


@pytest.mark.django_db
def test_a_story_without_a_time_is_published_at_once_and_stays_there(story: Story) -> None:
    story = replace(story, published_at=None)
    publish(story)
    before = row()

    assert publish(story) == Action.UNCHANGED

    assert timezone.now() - before["published_at"] < timedelta(minutes=1)
    assert row() == before


@pytest.mark.django_db
def test_a_caption_is_changed_in_place_and_a_removed_picture_stays_in_the_library(
    story: Story,
) -> None:
    assert story.lead_image
    publish(story)

    publish(replace(story, lead_image=replace(story.lead_image, caption="At dusk.")))
    assert Media.objects.get().caption == "At dusk."

    publish(replace(story, lead_image=None))
    assert row()["lead_image_id"] is None
    assert Media.objects.count() == 1


@pytest.mark.django_db
def test_a_dateline_stays_as_it_was_published_until_it_is_edited(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(story)
    monkeypatch.setattr(dateline, "render", lambda **_: "ANOTHER STYLE —")

    assert publish(story) == Action.UNCHANGED
    publish(replace(story, headline="The bridge is shut"))

    assert row()["dateline_text"] == "DAMASCUS, Dec 8 (AFP) —"


@pytest.mark.django_db
def test_a_dateline_of_a_style_that_is_gone_can_still_be_read(story: Story) -> None:
    publish(story)
    Article.objects.update(dateline_style="telegraph", dateline_place="Dimashq")

    article = Article.objects.in_full().get()

    assert news_article(article)["dateline"] == "DAMASCUS, Dec 8 (AFP)"
    assert ninjs_of(article)["located"] == "Dimashq"


@pytest.mark.django_db
def test_a_sources_dateline_stays_as_the_source_printed_it(story: Story) -> None:
    assert story.dateline
    theirs = replace(story.dateline, text="DAMASCUS (AFP) --")

    publish(replace(story, dateline=theirs))

    assert row()["dateline_text"] == "DAMASCUS (AFP) --"


@pytest.mark.django_db
def test_a_story_without_its_dateline_loses_it(story: Story) -> None:
    publish(story)

    publish(replace(story, dateline=None))

    assert row()["dateline_text"] == row()["dateline_place"] == ""


@pytest.mark.django_db
def test_a_draft_is_published(story: Story) -> None:
    publish(story)
    Article.objects.update(state=State.DRAFT)

    assert publish(story) == Action.UPDATED

    assert row()["state"] == State.PUBLISHED


@pytest.mark.django_db
def test_sections_and_tags_are_shared_by_their_slugs(story: Story) -> None:
    ingest_stories([story, replace(story, slug="bridge-shut", section="WORLD", tags=("SYRIA",))])

    assert [section.name for section in Section.objects.all()] == ["World"]
    assert Tag.objects.count() == 2


@pytest.mark.django_db
def test_a_guid_in_the_file_is_the_storys_own(story: Story) -> None:
    story = replace(story, guid="tag:afp.example,2024:7")
    publish(story)

    assert publish(story) == Action.UNCHANGED
    assert row()["guid"] == "tag:afp.example,2024:7"


@pytest.mark.django_db
def test_a_slug_of_a_story_with_another_guid_is_taken(story: Story) -> None:
    publish(replace(story, guid="tag:afp.example,2024:7"))

    mistakes = mistakes_of(replace(story, guid="tag:afp.example,2024:8"))

    assert mistakes == [
        "story.md:3: slug: 'bridge-opens' is taken by the story tag:afp.example,2024:7."
    ]


@pytest.mark.django_db
def test_a_guid_of_a_story_with_another_slug_is_taken(story: Story) -> None:
    story = replace(story, guid="tag:afp.example,2024:7")
    publish(story)

    mistakes = mistakes_of(replace(story, slug="bridge-shut"))

    assert mistakes == ["story.md:1: guid: 'tag:afp.example,2024:7' is taken by another story."]


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.KILLED, State.UNPUBLISHED, State.RETRACTED, State.SPIKED])
def test_a_retracted_story_is_not_published_by_a_file(story: Story, state: State) -> None:
    publish(story)
    Article.objects.update(state=state)

    (mistake,) = mistakes_of(story)

    assert mistake == f"story.md:3: slug: 'bridge-opens' is taken by a story that is {state.value}."


@pytest.mark.django_db
def test_one_wrong_story_keeps_all_from_being_published(story: Story) -> None:
    other = replace(story, slug="bridge-shut")
    late = replace(story, slug="zoo", published_at=timezone.now() + timedelta(hours=1))

    mistakes = mistakes_of(story, other, story, late)

    assert mistakes == [
        "story.md:3: slug: 'bridge-opens' is taken by story.md.",
        "story.md:10: published_at: lies in the future.",
    ]
    assert not Article.objects.exists()
    assert not Section.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_slug_that_the_desk_uses_during_an_import_is_refused_and_nothing_is_written(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = create.claim

    def claim_late(drafts: Sequence[Article], stories: Sequence[Story]) -> None:
        rival = threading.Thread(target=save_in_own_connection, args=[story.slug])
        rival.start()
        rival.join()
        claim(drafts, stories)

    monkeypatch.setattr(create, "claim", claim_late)

    mistakes = mistakes_of(story)

    assert mistakes == ["story.md:3: slug: 'bridge-opens' was taken a moment ago; try again."]
    assert row()["headline"] == "Rival"
    assert not Section.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_publishers_of_the_same_stories_agree(story: Story) -> None:
    slugs = [f"story-{number}" for number in range(4)]
    outcomes: list[Action] = []

    def publish_all(turn: int) -> None:
        stories = [replace(story, slug=slug, headline=f"Turn {turn}") for slug in slugs]
        ordered = stories[turn % 4 :] + stories[: turn % 4]
        outcomes.extend(in_own_connection(ordered))

    publishers = [threading.Thread(target=publish_all, args=[turn]) for turn in range(8)]
    for publisher in publishers:
        publisher.start()
    for publisher in publishers:
        publisher.join()

    assert sorted(outcomes) == [Action.CREATED] * 4 + [Action.UPDATED] * 28
    assert {article.version for article in Article.objects.all()} == {8}
    assert len({article.headline for article in Article.objects.all()}) == 1


def in_own_connection(stories: list[Story]) -> list[Action]:
    try:
        return [outcome.action for outcome in ingest_stories(stories)]
    finally:
        connection.close()


def save_in_own_connection(slug: str) -> None:
    try:
        Article.objects.create(slug=slug, guid="tag:rival.example,2024:1", headline="Rival")
    finally:
        connection.close()
