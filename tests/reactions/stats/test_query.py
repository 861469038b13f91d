"""The engine of figures: what the random questions of test_query_oracle.py do not ask."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, Permission, User
from pytest_django import DjangoAssertNumQueries

from articles.models import Account, Article, ArticleAuthor, ArticleTag, Author, Section, State, Tag
from articles.roles import Role
from reactions.kinds import BY_KEY, KINDS
from reactions.models import ArticleCount, Bucket, Pace, SiteBucket, ViewBucket
from reactions.stats import query as module
from reactions.stats.query import Figures, Query, export, run
from reactions.stats.scope import EVERYTHING, Scope, scope_of
from reactions.stats.windows import QueryRefused, read_window
from tests.conftest import PublishArticle

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 26, 14, 22, 31, tzinfo=UTC)
UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")


def bucket(
    article: Article, ago: timedelta, added: int, kind: str = "love", removed: int = 0
) -> None:
    """What came to and left a story in the quarter of an hour so long ago, as aggregation writes it."""
    at = NOW - ago
    start = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    figures = {"kind": BY_KEY[kind].bit, "added": added, "removed": removed}
    Bucket.objects.create(article_id=article.pk, start=start, **figures)
    SiteBucket.objects.create(section_id=article.section_id, start=start, **figures)
    count, _ = ArticleCount.objects.get_or_create(
        article_id=article.pk, kind=figures["kind"], defaults={"count": 0}
    )
    ArticleCount.objects.filter(pk=count.pk).update(count=count.count + added - removed)


def ask(
    *metrics: str,
    scope: Scope = EVERYTHING,
    window: Any = "today",
    zone: ZoneInfo = UTC_ZONE,
    **named: Any,
) -> Figures:
    query = Query(metrics=metrics, window=read_window(window, zone, NOW), **named)
    return run(query, scope, now=NOW)


def table(figures: Figures) -> list[tuple[Any, ...]]:
    return [(*each.dimensions, *each.metrics) for each in figures.results]


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


# --- figures


def view(article: Article, ago: timedelta, views: int, moved: int = 0) -> None:
    """So many views in the half hour so long ago."""
    at = NOW - ago
    start = at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
    ViewBucket.objects.create(article_id=article.pk, start=start, views=views, moved=moved)


def test_views_and_reactions_are_one_row_of_a_story(publish_article: PublishArticle) -> None:
    """Alone, in a series and in an export: they are read from two tables."""
    story, unseen, silent = publish_article(), publish_article(), publish_article()
    bucket(story, HOUR, 6)
    bucket(unseen, HOUR, 4)  # of a page that sends no views
    view(story, HOUR, 10, moved=14)
    view(silent, HOUR, 30)

    figures = ask("came", "views", "per_view", dimensions=["article"])

    expected = [(story.pk, 6, 24, 0.25), (unseen.pk, 4, 0, None), (silent.pk, 0, 30, 0.0)]
    assert table(figures) == expected
    assert figures.totals == (10, 54, 6 / 54)
    series = ask("came", "views", dimensions=["article", "time:hour"])
    assert sorted(each.metrics for each in series.results) == [(0, 30), (4, 0), (6, 24)]
    exported = export(
        Query(
            metrics=["came", "views", "per_view"],
            window=read_window("today", UTC_ZONE, NOW),
            dimensions=["article"],
        ),
        EVERYTHING,
        now=NOW,
    )
    assert exported is not None
    assert sorted(tuple(each[2:]) for each in exported.rows) == sorted(
        each[1:] for each in expected
    )


def test_few_views_have_no_reactions_for_each(article: Article) -> None:
    bucket(article, HOUR, 6)
    view(article, HOUR, 19)
    assert table(ask("views", "per_view")) == [(19, None)]

    view(article, 2 * HOUR, 1)
    assert table(ask("views", "per_view")) == [(20, 0.3)]
    assert table(ask("per_view", filters=[["is", "kind", ["sad"]]])) == [(0.0,)]


def test_a_half_hour_is_in_the_interval_in_which_it_begins(article: Article) -> None:
    """In Kathmandu days begin a quarter past a whole hour in UTC."""
    view(article, 20 * HOUR, 5)  # 18:00 UTC, 23:45 there
    view(article, 19.5 * HOUR, 7)  # 18:30 UTC

    figures = ask("views", window="24h", dimensions=["time:day"], zone=ZoneInfo("Asia/Kathmandu"))

    assert [each.metrics for each in figures.results] == [(5,), (7,)]


def test_now_is_the_counts_of_all_time_and_the_last_hour_four_quarters(article: Article) -> None:
    bucket(article, 2 * MINUTE, 5)
    bucket(article, 50 * MINUTE, 7, removed=2)  # 13:30: the last of the three quarters before
    bucket(article, 55 * MINUTE, 11)  # 13:15: not in it
    bucket(article, 40 * DAY, 100)

    figures = ask("now", "last_hour", "came", dimensions=["article"])

    assert table(figures) == [(article.pk, 121, 12, 23)]
    assert figures.totals == (121, 12, 23)
    assert table(ask("now", "last_hour")) == [(121, 12)]
    assert table(ask("now", dimensions=["kind"], filters=[["is", "kind", ["love"]]])) == [
        ("love", 121)
    ]


def test_figures_of_no_reaction_are_zero_and_those_of_few_have_no_share(article: Article) -> None:
    assert table(ask("came", "share", "per_story", "stories")) == [(0, None, None, 0)]

    bucket(article, HOUR, 19)
    assert table(ask("share", "share:love", dimensions=["article"])) == [(article.pk, None, None)]

    bucket(article, HOUR, 1, "sad")
    assert table(ask("share:love", "share:sad")) == [(0.95, 0.05)]
    assert table(ask("share", dimensions=["kind"])) == [("love", 0.95), ("sad", 0.05)]


def test_against_usual_is_what_came_over_the_median_of_the_age(
    publish_article: PublishArticle,
) -> None:
    story, few, old = (
        publish_article(first_published_at=NOW - each) for each in (2 * HOUR, 2 * HOUR, 60 * DAY)
    )
    for age, median in ((60, 10.0), (120, 25.0)):
        Pace.objects.create(
            section_id=None,
            age=age,
            articles=40,
            quarter=1,
            median=median,
            three_quarters=30,
            high=50,
            hour_median=1,
            hour_high=2,
        )
    for each, came in ((story, 75), (few, 19), (old, 90)):
        bucket(each, HOUR, came)

    order = [["against_usual", "desc"], ["came", "desc"]]
    figures = ask("came", "against_usual", dimensions=["article"], order_by=order)
    first = ask("against_usual", dimensions=["article"], limit=1)
    by_came = ask("came", "against_usual", dimensions=["article"], limit=1)

    assert table(figures) == [(story.pk, 75, 3.0), (old.pk, 90, None), (few.pk, 19, None)]
    assert table(first) == [(story.pk, 3.0)]
    assert table(by_came) == [(old.pk, 90, None)]
    assert by_came.truncated


def test_an_article_with_two_tags_counts_for_both_and_once_in_the_totals(article: Article) -> None:
    for position, name in enumerate(("river", "rail")):
        tag = Tag.objects.create(name=name.title(), slug=name)
        ArticleTag.objects.create(article=article, tag=tag, position=position)
    bucket(article, HOUR, 30)

    figures = ask("came", "stories", dimensions=["tag"], order_by=[["tag", "asc"]])

    assert table(figures) == [("rail", 30, 1), ("river", 30, 1)]
    assert [each.names for each in figures.results] == [("Rail",), ("River",)]
    assert figures.totals == (30, 1)


def test_the_section_at_the_event_stays_when_the_story_moves(article: Article) -> None:
    before, after = (Section.objects.create(name=each, slug=each) for each in ("old", "new"))
    article.section = before
    bucket(article, HOUR, 3)
    Article.objects.filter(pk=article.pk).update(section=after)

    assert table(ask("came", dimensions=["section"])) == [("new", 3)]
    assert table(ask("came", dimensions=["section_at_event"])) == [("old", 3)]
    is_old = [["is", "section_at_event", ["old"]]]
    assert table(ask("came", filters=is_old)) == [(3,)]
    assert table(ask("came", filters=[["is_not", "section_at_event", ["old", None]]])) == [(0,)]


# --- time


def test_a_series_has_every_interval_and_says_which_is_not_over(article: Article) -> None:
    bucket(article, 3 * HOUR, 4)
    bucket(article, 26 * HOUR, 9)

    figures = ask("came", dimensions=["time:hour"], compare="previous_period", zone=BERLIN)

    hours = [each.dimensions[0].astimezone(BERLIN).hour for each in figures.results]
    assert hours == list(range(16))
    assert [hour for hour, each in enumerate(figures.results) if each.metrics == (4,)] == [12]
    # Yesterday, 12:22 UTC, is 13:22 in Berlin.
    assert [hour for hour, each in enumerate(figures.results) if each.comparison == (9,)] == [13]
    assert [each.complete for each in figures.results] == [True] * 15 + [False]
    assert figures.totals == (4,)
    assert figures.totals_comparison == (9,)


def test_a_series_of_groups_has_every_interval_of_each(article: Article) -> None:
    bucket(article, HOUR, 2, "love")
    bucket(article, 26 * HOUR, 1, "sad")

    figures = ask("came", dimensions=["kind", "time:day"], window="7d", order_by=[["kind", "desc"]])

    assert [each.dimensions[0] for each in figures.results] == ["sad"] * 8 + ["love"] * 8
    assert sum(each.metrics[0] or 0 for each in figures.results) == 3
    assert figures.every_row == 16


def test_a_series_of_articles_has_only_intervals_with_a_change(article: Article) -> None:
    bucket(article, HOUR, 2)

    assert len(ask("came", dimensions=["article", "time:day"], window="28d").results) == 1


def test_a_day_of_twenty_five_hours_is_compared_with_one_of_twenty_four(article: Article) -> None:
    day = ["2026-10-25", "2026-10-25"]
    for number in range(24):
        bucket(
            article, NOW - datetime(2026, 10, 23, 22 + number // 24, tzinfo=UTC) - number * HOUR, 1
        )

    figures = ask(
        "came", dimensions=["time:hour"], compare="previous_period", window=day, zone=BERLIN
    )

    assert len(figures.results) == 25
    assert figures.totals_comparison == (24,)
    # The hour from two to three is there twice and was once the day before.
    assert [each.comparison for each in figures.results] == [(1,), (1,), None, *[(1,)] * 22]


def test_a_custom_comparison_is_aligned_by_number(article: Article) -> None:
    for number in range(5):
        bucket(article, (10 + number) * DAY, 10 + number)

    longer = ask(
        "came",
        dimensions=["time:day"],
        window=["2026-11-16", "2026-11-17"],
        compare=["2026-11-12", "2026-11-15"],
    )
    shorter = ask(
        "came",
        dimensions=["time:day"],
        window=["2026-11-15", "2026-11-16"],
        compare=["2026-11-14", "2026-11-14"],
    )

    assert [each.comparison for each in longer.results] == [(14,), (13,)]
    assert longer.totals_comparison == (14 + 13 + 12 + 11,)
    assert [each.comparison for each in shorter.results] == [(12,), None]


# --- rows


def test_rows_are_in_the_order_asked_and_a_limit_says_what_it_cuts(
    publish_article: PublishArticle,
) -> None:
    stories = [publish_article(headline=each) for each in ("Alder", "birch", "Cedar")]
    for number, each in enumerate(stories):
        bucket(each, HOUR, 10 * number + 5)
        bucket(each, 25 * HOUR, 20)

    def order(*order_by: Any, **named: Any) -> list[Any]:
        figures = ask(
            "came", dimensions=["article"], order_by=order_by, compare="previous_period", **named
        )
        return [each.names[0] for each in figures.results]

    assert order() == ["Cedar", "birch", "Alder"]
    assert order(["article", "asc"]) == ["Alder", "birch", "Cedar"]
    assert order(["change", "asc"]) == ["Alder", "birch", "Cedar"]
    assert order(["came", "asc"], limit=1, offset=1) == ["birch"]
    figures = ask("came", dimensions=["article"], limit=1, offset=1)
    assert (figures.truncated, figures.every_row, figures.totals) == (True, 3, (45,))
    assert not ask("came", dimensions=["article"], offset=2).truncated
    assert ask("came", dimensions=["article"], totals=False).totals is None


def test_a_page_past_the_last_row_is_empty(article: Article) -> None:
    bucket(article, HOUR, 3)

    figures = ask("came", dimensions=["article"], offset=5)

    assert figures.results == []
    assert figures.totals == (3,)


def test_stories_that_came_out_in_a_window_are_listed_without_a_reaction_too(
    publish_article: PublishArticle,
) -> None:
    new, unread, old, draft = (
        publish_article(first_published_at=NOW - days * DAY) for days in (1, 2, 30, 1)
    )
    Article.objects.filter(pk=draft.pk).update(state=State.DRAFT)
    for each in (new, old):
        bucket(each, HOUR, 3)

    week = read_window("7d", UTC_ZONE, NOW)

    assert table(ask("came", "stories", dimensions=["article"], published=week)) == [
        (new.pk, 3, 1),
        (unread.pk, 0, 0),
    ]
    assert table(ask("came", published=week)) == [(3,)]
    assert table(ask("came", dimensions=["kind"], published=week)) == [("love", 3)]


def test_a_kind_that_is_gone_has_no_row(article: Article) -> None:
    Bucket.objects.create(article_id=article.pk, start=NOW - HOUR, kind=29, added=4, removed=0)
    bucket(article, HOUR, 1)

    assert table(ask("came", dimensions=["kind", "article"])) == [("love", article.pk, 1)]


def test_figures_of_any_breadth_are_one_statement(
    article: Article, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bucket(article, HOUR, 1)

    with django_assert_num_queries(1):
        ask(
            "came",
            "left",
            "share",
            "stories",
            "now",
            "last_hour",
            dimensions=["author", "tag"],
            compare="previous_week",
        )


@pytest.mark.parametrize(
    "dimensions",
    [
        ["kind"],
        ["article", "kind"],
        ["section"],
        ["article", "time:hour", "kind"],
        ["section_at_event"],
        [],
    ],
)
def test_an_export_has_the_rows_of_the_answer(
    publish_article: PublishArticle, dimensions: list[str]
) -> None:
    section = Section.objects.create(name="Town", slug="town")
    for number, story in enumerate([publish_article(section=section), publish_article()]):
        bucket(story, HOUR, 30 + number)
        bucket(story, 2 * HOUR, 25, "sad", removed=number)
        bucket(story, 26 * HOUR, 21, "sad")
    metrics = [
        "came",
        "left",
        "share",
        *(["stories"] if "section_at_event" not in dimensions else []),
    ]
    for compare in (None, "previous_period"):
        query = Query(
            metrics=metrics,
            dimensions=dimensions,
            compare=compare,
            window=read_window("today", UTC_ZONE, NOW),
        )

        exported = export(query, EVERYTHING, now=NOW)

        assert exported
        names = {kind.bit: kind.key for kind in KINDS}
        starts = {number: each.start for number, each in enumerate(exported.intervals, start=1)}
        known = {"kind": names.__getitem__, "time:hour": starts.__getitem__}
        found = []
        for row in exported.rows:
            values = [known.get(name, str)(row[2 * place]) for place, name in enumerate(dimensions)]
            found.append((*values, *row[2 * len(dimensions) :]))
        expected = [
            (
                *(each if isinstance(each, datetime) else str(each) for each in result.dimensions),
                *result.metrics,
                *(result.comparison or ()),
            )
            for result in run(query, EVERYTHING, now=NOW).results
        ]
        assert sorted(found, key=str) == sorted(expected, key=str)


# --- whose


@pytest.fixture
def author() -> User:
    user = User.objects.create_user("ann", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.AUTHOR))
    return user


def test_an_author_sees_the_figures_of_their_own_stories(
    author: User, publish_article: PublishArticle
) -> None:
    mine, byline, other = publish_article(created_by=author), publish_article(), publish_article()
    person = Author.objects.create(name="Ann", slug="ann")
    Account.objects.create(user=author, author=person)
    ArticleAuthor.objects.create(article=byline, author=person, position=0)
    for each in (mine, byline, other):
        bucket(each, HOUR, 7)

    scope = scope_of(User.objects.get(pk=author.pk))

    assert scope is not None
    assert {
        each.dimensions[0] for each in ask("came", dimensions=["article"], scope=scope).results
    } == {
        mine.pk,
        byline.pk,
    }
    assert table(ask("came", "now", "last_hour", scope=scope)) == [(14, 14, 0)]
    assert table(ask("came", dimensions=["time:day"], scope=scope))[0][1:] == (14,)
    with pytest.raises(QueryRefused, match="no such article"):
        ask("came", filters=[["is", "article", [str(other.pk)]]], scope=scope)
    assert table(ask("came", scope=scope.within([mine.pk, other.pk]))) == [(7,)]
    assert table(ask("came", scope=Scope(frozenset()))) == [(0,)]


def test_a_user_without_a_role_sees_no_figures(author: User) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    assert scope_of(editor) is None
    Account.objects.create(user=editor, author=Author.objects.create(name="Eve", slug="eve"))
    assert scope_of(User.objects.get(pk=editor.pk)) == Scope(frozenset())
    editor.user_permissions.add(Permission.objects.get(codename="view_reactedarticle"))
    assert scope_of(User.objects.get(pk=editor.pk)) is EVERYTHING
    author.is_staff = False
    assert scope_of(author) is None


# --- what is refused


LONG = ["is", "section", ["x" * 301]]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"metrics": []}, "metrics", "required"),
    ({"metrics": ["came", "clicks"]}, "metrics.1", "unknown"),
    ({"metrics": ["came", "came"]}, "metrics", "duplicate"),
    ({"metrics": ["came:joy"]}, "metrics.0", "unknown"),
    ({"metrics": ["now:love"]}, "metrics.0", "unknown"),
    ({"metrics": [["came"]]}, "metrics.0", "unknown"),
    ({"metrics": "came"}, "metrics", "not_a_list"),
    ({"metrics": ["came"] * 31}, "metrics", "too_many"),
    ({"dimensions": ["colour"]}, "dimensions.0", "unknown"),
    ({"dimensions": ["time:day", "time:hour"]}, "dimensions", "not_together"),
    ({"dimensions": ["kind", "tag", "author", "site"]}, "dimensions", "too_many"),
    ({"metrics": ["now"], "dimensions": ["time:day"]}, "metrics", "not_together"),
    ({"metrics": ["against_usual"], "dimensions": ["section"]}, "metrics", "not_together"),
    ({"metrics": ["came:love"], "dimensions": ["kind"]}, "metrics", "not_together"),
    ({"metrics": ["stories"], "dimensions": ["section_at_event"]}, "metrics", "not_together"),
    ({"metrics": ["views"], "dimensions": ["section_at_event"]}, "metrics", "not_together"),
    ({"metrics": ["views"], "dimensions": ["kind"]}, "metrics", "not_together"),
    ({"metrics": ["per_view"], "dimensions": ["article", "kind"]}, "metrics", "not_together"),
    ({"metrics": ["per_view"], "dimensions": ["time:15m"]}, "metrics", "not_together"),
    ({"metrics": ["views:love"]}, "metrics.0", "unknown"),
    ({"dimensions": ["section_at_event", "tag"]}, "dimensions", "not_together"),
    (
        {"filters": [["is", "section_at_event", [None]], ["is", "tag", [None]]]},
        "filters",
        "not_together",
    ),
    (
        {"metrics": ["now"], "filters": [["is", "section_at_event", [None]]]},
        "metrics",
        "not_together",
    ),
    ({"week_start": "someday"}, "week_start", "unknown"),
    ({"limit": 0}, "limit", "out_of_range"),
    ({"limit": True}, "limit", "out_of_range"),
    ({"offset": -1}, "offset", "out_of_range"),
    ({"compare": "never"}, "compare", "unknown"),
    ({"order_by": "came"}, "order_by", "too_many"),
    ({"order_by": ["came"]}, "order_by.0", "not_a_pair"),
    ({"order_by": [["left", "asc"]]}, "order_by.0.0", "unknown"),
    ({"order_by": [["change", "asc"]]}, "order_by.0.0", "unknown"),
    ({"order_by": [["came", "up; DROP TABLE x"]]}, "order_by.0.1", "unknown"),
    ({"order_by": [[["came"], "asc"]]}, "order_by.0.0", "unknown"),
    ({"filters": "x"}, "filters", "not_a_list"),
    ({"filters": [["is", "tag", [None]]] * 10_000}, "filters", "too_many"),
    ({"filters": [["is", "tag"]]}, "filters.0", "not_a_filter"),
    ({"filters": ["is"]}, "filters.0", "not_a_filter"),
    ({"filters": [["like", "tag", ["a"]]]}, "filters.0.0", "unknown"),
    ({"filters": [[{}, "tag", ["a"]]]}, "filters.0.0", "unknown"),
    ({"filters": [["is", "headline", ["a"]]]}, "filters.0.1", "unknown"),
    ({"filters": [["contains", "tag", ["a"]]]}, "filters.0.1", "unknown"),
    ({"filters": [["is", [], ["a"]]]}, "filters.0.1", "unknown"),
    ({"filters": [["is", "tag", "a"]]}, "filters.0.2", "not_a_list"),
    ({"filters": [["is", "tag", []]]}, "filters.0.2", "not_a_list"),
    ({"filters": [["is", "tag", ["a"] * 201]]}, "filters.0.2", "not_a_list"),
    ({"filters": [["is", "tag", ["a"]]]}, "filters.0.2.0", "unknown"),
    (
        {"filters": [["is", "tag", ["'; DROP TABLE reactions_bucket; --"]]]},
        "filters.0.2.0",
        "unknown",
    ),
    ({"filters": [["is", "article", [str(uuid4())]]]}, "filters.0.2.0", "unknown"),
    ({"filters": [["is", "article", [None]]]}, "filters.0.2.0", "not_a_text"),
    ({"filters": [["is", "site", ["Another"]]]}, "filters.0.2.0", "unknown"),
    ({"filters": [["is", "kind", ["joy"]]]}, "filters.0.2.0", "unknown"),
    ({"filters": [["is", "kind", [None]]]}, "filters.0.2.0", "not_a_text"),
    ({"filters": [["is", "tag", [5]]]}, "filters.0.2.0", "not_a_text"),
    ({"filters": [["is", "tag", ["a\0"]]]}, "filters.0.2.0", "not_a_text"),
    ({"filters": [["contains", "headline", ["\ud800"]]]}, "filters.0.2.0", "not_a_text"),
    ({"filters": [["contains", "headline", [None]]]}, "filters.0.2.0", "not_a_text"),
    ({"filters": [LONG]}, "filters.0.2.0", "not_a_text"),
]


def test_what_cannot_be_answered_is_refused_by_its_field() -> None:
    window = read_window("today", UTC_ZONE, NOW)
    for named, field, code in REFUSED:
        with pytest.raises(QueryRefused) as refused:
            run(Query(**{"metrics": ["came"], "window": window, **named}), EVERYTHING, now=NOW)

        assert (refused.value.field, refused.value.code) == (field, code)


def test_more_rows_than_a_series_can_have_are_refused(
    article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 5)
    for number in range(7):
        bucket(article, number * HOUR, 1)

    for dimensions in (["time:15m"], ["article", "time:15m"]):
        with pytest.raises(QueryRefused, match="More than 5 rows"):
            ask("came", dimensions=dimensions)


def test_a_filter_is_a_parameter_and_its_wildcards_are_characters(
    publish_article: PublishArticle,
) -> None:
    odd, plain = publish_article(headline="50% \\ a_b'; --"), publish_article(headline="500 axb")
    for each in (odd, plain):
        bucket(each, HOUR, 1)

    for text in ("50%", "a_b'; --", "\\ A"):
        found = table(
            ask("came", dimensions=["article"], filters=[["contains", "headline", [text]]])
        )
        assert found == [(odd.pk, 1)]


def test_statements_of_any_number_of_questions_are_not_kept(article: Article) -> None:
    from reactions.sql import statement

    kept = statement.cache_info().currsize
    for metric in ("came", "left", "net"):
        ask(metric, dimensions=["section"])

    assert statement.cache_info().currsize == kept


def test_articles_are_chosen_by_id_in_any_case_and_by_slug(article: Article) -> None:
    bucket(article, HOUR, 4)

    for value in (article.pk, str(article.pk).upper(), article.slug):
        assert table(ask("came", filters=[["is", "article", [value]]])) == [(4,)]
        assert table(ask("came", filters=[["is_not", "article", [value]]])) == [(0,)]
