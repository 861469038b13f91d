"""Due articles: found by an index, and published once and in time by real workers."""

from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from articles import workflow
from articles.ingest import polling
from articles.models import Article, ArticleQuerySet, Feed, Source, State
from newsroom.stack.environment import recorded_environment
from tests.conftest import PUBLISHED_AT, PublishArticle
from tests.servers import RunningStack

ARTICLES = 20
SLUG = "out-on-time"
# Schedules articles, and at their time sends the workers many more tasks than beat does.
RUSH = f"""
import time
from datetime import timedelta
from django.utils import timezone
from articles import editing, workflow
from newsroom.celery import app
drafts = [
    editing.create_draft(
        values={{"headline": "Out", "slug": f"{SLUG}-{{number}}", "body_markdown": "It is."}}
    )
    for number in range({ARTICLES})
]
due = timezone.now() + timedelta(seconds=6)
for draft in drafts:
    workflow.schedule(article_id=draft.pk, publish_at=due)
print(due.isoformat())
while timezone.now() < due + timedelta(seconds=1):
    app.send_task("articles.publish_due")
    time.sleep(0.05)
"""


@pytest.fixture
def many_articles(db: None) -> None:
    """A handful of due articles among a thousand."""
    Article.objects.bulk_create(
        Article(
            guid=f"tag:example.org,2024:{number}",
            slug=f"story-{number}",
            headline="Old",
            state=State.PUBLISHED,
            first_published_at=PUBLISHED_AT,
            published_at=PUBLISHED_AT,
        )
        for number in range(1000)
    )


def plan_of(articles: ArticleQuerySet) -> str:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE articles_article")
    return articles.explain()


@pytest.mark.usefixtures("many_articles")
def test_what_is_due_is_found_by_its_index(publish_article: PublishArticle) -> None:
    publish_article(state=State.SCHEDULED, publish_at=timezone.now())

    plan = plan_of(workflow._due())

    assert "articles_by_due" in plan
    assert "Seq Scan" not in plan


@pytest.mark.usefixtures("many_articles")
def test_what_has_expired_is_found_by_its_index(publish_article: PublishArticle) -> None:
    publish_article(expires_at=timezone.now())

    plan = plan_of(workflow._expired())

    assert "articles_by_expiry" in plan
    assert "Seq Scan" not in plan


@pytest.mark.django_db
def test_the_next_feed_is_found_by_its_index() -> None:
    source, later = Source.objects.create(name="AFP"), timezone.now() + timedelta(hours=1)
    Feed.objects.bulk_create(
        Feed(url=f"https://afp.example/{number}", source=source, next_poll_at=later)
        for number in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE articles_feed")

    plan = polling.due(timezone.now()).explain()

    assert "articles_feeds_due" in plan


@pytest.mark.stack
def test_scheduled_articles_are_published_once_and_in_time(stack: RunningStack) -> None:
    rushed = stack.manage("shell", "--verbosity", "0", "-c", RUSH)
    assert rushed.returncode == 0, rushed.stderr
    due = datetime.fromisoformat(rushed.stdout.split()[-1])
    url = recorded_environment(stack.data)["DATABASE_URL"]

    with psycopg.connect(url, autocommit=True) as database:
        rows = database.execute(
            "SELECT article.state, article.version, article.published_at,"
            " count(*) FILTER (WHERE revision.kind = 'publish')"
            " FROM articles_article article JOIN articles_articlerevision revision"
            " ON revision.article_id = article.id WHERE slug LIKE 'out-on-time-%'"
            " GROUP BY article.id"
        ).fetchall()
        for table, key in (("articles_articlerevision", "article_id"), ("articles_article", "id")):
            mine = sql.SQL(
                "DELETE FROM {} WHERE {} IN"
                " (SELECT id FROM articles_article WHERE slug LIKE 'out-on-time-%')"
            )
            database.execute(mine.format(sql.Identifier(table), sql.Identifier(key)))

    assert [(state, version, times) for state, version, _, times in rows] == [
        ("published", 3, 1)
    ] * ARTICLES
    late = [(published_at - due).total_seconds() for _, _, published_at, _ in rows]
    assert min(late) >= 0
    assert max(late) < 10
