"""A mail server on loopback, users who want mails, and a story with an alert."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from pytest_django.fixtures import Settings

from articles.models import Article
from reactions.models import Alert, Subscription
from tests.conftest import PublishArticle
from tests.reactions.alerts.mailbox import Mailbox, Server
from tests.servers import free_port


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    """What the product's mail server accepted."""
    with Server(free_port()) as server:
        settings.MAIL_SERVER = server.address
        settings.MAIL_FROM = "The Desk <desk@example.org>"
        yield server.box


def make_user(name: str, role: str | None = "Editors", **mails: object) -> User:
    """A user with a role, a mail address and these mails."""
    made = User.objects.create_user(name, f"{name}@example.org", is_staff=True)
    made.groups.set(Group.objects.filter(name=role))
    Subscription.objects.create(user=made, **mails)
    return made


@pytest.fixture
def ada(db: None) -> User:
    return make_user("ada", alerts=True)


@pytest.fixture
def alert(publish_article: PublishArticle) -> Alert:
    story = publish_article(headline="Harbour <wall> & more")
    figures = {"hour": 26, "site_hour": 90, "usual": 4.0, "high": 15.0, "of_section": True}
    return Alert.objects.create(article_id=story.pk, rule="spike", figures=figures)


def article_of(alert: Alert) -> Article:
    return Article.objects.get(pk=alert.article_id)
