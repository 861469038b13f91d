"""Stories with a source's identifier: an update is matched by it, and only a newer version changes the article."""

import json
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from articles.editing import edit_article
from articles.formats import read_stories
from articles.formats.story import Story
from articles.ingest import Action, ingest_stories
from articles.models import Article, ArticleRevision, ArticleURL, Author, Source, State
from tests.articles.conftest import ARTICLE, read
from tests.articles.formats.samples import EVERY

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    (story,) = read_stories(EVERY["ninjs3.json"], name="a.json", zone=UTC)
    return story


def publish(story: Story, *, overwrite: bool = False) -> Action:
    (outcome,) = ingest_stories([story], overwrite=overwrite)
    return outcome.action


def test_a_story_is_stored_with_all_its_fields(story: Story) -> None:
    assert publish(story) == Action.CREATED

    article = Article.objects.public().in_full().get()
    assert article.source == Source.objects.get(name="AFP")
    assert (article.source_item_id, article.source_version) == ("tag:afp.example,2024:bridge", "2")
    assert article.dateline_text == "DAMASCUS, Dec 8 (AFP) —"
    assert article.subheadline == "After nine years"
    assert [author.name for author in article.ordered_authors] == ["Ann Lee"]
    assert article.urgency == 4
    assert article.lead_image
    assert article.guid != story.source_item_id
    assert ArticleRevision.objects.get().version == 1


def test_people_of_bylines_become_authors_once_and_agencies_do_not(story: Story) -> None:
    raw = {"uri": "tag:afp.example,2024:1", "headline": "A", "body_text": "x", "version": "1"}
    items = [
        raw | {"by": "By ANN LEE in Damascus and Bo Park, AFP"},
        raw | {"by": "AFP", "uri": "tag:afp.example,2024:2"},
    ]
    for item in items:
        ingest_stories(read_stories(json.dumps(item).encode(), name="a.json", zone=UTC))
    publish(story)  # by Ann Lee, too

    of_both, of_none, of_ann = Article.objects.order_by("first_created_at", "pk")
    ann, bo = of_both.ordered_authors
    assert (ann.name, bo.name, of_ann.ordered_authors) == ("Ann Lee", "Bo Park", [ann])
    assert (of_both.byline, of_none.byline) == ("By ANN LEE in Damascus and Bo Park, AFP", "AFP")
    assert of_none.ordered_authors == []
    assert Author.objects.count() == 2


def test_authors_of_a_byline_that_was_imported_without_them_are_no_news(story: Story) -> None:
    publish(replace(story, authors=()))
    before = Article.objects.get()

    assert publish(story) == Action.UPDATED

    article = Article.objects.get()
    assert [author.name for author in article.ordered_authors] == ["Ann Lee"]
    assert article.content_modified_at == before.content_modified_at


def test_an_article_that_the_desk_edited_is_no_conflict_for_its_authors_alone(story: Story) -> None:
    publish(replace(story, authors=()))
    article = Article.objects.get()
    edit_article(article_id=article.pk, changes={"headline": "Ours"}, expected_version=1)

    assert publish(story) == Action.UNCHANGED
    assert publish(replace(story, headline="Theirs", source_version="9")) == Action.CONFLICT


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_format_published_twice_changes_nothing(name: str) -> None:
    stories = read_stories(EVERY[name], name=name, zone=UTC)
    ingest_stories(stories)
    before = Article.objects.values().get()

    (outcome,) = ingest_stories(read_stories(EVERY[name], name=name, zone=UTC))

    assert outcome.action == Action.UNCHANGED
    assert Article.objects.values().get() == before


def test_a_new_version_updates_and_keeps_the_address(story: Story) -> None:
    publish(story)

    newer = replace(story, headline="The bridge is shut", slug="shut", source_version="3")
    assert publish(newer) == Action.UPDATED

    article = Article.objects.get()
    assert (article.slug, article.headline, article.version) == (
        "bridge-opens",
        "The bridge is shut",
        2,
    )
    assert article.source_version == "3"
    assert ArticleRevision.objects.count() == 2


@pytest.mark.parametrize(
    ("ours", "theirs", "older"),
    [("10", "9", True), ("9", "10", False), ("1.10", "1.9", True), ("2", "b", False)],
)
def test_an_older_version_is_ignored(story: Story, ours: str, theirs: str, older: bool) -> None:
    publish(replace(story, source_version=ours))

    action = publish(replace(story, headline="Other", source_version=theirs))

    assert (action == Action.OLDER) is older


def test_a_canceled_story_is_killed_here(story: Story) -> None:
    publish(story)

    assert publish(replace(story, pub_status="canceled", source_version="3")) == Action.KILLED

    assert Article.objects.get().state == State.KILLED
    assert publish(replace(story, source_version="4")) == Action.KEPT


@pytest.mark.parametrize(
    ("status", "action"), [("canceled", Action.IGNORED), ("withheld", Action.WITHHELD)]
)
def test_a_story_that_is_withheld_is_not_published(
    story: Story, status: str, action: Action
) -> None:
    assert publish(replace(story, pub_status=status)) == action  # type: ignore[arg-type]  # one of the three

    assert not Article.objects.exists()


def test_a_story_that_is_withheld_later_is_unpublished(story: Story) -> None:
    publish(story)

    assert publish(replace(story, pub_status="withheld", source_version="3")) == Action.WITHHELD

    assert Article.objects.get().state == State.UNPUBLISHED


def test_an_edit_of_the_desks_is_not_overwritten_silently(story: Story) -> None:
    publish(story)
    Article.objects.update(headline="Our better headline")
    newer = replace(story, abstract="It took ten years.", source_version="3")

    assert publish(story) == Action.UNCHANGED
    assert publish(newer) == Action.CONFLICT
    assert Article.objects.get().headline == "Our better headline"
    assert Article.objects.get().source_version == "2"

    assert publish(newer, overwrite=True) == Action.UPDATED
    assert Article.objects.get().headline == story.headline


def test_a_story_that_the_desk_wrote_is_not_overwritten_by_a_file_silently() -> None:
    Article.objects.create(guid="tag:x.example,2024:1", slug="bridge-opens", headline="Ours")

    assert publish(read(ARTICLE)) == Action.CONFLICT

    assert Article.objects.get().headline == "Ours"


def test_an_embargo_becomes_ours(story: Story) -> None:
    until = timezone.now() + timedelta(hours=1)

    assert publish(replace(story, embargoed_until=until)) == Action.CREATED

    article = Article.objects.get()
    assert (article.state, article.embargoed_until) == (State.SCHEDULED, until)
    assert publish(replace(story, embargoed_until=until)) == Action.UNCHANGED

    assert publish(replace(story, headline="Earlier", source_version="3")) == Action.UPDATED
    assert Article.objects.get().is_public


def test_an_address_that_a_story_had_is_not_given_to_another(story: Story) -> None:
    publish(replace(story, slug="now", source_item_id="x"))
    ArticleURL.objects.create(slug="bridge-opens", article=Article.objects.get())

    publish(story)

    assert Article.objects.filter(slug__startswith="bridge-opens-").exists()


def test_many_stories_need_no_more_queries_than_few(
    story: Story, django_assert_max_num_queries: object
) -> None:
    stories = [replace(story, source_item_id=f"n{n}", slug=f"n{n}") for n in range(100)]

    with django_assert_max_num_queries(40):  # type: ignore[operator]  # pytest-django's, without a type
        ingest_stories(stories)
