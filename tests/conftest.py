"""Fixtures of all packages."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from whitenoise.base import WhiteNoise

from articles.models import Article, State
from articles.pages import page_cache
from articles.sites import known
from newsroom import health
from reactions import counts
from reactions.cache import limits, merges, slugs
from reactions.group_commit import group_commit
from reactions.stats import choices, pace, public_rankings, rankings, today
from tests import profiles as profiles  # before pytest reads --hypothesis-profile
from tests.emptying import django_db_setup as django_db_setup

# A password that withstands guessing takes a quarter of a second to hash, longer than most tests.
django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# All tests are one network, and share one Redis; tests of the limits set them.
django_settings.NEW_READERS_PER_NETWORK_HOUR = 0
django_settings.WRONG_KEYS_PER_NETWORK_HOUR = 0
django_settings.SIGHTINGS_PER_NETWORK_HOUR = 0
django_settings.VIEWS_PER_NETWORK_HOUR = 0
django_settings.SIGN_INS_PER_ACCOUNT_HOUR = django_settings.SIGN_INS_PER_NETWORK_HOUR = 0
django_settings.CALLS_PER_NETWORK_MINUTE = 0
django_settings.KEY_READS_PER_MINUTE = django_settings.KEY_WRITES_PER_MINUTE = 0

# Each client makes the middlewares again, and that of static files reads all of them: 40 ms of CPU. They do not change
# while tests run.
_static_files: dict[tuple[str, str], dict[str, Any]] = {}
_read_static_files: Any = WhiteNoise.update_files_dictionary


def _read_static_files_once(middleware: WhiteNoise, root: str, prefix: str) -> None:
    if (root, prefix) not in _static_files:
        known, middleware.files = middleware.files, {}
        _read_static_files(middleware, root, prefix)
        _static_files[root, prefix], middleware.files = middleware.files, known
    middleware.files.update(_static_files[root, prefix])


WhiteNoise.update_files_dictionary = _read_static_files_once  # type: ignore[method-assign]

# Tests of these folders drive processes that share a busy machine's cores (docs/decisions/0043-tests-on-busy-machines.md).
_OF_PROCESSES = {"browser", "stack"}

PublishArticle = Callable[..., Article]
PUBLISHED_AT = datetime(2024, 12, 8, 9, 23, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _OF_PROCESSES & {*item.path.parts}:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """The articles of a test are rolled back, so this process's copies of them are dropped."""
    slugs.clear_slugs()
    merges.clear_merges()
    known.clear_sites()
    health.clear_checks()
    counts.clear_counts()
    rankings.clear_rankings()
    public_rankings.clear_public_rankings()
    pace.clear_pace()
    choices.clear_choices()
    today.clear_waiting()
    limits.database_breaker.reset()
    limits.redis_breaker.reset()


@pytest.fixture(autouse=True)
def _no_committer() -> Iterator[None]:
    """The committer that a test started ends with it, and its connection."""
    yield
    group_commit.stop()


@pytest.fixture(autouse=True)
def pages_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has an empty page cache that revalidates every page."""
    caches["pages"].clear()
    monkeypatch.setattr(page_cache, "VERSION_FRESH_SECONDS", 0)
    monkeypatch.setattr(page_cache, "REACTIONS_FRESH_SECONDS", 0)


@pytest.fixture
def publish_article(db: None) -> PublishArticle:
    """Makes a published article; a test passes the fields that it depends on."""

    def publish(**fields: object) -> Article:
        slug = f"story-{uuid4().hex[:8]}"
        if fields.get("state") == State.MERGED and "merged_into" not in fields:
            fields["merged_into"] = publish(state=State.SPIKED)
        usual: dict[str, object] = {
            "guid": f"tag:example.org,2024:{slug}",
            "slug": slug,
            "headline": "The bridge is open",
            "body_markdown": "It is.",
            "body_html": "<p>It is.</p>",
            "state": State.PUBLISHED,
            "first_published_at": PUBLISHED_AT,
            "published_at": PUBLISHED_AT,
        }
        return Article.objects.create(**(usual | fields))

    return publish


@pytest.fixture
def article(publish_article: PublishArticle) -> Article:
    return publish_article()


@pytest.fixture
def reader_id() -> UUID:
    return uuid4()
