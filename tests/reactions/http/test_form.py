"""The widget without JavaScript: a form that works, and refuses posts of other origins."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.kinds import pack
from reactions.models import Policy, Reaction
from reactions.policy import set_policy
from reactions.readers import new_reader, read_token


def page_of(article: Article) -> str:
    return reverse("articles:article", args=[article.slug])


def form_of(client: Client, article: Article) -> tuple[str, dict[str, str]]:
    """The form's address and its hidden fields, as a browser finds them in the page."""
    html = client.get(page_of(article)).content.decode()
    action = re.search(r'<form method="post" action="([^"]+)"', html)
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    assert action is not None
    return action[1], dict(hidden)


def press(client: Client, article: Article, reactions: str, **headers: str) -> Any:
    """The page after a press, with every redirect followed as a browser does."""
    action, fields = form_of(client, article)
    return client.post(action, fields | {"reactions": reactions}, follow=True, headers=headers)


def test_a_first_press_sets_the_cookie_is_sent_again_and_leads_back_to_the_article(
    client: Client, article: Article
) -> None:
    action, _ = form_of(client, article)

    response = press(client, article, "love")

    assert response.redirect_chain == [
        (f"{action}?repeated=1", 307),
        (f"{page_of(article)}#reactions", 302),
    ]
    assert Reaction.objects.get().kinds == pack(["love"])
    assert b'value=""' in response.content  # pressing love once more clears it
    assert b'aria-pressed="true"' in response.content


def test_a_press_whose_answer_is_lost_and_that_is_repeated_counts_once(
    client: Client, article: Article
) -> None:
    action, fields = form_of(client, article)
    pressed = fields | {"reactions": "love"}

    lost = [Client().post(action, pressed).status_code for _ in range(2)]  # neither cookie arrived
    press(client, article, "love")
    again = client.post(action, pressed).status_code

    assert (lost, again) == ([307, 307], 302)
    assert Reaction.objects.count() == 1


def test_a_browser_that_keeps_no_cookie_is_asked_once_and_learns_why(
    client: Client, article: Article
) -> None:
    action, fields = form_of(client, article)

    first = Client().post(action, fields | {"reactions": "love"})
    second = Client().post(first["Location"], fields | {"reactions": "love"})
    page = client.get(second["Location"])

    assert (first.status_code, second.status_code) == (307, 302)
    assert "Your browser keeps no cookies" in page.content.decode()
    assert not Reaction.objects.exists()


def test_the_page_of_a_stranger_is_for_everyone_and_sets_no_cookie(
    client: Client, article: Article
) -> None:
    response = client.get(page_of(article))

    assert not response.cookies
    assert "public" in response["Cache-Control"]
    assert b'aria-pressed="true"' not in response.content


def test_the_page_of_a_reader_is_theirs_alone(client: Client, article: Article) -> None:
    press(client, article, "love")

    response = client.get(page_of(article))

    assert "private" in response["Cache-Control"]


def test_the_page_after_a_press_counts_it_before_it_is_counted_and_once(
    client: Client, article: Article
) -> None:
    def shown(response: Any) -> list[str]:
        html = response.content.decode().partition('id="reactions"')[2]
        return re.findall(r'<span class="(?:count|sum)" part="\w+">([^<]*)</span>', html)

    pressed = press(client, article, "like")
    assert shown(pressed) == ["1", "0", "0", "0", "0", "0", "0", "You are the first"]
    aggregate()
    assert shown(client.get(page_of(article))) == shown(pressed)

    changed = press(client, article, "love")
    assert shown(changed) == ["0", "0", "1", "0", "0", "0", "0", "You are the first"]
    taken_back = press(client, article, "")
    assert shown(taken_back) == [*[""] * 7, "Be the first to react"]
    assert shown(Client().get(page_of(article)))[0] == "1"  # until it is counted


def test_an_empty_press_clears_the_reaction(client: Client, article: Article) -> None:
    for reactions in ("love", ""):
        press(client, article, reactions)

    assert Reaction.objects.get().kinds == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Referer": "https://elsewhere.example/testserver"},
    ],
)
def test_a_post_from_elsewhere_is_refused(
    client: Client, article: Article, headers: dict[str, str]
) -> None:
    action, fields = form_of(client, article)

    response = client.post(action, fields | {"reactions": "love"}, headers=headers)

    assert response.status_code == 403
    assert not Reaction.objects.exists()


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}]
)
def test_a_post_from_our_page_is_recorded(
    client: Client, article: Article, headers: dict[str, str]
) -> None:
    response = press(client, article, "love", **headers)

    assert response.status_code == 200
    assert Reaction.objects.count() == 1


