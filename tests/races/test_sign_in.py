"""A guest signs in, twice at once, while they press and while they erase: one reaction to each article, drift 0."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.test import Client

from articles.models import Article
from reactions.counting.aggregate import aggregate
from reactions.counting.reconcile import reconcile
from reactions.kinds import BY_KEY
from reactions.models import OutboxEntry, Reaction
from reactions.readers import new_reader, read_token
from reactions.record import erase_reader, set_reactions
from tests.conftest import PublishArticle
from tests.races.rival import on_a_connection_of_its_own
from tests.reactions.host_readers.hosts import ORIGIN, make_jwt, make_site
from tests.reactions.oracle import assert_counts_are_the_rows, totals

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(jwt: str, guest: str) -> Any:
    headers = {"Origin": ORIGIN, "Authorization": f"Reader {guest}"}
    return Client().post("/api/v1/readers/", {"jwt": jwt}, "application/json", headers=headers)


def at_once(*acts: Any) -> list[Any]:
    ready = Barrier(len(acts))

    def start(act: Any) -> Any:
        ready.wait(10)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        running = [
            pool.submit(on_a_connection_of_its_own, lambda act=act: start(act)) for act in acts
        ]
        return [each.result() for each in running]


def assert_one_reaction_to_each(articles: Sequence[Article], reader: Any) -> None:
    aggregate()
    left = Reaction.objects.values_list("article_id", "reader_id", "erased")
    assert sorted(left) == sorted((article.id, reader, False) for article in articles)
    for article in articles:
        assert sum(totals(article.id).values()) == 1
        assert_counts_are_the_rows(article.id)
    assert not OutboxEntry.objects.exists()
    assert reconcile(dry_run=True).drift == 0


def test_the_same_exchange_many_times_at_once(publish_article: PublishArticle) -> None:
    make_site()
    articles = [publish_article() for _ in range(5)]
    guest, jwt = new_reader(), make_jwt()
    for article in articles:
        set_reactions(article_id=article.id, reader_id=guest.id, kinds=1)
    aggregate()

    answers = at_once(*[lambda: sign_in(jwt, guest.token)] * 6)

    assert [each.status_code for each in answers] == [201] * 6
    (token,) = {each.json()["token"] for each in answers}
    assert_one_reaction_to_each(articles, read_token(token).id)


def test_a_guest_who_presses_while_they_sign_in(publish_article: PublishArticle) -> None:
    """Another tab still has the guest's token; what it adds goes along with the next exchange."""
    make_site()
    articles = [publish_article() for _ in range(3)]
    guest, jwt = new_reader(), make_jwt()
    account = read_token(sign_in(jwt, guest.token).json()["token"])

    def press(seed: int) -> int:
        chance = random.Random(seed)
        headers = {"Authorization": f"Reader {chance.choice([guest, account]).token}"}
        for _ in range(8):
            body = {"reactions": [chance.choice([*BY_KEY])]}
            path = f"/api/v1/articles/{chance.choice(articles).id}/reactions/mine/"
            answer = Client().put(path, body, "application/json", headers=headers)
            assert answer.status_code == 200, answer.text
        return seed

    def keep_signing_in() -> list[int]:
        statuses = []
        for _ in range(4):
            statuses.append(sign_in(jwt, guest.token).status_code)
            aggregate()
        return statuses

    done = at_once(*[lambda seed=seed: press(seed) for seed in range(3)], keep_signing_in)
    for article in articles:
        set_reactions(article_id=article.id, reader_id=guest.id, kinds=2)
    sign_in(jwt, guest.token)

    assert done == [0, 1, 2, [201] * 4]
    assert_one_reaction_to_each(articles, account.id)


def test_a_reader_who_erases_everything_while_a_guest_is_adopted(
    publish_article: PublishArticle,
) -> None:
    make_site()
    articles = [publish_article() for _ in range(5)]
    jwt = make_jwt()
    account = read_token(sign_in(jwt, new_reader().token).json()["token"])
    for _ in range(3):
        guest = new_reader()
        for article in articles:
            set_reactions(article_id=article.id, reader_id=guest.id, kinds=1)
            set_reactions(article_id=article.id, reader_id=account.id, kinds=2)

        at_once(
            lambda guest=guest: sign_in(jwt, guest.token),
            lambda: erase_reader(reader_id=account.id),
            aggregate,
        )
        aggregate()

        assert not Reaction.objects.filter(reader_id=guest.id).exists()
        assert reconcile(dry_run=True).drift == 0
        for article in articles:
            assert sum(totals(article.id).values()) in {0, 1}
            assert_counts_are_the_rows(article.id)
