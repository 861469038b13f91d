"""The Python client against the running product: every method, the mirror, and webhooks that are really sent."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from tests.clients.conftest import load_generator
from tests.load import publish
from tests.servers import RunningStack

pytestmark = pytest.mark.stack

SCOPES = ("articles:read", "articles:write", "stats:read", "webhooks:manage", "reactions:manage")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECONDS = 20


@pytest.fixture(scope="module")
def key(stack: RunningStack) -> str:
    issued = stack.manage("issue_key", f"client-{uuid4().hex[:8]}", "--scopes", *SCOPES)
    assert issued.returncode == 0, issued.stderr
    return issued.stdout.strip()


@pytest.fixture
def newsroom(client: ModuleType, stack: RunningStack, key: str) -> Iterator[Any]:
    with client.Newsroom(stack.url, key, retries=0) as connected:
        yield connected


@pytest.fixture(scope="module")
def slug(stack: RunningStack) -> str:
    publish(stack, ["client-reads"])
    return "client-reads"


def operation(tag: str, name: str) -> Any:
    return import_module(f"newsroom_client.generated.api.{tag}.{name}").sync_detailed


def unique(name: str) -> str:
    return f"{name}-{uuid4().hex[:8]}"


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


# --- how it is made


def test_the_same_document_generates_the_same_files(package: Path, tmp_path: Path) -> None:
    load_generator()(tmp_path / "generated")

    first, second = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*.py")}
        for root in (package / "generated", tmp_path / "generated")
    )
    assert first == second
    assert len(first) > 100


def test_it_is_typed(package: Path) -> None:
    """Strictly, with what is generated as it is imported."""
    files = [str(each) for each in sorted(package.glob("*.py"))]
    options = ["--strict", "--follow-imports=silent", "--config-file=", "--cache-dir=.mypy"]

    run = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *files],
        cwd=package.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout
    assert (package / "py.typed").exists()


def test_an_installed_client_reads_a_kind_and_a_state_of_a_later_release(
    client: ModuleType,
) -> None:
    models = import_module("newsroom_client.generated.models")
    answer = {
        "article": str(uuid4()),
        "state": "paused",
        "allowed": ["cheer"],
        "counts": dict.fromkeys(
            ("like", "dislike", "love", "funny", "angry", "sad", "wow", "cheer"), 1
        ),
        "total": 8,
        "version": 1,
        "as_of": None,
        "closes_soon": True,
    }

    counts = models.Counts.from_dict(answer)

    assert (counts.state, counts.allowed) == ("paused", ["cheer"])
    assert counts.counts["cheer"] == 1
    change = {"kind": "moved", "article": "a", "version": 3, "counts": None}
    assert client.Mirror(None).apply(change) is False


def test_an_installed_client_reads_a_type_of_event_of_a_later_release(client: ModuleType) -> None:
    models = import_module("newsroom_client.generated.models")
    answer = models.WebhookAnswer.from_dict(
        {
            **dict.fromkeys(("url", "description", "disabled_reason"), ""),
            "id": 1,
            "types": ["article.translated"],
            "interval": 10,
            "active": True,
            "failing_since": None,
            "created_at": "2026-11-03T22:15:04Z",
            "region": "north",
        }
    )
    message = {"type": "article.translated", "data": {"results": [{"article": "a"}]}}

    assert answer.types == ["article.translated"]
    assert client.Mirror(None).apply_webhook(message) == 0


# --- each method


def test_articles_are_read_page_by_page(newsroom: Any, stack: RunningStack) -> None:
    slugs = [unique("client-page") for _ in range(120)]  # more than two pages
    publish(stack, slugs)

    found = [each.slug for each in newsroom.articles()]

    assert set(slugs) <= set(found)
    assert len(found) == len(set(found))
    assert [*newsroom.articles(q="no-such-word-at-all")] == []


def test_an_article_is_written_published_corrected_and_withdrawn(
    client: ModuleType, newsroom: Any
) -> None:
    name = unique("client-writes")
    draft = newsroom.create_article(headline="The ferry", slug=name, body_markdown="It sails.")
    edited = newsroom.edit_article(name, version=draft.version, abstract="At six.")
    with pytest.raises(client.NewsroomError) as refused:
        newsroom.edit_article(name, version=draft.version, abstract="At seven.")
    published = newsroom.publish(name, version=edited.version)
    corrected = newsroom.correct(name, text="It was five.")
    retracted = newsroom.retract(name, text="It never sailed.")

    assert (draft.state, draft.first_published_at, edited.abstract) == ("draft", None, "At six.")
    assert refused.value.status == 412
    assert (published.state, retracted.state) == ("published", "retracted")
    assert [each.text for each in corrected.corrections] == ["It was five."]
    assert newsroom.article(name).version == retracted.version


def test_an_article_is_scheduled_unpublished_and_killed(client: ModuleType, newsroom: Any) -> None:
    name = unique("client-kills")
    newsroom.create_article(headline="Soon", slug=name, body_markdown="Yes.")
    at = datetime.now(UTC) + timedelta(hours=1)

    assert newsroom.schedule(name, publish_at=at.isoformat()).state == "scheduled"
    newsroom.call(operation("articles", "articles_deschedule"), name)
    newsroom.publish(name)
    assert newsroom.unpublish(name).state != "published"
    newsroom.publish(name)
    assert newsroom.kill(name).state == "killed"
    with client.Newsroom(newsroom._url) as anyone, pytest.raises(client.NewsroomError) as refused:
        anyone.article(name)
    assert refused.value.status == 410


def test_the_same_key_creates_one_article(newsroom: Any) -> None:
    fields = {"headline": "Once", "slug": unique("client-once"), "body_markdown": "."}
    same = str(uuid4())

    first, second = (newsroom.create_article(idempotency_key=same, **fields) for _ in range(2))

    assert first.id == second.id


def test_a_reader_reacts_exports_and_is_erased(newsroom: Any, slug: str) -> None:
    with newsroom.reader() as reader:
        before = newsroom.counts(slug).counts.to_dict()["love"]
        assert reader.react(slug, "love")["love"] == before + 1
        with newsroom.reader(reader.token) as same:
            assert same.reactions(slug) == ["love"]
        assert len(reader.export().reactions) == 1
        assert reader.clear(slug)["love"] == before
        reader.react(slug, "sad")
        assert reader.erase() == 1


def test_counts_of_many_articles_keep_their_order(newsroom: Any, slug: str) -> None:
    names = [slug, *(f"nothing-{number}" for number in range(250)), slug]

    found = list(newsroom.many_counts(names))

    assert len(found) == len(names)
    assert found[0]["article"] == found[-1]["article"]
    assert found[0]["counts"].keys() == {"like", "dislike", "love", "funny", "angry", "sad", "wow"}
    assert all("error" in each for each in found[1:-1])


def test_figures_are_asked(newsroom: Any, slug: str) -> None:
    figures = newsroom.article_figures(slug, interval="day", tz="Europe/Oslo")
    answer = newsroom.figures(metrics=["came"], dimensions=["kind"], date_range="7d")

    assert figures.timezone == "Europe/Oslo"
    assert answer.query is not None
    assert all(len(row.metrics) == 1 for row in answer.results)


def test_any_other_operation_is_called(newsroom: Any, slug: str) -> None:
    me = newsroom.call(operation("keys", "key_retrieve"))
    policy = newsroom.call(operation("reactions", "policy_set"), slug, body={"state": "open"})
    waves = newsroom.call(operation("reactions", "waves_list"))

    assert set(me.scopes) == set(SCOPES)
    assert policy.to_dict()["state"] == "open"
    assert waves.results is not None


def test_a_refusal_is_an_error_with_its_problem(client: ModuleType, stack: RunningStack) -> None:
    with client.Newsroom(stack.url, "nr_wrong_key") as stranger:
        with pytest.raises(client.NewsroomError) as refused:
            stranger.create_article(headline="x")
        with pytest.raises(client.NewsroomError) as unknown:
            stranger._client.get_httpx_client().get("/no/such/page/")

    assert refused.value.status == 401
    assert refused.value.code == "authentication_failed"
    assert refused.value.type.endswith(refused.value.code)
    assert unknown.value.status == 404


# --- the mirror


def assert_equals_what_is_public(mirror: Any, newsroom: Any) -> None:
    """But for rows that tests of other files deleted by SQL, of which no feed hears."""
    public = {str(each.id): each.version for each in newsroom.articles()}
    assert {pk: mirror.articles.get(pk) for pk in public} == public


def test_a_mirror_equals_what_is_public(newsroom: Any, stack: RunningStack) -> None:
    publish(stack, names := [unique("client-mirror") for _ in range(3)])
    ids = [str(newsroom.article(name).id) for name in names]
    mirror = newsroom.mirror()
    wait_until(lambda: (mirror.sync(limit=2), set(ids) <= mirror.articles.keys())[1])
    with newsroom.reader() as reader:
        reader.react(names[0], "love")
    newsroom.kill(names[1])
    newsroom.edit_article(names[2], version=newsroom.article(names[2]).version, abstract="More.")

    stored = json.loads(json.dumps(mirror.as_json()))
    restarted = newsroom.mirror()
    restarted.from_json(stored)
    version = newsroom.article(names[2]).version
    wait_until(
        lambda: (
            restarted.sync(wait=5),
            ids[1] not in restarted.articles
            and restarted.articles.get(ids[2]) == version
            and restarted.counts.get(ids[0], {}).get("love") == 1,
        )[1]
    )

    assert_equals_what_is_public(restarted, newsroom)


def test_changes_are_iterated_with_the_cursor_to_keep(newsroom: Any, slug: str) -> None:
    wait_until(lambda: len([*newsroom.changes()]) > 3)

    changes = list(newsroom.changes(limit=2))
    kept = [cursor for _, cursor in changes if cursor]

    assert len(changes) > len(kept) > 1
    assert list(newsroom.changes(kept[-1])) == []


def test_after_an_expired_cursor_a_mirror_begins_anew_once(
    newsroom: Any, stack: RunningStack, slug: str
) -> None:
    mirror = newsroom.mirror()
    wait_until(lambda: (mirror.sync(), mirror.articles)[1])
    gone = []
    mirror.on_gone = lambda change: gone.append(change["article"])
    mirror.apply({"article": "extra", "kind": "content", "version": 99, "counts": None})
    some = next(iter(mirror.articles))
    mirror.known[some].content_version = 10**9  # as before the server came back with an older state
    stack.manage(
        *("shell", "-c"),
        "from reactions.models import ChangeFeed; from uuid import uuid4;"
        " ChangeFeed.objects.update(epoch=uuid4())",
    )

    assert mirror.sync() > 0

    assert gone.count("extra") == 1
    assert not {*gone} & mirror.articles.keys()  # the others are tombstones
    assert_equals_what_is_public(mirror, newsroom)
    assert mirror.sync() == 0


def test_a_feed_that_is_always_gone_does_not_loop(client: ModuleType, answers: Any) -> None:
    url, asked = answers([(410, {}, b"{}")] * 9)
    with client.Newsroom(url) as newsroom:
        mirror = newsroom.mirror()
        mirror.cursor = "old"
        with pytest.raises(client.NewsroomError):
            mirror.sync()

    assert len(asked) == 2


def test_shuffled_and_repeated_deliveries_give_the_truth(client: ModuleType) -> None:
    random = Random(7)
    truth: dict[str, int] = {}
    counts: dict[str, dict[str, int]] = {}
    messages = []
    for article in (f"a{number}" for number in range(50)):
        for version in range(1, 11):
            is_gone = random.random() < 0.3
            kind = "article.killed" if is_gone else "article.updated"
            messages.append((kind, {"article": article, "version": version}))
            number = {"love": random.randrange(100)}
            messages.append(
                ("reactions.changed", {"article": article, "version": version, "counts": number})
            )
        counts[article] = number
        if not is_gone:
            truth[article] = version
    messages += random.sample(messages, 200)
    random.shuffle(messages)
    assert len(messages) == 1_200
    mirror = client.Mirror(None)

    for kind, entry in messages:
        mirror.apply_webhook({"type": kind, "data": {"results": [entry]}})
    mirror.apply_webhook({"type": "alert.raised", "data": {}})

    assert mirror.articles == truth
    assert mirror.counts.items() <= {name: counts[name] for name in truth}.items()


def test_a_change_whose_handler_fails_comes_again(newsroom: Any, slug: str) -> None:
    mirror = newsroom.mirror()
    calls = []

    def fail_once(change: Any) -> None:
        calls.append(change["article"])
        if len(calls) == 1:
            raise RuntimeError

    mirror.on_content = fail_once
    wait_until(lambda: [*newsroom.changes()])
    with pytest.raises(RuntimeError):
        mirror.sync()

    mirror.sync()

    assert calls[0] in calls[1:]
    assert calls[0] in mirror.articles


# --- retries, of a server that answers what the test says

Answers = Callable[[list[tuple[int, dict[str, str], bytes]]], tuple[str, list[tuple[str, float]]]]


@pytest.fixture
def answers() -> Iterator[Answers]:
    servers = []

    def start(
        planned: list[tuple[int, dict[str, str], bytes]],
    ) -> tuple[str, list[tuple[str, float]]]:
        left, asked = iter(planned), list[tuple[str, float]]()

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked.append((self.headers.get("Idempotency-Key", ""), time.monotonic()))
                status, headers, body = next(left)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = answer  # noqa: N815  # as http.server names them

            def log_message(self, *_: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


PAGE = json.dumps({"results": [], "next": "n", "more": False, "behind_seconds": 0}).encode()


def test_retry_after_is_obeyed_as_number_and_as_date(client: ModuleType, answers: Answers) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    url, asked = answers(
        [(429, {"Retry-After": "1"}, b""), (503, {"Retry-After": date}, b""), (200, {}, PAGE)]
    )
    with client.Newsroom(url) as newsroom:
        newsroom.read_changes()

    first, second, third = (at for _, at in asked)
    assert 1 <= second - first < 2.5
    assert third > second + 0.5


@pytest.mark.parametrize("absurd", ["1000000000", "-1", "soon", ""])
def test_an_absurd_retry_after_is_not_waited_for(
    client: ModuleType, answers: Answers, absurd: str
) -> None:
    url, asked = answers([(429, {"Retry-After": absurd}, b"")] * 2)
    began = time.monotonic()
    with client.Newsroom(url, retries=1) as newsroom, pytest.raises(client.NewsroomError) as error:
        newsroom.read_changes()

    assert error.value.status == 429
    assert time.monotonic() - began < 5
    assert len(asked) == (1 if absurd == "1000000000" else 2)


def test_a_post_is_repeated_only_where_that_is_safe(client: ModuleType, answers: Answers) -> None:
    url, asked = answers([(503, {}, b"busy"), (409, {"Retry-After": "0"}, b""), (500, {}, b"")])
    with client.Newsroom(url, "nr_x_y") as newsroom:
        with pytest.raises(client.NewsroomError) as error:
            newsroom.create_article(headline="x")
        assert error.value.status == 500
    keys = {key for key, _ in asked}
    url, asked_without = answers([(503, {}, b"busy")])
    with client.Newsroom(url) as newsroom, pytest.raises(client.NewsroomError) as error:
        newsroom.reader()

    assert (len(asked), len(keys), "" in keys) == (3, 1, False)
    assert (len(asked_without), error.value.status) == (1, 503)


# --- webhooks


def test_a_webhook_is_verified_over_its_raw_body(client: ModuleType) -> None:
    body = '{"type":"x","data":"é\u2028</script>","n":1e21, "b":1}'.encode()
    now = datetime.now(UTC)
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(SECRET).sign("msg_1", now, body.decode()),
    }
    other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

    assert client.verify_webhook(body, headers, SECRET)["data"] == "é\u2028</script>"
    assert client.verify_webhook(body, headers, [other, SECRET])["n"] == 1e21
    for changed, given, secret in [
        (json.dumps(json.loads(body)).encode(), headers, SECRET),
        (body, headers, other),
        (body, headers, []),
        (body, {}, SECRET),
        (body, headers | {"Webhook-Timestamp": "1"}, SECRET),
        (body, headers | {"Webhook-Signature": "nonsense"}, SECRET),
        (b"\xff", headers, SECRET),
    ]:
        with pytest.raises(client.InvalidWebhook):
            client.verify_webhook(changed, given, secret)
    with pytest.raises(TypeError):
        client.verify_webhook(json.loads(body), headers, SECRET)


def test_a_webhook_of_the_product_is_verified_and_applied(
    client: ModuleType, newsroom: Any, stack: RunningStack
) -> None:
    received: list[tuple[bytes, dict[str, str]]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((body, dict(self.headers.items())))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    webhook = newsroom.call(
        operation("webhooks", "webhooks_create"),
        body={
            "url": f"http://127.0.0.1:{server.server_port}/hook",
            "types": ["article.published", "article.killed"],
        },
    )
    try:
        name = unique("client-webhook")
        newsroom.create_article(headline="Heard", slug=name, body_markdown="Of.")
        published = newsroom.publish(name)
        mirror = newsroom.mirror()

        def apply_all() -> bool:
            for body, headers in received:
                mirror.apply_webhook(client.verify_webhook(body, headers, webhook.secret))
            return str(published.id) in mirror.articles

        wait_until(apply_all)
        assert mirror.articles[str(published.id)] == published.version
        newsroom.kill(name)
        wait_until(lambda: (apply_all(), mirror.articles == {})[1])
        deliveries = newsroom.call(operation("webhooks", "webhooks_deliveries_list"), webhook.id)
        assert len(deliveries.results) >= 2
    finally:
        newsroom.call(operation("webhooks", "webhooks_delete"), webhook.id)
        server.shutdown()
        server.server_close()
