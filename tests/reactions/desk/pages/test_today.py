"""Today, the desk's first page."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from articles.models import Article, ArticleAuthor, Author, State
from articles.models.accounts import Account
from reactions.models import SiteBucket, Wave
from reactions.stats import today as module
from reactions.stats.days import sum_days
from reactions.stats.pace import rebuild_pace
from reactions.stats.today import compare_today, day_start, moved
from reactions.stats.windows import floor
from tests.conftest import PublishArticle
from tests.reactions.desk.pages.conftest import QUARTER, Came, quarter

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def out(publish_article: PublishArticle, ago: timedelta = QUARTER, **fields: object) -> Article:
    """An article that came out so long ago, and not before today."""
    at = max(datetime.now(UTC) - ago, day_start(datetime.now(UTC), ZoneInfo("UTC")))
    return publish_article(first_published_at=at, published_at=at, **fields)


def shown(page: str, title: str) -> list[str]:
    """The headlines of a list, in order."""
    (card,) = re.findall(rf">{title}</h2>(.*?)</section>", page, re.DOTALL)
    return re.findall(r'<a href="[^"]*">([^<]*)</a>', card)


def test_an_empty_site_says_what_would_be_there(editor: Client) -> None:
    page = editor.get("/desk/").content.decode()

    assert "0 stories out" in page
    assert "0 reactions" in page
    assert "No story came out today yet" in page
    assert page.count("Stories with at least 20 reactions are listed here.") == 3
    assert "Nothing. Stories in review" in page


def test_stories_of_today_have_their_figures(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    many = out(publish_article, headline="Many")
    few = out(publish_article, headline="Few")
    publish_article(headline="Long ago")
    came(many, love=1_200, angry=40)
    came(few, sad=19)

    page = editor.get("/desk/").content.decode()

    assert "<strong>2 stories out</strong>" in page
    assert "<strong>1,259 reactions</strong>" in page
    assert re.search(rf'data-came="{many.pk}">1,240<', page)
    assert 'aria-label="Love 96.8 %, Angry 3.2 %"' in page
    assert page.index("Many") < page.index("Few")
    assert page.count("too few") == 2
    assert "Long ago" not in page


def test_what_moved_readers_is_by_mood_with_twenty_reactions_at_least(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    for headline, kinds in {
        "Glad": {"love": 30, "like": 10},
        "Angry": {"angry": 25, "dislike": 10},
        "Sad": {"sad": 60, "love": 1},
        "Quiet": {"love": 19},
    }.items():
        came(publish_article(headline=headline), **kinds)

    page = editor.get("/desk/?window=24h").content.decode()

    assert shown(page, "Loved") == ["Glad", "Sad"]
    assert shown(page, "Made angry") == ["Angry"]
    assert shown(page, "Made sad") == ["Sad"]
    assert "60 reactions, 98 % of 61" in page


def test_a_window_reaches_back_as_it_says(publish_article: PublishArticle, came: Came) -> None:
    article = publish_article()
    came(article, ago=timedelta(days=3), love=30)
    now = datetime.now(UTC)

    assert not moved(since=now - timedelta(days=1), now=now).glad
    (week,) = moved(since=now - timedelta(days=7), now=now).glad
    assert (week.count, week.percent, week.figures.by_now) == (30, 100, 30)


def test_a_week_is_the_same_from_the_sums_of_its_days(
    publish_article: PublishArticle, came: Came
) -> None:
    now = datetime.now(UTC)
    article = publish_article()
    for days in range(9):
        came(article, ago=timedelta(days=days), love=2**days, angry=1)
    came(article, ago=timedelta(days=7) - QUARTER, love=1_000)
    since = floor(now) - timedelta(days=7)

    from_buckets = moved(since=since, now=now)
    assert sum_days() > 0
    from_days = moved(since=since, now=now)

    assert from_days == from_buckets
    assert from_days.glad[0].count == 1_255


def test_what_rises_is_twice_the_usual_hour_at_its_age(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    now = datetime.now(UTC)
    for _ in range(20):
        usual = publish_article(first_published_at=now - timedelta(days=2))
        came(usual, ago=timedelta(days=2) - QUARTER, like=10)
    rebuild_pace(now=now)
    rising = publish_article(headline="Rises", first_published_at=now - 2 * QUARTER)
    steady = publish_article(headline="Steady", first_published_at=now - 2 * QUARTER)
    came(rising, like=45)
    came(steady, like=15)

    page = editor.get("/desk/").content.decode()

    assert shown(page, "Rising now") == ["Rises"]
    assert re.search(r"45 in the last hour, [\d.]+× usual at this age", page)


def test_the_best_five_of_a_hundred_are_named(
    editor: Client, publish_article: PublishArticle, came: Came
) -> None:
    now = datetime.now(UTC)
    for _ in range(20):
        came(publish_article(first_published_at=now - timedelta(days=2)), timedelta(days=2), wow=20)
    rebuild_pace(now=now)
    top = out(publish_article, headline="Top")
    came(top, wow=21)

    page = editor.get("/desk/").content.decode()

    assert page.count("top 5 %") == 1


def test_today_is_compared_with_the_weekday_until_this_hour() -> None:
    zone = ZoneInfo("America/New_York")
    # Clocks went forward on 8 March: until 10:00 there is until 14:00 UTC, and a week before until 15:00.
    now = datetime(2026, 3, 12, 14, 0, tzinfo=UTC)

    def add(start: datetime, added: int) -> None:
        SiteBucket.objects.create(start=start, kind=0, added=added, removed=0)

    add(datetime(2026, 3, 12, 4, 0, tzinfo=UTC), 30)
    add(datetime(2026, 3, 12, 3, 45, tzinfo=UTC), 500)  # yesterday
    add(datetime(2026, 3, 5, 14, 45, tzinfo=UTC), 20)
    add(datetime(2026, 3, 5, 15, 0, tzinfo=UTC), 500)  # after this hour
    add(datetime(2026, 2, 26, 5, 0, tzinfo=UTC), 10)
    add(datetime(2026, 2, 25, 5, 0, tzinfo=UTC), 500)  # another weekday

    found = compare_today(now=now, zone=zone)

    assert (found.came, found.usual, found.percent) == (30, 15, 100)


@pytest.mark.parametrize(
    ("added", "words"),
    [(30, "50 % more than on a"), (20, "as many as on a"), (10, "50 % less than on a")],
)
def test_the_comparison_is_a_sentence(editor: Client, added: int, words: str) -> None:
    SiteBucket.objects.create(start=quarter(), kind=0, added=added, removed=0)
    week_before = day_start(datetime.now(UTC), ZoneInfo("UTC"), days_before=7)
    SiteBucket.objects.create(start=week_before, kind=0, added=20, removed=0)
    if datetime.now(UTC) - day_start(datetime.now(UTC), ZoneInfo("UTC")) < QUARTER:
        words = "reactions"  # nothing of the week before is comparable yet

    assert words in editor.get("/desk/").content.decode()


def test_what_waits_for_an_editor_is_listed(
    editor: Client, publish_article: PublishArticle
) -> None:
    publish_article(state=State.IN_REVIEW)
    publish_article(state=State.SCHEDULED, publish_at=datetime.now(UTC))
    publish_article(state=State.SCHEDULED, publish_at=datetime.now(UTC) + timedelta(days=2))
    Wave.objects.create(
        article_id=publish_article().pk,
        rule="surge",
        started_at=quarter(),
        last_at=quarter(),
        size=1_300,
        network_count=4,
    )

    page = editor.get("/desk/").content.decode()

    assert "1 story in review" in page
    assert "1 story scheduled for today" in page
    assert "1 wave held, 1,300 reactions" in page


def test_the_menu_says_what_waits(
    editor: Client, publish_article: PublishArticle, client: Client
) -> None:
    for _ in range(3):
        publish_article(state=State.IN_REVIEW)

    page = editor.get(reverse("desk:account")).content.decode()

    (line,) = re.findall(r'href="/desk/articles/article/"(.*?)</a>', page, re.DOTALL)
    assert re.search(r">\s*3\s*<", line)


def test_authors_see_their_own_stories_alone(
    client: Client, author: User, publish_article: PublishArticle, came: Came
) -> None:
    created = out(publish_article, headline="Created by her", created_by=author)
    signed = out(publish_article, headline="Signed by her")
    other = out(publish_article, headline="Of another")
    Account.objects.create(user=author, author=Author.objects.create(slug="ada", name="Ada"))
    ArticleAuthor.objects.create(article=signed, author_id=Author.objects.get().pk, position=0)
    for article in (created, signed, other):
        came(article, love=40)

    page = client.get("/desk/").content.decode()

    assert "<strong>2 stories out</strong>" in page
    assert "<strong>80 reactions</strong>" in page
    assert "Your own stories." in page
    assert "Of another" not in page
    assert "Waiting for you" not in page


def test_a_user_without_figures_sees_the_first_page_of_the_admin(client: Client) -> None:
    client.force_login(User.objects.create_user("guard", is_staff=True))

    assert client.get("/desk/").status_code == 200
    assert "stories out" not in client.get("/desk/").content.decode()


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    assert client.get("/desk/")["Location"] == "/desk/login/?next=/desk/"


def test_an_unknown_zone_is_refused(editor: Client) -> None:
    answer = editor.get("/desk/?tz=Mars/Olympus")

    assert answer.status_code == 400
    assert "There is no time zone called “Mars/Olympus”" in answer.content.decode()


def test_the_zone_of_the_address_decides_what_today_is(
    editor: Client, publish_article: PublishArticle, settings: Settings
) -> None:
    settings.TIME_ZONE = "UTC"
    now = datetime.now(UTC)
    zone = next(
        name
        for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago")
        if now.astimezone(ZoneInfo(name)).date() != now.date()
    )
    start = day_start(now, ZoneInfo(zone))
    publish_article(headline="Of that day", first_published_at=start, published_at=start)

    assert "Of that day" in editor.get("/desk/", {"tz": zone}).content.decode()


def test_the_page_costs_the_same_however_many_stories(
    editor: Client,
    publish_article: PublishArticle,
    came: Came,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(module.MOST_OUT + 5):
        came(out(publish_article), love=21)

    with django_assert_max_num_queries(12):
        page = editor.get("/desk/").content.decode()

    assert page.count("data-came=") == module.MOST_OUT
    assert "All 35 stories of today" in page
    assert len(page) < 120 * 1_024
