"""Views: who is counted, how they reach PostgreSQL, and what a lost Redis, a killed task and a merge make of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, transaction
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from articles.models import Article
from articles.sites.moves import merge_articles
from reactions import page_views
from reactions.cache import limits, redis_keys
from reactions.cache import redis as redis_cache
from reactions.models import ArticleMerge, ViewBucket
from reactions.moderation import client_network
from reactions.move import note_merges, settle_merges
from reactions.page_views import copy_views, note_view, read_view_counts
from reactions.sql import rows
from reactions.tasks import copy_views_task
from tests.articles.sites.sites import make_site, publish_at
from tests.conftest import PublishArticle
from tests.scraping import scrape

pytestmark = pytest.mark.django_db

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
START = datetime(2026, 11, 20, 13, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_views(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In the half hour that begins at START, and no view of an earlier test."""
    monkeypatch.setattr(page_views, "_half_hour", lambda: int(START.timestamp()))
    _forget()
    yield
    _forget()


def _forget() -> None:
    page_views._waiting.clear()
    client = redis_cache.client()
    for key in client.scan_iter("views*"):
        client.delete(key)


def view(
    client: Client, body: Any, *, content_type: str = "text/plain;charset=UTF-8", **headers: str
) -> Any:
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    headers = {"HTTP_USER_AGENT": BROWSER, **headers}
    return client.post("/api/v1/views/", text, content_type=content_type, **headers)  # type: ignore[arg-type]  # Django's META


def visit(article_id: UUID, address: str = "192.0.2.1", agent: str = BROWSER) -> None:
    request = RequestFactory(REMOTE_ADDR=address, HTTP_USER_AGENT=agent).post("/")
    note_view(request, article_id=article_id)


def views_of(article_id: UUID) -> dict[datetime, int]:
    found = ViewBucket.objects.filter(article_id=article_id)
    return {each.start: each.views + each.moved for each in found if each.views + each.moved}


# --- the call


def test_a_visit_is_counted_once_in_a_half_hour(
    client: Client, article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = view(client, {"article": str(article.pk)}, HTTP_ORIGIN="https://blog.example")
    view(client, {"article": article.slug}, content_type="application/json")
    copy_views()
    after_two = views_of(article.pk)
    monkeypatch.setattr(page_views, "_half_hour", lambda: int(START.timestamp()) + 1_800)
    view(client, {"article": article.slug})
    copy_views()

    assert (first.status_code, first.content) == (204, b"")
    assert (first["Cache-Control"], first["Access-Control-Allow-Origin"]) == ("no-store", "*")
    assert not first.cookies
    assert after_two == {START: 1}
    assert [*views_of(article.pk).values()] == [1, 1]


def test_another_address_and_another_browser_are_other_clients(
    client: Client, article: Article
) -> None:
    for address, agent in [("192.0.2.1", "a"), ("192.0.2.1", "b"), ("192.0.2.2", "a")] * 2:
        view(
            client,
            {"article": article.slug},
            REMOTE_ADDR=address,
            HTTP_USER_AGENT=f"{BROWSER} {agent}",
        )
    copy_views()

    assert views_of(article.pk) == {START: 3}


BOTS = [
    "",
    "  ",
    "curl/8.11.0",
    "python-requests/2.32.3",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 " + "a" * 8_000,
    "Mozilla/5.0 " + "a b " * 2_000,
]
BROWSERS = [
    BROWSER,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.86 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/489.0.0.66.81;IABMV/1;]",
    "Opera/9.80 (Android; Opera Mini/68.0/191.308; U; en) Presto/2.12.423 Version/12.16",
    "Mozilla/5.0 \udcff",
]


@pytest.mark.parametrize(
    ("agent", "views"),
    [*((each, 0) for each in BOTS), *((each, 1) for each in BROWSERS)],
    ids=lambda each: str(each)[:60].encode("ascii", "backslashreplace").decode(),
)
def test_a_bot_is_answered_and_not_counted(
    client: Client, article: Article, agent: str, views: int
) -> None:
    answered = view(client, {"article": article.slug}, HTTP_USER_AGENT=agent)
    copy_views()

    assert answered.status_code == 204
    assert sum(views_of(article.pk).values()) == views
    assert (read_view_counts() or {})["bot"] == 1 - views


def test_a_browser_that_sends_global_privacy_control_is_not_counted(
    client: Client, article: Article
) -> None:
    answered = view(client, {"article": article.slug}, HTTP_SEC_GPC="1")

    assert answered.status_code == 204
    assert copy_views() == 0
    assert (read_view_counts() or {})["opted_out"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("{}", 400),
        ({"article": ""}, 400),
        ({"article": ["x"]}, 400),
        ({"article": "x", "reader": 1}, 400),
        ({"article": "x" * 2_000}, 400),
        ('{"article": "\\ud800"}', 400),
        (b'{"article": "\xff"}', 400),
        ({"article": "a\0b"}, 400),
        ({"article": "x" * 20_000}, 413),
        ({"article": "no-such-article"}, 404),
        ({"article": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"article": "https://elsewhere.example/a"}, 404),
        ({"article": "https://[/"}, 404),
    ],
    ids=lambda each: repr(each)[:40],
)
def test_what_is_no_view_is_refused(client: Client, db: None, body: Any, status: int) -> None:
    answered = view(client, body)

    assert answered.status_code == status
    assert answered["Content-Type"] == "application/problem+json"
    assert copy_views() == 0