@pytest.mark.parametrize("fields", [{}, {"token": ""}, {"token": "forged"}])
def test_a_post_that_never_saw_the_form_is_refused(
    client: Client, article: Article, fields: dict[str, str]
) -> None:
    action, _ = form_of(client, article)

    assert client.post(action, fields | {"reactions": "love"}).status_code == 403
    assert not Reaction.objects.exists()


def test_a_refused_reaction_is_explained_on_the_page(client: Client, article: Article) -> None:
    action, fields = form_of(client, article)
    set_policy(article_id=article.id, state=Policy.State.CLOSED)

    response = client.post(action, fields | {"reactions": "love"}, follow=True)

    assert "Reactions to this story are closed." in response.content.decode()
    assert not Reaction.objects.exists()


def test_an_unknown_reaction_is_explained_on_the_page(client: Client, article: Article) -> None:
    action, fields = form_of(client, article)

    response = client.post(action, fields | {"reactions": "meh"}, follow=True)

    assert "That reaction does not exist here." in response.content.decode()


def test_a_bad_cookie_is_replaced_and_the_press_recorded(
    client: Client, article: Article, settings: Settings
) -> None:
    client.cookies[settings.READER_COOKIE] = new_reader().token[:-2]

    press(client, article, "love")

    reader = read_token(client.cookies[settings.READER_COOKIE].value)
    assert Reaction.objects.get().reader_id == reader.id


def test_a_cookie_from_before_https_is_replaced(
    client: Client, article: Article, settings: Settings
) -> None:
    press(client, article, "love")
    settings.READER_COOKIE, settings.READER_COOKIES = "__Host-reader", ["__Host-reader", "reader"]

    press(client, article, "sad")

    assert client.cookies["__Host-reader"].value
    assert not client.cookies["reader"].value
    assert Reaction.objects.get().kinds == pack(["sad"])


def kinds_on(page: str) -> list[str]:
    """The kinds whose buttons are shown."""
    buttons = re.findall(r'<button type="submit".*?>', page, re.DOTALL)
    shown = [button for button in buttons if "hidden" not in button]
    return re.findall(r'data-kind="(\w+)"', "".join(shown))


def test_a_page_offers_the_allowed_kinds(client: Client, article: Article) -> None:
    set_policy(article_id=article.id, allowed=pack(["love", "sad"]))

    page = client.get(page_of(article)).content.decode()

    assert kinds_on(page) == ["love", "sad"]


def test_a_kind_no_longer_allowed_is_on_the_readers_page_until_they_undo_it(
    client: Client, article: Article
) -> None:
    action, fields = form_of(client, article)
    press(client, article, "funny")
    set_policy(article_id=article.id, allowed=pack(["sad"]))
    aggregate()

    kept = client.get(page_of(article)).content.decode()
    undone = client.post(action, fields | {"reactions": ""}, follow=True).content.decode()
    tried = client.post(action, fields | {"reactions": "funny"}, follow=True).content.decode()

    assert kinds_on(kept) == ["funny", "sad"]
    assert kinds_on(undone) == ["sad"]
    assert "This story does not accept that reaction." in tried


def test_a_closed_page_says_so_and_its_buttons_do_nothing(client: Client, article: Article) -> None:
    open_page = client.get(page_of(article)).content.decode()
    set_policy(article_id=article.id, state=Policy.State.CLOSED)
    aggregate()

    closed_page = client.get(page_of(article)).content.decode()

    assert "Reactions are closed." not in open_page
    assert "Reactions are closed." in closed_page
    assert [each.count('aria-disabled="true"') for each in (open_page, closed_page)] == [0, 7]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://news.example", 200),
        ("https://news.example:443", 200),
        ("http://news.example", 403),  # what anyone on the way can make a page of
        ("https://news.example:8443", 403),
        ("https://testserver", 200),
        ("http://testserver", 403),
        ("https://news.example.evil.example", 403),
        ("https://[", 403),
        ("https://news.example:x", 403),
    ],
)
def test_behind_a_proxy_that_ends_tls_the_public_address_is_our_own_with_its_scheme(
    client: Client, article: Article, settings: Settings, origin: str, status: int
) -> None:
    settings.SITE_URL, settings.HTTPS = "https://news.example", True

    assert press(client, article, "love", Origin=origin).status_code == status
    assert Reaction.objects.exists() == (status == 200)
