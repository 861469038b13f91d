"""What a real browser lets pages of other origins read, with scripts of their own in place of the widget."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page

from newsroom.stack.environment import recorded_environment
from tests.browser.conftest import Visitor
from tests.browser.hosts import HostSite, host_site
from tests.reactions.host_readers.hosts import add_site
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

# One argument: the API, and an article. Returns the statuses, and the headers that the script can read.
SCRIPT = """
async ([api, slug]) => {
  const call = async (path, request = {}) => {
    try {
      const answer = await fetch(`${api}/api/v1/${path}`, request);
      const body = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
      return { status: answer.status, body, headers: Object.fromEntries(answer.headers) };
    } catch (error) {
      return { status: 0, body: null, headers: {} };
    }
  };
  const counts = `articles/${slug}/reactions/`;
  const first = await call(counts);
  const headers = { "If-None-Match": first.headers.etag };
  const known = await call(counts, { headers, cache: "no-store" });
  const missing = await call("articles/unknown/reactions/");
  const here = await call("sites/here/");
  const made = await call("readers/", { method: "POST" });
  const reader = { Authorization: `Reader ${made.body?.token}`, "Content-Type": "application/json" };
  const put = () => call(`${counts}mine/`, { method: "PUT", headers: reader, body: '{"reactions":["love"]}' });
  const puts = [await put(), await put()];
  const mine = await call(`${counts}mine/`, { headers: reader });
  const erased = await call("readers/me/", { method: "DELETE", headers: reader });
  const withCookies = await call(`${counts}mine/`, { credentials: "include" });
  const asProgram = await call("articles/", { headers: { Authorization: "Bearer key" } });
  return { first, known, missing, here, made, put: puts[0], again: puts[1], mine, erased, withCookies, asProgram };
}
"""


@pytest.fixture
def host(stack: RunningStack) -> Iterator[HostSite]:
    with host_site(stack.url) as site:
        site.page("/", "")
        yield site


@pytest.fixture
def listed(host: HostSite, stack: RunningStack) -> Iterator[HostSite]:
    url = recorded_environment(stack.data)["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as database:
        add_site(database, "listed", host.origin)
        yield host
        database.execute("DELETE FROM articles_site WHERE name = 'listed'")


def answers(page: Page, host: HostSite, stack: RunningStack) -> dict[str, Any]:
    listed = json.loads(stack.get("/api/v1/articles/"))["results"]
    slug = next(each["slug"] for each in listed if is_open(stack, each["slug"]))
    found: dict[str, Any] = page.evaluate(SCRIPT, [host.api, slug])
    return found


def is_open(stack: RunningStack, slug: str) -> bool:
    """Whether it accepts reactions: other tests close theirs."""
    counts = json.loads(stack.get(f"/api/v1/articles/{slug}/reactions/"))
    return bool(counts["state"] == "open")


def statuses(found: dict[str, Any]) -> dict[str, int]:
    return {name: answer["status"] for name, answer in found.items()}


def test_a_page_of_a_listed_origin_reads_what_its_reader_may(
    listed: HostSite, visitor: Visitor, stack: RunningStack
) -> None:
    page = visitor(f"{listed.origin}/")
    page.wait_for_timeout(1_100)  # the sites are read once a second

    found = answers(page, listed, stack)

    refused_by_the_browser = {"withCookies": 0, "asProgram": 0}
    others = dict.fromkeys(found, 200) | {"known": 304, "missing": 404, "made": 201}
    assert statuses(found) == others | refused_by_the_browser
    assert found["first"]["headers"]["etag"]
    assert found["mine"]["headers"]["page-token"]
    assert found["mine"]["body"]["reactions"] == ["love"]
    assert found["here"]["body"] == {"site": "listed", "registers": False}
    assert page.context.cookies() == []


def test_a_page_of_another_origin_reads_what_is_public_and_why_the_rest_fails(
    host: HostSite, visitor: Visitor, stack: RunningStack
) -> None:
    found = answers(visitor(f"{host.origin}/"), host, stack)

    read = {"first": 200, "known": 304, "missing": 404, "here": 403}
    assert statuses(found) == dict.fromkeys(found, 0) | read
    assert found["here"]["body"]["code"] == "origin_not_listed"
    assert host.origin in found["here"]["body"]["detail"]
