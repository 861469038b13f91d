"""Webhooks, with a receiver that verifies by the specification's library: what it gets, and what becomes of its failures."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from articles import workflow
from articles.api.api_keys import issue_key
from articles.editing import edit_article
from articles.models import Article
from reactions.alerts.raising import raise_alerts
from reactions.changes.numbering import number_changes
from reactions.counting.aggregate import aggregate
from reactions.kinds import pack
from reactions.models import (
    MOST_ANSWER,
    EventType,
    Wave,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from reactions.record import set_reactions
from reactions.webhooks import sending
from reactions.webhooks.deliveries import (
    MOST_IN_ONE,
    delete_old_deliveries,
    make_deliveries,
    new_delivery,
)
from reactions.webhooks.endpoints import check_failing
from reactions.webhooks.sender import Sender
from reactions.webhooks.sending import claim, send, send_due
from tests.conftest import PublishArticle
from tests.races.rival import Rival
from tests.reactions.crowds import arrive
from tests.reactions.webhooks.receiver import Receiver, answer_with, receiving

pytestmark = pytest.mark.django_db(transaction=True)

WEBHOOKS = "/api/v1/webhooks/"
LOVE = pack(["love"])


@pytest.fixture(autouse=True)
def _local_receivers(settings: Settings) -> None:
    settings.FETCH_NETWORKS = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def program(client: Client) -> Client:
    key = issue_key(name="Webhooks", scopes=["webhooks:manage"])
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def call(client: Client, method: str, path: str, **body: Any) -> Any:
    return getattr(client, method)(path, json.dumps(body), content_type="application/json")


@pytest.fixture
def endpoint(receiver: Receiver, program: Client) -> WebhookEndpoint:
    """All that happens, told at once."""
    types = [str(each) for each in EventType]
    answer = call(program, "post", WEBHOOKS, url=receiver.url, types=types, interval=1)
    assert answer.status_code == 201, answer.content
    receiver.secret = answer.json()["secret"]
    return WebhookEndpoint.objects.get()


@pytest.fixture
def draft(publish_article: PublishArticle) -> Callable[[], Article]:
    return lambda: publish_article(state="draft", first_published_at=None, published_at=None)


def tell() -> int:
    """All that is due is made and sent; returns how many attempts."""
    WebhookEndpoint.objects.update(counts_due_at=timezone.now() - timedelta(seconds=1))
    make_deliveries()
    return send_due()


def make_due() -> None:
    WebhookDelivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def waiting(endpoint: WebhookEndpoint, number: int) -> list[WebhookDelivery]:
    made = [new_delivery(endpoint, "webhook.test", [{"n": n}]) for n in range(number)]
    return WebhookDelivery.objects.bulk_create(made)


# --- what is told


def test_each_transition_is_told_once_by_its_name(
    endpoint: WebhookEndpoint, receiver: Receiver, draft: Callable[[], Article]
) -> None:
    article = draft()
    acts: list[tuple[str, Callable[[], Article]]] = [
        ("article.published", lambda: workflow.publish(article_id=article.pk)),
        ("article.corrected", lambda: workflow.correct(article_id=article.pk, text="It was two.")),
        (
            "article.updated",
            lambda: edit_article(
                article_id=article.pk, changes={"keywords": "x"}, expected_version=None
            ),
        ),
        ("article.unpublished", lambda: workflow.unpublish(article_id=article.pk)),
        ("article.published", lambda: workflow.publish(article_id=article.pk)),
        ("article.retracted", lambda: workflow.retract(article_id=article.pk, text="No.")),
        ("article.killed", lambda: workflow.kill(article_id=article.pk)),
    ]
    for type_, act in acts[:2] + acts[3:]:
        version = act().version
        receiver.received.clear()
        tell()
        told = [each for each in receiver.received if each.message["type"].startswith("article")]
        assert [each.message["type"] for each in told] == [type_]
        (result,) = told[0].results
        assert (result["article"], result["version"]) == (str(article.pk), version)
        assert (result["url"] is None) is (type_ in {"article.unpublished", "article.killed"})
        tell()
        assert len([each for each in receiver.received if "article" in each.message["type"]]) == 1

    assert receiver.refused == []


def test_changed_counts_are_told_together_and_only_where_they_changed(
    endpoint: WebhookEndpoint, receiver: Receiver, publish_article: PublishArticle
) -> None:
    articles = [publish_article() for _ in range(3)]
    for article in articles[:2]:
        set_reactions(article_id=article.pk, reader_id=uuid4(), kinds=LOVE)
    aggregate()

    tell()
    (told,) = receiver.of_type("reactions.changed")
    assert {each["article"]: each["counts"]["love"] for each in told.results} == {
        str(article.pk): 1 for article in articles[:2]
    }
    version = told.results[0]["version"]
    tell()
    assert len(receiver.of_type("reactions.changed")) == 1

    set_reactions(article_id=articles[0].pk, reader_id=uuid4(), kinds=LOVE)
    aggregate()
    tell()
    later = receiver.of_type("reactions.changed")[1]
    assert [each["total"] for each in later.results] == [2]
    assert later.results[0]["version"] > version


def test_counts_are_told_once_in_an_interval(
    endpoint: WebhookEndpoint, receiver: Receiver, article: Article
) -> None:
    WebhookEndpoint.objects.update(interval=3_600)
    for _ in range(5):
        set_reactions(article_id=article.pk, reader_id=uuid4(), kinds=LOVE)
        aggregate()
        make_deliveries()
        send_due()

    assert len(receiver.of_type("reactions.changed")) == 1


def test_a_change_while_the_message_is_sent_leads_to_one_more(
    endpoint: WebhookEndpoint, receiver: Receiver, article: Article
) -> None:
    WebhookEndpoint.objects.update(types=["reactions.changed"])
    set_reactions(article_id=article.pk, reader_id=uuid4(), kinds=LOVE)
    aggregate()
    make_deliveries()
    (claimed,) = claim()

    set_reactions(article_id=article.pk, reader_id=uuid4(), kinds=LOVE)
    aggregate()
    tell()
    send(claimed)
    tell()

    assert [each.results[0]["total"] for each in receiver.of_type("reactions.changed")] == [1, 2]


def test_many_articles_are_few_messages(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    """As after an import, or a night: 20,000 would be 40 messages."""
    many = 2 * MOST_IN_ONE + 10
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reactions_change (article_id, part, position, at, version, state, gone, facets, seen_facets)"
            " SELECT gen_random_uuid(), 1, n, now(), 0, '', '', '{}', '{}' FROM generate_series(1, %s) n",
            [many],
        )
        cursor.execute(
            "INSERT INTO reactions_webhookevent (type, article_id, data, position, at)"
            " SELECT 'article.published', article_id, '{\"version\": 1, \"into\": null}', position, now()"
            " FROM reactions_change"
        )
        cursor.execute("UPDATE reactions_changefeed SET position = %s", [many])
    WebhookEndpoint.objects.update(events_to=0, counts_to=many)

    while tell():
        pass

    told = receiver.of_type("article.published")
    assert [len(each.results) for each in told] == [MOST_IN_ONE, MOST_IN_ONE, 10]
    assert len({each["article"] for one in told for each in one.results}) == many


def test_an_alert_and_a_wave_are_told(
    endpoint: WebhookEndpoint, receiver: Receiver, article: Article
) -> None:
    arrive(article.id, [7] * 50)
    aggregate()
    Wave.objects.update(last_at=timezone.now())
    assert raise_alerts()

    while tell():
        pass

    (wave,) = receiver.of_type("reactions.wave")
    assert wave.results[0]["article"] == str(article.pk)
    assert wave.results[0]["held"] >= 20
    assert [each["rule"] for each in receiver.of_type("alert.raised")[0].results] == ["wave"]


def test_what_nobody_wants_to_hear_is_not_stored(draft: Callable[[], Article]) -> None:
    workflow.publish(article_id=draft().pk)

    assert number_changes() > 0
    assert not WebhookEvent.objects.exists()


def test_an_endpoint_hears_of_its_types_alone(
    endpoint: WebhookEndpoint, receiver: Receiver, draft: Callable[[], Article]
) -> None:
    WebhookEndpoint.objects.update(types=["article.killed"])
    article = workflow.publish(article_id=draft().pk)
    set_reactions(article_id=article.pk, reader_id=uuid4(), kinds=LOVE)
    aggregate()
    tell()
    workflow.kill(article_id=article.pk)
    tell()

    assert [each.message["type"] for each in receiver.received] == ["article.killed"]


def test_whoever_asks_at_once_reads_that_version_or_a_later_one(
    endpoint: WebhookEndpoint, receiver: Receiver, draft: Callable[[], Article]
) -> None:
    article = workflow.publish(article_id=draft().pk)
    seen: list[tuple[int, int]] = []

    def ask(handler: Any) -> None:
        (result,) = receiver.received[-1].results
        now = Client().get(
            result["url"].partition("testserver")[2] or result["url"][result["url"].index("/api") :]
        )
        seen.append((result["version"], now.json()["version"]))
        connection.close()
        answer_with(204)(handler)

    receiver.answer = ask
    for _ in range(10):
        tell()
        workflow.correct(article_id=article.pk, text="x")
    tell()

    assert len(seen) == 11
    assert all(told <= read for told, read in seen)


# --- attempts


def test_an_attempt_that_failed_is_made_again_with_the_same_id_and_bytes(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    waiting(endpoint, 1)
    receiver.answer = answer_with(500, b"No \xff\0 room.")

    assert send_due() == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.status) == ("waiting", 1, 500)
    assert delivery.answer == "No \ufffd room."
    assert timedelta(seconds=2) < delivery.next_attempt_at - timezone.now() < timedelta(seconds=8)
    assert send_due() == 0

    receiver.answer = None
    make_due()
    time.sleep(1.1)  # so that the second attempt has another second
    assert send_due() == 1
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    assert second.timestamp > first.timestamp
    assert receiver.refused == []
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.status) == ("delivered", 2, 204)


def test_an_attempt_after_23_hours_verifies(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    waiting(endpoint, 1)
    WebhookDelivery.objects.update(
        created_at=timezone.now() - timedelta(hours=23),
        give_up_at=timezone.now() + timedelta(hours=1),
    )

    send_due()

    assert receiver.refused == []
    assert len(receiver.received) == 1


def test_after_a_day_it_is_given_up_with_the_reason(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    waiting(endpoint, 1)
    receiver.answer = answer_with(500)
    WebhookDelivery.objects.update(attempts=12, give_up_at=timezone.now() + timedelta(minutes=1))

    send_due()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.error) == ("failed", "The receiver answered 500.")


def test_the_pauses_double_to_an_hour_and_are_spread(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.answer = answer_with(500)
    seconds = Counter[int]()
    for _ in range(5):
        waiting(endpoint, 40)
    WebhookDelivery.objects.update(attempts=7)  # the pause is ten minutes
    while claimed := claim():
        for delivery_id in claimed:
            send(delivery_id)
    now = timezone.now()
    for moment in WebhookDelivery.objects.values_list("next_attempt_at", flat=True):
        seconds[int((moment - now).total_seconds())] += 1

    assert sum(seconds.values()) == 200
    assert max(seconds.values()) <= 10
    assert 300 - 20 < min(seconds) < max(seconds) < 960

    WebhookDelivery.objects.all().delete()
    waiting(endpoint, 1)
    WebhookDelivery.objects.update(attempts=60)
    send_due()
    pause = WebhookDelivery.objects.get().next_attempt_at - timezone.now()
    assert timedelta(minutes=29) < pause < timedelta(minutes=91)


@pytest.mark.parametrize(
    ("status", "retry_after", "least", "most"),
    [
        (429, "120", 110, 120),
        (503, "120", 110, 120),
        (429, "1000000000", 3_590, 3_600),
        (503, "Fri, 31 Dec 2100 23:59:59 GMT", 3_590, 3_600),
    ],
)
def test_retry_after_holds_the_whole_endpoint(
    status: int,
    retry_after: str,
    least: int,
    most: int,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
) -> None:
    waiting(endpoint, 3)
    receiver.answer = answer_with(status, Retry_After=retry_after)

    (first,) = claim(1)
    send(first)
    make_due()

    endpoint.refresh_from_db()
    assert endpoint.not_before is not None
    assert least <= (endpoint.not_before - timezone.now()).total_seconds() <= most
    assert claim() == []


@pytest.mark.parametrize("retry_after", ["-1", "soon", "", "1e9"])
def test_an_absurd_retry_after_is_none(
    retry_after: str, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    waiting(endpoint, 1)
    receiver.answer = answer_with(429, Retry_After=retry_after)

    send_due()

    endpoint.refresh_from_db()
    assert endpoint.not_before is None


def test_after_the_first_success_what_waits_comes_within_a_minute(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    waiting(endpoint, 10)
    WebhookDelivery.objects.update(next_attempt_at=timezone.now() + timedelta(hours=1))
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(hours=3))
    first = waiting(endpoint, 1)

    assert send_due() == 1

    endpoint.refresh_from_db()
    assert endpoint.failing_since is None
    others = WebhookDelivery.objects.exclude(pk=first[0].pk)
    assert all(each.next_attempt_at < timezone.now() + timedelta(seconds=60) for each in others)
    assert len({each.next_attempt_at for each in others}) == 10


def test_an_endpoint_has_four_open_requests_and_a_failing_one_has_one(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    may_end = Event()

    def hang(handler: Any) -> None:
        may_end.wait(10)
        answer_with(204)(handler)

    receiver.answer = hang
    waiting(endpoint, 12)
    sender = Sender()
    for _ in range(5):
        sender.work()
        time.sleep(0.1)
    assert receiver.most_open == 4
    may_end.set()
    until = time.monotonic() + 10
    while WebhookDelivery.objects.filter(state="delivered").count() < 12:
        assert time.monotonic() < until
        sender.work()
        time.sleep(0.05)
    assert receiver.most_open == 4

    WebhookEndpoint.objects.update(failing_since=timezone.now())
    waiting(endpoint, 5)
    assert len(claim()) == 1
    assert claim() == []


def test_an_endpoint_that_hangs_delays_no_other(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = Event()

    def hang(_: Any) -> None:
        may_end.wait(20)

    receiver.answer = hang
    waiting(endpoint, 200)
    with receiving() as quick:
        other = WebhookEndpoint.objects.create(url=quick.url, types=["article.published"])
        quick.secret = other.secret
        sender = Sender()
        sender.work()
        for _ in range(10):
            waiting(other, 1)
            started = time.monotonic()
            sender.work()
            while not quick.received:
                assert time.monotonic() - started < 2
                time.sleep(0.01)
            quick.received.clear()
        may_end.set()


def test_a_claim_of_a_process_that_died_ends(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    waiting(endpoint, 1)
    assert len(claim()) == 1
    assert claim() == []

    WebhookDelivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    assert send_due() == 1
    assert len(receiver.received) == 1


def test_two_processes_send_each_message_once(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    waiting(endpoint, 30)
    rivals = [Rival() for _ in range(4)]

    def send_all() -> None:
        for _ in range(60):
            for delivery_id in claim(2):
                send(delivery_id)

    for each in [rival.start(send_all) for rival in rivals]:
        each.result(timeout=60)

    assert Counter(each.id for each in receiver.received).most_common(1)[0][1] == 1
    assert len(receiver.received) == 30


# --- where it is sent


def test_a_redirect_is_a_failed_attempt(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    waiting(endpoint, 1)
    receiver.answer = answer_with(302, Location="http://169.254.169.254/latest/")

    send_due()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.error) == (
        302,
        "The receiver redirects, which is not followed.",
    )
    assert receiver.refused == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "0x7f.1", "localhost"]
)
def test_no_message_reaches_an_inner_address(
    host: str, endpoint: WebhookEndpoint, receiver: Receiver, settings: Settings, program: Client
) -> None:
    settings.FETCH_NETWORKS = ()
    WebhookEndpoint.objects.update(url=f"https://{host}:{receiver.port}/")

    test = call(program, "post", f"{WEBHOOKS}{endpoint.pk}/test/").json()
    send_due()

    path = f"{WEBHOOKS}{endpoint.pk}/deliveries/{test['id']}/"
    assert "is not a public address" in program.get(path).json()["error"]
    assert receiver.received == []


def test_an_answer_that_drips_ends_in_ten_seconds(
    endpoint: WebhookEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ATTEMPT_SECONDS", 1.0)

    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(50):
            handler.wfile.write(b".")
            handler.wfile.flush()
            time.sleep(0.1)

    receiver.answer = drip
    waiting(endpoint, 1)
    started = time.monotonic()

    send_due()

    assert time.monotonic() - started < 3
    assert "took too long" in WebhookDelivery.objects.get().error


def test_of_a_huge_answer_little_is_read_and_less_is_kept(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    written = []

    def flood(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(2**30))
        handler.end_headers()
        for _ in range(2**14):
            handler.wfile.write(b"x" * 2**16)
            written.append(2**16)

    receiver.answer = flood
    waiting(endpoint, 1)

    send_due()

    delivery = WebhookDelivery.objects.get()
    assert delivery.state == "delivered"
    assert len(delivery.answer) == 4_096
    assert sum(written) < 2**24  # what the sockets hold


def test_of_an_answer_no_secret_is_kept(
    endpoint: WebhookEndpoint, receiver: Receiver, program: Client
) -> None:
    """As of a receiver that shows what it failed with."""
    waiting(endpoint, 1)
    key = issue_key(name="Shown", scopes=["webhooks:manage"])
    shown = f"{'x' * (MOST_ANSWER - 20)} {endpoint.secret} Authorization: Bearer {key}"
    receiver.answer = answer_with(500, shown.encode())

    send_due()

    (delivery,) = program.get(f"{WEBHOOKS}{endpoint.pk}/deliveries/").json()["results"]
    assert delivery["answer"].endswith("x whsec_… Authorizati")
    assert len(delivery["answer"]) == MOST_ANSWER


@pytest.mark.parametrize("text", ["é", "\u2028", "1e21", "</script>", "\U0001f600", '"\\'])
def test_the_signature_is_over_the_bytes(
    text: str, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    WebhookDelivery.objects.bulk_create([new_delivery(endpoint, "webhook.test", [{"t": text}])])

    send_due()

    assert receiver.refused == []
    assert receiver.received[0].results == [{"t": text}]


# --- secrets


def test_both_secrets_sign_until_the_stated_time(
    endpoint: WebhookEndpoint, receiver: Receiver, program: Client
) -> None:
    old = endpoint.secret
    rotated = call(program, "post", f"{WEBHOOKS}{endpoint.pk}/rotate_secret/").json()
    assert rotated["secret"] != old
    until = datetime.fromisoformat(rotated["old_secret_valid_until"])
    endpoint.refresh_from_db()

    def signed_at(now: datetime) -> dict[str, str]:
        secrets = sending.secrets_of(endpoint, now)
        return sending.signed_headers(uuid4(), b"{}", secrets, now)

    before, after = signed_at(until - timedelta(seconds=1)), signed_at(until)
    assert len(before["webhook-signature"].split()) == 2
    assert len(after["webhook-signature"].split()) == 1
    receiver.secret = old
    waiting(endpoint, 1)
    send_due()
    receiver.secret = rotated["secret"]
    waiting(endpoint, 1)
    send_due()
    assert receiver.refused == []
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(
            b"{}", sending.signed_headers(uuid4(), b"{}", [endpoint.secret], timezone.now())
        )


def test_a_secret_is_shown_once(endpoint: WebhookEndpoint, program: Client) -> None:
    assert "secret" not in program.get(f"{WEBHOOKS}{endpoint.pk}/").json()
    assert endpoint.secret not in program.get(WEBHOOKS).content.decode()


# --- an endpoint that fails for days


def test_an_endpoint_that_fails_for_days_is_warned_of_twice_and_switched_off(
    endpoint: WebhookEndpoint, program: Client, caplog: pytest.LogCaptureFixture
) -> None:
    since = timezone.now()
    WebhookEndpoint.objects.update(failing_since=since)
    told: list[int] = []
    for hours in range(0, 80, 4):
        check_failing(now=since + timedelta(hours=hours))
        endpoint.refresh_from_db()
        told.append(endpoint.warnings)

    assert told[5:13] == [0, 1, 1, 1, 1, 1, 1, 2]
    assert not endpoint.active
    answer = program.get(f"{WEBHOOKS}{endpoint.pk}/").json()
    assert (answer["active"], answer["disabled_reason"][:21]) == (False, "It has failed since 2")
    assert WebhookEvent.objects.filter(type="webhook.disabled").count() == 1
    assert "was switched off" in caplog.text


def test_a_receiver_that_is_gone_is_switched_off(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    waiting(endpoint, 2)
    receiver.answer = answer_with(410)

    (first,) = claim(1)
    send(first)

    endpoint.refresh_from_db()
    assert (endpoint.active, endpoint.disabled_reason) == (
        False,
        "The receiver answered 410: it wants no more.",
    )
    make_due()
    assert claim() == []


def test_one_that_is_switched_on_again_hears_of_counts_as_they_are(
    endpoint: WebhookEndpoint, receiver: Receiver, program: Client, article: Article
) -> None:
    path = f"{WEBHOOKS}{endpoint.pk}/"
    assert call(program, "patch", path, active=False).json()["active"] is False
    for _ in range(3):
        set_reactions(article_id=article.pk, reader_id=uuid4(), kinds=LOVE)
    aggregate()
    assert tell() == 0

    assert call(program, "patch", path, active=True).json()["active"] is True
    tell()

    assert [each["total"] for each in receiver.of_type("reactions.changed")[0].results] == [3]


def test_a_backlog_shrinks(
    endpoint: WebhookEndpoint, receiver: Receiver, publish_article: PublishArticle
) -> None:
    """While the receiver is away counts change a hundred times, and one message waits."""
    receiver.answer = answer_with(500)
    articles = [publish_article() for _ in range(3)]
    for _ in range(10):
        for article in articles:
            set_reactions(article_id=article.pk, reader_id=uuid4(), kinds=LOVE)
        aggregate()
        tell()
    assert WebhookDelivery.objects.filter(type="reactions.changed").count() == 1

    receiver.answer = None
    receiver.received.clear()
    for _ in range(3):
        make_due()
        tell()

    totals = {
        each["article"]: each["total"]
        for one in receiver.of_type("reactions.changed")
        for each in one.results
    }
    assert totals == {str(article.pk): 10 for article in articles}
    assert len(receiver.of_type("reactions.changed")) == 2


# --- deliveries by API


def test_what_failed_is_listed_and_sent_again_in_one_call(
    endpoint: WebhookEndpoint, receiver: Receiver, program: Client
) -> None:
    waiting(endpoint, 3)
    WebhookDelivery.objects.update(state="failed", error="The receiver answered 500.", attempts=30)
    waiting(endpoint, 1)
    path = f"{WEBHOOKS}{endpoint.pk}/deliveries/"

    failed = program.get(path, {"state": "failed", "since": "2026-01-01T00:00:00Z"}).json()
    assert [each["state"] for each in failed["results"]] == ["failed"] * 3
    assert failed["results"][0]["next_attempt_at"] is None
    assert call(program, "post", f"{path}resend/").json() == {"resent": 3}
    again = program.get(path, {"state": "waiting"}).json()["results"]
    assert len(again) == 4
    assert all(each["next_attempt_at"] for each in again)

    while send_due():
        pass
    assert {each["webhook_id"] for each in failed["results"]} <= {
        each.id for each in receiver.received
    }
    one = failed["results"][0]["id"]
    assert call(program, "post", f"{path}resend/", ids=[one]).json() == {"resent": 1}
    assert send_due() == 1


def test_old_deliveries_are_deleted(endpoint: WebhookEndpoint) -> None:
    waiting(endpoint, 2)

    assert delete_old_deliveries(now=timezone.now() + timedelta(days=29)) == 0
    assert delete_old_deliveries(now=timezone.now() + timedelta(days=31)) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "ftp://example.org/"}, "url"),
        ({"url": "https://user:word@example.org/"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://example.org:0/"}, "url"),
        ({"url": "https://example.org:99999/"}, "url"),
        ({"url": "https://exa mple.org/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://[::ffff:169.254.169.254]/"}, "url"),
        ({"types": []}, "types"),
        ({"types": ["article.eaten"]}, "types"),
        ({"types": "article.killed"}, "types"),
        ({"interval": 0}, "interval"),
        ({"secret": "mine"}, "secret"),
    ],
    ids=str,
)
def test_bad_input_is_refused_by_name(body: dict[str, Any], field: str, program: Client) -> None:
    whole = {"url": "https://example.org/", "types": ["article.killed"], **body} if body else {}
    answer = call(program, "post", WEBHOOKS, **whole)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert field in {each["field"].partition(".")[0] for each in answer.json()["errors"]}


def test_http_is_for_inner_networks_alone(program: Client, settings: Settings) -> None:
    settings.FETCH_NETWORKS = ()

    answer = call(program, "post", WEBHOOKS, url="http://example.org/", types=["article.killed"])

    assert answer.status_code == 400


@pytest.mark.parametrize("query", ["?state=eaten", "?since=monday", "?sort=x", "?cursor=cD1hYmM="])
def test_bad_queries_are_refused(query: str, endpoint: WebhookEndpoint, program: Client) -> None:
    answer = program.get(f"{WEBHOOKS}{endpoint.pk}/deliveries/{query}")

    assert answer.status_code in {400, 404}  # DRF's own for what is no cursor at all
    assert answer["Content-Type"] == "application/problem+json"


def test_a_key_of_another_scope_is_refused(client: Client) -> None:
    key = issue_key(name="Other", scopes=["stats:read"])

    assert client.get(WEBHOOKS).status_code == 401
    assert client.get(WEBHOOKS, HTTP_AUTHORIZATION=f"Bearer {key}").status_code == 403


def test_no_task_waits_in_the_broker() -> None:
    """An ETA beyond the visibility timeout is delivered twice; due times are in PostgreSQL."""
    found = [
        path
        for folder in ("articles", "reactions", "newsroom")
        for path in Path(folder).rglob("*.py")
        if "countdown=" in path.read_text() or "eta=" in path.read_text()
    ]

    assert found == []