def test_a_form_is_refused(client: Client, article: Article) -> None:
    answered = view(client, "article=x", content_type="application/x-www-form-urlencoded")

    assert answered.status_code == 415


def test_a_draft_is_not_there(client: Client, publish_article: PublishArticle) -> None:
    draft = publish_article(state="draft")

    assert view(client, {"article": str(draft.pk)}).status_code == 404


def test_off_there_is_no_such_call(client: Client, article: Article, settings: Settings) -> None:
    settings.REACTIONS_COUNT_VIEWS = False

    assert view(client, {"article": article.slug}).status_code == 404
    assert copy_views() == 0


def test_a_known_article_costs_no_query(
    client: Client, article: Article, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    view(client, {"article": article.slug})

    with django_assert_num_queries(0):
        view(client, {"article": article.slug})


def test_a_network_has_a_limit(client: Client, article: Article, settings: Settings) -> None:
    settings.VIEWS_PER_NETWORK_HOUR, settings.VIEWS_PER_NETWORK_AT_ONCE = 1, 1
    for key in redis_cache.client().scan_iter("rate_limit:{views*"):
        redis_cache.client().delete(key)

    answered = [view(client, {"article": article.slug}) for _ in range(2)]

    assert [each.status_code for each in answered] == [204, 429]
    assert int(answered[1]["Retry-After"]) > 1


def test_without_redis_a_view_is_lost_and_says_so_later(client: Client, article: Article) -> None:
    view(client, {"article": article.slug})
    limits.redis_breaker.trip()

    answered = view(client, {"article": article.slug}, REMOTE_ADDR="192.0.2.9")

    assert (answered.status_code, copy_views(), read_view_counts()) == (204, 0, None)
    limits.redis_breaker.reset()
    assert copy_views() == 1
    assert views_of(article.pk) == {START: 1}
    assert (read_view_counts() or {})["lost"] == 1
    assert 'newsroom_views_total{outcome="lost"} 1.0' in scrape(client).content.decode()


# --- from Redis to PostgreSQL


# A process that has no database, and so is given the salt and the time.
VISITS = """
import sys, django
django.setup()
from django.test import RequestFactory
from reactions import page_views
from reactions.moderation import client_network
article, start, salt, agent, first, last = sys.argv[1:]
client_network._salt = lambda day: bytes.fromhex(salt)
page_views._half_hour = lambda: int(float(start))
for number in range(int(first), int(last)):
    address = f"198.51.{number // 250}.{number % 250}"
    request = RequestFactory(REMOTE_ADDR=address, HTTP_USER_AGENT=agent).post("/")
    page_views.note_view(request, article_id=article)
"""


def test_two_processes_count_a_client_once(article: Article) -> None:
    salt = client_network._salt(datetime.now(UTC).date()).hex()
    named = [str(article.pk), str(START.timestamp()), salt, BROWSER]
    spans = [("0", "1200"), ("800", "2000")]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "newsroom.settings"}
    environment["REDIS_URL"] = django_settings.REDIS_URL

    processes = [
        subprocess.Popen([sys.executable, "-c", VISITS, *named, *each], env=environment)
        for each in spans
    ]
    codes = [each.wait(timeout=60) for each in processes]
    copy_views()

    assert codes == [0, 0]
    assert views_of(article.pk)[START] == pytest.approx(2_000, rel=0.03)


