"""The newsroom's figures, recomputed from the rows in plain Python."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.api.api_keys import issue_key
from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.kinds import KINDS, pack, unpack
from reactions.models import Reaction
from reactions.record import set_reactions
from reactions.stats.article import (
    INTERVALS,
    ArticleStatistics,
    article_statistics,
    timezones,
)
from tests.reactions.crowds import from_anywhere

BERLIN = ZoneInfo("Europe/Berlin")


def react(article: Article, kinds: int, at: datetime, reader_id: UUID | None = None) -> None:
    """A reaction made at that time, and aggregated."""
    reader_id = reader_id or uuid4()
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=kinds, signals=from_anywhere())
    Reaction.objects.filter(reader_id=reader_id).update(changed_at=at)
    aggregate()


def statistics(article: Article, interval: str, zone: str) -> ArticleStatistics:
    found = article_statistics(article_id=article.id, interval=interval, timezone=ZoneInfo(zone))
    assert found is not None
    return found


def floor(moment: datetime, interval: str, zone: ZoneInfo) -> datetime:
    """The start of the interval that holds the moment, in the zone's own hours and days."""
    local = moment.astimezone(zone)
    if interval == "day":
        return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
    minute = local.minute - local.minute % 15 if interval == "15m" else 0
    return local.replace(minute=minute, second=0, microsecond=0).astimezone(UTC)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"])
def test_the_series_is_what_the_rows_say(article: Article, interval: str, zone: str) -> None:
    chance = random.Random(f"{interval}{zone}")
    begin = datetime(2024, 12, 8, 6, tzinfo=UTC)
    for _ in range(60):
        react(
            article, chance.choice(KINDS).mask, begin + timedelta(minutes=chance.uniform(0, 4000))
        )

    found = statistics(article, interval, zone)

    expected: Counter[tuple[datetime, str]] = Counter()
    for kinds, at in Reaction.objects.values_list("kinds", "changed_at"):
        for key in unpack(kinds):
            expected[floor(at, interval, ZoneInfo(zone)), key] += 1
    series = {
        (period.start, key): count
        for period in found.series
        for key, count in period.added.items()
        if count
    }
    assert series == dict(expected)
    assert [period.start for period in found.series] == sorted({start for start, _ in expected})
    assert sum(found.current.values()) == 60


def test_added_less_removed_is_the_current_mix(article: Article) -> None:
    readers = [uuid4() for _ in range(10)]
    begin = datetime(2024, 12, 8, tzinfo=UTC)
    chance = random.Random(1)
    for step in range(60):
        headers = chance.choice([0, *(kind.mask for kind in KINDS)])
        react(article, headers, begin + timedelta(minutes=7 * step), chance.choice(readers))

    found = statistics(article, "hour", "UTC")

    balance = Counter[str]()
    for period in found.series:
        balance.update(period.added)
        balance.subtract(period.removed)
    assert {key: balance[key] for key in found.current} == found.current
    rows = Counter(
        key for kinds in Reaction.objects.values_list("kinds", flat=True) for key in unpack(kinds)
    )
    assert found.current == {kind.key: rows[kind.key] for kind in KINDS}


def test_a_day_on_which_clocks_go_back_is_one_day_of_twenty_five_hours(article: Article) -> None:
    first = datetime(2024, 10, 27, 0, 0, tzinfo=BERLIN)
    for hour in range(25):
        react(article, pack(["wow"]), first.astimezone(UTC) + timedelta(hours=hour))

    days = statistics(article, "day", "Europe/Berlin").series
    hours = statistics(article, "hour", "Europe/Berlin").series

    assert [(each.start, each.added["wow"]) for each in days] == [(first.astimezone(UTC), 25)]
    assert len(hours) == 25


def test_statistics_are_one_query(
    article: Article, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        statistics(article, "hour", "UTC")


# --- behind the API


@pytest.fixture
def ask(client: Client, article: Article) -> Callable[..., Any]:
    def ask(headers: dict[str, str] | None = None, **query: str) -> Any:
        return client.get(f"/api/v1/stats/articles/{article.id}/", query, headers=headers or {})

    return ask


@pytest.fixture
def key(db: None) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_key(name='test', scopes=['stats:read'])}"}


