"""Editors at the desk, in a real browser, and what readers see of their changes."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from articles.formats.story import Story
from tests.articles.conftest import REAL_ARTICLES, read
from tests.browser.conftest import Visitor
from tests.servers import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ADD = "/desk/articles/article/add/"
PASSWORD = "desk-of-the-tests"
SIGN_UP = f"""
import time
from django.contrib import auth
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
password = make_password({PASSWORD!r})
for name, role in [("maria", "Authors"), ("edda", "Editors"), ("paula", "Publishers")]:
    user = auth.models.User.objects.create(username=name, is_staff=True, password=password)
    user.groups.set([auth.models.Group.objects.get(name=role)])
    session = SessionStore()
    session[auth.SESSION_KEY] = str(user.pk)
    session[auth.BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["begun_at"] = session["seen_at"] = int(time.time())
    session.create()
    print(name, session.session_key)
"""

PASTED = "articles/desk/pasted/google-docs.html"
PASTE = """(area, html) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/html", html);
  clipboardData.setData("text/plain", "plain words");
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""

SignIn = Callable[[str, str], Page]


@pytest.fixture(scope="module")
def sessions(stack: RunningStack) -> dict[str, str]:
    """An author, an editor and a publisher, each signed in once."""
    done = stack.manage("shell", "--verbosity=0", "-c", SIGN_UP)
    assert done.returncode == 0, done.stderr
    return dict(line.split() for line in done.stdout.splitlines())


@pytest.fixture
def sign_in(sessions: dict[str, str], stack: RunningStack, visitor: Visitor) -> SignIn:
    """Sign a user in at the desk and open the page that was requested."""

    def enter(name: str, path: str) -> Page:
        page = visitor("/healthz")
        cookie = {"name": "sessionid", "value": sessions[name], "url": stack.url}
        page.context.add_cookies([cookie])  # type: ignore[list-item]  # a SetCookieParam
        page.goto(path)
        return page

    return enter


@pytest.fixture
def filed() -> Story:
    """The text of a real article: one from the desk's folder where there is one, else a sample."""
    path = REAL_ARTICLES[-1]
    return read(path.read_bytes(), name=path.name)


@pytest.fixture(scope="module")
def published_slugs(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The slugs of articles that readers see, enough for the tests of this file."""
    slugs = [f"story-{uuid4().hex[:8]}" for _ in range(5)]
    picture = f"lead_image: {{caption: {'A long caption. ' * 9}}}"
    folder = tmp_path_factory.mktemp("stock")
    for slug in slugs:
        article = f"---\nheadline: The bridge is open\nslug: {slug}\n{picture}\n---\n\nIt is.\n"
        (folder / f"{slug}.md").write_text(article)
    done = stack.manage("publish", *folder.iterdir())
    assert done.returncode == 0, done.stderr
    return slugs


@pytest.fixture
def published(published_slugs: list[str]) -> str:
    """The slug of an article that no other test touches."""
    return published_slugs.pop()


def field(page: Page, label: str) -> Locator:
    """By its label, which has a star where the field is needed."""
    return page.get_by_label(re.compile(rf"^\s*{label}\s*\*?\s*$"))


def fill_in(page: Page, fields: dict[str, str]) -> None:
    for label, text in fields.items():
        field(page, label).fill(text)


def press(page: Page, name: str) -> None:
    """A button of the desk, or a link that looks like one, without its icon's name."""
    looks = re.compile(rf"\b{name}$")
    page.get_by_role("button", name=looks).or_(page.get_by_role("link", name=looks)).click()


def open_article(page: Page, slug: str) -> None:
    page.goto(f"/desk/articles/article/?q={slug}")
    page.locator("#result_list a[href*='/change/']").first.click()


def write(page: Page, article: Story, slug: str) -> None:
    assert article.dateline
    fill_in(
        page,
        {
            "Headline": article.headline,
            "Abstract": article.abstract,
            "Text": article.body_markdown,
            "Byline": article.byline,
            "Place": article.dateline.place,
            "Country": article.dateline.country,
            "Date": str(article.dateline.date),
            "Source in the dateline": article.dateline.source,
            "Tags": "\n".join(article.tags),
            "Slug": slug,
        },
    )
    field(page, "Style").select_option(article.dateline.style)


def test_an_article_is_written_reviewed_published_corrected_and_retracted(
    filed: Story, sign_in: SignIn, visitor: Visitor
) -> None:
    slug = f"{filed.slug[:80]}-{uuid4().hex[:4]}"
    assert filed.dateline
    place = filed.dateline.place.upper()

    author = sign_in("maria", ADD)
    write(author, filed, slug)
    expect(author.locator(".desk-preview .dateline")).to_contain_text(place)
    press(author, "Save and continue editing")
    press(author, "Submit for review")
    press(author, "Submit for review")
    expect(author.get_by_text("is handed in for review")).to_be_visible()
    expect(author.get_by_role("link", name="Publish")).to_have_count(0)

    editor = sign_in("edda", "/desk/articles/article/")
    open_article(editor, slug)
    press(editor, "Publish")
    press(editor, "Publish")
    reader = visitor(f"/articles/{slug}/")
    expect(reader.locator(".body .dateline")).to_contain_text(place)

    press(editor, "Correct")
    fill_in(editor, {"Notice to readers": "The monitor is in Coventry.", "Headline": "Put right"})
    press(editor, "Correct")
    for path in (f"/articles/{slug}/", "/corrections/"):
        reader.goto(path)
        expect(reader.get_by_text("The monitor is in Coventry.")).to_be_visible()
        expect(reader.get_by_text("Put right").first).to_be_visible()

    press(editor, "Retract")
    fill_in(editor, {"Notice to readers": "We could not stand it up."})
    press(editor, "Retract")
    reader.goto(f"/articles/{slug}/")
    expect(reader.get_by_text("We could not stand it up.")).to_be_visible()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Put right")


def test_a_publisher_kills_an_article_and_it_is_gone_everywhere(
    stack: RunningStack, published: str, sign_in: SignIn, visitor: Visitor
) -> None:
    def places() -> list[bool]:
        sitemaps = re.findall(r"<loc>([^<]+)</loc>", stack.get("/sitemap.xml"))
        paths = [
            "/",
            "/feeds/rss.xml",
            *(re.sub(r"^https?://[^/]+", "", each) for each in sitemaps),
        ]
        return [published in stack.get(path) for path in paths]

    before = places()
    page = sign_in("paula", "/desk/articles/article/")
    open_article(page, published)
    press(page, "Kill")
    fill_in(page, {"Why": "Libel.", "The story’s slug, typed": "something else"})
    press(page, "Kill")
    expect(page.get_by_text(f"Type {published} to kill this story.")).to_be_visible()
    fill_in(page, {"The story’s slug, typed": published})
    press(page, "Kill")
    expect(page.get_by_text("is killed")).to_be_visible()

    reader = visitor("/")
    answer = reader.goto(f"/articles/{published}/")
    assert answer
    assert answer.status == 410
    assert before.count(True) >= 3
    assert not any(places())


def test_unsaved_text_is_offered_again(sign_in: SignIn) -> None:
    page = sign_in("maria", ADD)
    field(page, "Headline").fill("Lost and found")
    field(page, "Text").fill("Typed for an hour.")
    expect(page.get_by_text("kept in this browser")).to_be_visible()
    context = page.context
    page.close(run_before_unload=False)

    again = context.new_page()
    again.goto(ADD)
    offer = again.get_by_role("alert")
    expect(offer).to_contain_text("was never saved")
    expect(offer).to_contain_text("Text: “Typed for an hour.”")
    offer.get_by_role("button", name="Bring it back").click()
    expect(field(again, "Text")).to_have_value("Typed for an hour.")
    expect(again.locator(".desk-preview")).to_contain_text("Typed for an hour.")

    press(again, "Save and continue editing")
    expect(again.get_by_text("was added successfully")).to_be_visible()
    again.goto(ADD)
    expect(field(again, "Headline")).to_have_value("")
    expect(again.get_by_role("alert")).to_have_count(0)
    assert again.evaluate("Object.keys(localStorage).filter(key => key.startsWith('desk:'))") == []


def test_formatted_text_is_pasted_as_markdown_which_undo_takes_back(sign_in: SignIn) -> None:
    page = sign_in("maria", ADD)
    text = field(page, "Text")
    text.fill("Before. ")
    text.press("End")

    text.evaluate(PASTE, (Path(__file__).parents[1] / PASTED).read_text())

    expect(text).to_have_value(re.compile(r"^Before\. ## What .*\*\*nine to four\*\*", re.DOTALL))
    expect(page.locator(".desk-preview li").first).to_contain_text("Dredging begins in May")
    text.press("Control+z")
    expect(text).to_have_value("Before. ")


def test_an_expired_session_loses_no_text(published: str, sign_in: SignIn) -> None:
    page = sign_in("edda", "/desk/articles/article/")
    open_article(page, published)
    field(page, "Text").fill("Typed while the session ended.")
    page.context.clear_cookies(name="sessionid")

    press(page, "Save")
    page.get_by_label("Username").fill("edda")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_contain_text("Typed while the session ended.")


def test_leaving_with_unsaved_text_asks_first(sign_in: SignIn) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page = sign_in("maria", ADD)
    page.on("dialog", leave)
    field(page, "Headline").press_sequentially("Unsaved")

    page.goto("/desk/articles/article/")

    assert asked == ["beforeunload"]


def test_a_version_conflict_keeps_the_text_and_shows_the_difference(
    published: str, sign_in: SignIn
) -> None:
    page = sign_in("edda", "/desk/articles/article/")
    open_article(page, published)
    other = sign_in("paula", page.url)
    expect(other.get_by_text("edda is editing this story, too.")).to_be_visible()
    field(other, "Headline").fill("Theirs")
    field(other, "Abstract").fill("Theirs, too.")
    press(other, "Save")
    expect(other).to_have_url(re.compile(r"/article/(\?|$)"))

    field(page, "Headline").fill("Mine.")
    press(page, "Save and continue editing")
    expect(page.get_by_text("Not saved: paula")).to_be_visible()
    expect(page.locator(".desk-conflict ins").first).to_have_text("Theirs")
    expect(field(page, "Headline")).to_have_value("Mine.")

    page.get_by_label("I have read this.").check()
    press(page, "Save and continue editing")
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    expect(field(page, "Headline")).to_have_value("Mine.")
    expect(field(page, "Abstract")).to_have_value("Theirs, too.")


def test_the_desk_fits_on_a_phone(published: str, sign_in: SignIn) -> None:
    page = sign_in("paula", "/desk/articles/article/")
    page.set_viewport_size({"width": 390, "height": 800})
    open_article(page, published)

    article = page.url.removesuffix("change/")
    for what in ("change/", "transition/correct/", "transition/kill/", "versions/"):
        page.goto(article + what)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, what