def test_a_task_that_is_killed_before_the_commit_or_after_it_loses_nothing(
    article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(article.pk)

    def killed(*_: object, **__: object) -> Any:
        raise OperationalError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(page_views, "rows", killed)
        with pytest.raises(OperationalError):
            copy_views()
    before = views_of(article.pk)
    with monkeypatch.context() as patched:
        patched.setattr(redis_cache, "run_script", killed)
        with pytest.raises(OperationalError):
            copy_views()
    again = copy_views()

    assert before == {}
    assert again == 0  # it is there already
    assert views_of(article.pk) == {START: 1}
    assert redis_cache.client().zcard(redis_keys.VIEWS_CHANGED) == 0


def test_a_view_that_comes_during_a_copy_is_copied_by_the_next_one(
    article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(article.pk)

    def copy_with_a_rival(*args: Any, **named: Any) -> Any:
        monkeypatch.setattr(page_views, "rows", rows)
        visit(article.pk, "192.0.2.2")
        return rows(*args, **named)

    monkeypatch.setattr(page_views, "rows", copy_with_a_rival)
    copy_views()
    first = views_of(article.pk)
    copy_views()

    assert (first, views_of(article.pk)) == ({START: 1}, {START: 2})


def test_more_than_a_batch_is_copied(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_views, "BATCH", 2)
    articles = [uuid4() for _ in range(5)]
    for each in articles:
        visit(each)

    assert copy_views() == 5
    assert [views_of(each) for each in articles] == [{START: 1}] * 5


def test_a_redis_that_has_lost_views_takes_none_back(
    article: Article, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(40):
        visit(article.pk, f"192.0.2.{number}")
    copy_views()
    _forget()
    visit(article.pk)

    copy_views()

    assert views_of(article.pk)[START] == pytest.approx(40, abs=1)
    assert "Redis has lost views of 1 half hours" in caplog.text


def test_what_expired_before_it_was_copied_is_nothing(article: Article) -> None:
    visit(article.pk)
    redis_cache.client().delete(redis_keys.views(f"{article.pk}:{int(START.timestamp())}"))

    assert copy_views() == 0
    assert not ViewBucket.objects.exists()
    assert redis_cache.client().zcard(redis_keys.VIEWS_CHANGED) == 0


def test_what_redis_has_of_views_expires(article: Article) -> None:
    visit(article.pk)

    client = redis_cache.client()
    lifetimes = {key.partition(":")[0]: client.ttl(key) for key in client.scan_iter("views*")}
    assert lifetimes.pop("views-requests") == -1
    assert {*lifetimes} == {"views", "views-changed"}
    assert all(21_000 < each <= 21_600 for each in lifetimes.values())


def test_redis_has_neither_address_nor_browser(article: Article) -> None:
    visit(article.pk, "192.0.2.77", f"{BROWSER} telltale")

    client = redis_cache.client()
    stored = b"".join(
        key.encode() + (client.dump(key) or b"") for key in client.scan_iter("views*")
    )
    assert b"192.0.2" not in stored
    assert b"telltale" not in stored


# --- merges


@pytest.fixture
def two(publish_article: PublishArticle) -> tuple[UUID, UUID]:
    return publish_article().id, publish_article().id


def merge(article_id: UUID, into_id: UUID) -> None:
    with transaction.atomic():
        note_merges({article_id: into_id})
    settle_merges(seconds=1)


def settle() -> None:
    ArticleMerge.objects.update(merged_at=timezone.now() - timedelta(minutes=3))
    settle_merges(seconds=1)


def test_a_merge_adds_the_views_to_those_of_the_other_article(two: tuple[UUID, UUID]) -> None:
    old, new = two
    for number in range(3):
        visit(old, f"192.0.2.{number}")
    visit(new)
    copy_views()

    merge(old, new)
    settle_merges(seconds=1)

    assert (views_of(old), views_of(new)) == ({}, {START: 4})


def test_views_that_are_copied_after_the_merge_are_moved_and_none_twice(
    two: tuple[UUID, UUID],
) -> None:
    old, new = two
    visit(old)
    copy_views()
    merge(old, new)
    settle()
    settled = ArticleMerge.objects.get().settled
    visit(old, "192.0.2.2")  # of a page that was opened before

    copy_views()
    settle()
    copy_views()
    settle()

    assert settled
    assert ArticleMerge.objects.get().settled
    assert (views_of(old), views_of(new)) == ({}, {START: 2})


def test_a_chain_of_merges_leads_all_views_to_its_end(
    two: tuple[UUID, UUID], article: Article
) -> None:
    first, second = two
    for each in (first, second, article.pk):
        visit(each)
    copy_views()

    merge(first, second)
    merge(second, article.pk)
    settle()

    assert views_of(article.pk) == {START: 3}
    assert sum(each.views + each.moved for each in ViewBucket.objects.all()) == 3


def test_a_view_of_a_merged_article_is_one_of_the_other(client: Client) -> None:
    site = make_site()
    old, new = publish_at(site, "/old/"), publish_at(site, "/new/")
    merge_articles(article_id=old.pk, into_id=new.pk)

    answered = [view(client, {"article": each}) for each in (str(old.pk), new.url)]
    copy_views()

    assert [each.status_code for each in answered] == [204, 204]
    assert views_of(new.pk) == {START: 1}


def test_the_task_may_run_twice(article: Article) -> None:
    visit(article.pk)

    copy_views_task()
    copy_views_task()

    assert views_of(article.pk) == {START: 1}


def test_bots_cost_a_call_to_redis_only_once_in_so_many(
    article: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_views, "_MOST_WAITING", 3)
    stored = []
    for number in range(4):
        visit(article.pk, f"192.0.2.{number}", "curl/8.11.0")
        stored.append((redis_cache.read_hash(redis_keys.VIEWS_REQUESTS) or {}).get("bot"))

    assert stored == [None, None, "3", "3"]