def test_a_key_reads_the_statistics(
    article: Article, ask: Callable[..., Any], key: dict[str, str]
) -> None:
    react(article, pack(["love"]), datetime(2024, 12, 8, 23, 50, tzinfo=UTC))

    answer = ask(key, interval="day", tz="Europe/Berlin").json()

    assert answer["article"] == str(article.id)
    assert answer["timezone"] == "Europe/Berlin"
    assert answer["current"]["love"] == 1
    assert [each["start"] for each in answer["series"]] == ["2024-12-08T23:00:00.000Z"]
    assert answer["series"][0]["added"] == {kind.key: int(kind.key == "love") for kind in KINDS}
    assert set(answer["series"][0]["removed"]) == {kind.key for kind in KINDS}


@pytest.mark.parametrize(
    ("begin", "starts", "local"),
    [
        (  # 02:00 to 03:00 comes twice
            datetime(2024, 10, 26, 23, 30, tzinfo=UTC),
            ["2024-10-26T23", "2024-10-27T00", "2024-10-27T01", "2024-10-27T02"],
            ["01:00:00+02:00", "02:00:00+02:00", "02:00:00+01:00", "03:00:00+01:00"],
        ),
        (  # and is skipped
            datetime(2024, 3, 30, 23, 30, tzinfo=UTC),
            ["2024-03-30T23", "2024-03-31T00", "2024-03-31T01", "2024-03-31T02"],
            ["00:00:00+01:00", "01:00:00+01:00", "03:00:00+02:00", "04:00:00+02:00"],
        ),
    ],
)
def test_starts_name_their_instants_where_clocks_change(
    article: Article,
    ask: Callable[..., Any],
    key: dict[str, str],
    begin: datetime,
    starts: list[str],
    local: list[str],
) -> None:
    for hour in range(4):
        react(article, pack(["wow"]), begin + timedelta(hours=hour))

    answer = ask(key, interval="hour", tz="Europe/Berlin").json()
    lines = b"".join(ask(key, interval="hour", tz="Europe/Berlin", format="csv")).decode()

    assert [each["start"] for each in answer["series"]] == [f"{at}:00:00.000Z" for at in starts]
    assert [line[11:25] for line in lines.splitlines()[1:-1]] == local


def test_statistics_need_a_key(ask: Callable[..., Any]) -> None:
    response = ask()

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


def test_a_key_with_another_scope_does_not_read_them(ask: Callable[..., Any]) -> None:
    other = issue_key(name="other", scopes=["articles:write"])

    assert ask({"Authorization": f"Bearer {other}"}).status_code == 403


@pytest.mark.parametrize(("permitted", "status"), [(True, 200), (False, 403)])
def test_a_signed_in_editor_reads_them_where_permitted(
    client: Client, ask: Callable[..., Any], permitted: bool, status: int
) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    if permitted:
        editor.user_permissions.add(Permission.objects.get(codename="view_reactedarticle"))
    client.force_login(editor)

    assert ask().status_code == status


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"interval": "week"}, "interval"),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"tz": "../etc"}, "tz"),
        ({"tz": "localtime"}, "tz"),
        ({"tz": "Factory"}, "tz"),
        ({"tz": ""}, "tz"),
    ],
)
def test_an_unknown_parameter_is_refused_by_name(
    ask: Callable[..., Any], key: dict[str, str], query: dict[str, str], field: str
) -> None:
    response = ask(key, **query)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field


def test_statistics_of_no_article_are_a_404(client: Client, key: dict[str, str]) -> None:
    assert client.get(f"/api/v1/stats/articles/{uuid4()}/", headers=key).status_code == 404


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Havana", datetime(2026, 11, 1, tzinfo=UTC)),
        ("Atlantic/Azores", datetime(2026, 10, 25, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 3, 8, tzinfo=UTC)),  # has no midnight
        ("America/Santiago", datetime(2026, 4, 5, tzinfo=UTC)),  # goes back to the day before
        ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("interval", INTERVALS)
def test_a_day_on_which_clocks_change_begins_at_its_first_moment(
    article: Article, zone: str, day: datetime, interval: str
) -> None:
    moments = [day + timedelta(minutes=15 * number + 1) for number in range(-24, 4 * 48, 3)]
    for moment in moments:
        react(article, pack(["love"]), moment)

    found = statistics(article, interval, zone)

    expected = sorted({floor(moment, interval, ZoneInfo(zone)) for moment in moments})
    assert [period.start for period in found.series] == expected
    assert sum(period.added["love"] for period in found.series) == len(moments)


def test_postgresql_knows_every_time_zone_that_may_be_asked_for(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) name"
            " WHERE lower(name) NOT IN (SELECT lower(name) FROM pg_timezone_names)",
            [sorted(timezones())],
        )
        assert cursor.fetchall() == []
