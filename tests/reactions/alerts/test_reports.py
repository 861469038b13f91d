"""Reports: their figures, when they are due, and that each is made and sent once."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from articles.models import Account, Article, ArticleAuthor, Author, Section, State
from reactions.alerts.recipients import MORNING
from reactions.alerts.report_figures import first_day_of, report_figures, start_of
from reactions.alerts.reports import delete_old_reports, make_reports, subscribe
from reactions.alerts.sending import send_messages
from reactions.kinds import KINDS, MOODS
from reactions.models import Bucket, Message, Report, ReportPeriod, Subscription
from reactions.stats.query import Query, run
from reactions.stats.scope import EVERYTHING
from reactions.stats.windows import Window
from tests.conftest import PublishArticle
from tests.reactions.alerts.conftest import make_user
from tests.reactions.alerts.mailbox import Mailbox
from tests.reactions.alerts.traffic import QUARTER, set_pace

pytestmark = pytest.mark.django_db

BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
TUESDAY = date(2026, 3, 3)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def bucket(article: Article, start: datetime, kind: int, added: int) -> None:
    Bucket.objects.create(article_id=article.pk, start=start, kind=kind, added=added, removed=1)


def at(day: date, hour: float, zone: ZoneInfo = BERLIN) -> datetime:
    return start_of(day, zone) + timedelta(hours=hour)


def test_figures_equal_those_of_a_recomputation_and_of_the_engine(
    publish_article: PublishArticle,
) -> None:
    random = Random(7)
    set_pace(hour_median=30, hour_high=200)
    start = start_of(TUESDAY - timedelta(days=2), BERLIN)
    made = []
    for number in range(30):
        published = start + timedelta(minutes=random.randrange(2 * 1_440 - 30))
        story = publish_article(first_published_at=published, headline=f"Story {number}")
        made.append(story)
        for _ in range(8):
            when = start + random.randrange(3 * 96) * QUARTER
            kind = random.choice(KINDS).bit
            Bucket.objects.get_or_create(
                article_id=story.pk,
                start=when,
                kind=kind,
                defaults={"added": random.randrange(1, 60), "removed": 2},
            )

    figures = report_figures(period=ReportPeriod.DAY, first_day=TUESDAY, zone=BERLIN)

    since, until = at(TUESDAY, 0), at(TUESDAY, 24)
    rows = list(Bucket.objects.values_list("article_id", "start", "kind", "added"))
    by_story = {
        story: [
            sum(a for i, s, _, a in rows if i == story.pk and low <= s < high)
            for low, high in ((since, until), (at(TUESDAY, -24), since))
        ]
        for story in made
    }
    assert figures.came == sum(came for came, _ in by_story.values())
    assert figures.came_before == sum(before for _, before in by_story.values())
    assert figures.out == sum(since <= each.first_published_at < until for each in made)  # type: ignore[operator]
    best = sorted(by_story.values(), reverse=True)[:10]
    assert [each.figures.came for each in figures.top] == [came for came, _ in best]
    for mood, mask in MOODS.items():
        counts = sorted(
            (
                sum(
                    a
                    for i, s, k, a in rows
                    if i == story.pk and since <= s < until and 1 << k & mask
                )
                for story in made
                if by_story[story][0] >= 20
            ),
            reverse=True,
        )
        expected = [count for count in counts if count][:5]
        assert [each.moods[mood] for each in figures.moods[mood]] == expected
    gains = sorted(
        (
            came - before
            for story, (came, before) in by_story.items()
            if came >= 20 and came > before and story.first_published_at < since  # type: ignore[operator]
        ),
        reverse=True,
    )
    assert [each.gain for each in figures.movers] == gains[:5]
    ratios = [each.figures.against_usual for each in figures.above_usual]
    assert (
        ratios
        == sorted(
            (
                by_end / 30
                for story in made
                if by_story[story][0]
                and (by_end := sum(a for i, s, _, a in rows if i == story.pk and s < until)) > 30
            ),
            reverse=True,
        )[:5]
    )

    window = Window(since, until, BERLIN)
    query = Query(metrics=["came"], dimensions=["article"], window=window)
    engine = run(query, EVERYTHING, now=until)
    assert sum(each.metrics[0] or 0 for each in engine.results) == figures.came


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Kathmandu", date(2026, 3, 3), 24),
        ("America/Havana", date(2026, 3, 8), 23),  # clocks change at midnight
        ("Pacific/Apia", date(2011, 12, 29), 24),  # followed by a day that there was not
    ],
)
def test_a_day_has_the_hours_that_it_has_in_its_zone(zone: str, day: date, hours: float) -> None:
    figures = report_figures(period=ReportPeriod.DAY, first_day=day, zone=ZoneInfo(zone))

    if zone != "Pacific/Apia":
        assert figures.until - figures.since == timedelta(hours=hours)
    assert figures.since.astimezone(ZoneInfo(zone)).date() == day
    assert (figures.came, figures.percent, figures.top) == (0, None, [])


def test_a_week_is_the_last_whole_one_from_monday_on() -> None:
    for today in (date(2026, 3, 2), date(2026, 3, 8)):
        assert first_day_of(ReportPeriod.WEEK, today) == date(2026, 2, 23)
    week = report_figures(period=ReportPeriod.WEEK, first_day=date(2026, 3, 23), zone=BERLIN)

    assert week.until - week.since == timedelta(days=7) - timedelta(hours=1)


def reader(name: str = "ada", zone: str = "Europe/Berlin", **mails: bool) -> User:
    made = make_user(name, since=LONG_AGO, **(mails or {"daily": True}))  # type: ignore[arg-type]
    Account.objects.create(user=made, timezone=zone)
    return made


@pytest.mark.parametrize(
    ("zone", "seven"),
    [
        ("Europe/Berlin", datetime(2026, 3, 4, 6, 0, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 3, 4, 1, 15, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 4, 12, 0, tzinfo=UTC)),
        ("", datetime(2026, 3, 4, 7, 0, tzinfo=UTC)),
    ],
)
def test_the_daily_report_is_due_at_seven_in_the_users_zone(zone: str, seven: datetime) -> None:
    reader(zone=zone)

    assert make_reports(now=seven - timedelta(seconds=1)) == 0
    assert make_reports(now=seven) == 1
    assert make_reports(now=seven + timedelta(minutes=1)) == 0
    assert Report.objects.get().first_day == TUESDAY


def test_the_weekly_report_comes_on_mondays() -> None:
    reader(weekly=True)

    days = [datetime(2026, 3, day, 8, 0, tzinfo=UTC) for day in range(2, 11)]
    made = [make_reports(now=now) for now in days]

    assert made == [1, 0, 0, 0, 0, 0, 0, 1, 0]
    assert set(Report.objects.values_list("first_day", flat=True)) == {
        date(2026, 2, 23),
        date(2026, 3, 2),
    }


def test_clocks_that_change_in_the_night_move_no_report() -> None:
    reader()

    for day in (28, 29, 30):
        seven = datetime(2026, 3, day, 7, 0, tzinfo=BERLIN)
        assert make_reports(now=seven - timedelta(minutes=1)) == 0
        assert make_reports(now=seven) == 1


def test_what_was_missed_is_made_later_on_that_day_and_not_after() -> None:
    reader()

    assert make_reports(now=datetime(2026, 3, 4, 22, 59, tzinfo=UTC)) == 1
    Report.objects.all().delete()
    assert make_reports(now=datetime(2026, 3, 5, 0, 30, tzinfo=UTC)) == 0


def test_who_subscribes_after_seven_gets_the_first_one_tomorrow() -> None:
    user = reader(alerts=True)
    now = datetime.now(UTC)
    subscribe(user, daily=True, weekly=False, alerts=False)

    assert make_reports(now=now) == 0
    tomorrow = now.astimezone(BERLIN).date() + timedelta(days=1)
    assert make_reports(now=datetime.combine(tomorrow, MORNING, BERLIN)) == 1
    stored = Subscription.objects.get()
    subscribe(user, daily=True, weekly=False, alerts=True)
    assert Subscription.objects.get().since == stored.since


def test_a_report_says_what_it_shows_in_html_and_text(
    publish_article: PublishArticle, mailbox: Mailbox
) -> None:
    set_pace(hour_median=10, hour_high=50)
    before = at(TUESDAY, -20)
    world = Section.objects.create(name="World", slug="world")
    loved = publish_article(headline="Otters <3 return", first_published_at=before, section=world)
    angry = publish_article(headline="Fares go up", first_published_at=at(TUESDAY, 9))
    hidden = publish_article(headline="Killed", state=State.KILLED)
    for story, kind, added in ((loved, 2, 60), (loved, 4, 5), (angry, 4, 30), (hidden, 2, 5)):
        bucket(story, at(TUESDAY, 12), kind, added)
    bucket(loved, at(TUESDAY, -3), 2, 40)
    reader()

    make_reports(now=at(TUESDAY, 24 + 8))
    assert send_messages() == 1

    (mail,) = mailbox.mails
    assert mail["Subject"] == "Newsroom: Tuesday, 3 March 2026, 100 reactions"
    assert "/desk/mail/unsubscribe/" in mail["List-Unsubscribe"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = (part.get_content().replace("\r", "") for part in mail.iter_parts())
    assert (
        "100 reactions. 150 % more than the day before (40). 1 story came out, 1 the day before."
        in text
    )
    for lines in (
        ["Most reactions", "- Otters <3 return: 65"],
        ["Loved", "- Otters <3 return: 60 (92 %)"],
        ["Made angry", "- Fares go up: 30 (100 %)"],
        ["Older stories that gained", "- Otters <3 return: +25"],
        ["Furthest above usual", "- Otters <3 return: 10.5×"],
    ):
        assert "\n".join([lines[0], "", lines[1]]) in text
    assert "Otters &lt;3 return" in html
    assert "<style" not in html
    assert "background: #3b82f6" in html
    assert 'width="100%"' in html
    assert "Killed" not in html
    assert "Days begin at midnight in Europe/Berlin." in html


def test_a_day_like_the_one_before_says_so(publish_article: PublishArticle) -> None:
    story = publish_article(first_published_at=at(TUESDAY, -30))
    for hours in (-10, 10):
        bucket(story, at(TUESDAY, hours), 2, 7)
    reader()

    make_reports(now=at(TUESDAY, 24 + 8))

    assert "7 reactions. As many as the day before (7)." in Report.objects.get().text


def test_authors_get_their_own_stories(publish_article: PublishArticle) -> None:
    wren = make_user("wren", "Authors", since=LONG_AGO, daily=True)
    by = Author.objects.create(name="Wren", slug="wren")
    Account.objects.create(user=wren, author=by, timezone="Europe/Berlin")
    own, other = (publish_article(headline=name) for name in ("By Wren", "By others"))
    ArticleAuthor.objects.create(article=own, author=by, position=0)
    for story in (own, other):
        bucket(story, at(TUESDAY, 12), 2, 30)

    make_reports(now=at(TUESDAY, 24 + 8))

    report = Report.objects.get()
    assert "30 reactions. The day before there were none." in report.text
    assert "Your own stories." in report.text
    assert "By others" not in report.html


def test_without_mail_or_address_reports_are_made_for_the_desk(settings: Settings) -> None:
    settings.MAIL_SERVER = None
    reader()

    assert make_reports(now=at(TUESDAY, 24 + 8)) == 1
    assert not Message.objects.exists()
    assert "No story had a reaction." in Report.objects.get().text


def test_a_user_without_an_address_gets_no_mail(mailbox: Mailbox) -> None:
    reader()
    User.objects.update(email="")

    assert make_reports(now=at(TUESDAY, 24 + 8)) == 1
    assert not Message.objects.exists()


def test_who_may_see_nothing_gets_no_report() -> None:
    user = reader()
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert make_reports(now=at(TUESDAY, 24 + 8)) == 0


def test_a_run_ends_in_time_and_the_next_goes_on() -> None:
    for name in ("ada", "ben"):
        reader(name)
    now = at(TUESDAY, 24 + 8)

    assert make_reports(now=now, seconds=0) == 0
    assert make_reports(now=now) == 2


def test_reports_are_kept_for_ninety_days() -> None:
    reader()
    make_reports(now=at(TUESDAY, 24 + 8))
    made_at = Report.objects.get().made_at

    assert delete_old_reports(now=made_at + timedelta(days=90)) == 0
    assert delete_old_reports(now=made_at + timedelta(days=91)) == 1
