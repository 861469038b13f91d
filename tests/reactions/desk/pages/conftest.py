"""An editor at the desk, and reactions that came at chosen times."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from articles.models import Article
from articles.roles import Role
from reactions.kinds import BY_KEY
from reactions.models import ArticleCount, Bucket, SiteBucket, ViewBucket

Came = Callable[..., None]
QUARTER = timedelta(minutes=15)


def quarter(ago: timedelta = timedelta(0)) -> datetime:
    """The start of the quarter of an hour so long ago."""
    at = datetime.now(UTC) - ago
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


@pytest.fixture
def editor(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("editor"))
    return client


@pytest.fixture
def author(client: Client, db: None) -> User:
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.AUTHOR))
    client.force_login(user)
    return user


@pytest.fixture
def came(db: None) -> Came:
    """So many reactions of each kind came to an article so long ago, and some left."""

    def add(
        article: Article, ago: timedelta = timedelta(0), *, removed: int = 0, **kinds: int
    ) -> None:
        for key, added in kinds.items():
            kind, start = BY_KEY[key].bit, quarter(ago)
            Bucket.objects.create(
                article_id=article.pk, start=start, kind=kind, added=added, removed=removed
            )
            SiteBucket.objects.create(
                section_id=article.section_id, start=start, kind=kind, added=added, removed=removed
            )
            count, _ = ArticleCount.objects.get_or_create(
                article_id=article.pk, kind=kind, defaults={"count": 0}
            )
            count.count += added - removed
            count.save()

    return add


def opened(article: Article, views: int, ago: timedelta = timedelta(0)) -> None:
    """So many clients opened an article in the half hour so long ago."""
    start = quarter(ago)
    start = start.replace(minute=start.minute // 30 * 30)
    ViewBucket.objects.create(article_id=article.pk, start=start, views=views)
