"""The front page: what leads, what stands where, and what changes it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from django.utils.safestring import SafeString
from lxml import html
from pytest_django import Settings

from articles.hooks import NullHooks, Rankings, ReactionTotal, register_hooks
from articles.models import Article, Lead, Media, Section, State
from articles.pages import front
from articles.roles import Role
from articles.workflow import kill, retract
from tests.conftest import PUBLISHED_AT, PublishArticle

pytestmark = pytest.mark.django_db


class Readers(NullHooks):
    """A hook with rankings, and the totals that a test sets; other articles have 20 reactions."""

    def __init__(self) -> None:
        self.ranked = Rankings()
        self.hidden: set[UUID] = set()

    def rankings(self) -> Rankings:
        return self.ranked

    def totals(self, article_ids: Sequence[UUID]) -> Mapping[UUID, ReactionTotal]:
        shown = [each for each in article_ids if each not in self.hidden]
        total = ReactionTotal(20, ("😢",), write=lambda: SafeString("20 reactions"))
        return dict.fromkeys(shown, total)


@pytest.fixture(autouse=True)
def readers() -> Iterator[Readers]:
    hooks = Readers()
    before = register_hooks(hooks)
    yield hooks
    register_hooks(before)


@pytest.fixture
def articles(publish_article: PublishArticle) -> list[Article]:
    """Ten articles, the newest first."""
    return [
        publish_article(
            headline=f"Story {number}", published_at=PUBLISHED_AT - timedelta(hours=number)
        )
        for number in range(10)
    ]


@pytest.fixture
def publisher(client: Client) -> User:
    user = User.objects.create_user("maria", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.PUBLISHER))
    return user


def page(client: Client, path: str = "/") -> html.HtmlElement:
    parsed: html.HtmlElement = html.document_fromstring(client.get(path).content)  # type: ignore[no-untyped-call]  # lxml has no types
    return parsed


def headlines(root: html.HtmlElement, within: str = "") -> list[str]:
    found = root.xpath(f"//main{within}//*[self::h2 or self::h3]/a[contains(@href, '/articles/')]")
    return [str(each.text) for each in found]


def lead(client: Client) -> str:
    return headlines(page(client), "//*[contains(@class, 'teaser-lead')]")[0]


def test_the_newest_article_leads_where_readers_have_felt_little(
    articles: list[Article], client: Client
) -> None:
    root = page(client)

    assert lead(client) == "Story 0"
    assert headlines(root, "//*[@class='latest']") == [f"Story {each}" for each in range(1, 5)]
    assert not root.xpath("//*[@class='rankings']")


def test_what_readers_react_to_most_leads_by_default(
    articles: list[Article], readers: Readers, client: Client
) -> None:
    readers.ranked = Rankings(felt=[articles[3].id, articles[0].id])

    assert lead(client) == "Story 3"


def test_of_those_that_readers_react_to_most_one_with_a_picture_leads(
    articles: list[Article], readers: Readers, client: Client
) -> None:
    media = Media.objects.create(
        file="pictures/x.jpg", content_type="image/jpeg", width=9, height=9
    )
    Article.objects.filter(pk=articles[2].pk).update(lead_image=media)
    readers.ranked = Rankings(felt=[articles[3].id, articles[2].id])

    assert lead(client) == "Story 2"


def test_an_old_article_does_not_lead_again_because_readers_rediscover_it(
    articles: list[Article], publish_article: PublishArticle, readers: Readers, client: Client
) -> None:
    long_ago = PUBLISHED_AT - timedelta(days=300)
    old = publish_article(headline="Old", published_at=long_ago)
    for _ in range(20):
        publish_article(published_at=PUBLISHED_AT - timedelta(days=1))
    readers.ranked = Rankings(felt=[old.id, articles[1].id])

    assert lead(client) == "Story 1"


def test_the_desks_choice_leads_until_its_time_is_over(
    articles: list[Article], readers: Readers, client: Client
) -> None:
    readers.ranked = Rankings(felt=[articles[3].id])
    now = timezone.now()
    Lead.objects.create(article=articles[9], until=now + timedelta(hours=1))
    Lead.objects.create(article=articles[8], until=now - timedelta(seconds=1))

    assert lead(client) == "Story 9"

    plan = front.read_plan(readers.ranked, size=20, now=now + timedelta(hours=2))
    assert plan.lead == articles[3].id


def test_the_last_choice_leads(articles: list[Article], client: Client) -> None:
    until = timezone.now() + timedelta(hours=1)
    Lead.objects.create(article=articles[5], until=until)
    Lead.objects.create(article=articles[6], until=until)

    assert lead(client) == "Story 6"


@pytest.mark.parametrize("transition", [kill, retract])
def test_a_killed_or_retracted_article_leads_no_more(
    transition: object, articles: list[Article], readers: Readers, client: Client
) -> None:
    Lead.objects.create(article=articles[5], until=timezone.now() + timedelta(hours=1))
    readers.ranked = Rankings(felt=[articles[5].id])
    assert lead(client) == "Story 5"

    if transition is kill:
        kill(article_id=articles[5].pk)
    else:
        retract(article_id=articles[5].pk, text="It was not.")

    assert lead(client) == "Story 0"


def test_a_retracted_article_alone_is_still_found(article: Article, client: Client) -> None:
    retract(article_id=article.pk, text="It was not.")

    assert headlines(page(client)) == ["The bridge is open"]


def test_each_section_has_a_block_and_no_article_is_shown_twice(
    articles: list[Article], publish_article: PublishArticle, client: Client
) -> None:
    for name in ("World", "Culture"):
        section = Section.objects.create(slug=name.lower(), name=name)
        for number in range(6):
            at = PUBLISHED_AT - timedelta(days=30 + number)
            publish_article(headline=f"{name} {number}", section=section, published_at=at)

    root = page(client)

    names = [
        " ".join(each.text_content().split()) for each in root.xpath("//*[@class='block-name']")
    ]
    assert names == ["Latest", "Culture", "World", "More stories"]
    for name in ("Culture", "World"):
        block = f"//section[h2/a[text()='{name}']]"
        assert headlines(root, block) == [f"{name} {each}" for each in range(4)]
    shown = headlines(root)
    # Of the newest twenty, two are in no block, and so below.
    assert len(shown) == len(set(shown)) == 20


def test_the_older_articles_begin_where_the_front_page_ends(
    articles: list[Article], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("articles.pages.views.ARTICLES_PER_PAGE", 7)
    root = page(client)
    (older,) = root.xpath("//a[@rel='next']/@href")

    assert sorted(headlines(root)) == [f"Story {each}" for each in range(7)]
    assert headlines(page(client, f"/{older}")) == ["Story 7", "Story 8", "Story 9"]


def test_a_choice_of_an_older_article_leaves_no_other_out(
    articles: list[Article], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("articles.pages.views.ARTICLES_PER_PAGE", 7)
    Lead.objects.create(article=articles[9], until=timezone.now() + timedelta(hours=1))

    assert sorted(headlines(page(client))) == [f"Story {each}" for each in (*range(7), 9)]


def test_rankings_name_what_readers_love_and_react_to(
    articles: list[Article], readers: Readers, client: Client
) -> None:
    ids = [each.id for each in articles]
    readers.ranked = Rankings(loved=ids[:3], felt=list(reversed(ids)))

    root = page(client)

    loved, felt = root.xpath("//*[@class='ranking']")
    assert [each.text for each in loved.xpath(".//a")] == ["Story 0", "Story 1", "Story 2"]
    assert [each.text for each in felt.xpath(".//a")] == [f"Story {9 - each}" for each in range(5)]
    assert "20 reactions" in loved.text_content()


def test_a_ranking_of_two_is_none(
    articles: list[Article], readers: Readers, client: Client
) -> None:
    readers.ranked = Rankings(loved=[each.id for each in articles[:2]])

    assert not page(client).xpath("//*[@class='rankings']")


def test_a_story_whose_reactions_are_hidden_or_that_is_gone_is_not_ranked(
    articles: list[Article], readers: Readers, client: Client
) -> None:
    readers.ranked = Rankings(loved=[each.id for each in articles[:5]])
    readers.hidden = {articles[0].id}
    kill(article_id=articles[1].pk)

    (loved,) = page(client).xpath("//*[@class='ranking']")

    assert [each.text for each in loved.xpath(".//a")] == ["Story 2", "Story 3", "Story 4"]


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2024-12-08"), ("Pacific/Kiritimati", "2024-12-09")]
)
def test_the_edition_has_the_date_of_the_sites_time_zone(
    zone: str, day: str, settings: Settings
) -> None:
    settings.TIME_ZONE = zone

    plan = front.read_plan(Rankings(), size=20, now=datetime(2024, 12, 8, 12, tzinfo=UTC))

    assert plan.day.isoformat() == day


def test_the_front_page_says_its_date(article: Article, client: Client) -> None:
    today = timezone.localdate()

    (edition,) = page(client).xpath("//*[@class='edition']/time")

    assert edition.get("datetime") == today.isoformat()
    assert edition.text == f"{today:%A}, {today.day} {today:%B %Y}"


def test_each_thing_that_the_page_shows_changes_its_etag(
    articles: list[Article], readers: Readers, client: Client
) -> None:
    section = Section.objects.create(slug="world", name="World")
    ids = [each.id for each in articles]

    def etag() -> str:
        return client.get("/")["ETag"]

    seen = [etag()]
    Article.objects.filter(pk__in=ids[6:]).update(section=section, updated_at=timezone.now())
    seen.append(etag())
    Lead.objects.create(article=articles[6], until=timezone.now() + timedelta(hours=1))
    seen.append(etag())
    Lead.objects.all().delete()
    assert etag() == seen[1]
    readers.ranked = Rankings(loved=ids[:4])
    seen.append(etag())
    section.name = "Abroad"
    section.save()
    seen.append(etag())
    readers.hidden = {ids[0]}
    seen.append(etag())

    assert len(set(seen)) == len(seen)
    assert etag() == seen[-1]


def test_a_publisher_chooses_the_lead_at_the_desk(
    articles: list[Article], publisher: User, client: Client
) -> None:
    client.force_login(publisher)
    change = client.get(f"/desk/articles/article/{articles[4].pk}/change/").content.decode()
    (link,) = re.findall(r'href="(/desk/articles/lead/add/[^"]*)"', change)
    form = client.get(link).content.decode()
    assert "Story 4" in form
    (until,) = re.findall(r'name="until" value="([^"]+)"', form)

    response = client.post(link, {"article": str(articles[4].pk), "until": until})

    assert response.status_code == 302
    chosen = Lead.objects.get()
    assert chosen.chosen_by == "maria"
    assert timedelta(hours=11) < chosen.until - timezone.now() <= timedelta(hours=12)
    client.logout()
    assert lead(client) == "Story 4"


@pytest.mark.parametrize("hours", [-1, 24 * 8])
def test_a_choice_ends_within_a_week(
    hours: int, article: Article, publisher: User, client: Client
) -> None:
    client.force_login(publisher)
    until = timezone.localtime() + timedelta(hours=hours)

    response = client.post(
        "/desk/articles/lead/add/",
        {"article": str(article.pk), "until": until.strftime("%Y-%m-%dT%H:%M")},
    )

    assert b"A time in the future, within a week." in response.content
    assert not Lead.objects.exists()


def test_what_readers_cannot_read_cannot_be_chosen(
    publish_article: PublishArticle, publisher: User, client: Client
) -> None:
    client.force_login(publisher)
    draft = publish_article(state=State.DRAFT)

    response = client.post(
        "/desk/articles/lead/add/", {"article": str(draft.pk), "until": "2030-01-01T00:00"}
    )

    assert b"Only a published story that is not retracted can lead." in response.content


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.EDITOR])
def test_only_publishers_choose_the_lead(role: Role, article: Article, client: Client) -> None:
    user = User.objects.create_user("tom", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)

    assert client.get("/desk/articles/lead/add/").status_code == 403
    change = client.get(f"/desk/articles/article/{article.pk}/change/").content.decode()
    assert "Lead the front page" not in change
