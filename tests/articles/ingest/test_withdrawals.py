"""What a source takes back, and what must not empty a live article."""

from dataclasses import replace

import pytest

from articles.formats.story import StoryError
from articles.ingest import Action, ingest_stories
from articles.models import Article
from tests.articles.formats.wires import mistakes, news_item, stories, story

pytestmark = pytest.mark.django_db

USABLE = (
    'qcode="stat:usable"',
    'qcode="stat:Usable"',
    'qcode="usable"',
    'qcode="Usable"',
    'uri="http://cv.iptc.org/newscodes/pubstatusg2/usable"',
    'uri="http://cv.iptc.org/newscodes/pubstatusg2/usable/"',
    'qcode="http://cv.iptc.org/newscodes/pubstatusg2/usable"',
    "",
)
CANCELED = (
    'qcode="stat:canceled"',
    'qcode="stat:Cancelled"',
    'uri="http://cv.iptc.org/newscodes/pubstatusg2/canceled"',
)
LATER = "2026-11-20T12:00:00Z"


def ingest(content: bytes) -> Action:
    (result,) = ingest_stories(stories(content))
    return result.action


@pytest.mark.parametrize("status", USABLE)
def test_an_empty_item_is_refused_however_it_says_that_it_is_usable(status: str) -> None:
    text = mistakes(news_item(status=status, headline="", body=None))

    assert "headline: is missing." in text
    assert "body: is empty." in text
    assert story(news_item(status=status)).pub_status == "usable"


def test_an_update_without_headline_or_text_leaves_the_live_article_as_it_is() -> None:
    ingest(news_item())
    invisible = "<headline>\u200b \u2060</headline>"

    for changed in (
        {"headline": ""},
        {"body": None},
        {"body": "<p> </p>"},
        {"headline": invisible},
    ):
        with pytest.raises(StoryError):
            ingest(news_item(version="2", status=USABLE[4], **changed))

    article = Article.objects.public().get()
    assert (article.headline, article.word_count, article.version) == ("The ferry sails", 4, 1)


@pytest.mark.parametrize("status", CANCELED)
def test_a_later_cancel_kills_although_its_version_is_lower(status: str) -> None:
    ingest(news_item(version="1618095828"))
    cancel = news_item(version="1132689232", modified=LATER, status=status, body=None)

    assert ingest(cancel) == Action.KILLED

    assert not Article.objects.public().exists()
    assert ingest(cancel) == Action.UNCHANGED


def test_an_earlier_cancel_with_a_lower_version_does_not_kill() -> None:
    ingest(news_item(version="3", modified=LATER))

    assert ingest(news_item(version="2", status=CANCELED[0], body=None)) == Action.OLDER

    assert Article.objects.public().exists()


def test_a_cancel_without_a_source_kills_the_only_article_of_its_id() -> None:
    ingest(news_item())

    assert ingest(news_item(modified=LATER, status=CANCELED[0], provider="")) == Action.KILLED


def test_a_usable_version_with_a_lower_number_stays_older_even_if_it_is_later() -> None:
    ingest(news_item(version="3"))

    assert ingest(news_item(version="2", modified=LATER)) == Action.OLDER


def test_an_article_from_before_times_were_stored_is_killed_by_what_was_made_after_its_publication() -> (
    None
):
    ingest(news_item(version="9"))
    Article.objects.update(source_modified_at=None)

    assert ingest(news_item(version="2", modified=LATER, status=CANCELED[0])) == Action.KILLED


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>Wire</title>
<id>tag:wire.example,2026:f</id><updated>2026-11-20T10:00:00Z</updated>{}</feed>"""
ENTRY = """<entry><title>The ferry sails</title><id>tag:wire.example,2026:1</id><updated>2026-11-20T10:00:00Z</updated>
<content type="html">It sails.</content></entry>"""
TOMBSTONE = """<at:deleted-entry ref="tag:wire.example,2026:{}" when="2026-11-20T12:00:00Z"><at:comment>Not true.</at:comment>
</at:deleted-entry>"""


def test_an_entry_that_a_feed_deletes_is_killed() -> None:
    ingest(ATOM.format(ENTRY).encode())

    killed, unknown = ingest_stories(
        stories(ATOM.format(TOMBSTONE.format(1) + TOMBSTONE.format(2)).encode())
    )

    assert (killed.action, unknown.action) == (Action.KILLED, Action.IGNORED)
    article = Article.objects.get()
    assert not article.is_public
    assert ingest_stories([replace(story(ATOM.format(ENTRY).encode()))])[0].action != Action.UPDATED
