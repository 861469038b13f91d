"""The API of figures: its lists, its CSV, who may read what, and what bad input gets."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client

from articles.api.api_keys import issue_key
from articles.models import Article, ArticleAuthor, ArticleTag, Author, Section, Site, Source, Tag
from articles.roles import Role
from reactions import data_files
from reactions.http import csv_answer
from reactions.kinds import BY_KEY, KINDS
from reactions.models import Bucket, SiteBucket
from reactions.stats import query
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
Get = Callable[..., Any]


def bucket(
    article: Article, at: datetime, added: int, kind: str = "love", removed: int = 0
) -> None:
    start = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    figures = {"kind": BY_KEY[kind].bit, "added": added, "removed": removed}
    Bucket.objects.create(article_id=article.pk, start=start, **figures)
    SiteBucket.objects.create(section_id=article.section_id, start=start, **figures)


@pytest.fixture
def key(db: None) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_key(name='test', scopes=['stats:read'])}"}


@pytest.fixture
def get(client: Client, key: dict[str, str]) -> Get:
    def get(name: str, **parameters: str) -> Any:
        parameters = {name.rstrip("_"): value for name, value in parameters.items()}
        return client.get(f"/api/v1/stats/{name}/", parameters, headers=key)

    return get


@pytest.fixture
def post(client: Client, key: dict[str, str]) -> Get:
    def post(body: Any, query: str = "", headers: dict[str, str] = key) -> Any:
        content = body if isinstance(body, str) else json.dumps(body)
        address = f"/api/v1/stats/query/{query}"
        return client.post(address, content, content_type="application/json", headers=headers)

    return post


def body_of(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def rows_of(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body_of(response), newline="")))


# --- answers


def test_a_query_answers_in_the_order_asked(post: Get, publish_article: PublishArticle) -> None:
    section = Section.objects.create(name="Town", slug="town")
    now = datetime.now(UTC)
    bucket(publish_article(section=section), now, 30)
    bucket(publish_article(), now, 10, "sad", removed=4)

    answer = post(
        {
            "metrics": ["net", "came", "share:love"],
            "dimensions": ["section"],
            "date_range": "24h",
            "timezone": "Asia/Kathmandu",
            "compare": "previous_period",
        }
    )

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    found = answer.json()
    assert found["results"] == [
        {
            "dimensions": ["town"],
            "names": ["Town"],
            "metrics": [30, 30, 1.0],
            "comparison": [0, 0, None],
        },
        {
            "dimensions": [None],
            "names": [None],
            "metrics": [6, 10, None],
            "comparison": [0, 0, None],
        },
    ]
    assert found["totals"] == {"metrics": [36, 40, 0.75], "comparison": [0, 0, None]}
    assert (found["rows"], found["truncated"]) == (2, False)
    assert found["query"]["timezone"] == "Asia/Kathmandu"
    start, end = (datetime.fromisoformat(each) for each in found["query"]["date_range"])
    assert start.utcoffset() == timedelta(hours=5, minutes=45)
    assert timedelta(hours=24) <= end - start < timedelta(hours=24, minutes=15)
    assert found["query"]["running"]


def test_the_running_interval_is_not_complete(get: Get, article: Article) -> None:
    bucket(article, datetime.now(UTC), 3)

    found = get("timeseries", date_range="today", interval="hour", tz="America/Havana").json()

    assert [each["complete"] for each in found["results"]][-1] is False
    assert all(each["complete"] for each in found["results"][:-1])
    assert found["results"][0]["dimensions"][0].endswith(("-04:00", "-05:00"))
    assert found["totals"]["metrics"][:3] == [3, 0, 3]
    assert found["query"]["metrics"][3:] == [f"came:{kind.key}" for kind in KINDS]


@pytest.mark.parametrize(
    ("day", "before", "after", "hours"),
    [
        ("2024-10-27", "T02:00:00+02:00", "T02:00:00+01:00", 25),  # 02:00 to 03:00 comes twice
        ("2024-03-31", "T01:00:00+01:00", "T03:00:00+02:00", 23),  # and is skipped
    ],
)
def test_an_hour_that_comes_twice_is_two_rows_and_a_skipped_one_is_none(
    day: str, before: str, after: str, hours: int, get: Get, article: Article
) -> None:
    bucket(article, datetime.fromisoformat(f"{day}T00:30:00+00:00"), 3)
    bucket(article, datetime.fromisoformat(f"{day}T01:30:00+00:00"), 5)

    asked = {"from_": day, "to": day, "interval": "hour", "tz": "Europe/Berlin"}
    found = get("timeseries", **asked).json()["results"]

    counts = {each["dimensions"][0]: each["metrics"][0] for each in found}
    assert len(found) == len(counts) == hours
    assert {start: count for start, count in counts.items() if count} == {
        f"{day}{before}": 3,
        f"{day}{after}": 5,
    }


@pytest.fixture
def story(publish_article: PublishArticle) -> Article:
    """With a section, two tags, an author and a source."""
    found = publish_article(
        section=Section.objects.create(name="Town", slug="town"),
        source=Source.objects.create(name="AFP"),
        language="en-GB",
        headline="The bridge",
    )
    for position, name in enumerate(("rail", "river")):
        tag = Tag.objects.create(name=name.title(), slug=name)
        ArticleTag.objects.create(article=found, tag=tag, position=position)
    author = Author.objects.create(name="Ann", slug="ann")
    ArticleAuthor.objects.create(article=found, author=author, position=0)
    return found


@pytest.mark.parametrize(
    ("name", "dimensions"),
    [
        ("articles", [["ID"]]),
        ("sections", [["town"]]),
        ("authors", [["ann"]]),
        ("tags", [["rail"], ["river"]]),
        ("sources", [["AFP"]]),
        ("kinds", [["love"]]),
        ("realtime", [["ID"]]),
        ("movers", [["ID"]]),
    ],
)
def test_each_list_has_its_figures(
    get: Get, story: Article, publish_article: PublishArticle, name: str, dimensions: list[Any]
) -> None:
    bucket(story, datetime.now(UTC), 25)
    bucket(publish_article(headline="Other", language="de"), datetime.now(UTC), 50)
    chosen = {
        "section": "town",
        "tag": "rail",
        "author": "ann",
        "source": "AFP",
        "language": "en",
        "article": story.slug,
        "headline": "BRIDGE",
        "kind": "love,sad",
        "tz": "Europe/Berlin",
    }

    answer = get(name, **chosen)

    assert answer.status_code == 200, answer.content
    found = answer.json()
    expected = [[str(story.pk)] if each == ["ID"] else each for each in dimensions]
    assert sorted(each["dimensions"] for each in found["results"]) == expected
    came = found["query"]["metrics"].index("came")
    assert {each["metrics"][came] for each in found["results"]} == {25}
    assert found["totals"]["metrics"][came] == 25


def test_movers_are_those_that_changed_most(get: Get, publish_article: PublishArticle) -> None:
    now = datetime.now(UTC)
    up, down = publish_article(headline="up"), publish_article(headline="down")
    for article, before, after in ((up, 10, 30), (down, 90, 60)):
        bucket(article, now - 30 * HOUR, before)
        bucket(article, now, after)

    rising = get("movers", date_range="24h").json()
    falling = get("movers", date_range="24h", sort="change", limit="1").json()

    assert [each["names"] for each in rising["results"]] == [["up"], ["down"]]
    assert rising["results"][0]["comparison"][0] == 10
    assert [each["names"] for each in falling["results"]] == [["down"]]
    assert falling["truncated"]


def test_a_series_may_be_of_groups(get: Get, story: Article) -> None:
    bucket(story, datetime.now(UTC), 2)

    found = get("timeseries", date_range="7d", interval="day", by="kind").json()

    assert {each["dimensions"][1] for each in found["results"]} == {"love"}
    assert found["query"]["metrics"] == ["came", "left", "net"]
    assert get("timeseries", by="section_at_event", section_at_event="town").status_code == 200


def test_a_range_may_be_two_times_and_published_another(
    get: Get, publish_article: PublishArticle
) -> None:
    now = datetime.now(UTC)
    for age in (2, 40):
        story = publish_article(headline=str(age), first_published_at=now - timedelta(days=age))
        bucket(story, now, 1)
    day = (now - timedelta(days=5)).date().isoformat()

    since = get("articles", from_=day, published=f"{day},{now.date()}").json()
    until = get("articles", from_="2026-01-01", to=(now - HOUR).isoformat()).json()

    assert [each["names"] for each in since["results"]] == [["2"]]
    assert since["query"]["running"]
    assert until["results"] == []
    assert get("articles", compare="2026-01-01,2026-01-02").json()["query"]["compare"]


# --- one article


def test_the_figures_of_an_article_may_be_of_a_range(get: Get, article: Article) -> None:
    for day in (1, 2, 3):
        bucket(article, datetime(2026, 3, day, 12, tzinfo=UTC), day)

    def days(**parameters: str) -> list[int]:
        found = get(f"articles/{article.slug}", interval="day", **parameters).json()
        return [each["added"]["love"] for each in found["series"]]

    assert days() == [1, 2, 3]
    assert days(from_="2026-03-02") == [2, 3]
    assert days(to="2026-03-02") == [1, 2]
    assert days(from_="2026-03-02", to="2026-03-02T13:00:00Z") == [2]


def test_the_figures_of_an_article_are_csv_too(get: Get, article: Article) -> None:
    bucket(article, datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 5, removed=2)

    found = rows_of(
        get(f"articles/{article.slug}", interval="hour", tz="Europe/Berlin", format="csv")
    )

    assert found == [
        ["start", "local_time", "kind", "added", "removed"],
        ["2026-03-29T01:00:00+01:00", "2026-03-29 01:00", "love", "5", "2"],
        ["#end", "1"],
    ]


# --- CSV


def test_csv_is_safe_in_a_spreadsheet_and_read_back_the_same(
    get: Get, publish_article: PublishArticle
) -> None:
    headlines = [
        "=1+1",
        "-2+3",
        "+x",
        "@y",
        "\tz",
        "'=1",
        "'a",
        'say "so", she\nsaid',
        "Plain",
        "\uff1d1",
    ]
    for each in headlines:
        bucket(publish_article(headline=each), datetime.now(UTC), 1, removed=4)

    response = get("articles", date_range="24h", format="csv")
    header, *rows, end = rows_of(response)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="articles.csv"'
    assert header[:5] == ["article", "headline", "came", "left", "net"]
    assert end == ["#end", str(len(headlines))]
    assert {row[4] for row in rows} == {"-3"}
    cells = [row[1] for row in rows]
    assert not any(cell[0] in "=+-@\t\r\uff1d" for cell in cells)

    def original(cell: str) -> str:
        return cell[1:] if data_files._FORMULA.match(cell) else cell

    assert sorted(map(original, cells)) == sorted(headlines)


def test_csv_begins_with_a_byte_order_mark_where_asked(get: Get, article: Article) -> None:
    assert body_of(get("kinds", format="csv", bom="1")).startswith("\ufeffkind,came")
    assert body_of(get("kinds", format="csv")).startswith("kind,came")


def test_the_doubled_hour_is_two_rows_with_their_offsets(post: Get, article: Article) -> None:
    for hour in (0, 1):
        bucket(article, datetime(2025, 10, 26, hour, 30, tzinfo=UTC), hour + 1)
    body = {
        "metrics": ["came"],
        "dimensions": ["time:hour", "kind"],
        "date_range": ["2025-10-26", "2025-10-26"],
        "timezone": "Europe/Berlin",
        "compare": "previous_period",
    }

    header, *rows, end = rows_of(post(body, "?format=csv"))

    assert header == ["start", "local_time", "complete", "kind", "came", "came_compared"]
    assert end == ["#end", "25"]
    assert [row for row in rows if row[4] != "0"] == [
        ["2025-10-26T02:00:00+02:00", "2025-10-26 02:00", "true", "love", "1", ""],
        ["2025-10-26T02:00:00+01:00", "2025-10-26 02:00", "true", "love", "2", "0"],
    ]


def test_csv_has_every_row_unless_there_is_a_limit(
    get: Get, post: Get, publish_article: PublishArticle
) -> None:
    now = datetime.now(UTC)
    for number in range(105):
        bucket(publish_article(headline=f"Story {number:03}"), now - number * HOUR, number + 1)

    every = rows_of(get("articles", format="csv"))
    some = rows_of(get("articles", format="csv", limit="3", sort="came"))
    body = {"metrics": ["came", "left"], "dimensions": ["article", "time:day", "kind"]}
    series = rows_of(post(body, "?format=csv"))
    ordered = rows_of(
        post({**body, "order_by": [["came", "desc"]], "compare": "previous_week"}, "?format=csv")
    )
    without_usual = rows_of(post({"metrics": ["came"], "dimensions": ["article"]}, "?format=csv"))
    first = rows_of(
        post({"metrics": ["came"], "dimensions": ["article"], "limit": 1}, "?format=csv")
    )

    assert every[-1] == without_usual[-1] == series[-1] == ["#end", "105"]
    assert [row[2] for row in some[1:-1]] == ["1", "2", "3"]
    assert len(series) == 107
    assert ordered[1][-4:] == ["105", "0", "0", "0"]
    assert len(first) == 3


def test_a_file_that_was_cut_has_no_end_line() -> None:
    def lines() -> Any:
        yield "a\r\n"
        yield "1\r\n"
        raise RuntimeError("The database is gone.")

    found = csv_answer.csv_response(lines(), "x")

    with pytest.raises(RuntimeError):
        b"".join(found.streaming_content)  # type: ignore[arg-type]  # of a synchronous response


def test_few_exports_are_read_at_a_time_and_one_that_ends_makes_room(
    get: Get, publish_article: PublishArticle
) -> None:
    def lines() -> Any:
        yield from ("a\r\n", "1\r\n", "2\r\n")

    for _ in range(3):  # also after some that were not read to their end, or not at all
        begun = [
            csv_answer.csv_response(csv_answer.ExportLines(lines()), "x")
            for _ in range(csv_answer.MOST_EXPORTS)
        ]
        refused = get("sections", format="csv")
        next(iter(begun[0].streaming_content))  # type: ignore[arg-type]  # of a synchronous response
        for each in begun * 2:
            for close in each._resource_closers:  # type: ignore[attr-defined]  # as its server does
                close()

        assert (refused.status_code, refused["Retry-After"]) == (503, "10")
        assert refused["Content-Type"] == "application/problem+json"
    assert get("sections", format="csv").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_export_that_the_database_refuses_is_an_answer(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **named: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 1; SELECT pg_sleep(1)")
        yield

    with monkeypatch.context() as patched:
        patched.setattr(query, "stream", fail)
        answers = [get("sections", format="csv") for _ in range(csv_answer.MOST_EXPORTS + 1)]

    assert {each.status_code for each in answers} == {503}
    assert {each.json()["code"] for each in answers} != {"too_many_exports"}
    connection.close()


# --- whose figures


def test_figures_need_a_key_or_a_user_of_the_desk(client: Client, key: dict[str, str]) -> None:
    other = {"Authorization": f"Bearer {issue_key(name='other', scopes=['articles:write'])}"}
    reader = User.objects.create_user("reader")
    editor = User.objects.create_user("editor", is_staff=True)

    assert client.get("/api/v1/stats/sections/").status_code == 401
    assert client.get("/api/v1/stats/sections/", headers=other).status_code == 403
    assert client.post("/api/v1/stats/query/").status_code == 401
    client.force_login(reader)
    assert client.get("/api/v1/stats/sections/").status_code == 403
    client.force_login(editor)
    assert client.get("/api/v1/stats/sections/").status_code == 403
    editor.user_permissions.add(Permission.objects.get(codename="view_reactedarticle"))
    assert client.get("/api/v1/stats/sections/").status_code == 200


def test_an_author_gets_their_own_figures_and_no_others(
    client: Client, publish_article: PublishArticle
) -> None:
    ann = User.objects.create_user("ann", is_staff=True)
    ann.groups.add(Group.objects.get(name=Role.AUTHOR))
    client.force_login(ann)
    mine, other = publish_article(created_by=ann), publish_article()
    for each in (mine, other):
        bucket(each, datetime.now(UTC), 5)

    lists = [
        client.get(f"/api/v1/stats/{name}/").json()
        for name in (
            "articles",
            "sections",
            "authors",
            "tags",
            "sources",
            "kinds",
            "timeseries",
            "realtime",
            "movers",
        )
    ]
    refused = client.get("/api/v1/stats/articles/", {"article": str(other.pk)})

    for found in lists:
        assert found["totals"]["metrics"][found["query"]["metrics"].index("came")] == 5
    assert {each["dimensions"][0] for each in lists[0]["results"]} == {str(mine.pk)}
    assert str(other.pk) not in body_of(client.get("/api/v1/stats/articles/", {"format": "csv"}))
    assert client.get(f"/api/v1/stats/articles/{mine.pk}/").status_code == 200
    assert client.get(f"/api/v1/stats/articles/{other.pk}/").status_code == 403
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "article"


# --- bad input


REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("articles", {"colour": "red"}, "colour"),
    ("articles", {"date_range": "century"}, "date_range"),
    ("articles", {"date_range": "36500d"}, "date_range"),
    ("articles", {"from": "2026-05-02", "to": "2026-05-01"}, "to"),
    ("articles", {"from": "1926-05-02"}, "from"),
    ("articles", {"from": "2010-05-02", "to": "2026-05-01"}, "to"),
    ("articles", {"to": "2026-05-01"}, "from"),
    ("articles", {"from": "2026-05-01", "date_range": "7d"}, "date_range"),
    ("articles", {"from": "2026-05-01", "to": "x"}, "to"),
    ("articles", {"tz": "Mars/Olympus"}, "tz"),
    ("articles", {"compare": "never"}, "compare"),
    ("articles", {"compare": "2026-01-02,2026-01-01"}, "compare"),
    ("articles", {"published": "soon"}, "published"),
    ("articles", {"published": "2026-01-02,x"}, "published"),
    ("articles", {"sort": "-beauty"}, "sort"),
    ("articles", {"sort": "change"}, "sort"),
    ("articles", {"limit": "0"}, "limit"),
    ("articles", {"limit": "many"}, "limit"),
    ("articles", {"limit": "10001"}, "limit"),
    ("articles", {"offset": "-1"}, "offset"),
    ("articles", {"offset": "99999999"}, "offset"),
    ("articles", {"week_start": "someday"}, "week_start"),
    ("articles", {"format": "xml"}, "format"),
    ("articles", {"bom": "yes"}, "bom"),
    ("articles", {"section": "' OR 1=1 --"}, "section"),
    ("articles", {"section": ""}, "section"),
    ("articles", {"section": "nowhere"}, "section"),
    ("articles", {"tag": "a\0"}, "tag"),
    ("articles", {"kind": "love,joy"}, "kind"),
    ("articles", {"kind": "love", "site": "Another"}, "site"),
    ("articles", {"article": "5c9f4b1e-0000-4000-8000-000000000000"}, "article"),
    ("articles", {"section_at_event": "town"}, "section_at_event"),
    ("timeseries", {"interval": "fortnight"}, "interval"),
    ("timeseries", {"by": "colour"}, "by"),
    ("timeseries", {"by": "section_at_event", "tag": "rail"}, "by"),
    ("timeseries", {"interval": "15m", "date_range": "3000d"}, "date_range"),
    ("realtime", {"date_range": "24h"}, "date_range"),
    ("realtime", {"tz": "Mars"}, "tz"),
    ("articles/ID", {"from": "2026-05-02", "to": "2026-05-01"}, "to"),
    ("articles/ID", {"to": "x"}, "to"),
    ("articles/ID", {"since": "2026-05-02"}, "since"),
    ("articles/ID", {"format": "xml"}, "format"),
]


def test_a_parameter_that_cannot_be_understood_is_refused_by_name(get: Get, story: Article) -> None:
    for number, (name, parameters, field) in enumerate(REFUSED):
        form = {"format": "csv"} if number % 2 else {}
        response = get(name.replace("ID", str(story.pk)), **{**form, **parameters})

        assert response.status_code == 400, parameters
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["errors"][0]["field"] == field, parameters


def test_a_repeated_parameter_is_refused(client: Client, key: dict[str, str]) -> None:
    response = client.get("/api/v1/stats/sections/?tz=UTC&tz=Asia/Kathmandu", headers=key)

    assert response.status_code == 400
    assert response.json()["errors"][0] == {
        "field": "tz",
        "code": "repeated",
        "detail": "The parameter is there twice.",
    }


GOOD = {"metrics": ["came"]}


REFUSED_BODIES: list[tuple[Any, str | None]] = [
    ([], ""),
    ({}, "metrics"),
    ({**GOOD, "colour": 1}, "colour"),
    ({**GOOD, "date_range": "century"}, "date_range"),
    ({**GOOD, "date_range": {}}, "date_range"),
    ({**GOOD, "date_range": ["1926-01-01", "2026-01-01"]}, "date_range.0"),
    ({**GOOD, "date_range": ["2026-02-01", "2026-01-01"]}, "date_range"),
    ({**GOOD, "timezone": "Mars/Olympus"}, "timezone"),
    ({**GOOD, "timezone": ["UTC"]}, "timezone"),
    ({**GOOD, "published": "century"}, "published"),
    ({**GOOD, "week_start": 7}, "week_start"),
    ({**GOOD, "totals": "yes"}, "totals"),
    ({**GOOD, "limit": "10"}, "limit"),
    ({**GOOD, "limit": 10**30}, "limit"),
    ({**GOOD, "filters": [["is", "tag", ["x"]]] * 10_000}, None),
    ({**GOOD, "filters": [["is", "tag", ["x"]]] * 1_000}, "filters"),
    ({**GOOD, "filters": [["is", "tag; --", ["x"]]]}, "filters.0.1"),
    ({**GOOD, "filters": [["is", "site", ["Another"]]]}, "filters.0.2.0"),
]


def test_a_body_that_cannot_be_answered_is_refused_by_its_field(post: Get) -> None:
    for body, field in REFUSED_BODIES:
        response = post(body)

        assert response["Content-Type"] == "application/problem+json"
        assert response.status_code == (400 if field is not None else 413), field
        if field is not None:  # too large a body is not read
            assert response.json()["errors"][0]["field"] == field


def test_a_lone_surrogate_and_other_broken_json_are_refused(post: Get) -> None:
    for body in ('{"metrics": ["\\ud800"]}', '{"metrics": ["came"], "metrics": []}', "{", "\x00"):
        assert post(body).status_code == 400
    assert post(GOOD, "?colour=red").json()["errors"][0]["field"] == "colour"


def test_a_site_that_embeds_the_widget_has_figures_of_its_own(
    get: Get, publish_article: PublishArticle
) -> None:
    site = Site.objects.create(name="Valley News", origins=[])
    bucket(publish_article(site=site), datetime.now(UTC), 3)
    bucket(publish_article(), datetime.now(UTC), 4)

    assert get("kinds", site="valley news").json()["totals"]["metrics"][0] == 3
