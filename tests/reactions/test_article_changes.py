"""An article that changes: its cached counts follow, also where the process dies right after its commit."""

import os
import signal
import subprocess
import sys
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, transaction

from articles import workflow
from articles.models import Article, State
from reactions import counts
from reactions.article_changes import (
    note_article_change,
    refresh_changed,
    refresh_changed_articles,
)
from reactions.cache import redis as redis_cache
from reactions.cache import redis_keys
from reactions.counting.aggregate import aggregate
from reactions.kinds import pack
from reactions.models import ArticleChange, CountVersion, PolicyState
from reactions.policy import set_policy
from reactions.record import set_reactions
from reactions.tasks import refresh_articles_task, refresh_cached_counts
from tests.conftest import PublishArticle
from tests.races.rival import held_open
from tests.servers import PROJECT

pytestmark = pytest.mark.django_db(transaction=True)

DIES_AFTER_ITS_COMMIT = """
import os, signal, sys
import django
django.setup()
from articles import announce, workflow
from articles.hooks import reaction_hooks
reaction_hooks().article_changed = lambda article_id: os.kill(os.getpid(), signal.SIGKILL)
workflow.{transition}(article_id=sys.argv[1])
"""


@pytest.fixture
def reacted(article: Article) -> Article:
    """An article whose counts are in Redis."""
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["love"]))
    aggregate()
    return article


def die_after_commit(transition: str, article: Article) -> int:
    """The exit code of a process that is killed between the commit of a transition and what follows it."""
    own = connection.get_connection_params()
    url = f"postgresql://{own.get('user', '')}@/{own['dbname']}?host={own.get('host', '')}"
    if own.get("password"):
        url += f"&password={own['password']}"
    if own.get("port"):
        url += f"&port={own['port']}"
    return subprocess.run(
        [
            sys.executable,
            "-c",
            DIES_AFTER_ITS_COMMIT.format(transition=transition),
            str(article.id),
        ],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": url},
        check=False,
        timeout=60,
    ).returncode


def state_in_redis(article_id: UUID) -> object:
    return redis_cache.client().hget(redis_keys.counts(article_id), "state")


@pytest.mark.parametrize("transition", ["kill", "unpublish"])
def test_a_process_that_dies_after_its_commit_leaves_no_article_public(
    reacted: Article, transition: str
) -> None:
    assert die_after_commit(transition, reacted) == -signal.SIGKILL
    assert Article.objects.get().state != State.PUBLISHED
    assert state_in_redis(reacted.id) == "open"

    refresh_articles_task()

    assert state_in_redis(reacted.id) == "missing"
    counts.clear_counts()
    found = counts.get_counts(reacted.id)
    assert found
    assert found.state == "missing"
    assert not ArticleChange.objects.exists()


def test_after_the_commit_the_outbox_is_empty_and_redis_is_written(reacted: Article) -> None:
    workflow.unpublish(article_id=reacted.id)

    assert state_in_redis(reacted.id) == "missing"
    assert not ArticleChange.objects.exists()
    assert refresh_changed_articles() == 0
    assert CountVersion.objects.get().version == 2


def test_a_transition_that_is_rolled_back_leaves_nothing(reacted: Article) -> None:
    with transaction.atomic():
        workflow.unpublish(article_id=reacted.id)
        transaction.set_rollback(True)

    assert not ArticleChange.objects.exists()
    assert state_in_redis(reacted.id) == "open"


def test_a_change_waits_for_no_count_version(reacted: Article) -> None:
    """An import changes many articles in one transaction, and aggregation must not meet it."""
    with transaction.atomic():
        workflow.unpublish(article_id=reacted.id)

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND granted AND mode = 'RowExclusiveLock'"
                " AND relation = 'reactions_countversion'::regclass"
            )
            assert cursor.fetchone() == (0,)


def test_a_change_whose_count_version_is_being_created_does_not_stop_the_others(
    publish_article: PublishArticle,
) -> None:
    articles = [publish_article(state=State.RETRACTED) for _ in range(3)]
    stuck, *others = articles

    with held_open(lambda: set_policy(article_id=stuck.id, state=PolicyState.CLOSED)):
        refresh_changed([article.id for article in articles])
        raised = set(CountVersion.objects.values_list("article_id", flat=True))

    assert raised == {article.id for article in others}


def test_a_refresh_that_fails_does_not_stop_the_others(
    publish_article: PublishArticle,
) -> None:
    article = publish_article(state=State.RETRACTED)
    note_article_change(article.id)

    with held_open(lock_the_policy_refreshes), pytest.raises(OperationalError):
        refresh_cached_counts()

    assert CountVersion.objects.get().article_id == article.id


def lock_the_policy_refreshes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE reactions_policyrefresh")
