"""What the public rankings count, whom they leave out, and that one process counts for all."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from articles import workflow
from articles.models import Article, State
from reactions.cache import redis, redis_keys
from reactions.cache.limits import redis_breaker
from reactions.checks import check_public_rankings
from reactions.counting.cache_writer import write_stale_counts
from reactions.kinds import BY_KEY, Kind
from reactions.models import OutboxEntry, PolicyState, Reaction
from reactions.policy import set_policy
from reactions.stats import public_rankings as module
from reactions.stats.public_rankings import (
    LEAST_REACTIONS,
    Place,
    PublicRanking,
    clear_public_rankings,
    find_public_kind,
    public_kinds,
    public_ranking,
)
from reactions.stats.windows import floor
from tests.articles.sites.sites import make_site, publish_at
from tests.conftest import PublishArticle
from tests.reactions.rankings import count, forget_rankings
from tests.reactions.stats.night import NOW, _aggregate, make_facts

pytestmark = pytest.mark.django_db

LOVE = BY_KEY["love"]
BY_DEFAULT = django_settings.REACTIONS_PUBLIC_RANKINGS


@pytest.fixture(autouse=True)
def public(settings: Settings) -> Iterator[None]:
    settings.REACTIONS_PUBLIC_RANKINGS = ["love", "funny"]
    forget_rankings()
    yield
    forget_rankings()


def counts_of(kind: Kind = LOVE) -> dict[UUID, int]:
    return {each.article_id: each.count for each in public_ranking(kind).places}


def hold(article: Article, readers: int) -> None:
    """Reactions that a moderation rule keeps out of the counts."""
    held = [
        Reaction(
            article_id=article.pk,
            reader_id=uuid4(),
            kinds=LOVE.mask,
            changed_at=NOW - timedelta(hours=1),
            held=True,
        )
        for _ in range(readers)
    ]
    Reaction.objects.bulk_create(held)
    _aggregate(held)


def test_a_ranking_is_what_a_plain_count_of_the_changes_gives(
    publish_article: PublishArticle,
) -> None:
    facts = make_facts(publish_article, readers=4_000)
    killed, retracted, hidden, unlisted, crowded, *_ = facts.articles
    workflow.kill(article_id=killed.pk)
    workflow.retract(article_id=retracted.pk, text="It never opened.")
    set_policy(article_id=hidden.pk, state=PolicyState.HIDDEN)
    Article.objects.filter(pk=unlisted.pk).update(is_listed=False)
    hold(crowded, 300)
    left_out = {killed.pk, retracted.pk, hidden.pk, unlisted.pk}

    ranking = module._count(LOVE, NOW)

    since = floor(NOW - timedelta(days=7))
    expected: Counter[UUID] = Counter()
    for change in facts.changes:
        if change.kind == "love" and since <= change.quarter < NOW:
            expected[change.article.pk] += 1 if change.added else -1
    wanted = sorted(
        (
            (article_id, number)
            for article_id, number in expected.items()
            if number >= LEAST_REACTIONS and article_id not in left_out
        ),
        key=lambda pair: (-pair[1], pair[0]),
    )
    assert [(each.article_id, each.count) for each in ranking.places] == wanted
    assert 0 < len(wanted) < len(facts.articles) - len(left_out)  # the floor left some out
    assert (ranking.start, ranking.end, ranking.as_of) == (since, NOW, NOW)


def test_a_story_has_twenty_reactions_less_those_that_were_taken_back(
    publish_article: PublishArticle,
) -> None:
    enough = count(publish_article(), LEAST_REACTIONS + 5, left=5)
    count(publish_article(), LEAST_REACTIONS + 5, left=6)

    assert counts_of() == {enough.pk: LEAST_REACTIONS}


def test_neither_other_kinds_count_nor_what_is_older_than_seven_days(
    publish_article: PublishArticle,
) -> None:
    count(publish_article(), 30, kind="funny")
    count(publish_article(), 30, ago=timedelta(days=7, minutes=16))
    oldest = count(publish_article(), 30, ago=timedelta(days=6, hours=23))

    assert counts_of() == {oldest.pk: 30}


def test_a_reaction_is_in_it_at_the_time_of_the_readers_choice(
    publish_article: PublishArticle,
) -> None:
    article = publish_article()
    chosen = [
        Reaction(
            article_id=article.pk,
            reader_id=uuid4(),
            kinds=LOVE.mask,
            changed_at=timezone.now() - timedelta(days=number % 14, hours=1),
        )
        for number in range(70)
    ]
    Reaction.objects.bulk_create(chosen)
    OutboxEntry.objects.bulk_create(
        OutboxEntry(article_id=each.article_id, reader_id=each.reader_id) for each in chosen
    )
    _aggregate([])

    rows = Reaction.objects.filter(changed_at__gte=timezone.now() - timedelta(days=7))
    assert counts_of() == {article.pk: rows.count()}
    assert rows.count() == 35


def test_an_article_of_another_site_is_in_it_where_the_pages_here_list_it(
    publish_article: PublishArticle,
) -> None:
    listed = count(publish_at(make_site(), "/2026/a/"), 40)
    Article.objects.filter(pk=listed.pk).update(is_listed=True)
    unlisted = count(publish_at(make_site("https://other.example"), "/2026/b/"), 50)
    Article.objects.filter(pk=unlisted.pk).update(is_listed=False)

    assert counts_of() == {listed.pk: 40}


@pytest.mark.parametrize("state", [State.UNPUBLISHED, State.MERGED, State.RETRACTED, State.KILLED])
def test_only_published_stories_are_in_it(state: State, publish_article: PublishArticle) -> None:
    count(publish_article(state=state), 40)

    assert counts_of() == {}


def test_hidden_stories_take_no_place(publish_article: PublishArticle) -> None:
    hidden = [count(publish_article(), 100 + number) for number in range(21)]
    for article in hidden:
        set_policy(article_id=article.pk, state=PolicyState.HIDDEN)
    shown = [count(publish_article(), 30 + number) for number in range(3)]

    assert list(counts_of()) == [each.pk for each in reversed(shown)]


def test_a_story_that_is_hidden_later_is_not_shown(publish_article: PublishArticle) -> None:
    first, second = count(publish_article(), 40), count(publish_article(), 30)
    ranking = public_ranking(LOVE)
    assert [each.article_id for each in ranking.shown()] == [first.pk, second.pk]

    set_policy(article_id=first.pk, state=PolicyState.HIDDEN)
    write_stale_counts()

    assert ranking.shown() == [Place(second.pk, 30)]


def test_a_closed_story_stays(publish_article: PublishArticle) -> None:
    closed = count(publish_article(), 40)
    set_policy(article_id=closed.pk, state=PolicyState.CLOSED)

    assert counts_of() == {closed.pk: 40}


# --- once for all processes


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    moment = time.time() + timedelta(**span).total_seconds()
    monkeypatch.setattr(time, "time", lambda: moment)


def test_it_is_counted_once_in_five_minutes(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = count(publish_article(), 40)
    first = public_ranking(LOVE)
    count(article, 5, ago=timedelta(hours=4))

    later(monkeypatch, minutes=4, seconds=50)
    assert public_ranking(LOVE) is first
    redis.client().delete(redis_keys.ranking_turn("love"))  # which has expired by then
    later(monkeypatch, minutes=5)
    assert counts_of() == {article.pk: 45}


def test_another_process_gets_the_ranking_that_was_counted(
    publish_article: PublishArticle,
) -> None:
    article = count(publish_article(), 40)
    first = public_ranking(LOVE)
    count(article, 5, ago=timedelta(hours=4))

    clear_public_rankings()  # what another process has

    assert public_ranking(LOVE) == first


def test_while_another_process_counts_the_last_ranking_is_shown(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = count(publish_article(), 40)
    first = public_ranking(LOVE)
    count(article, 5, ago=timedelta(hours=4))

    later(monkeypatch, minutes=6)
    redis.client().set(redis_keys.ranking_turn("love"), "", ex=30)

    assert public_ranking(LOVE) is first


def test_one_that_was_counted_beside_another_process_is_not_shared(
    publish_article: PublishArticle,
) -> None:
    article = count(publish_article(), 40)
    redis.client().set(redis_keys.ranking_turn("love"), "", ex=30)

    assert counts_of() == {article.pk: 40}
    assert redis.read_text(redis_keys.ranking("love")) is None
    assert module._last == {}


def test_each_kind_has_its_own(publish_article: PublishArticle) -> None:
    article = count(count(publish_article(), 40), 25, kind="funny")

    assert counts_of() == {article.pk: 40}
    assert counts_of(BY_KEY["funny"]) == {article.pk: 25}


def test_without_redis_each_process_counts(publish_article: PublishArticle) -> None:
    article = count(publish_article(), 40)

    with override_settings(REDIS_URL="redis://127.0.0.1:1"):
        assert counts_of() == {article.pk: 40}
        assert public_ranking(LOVE) is public_ranking(LOVE)
    redis_breaker.reset()


def test_one_thread_renews_while_the_others_get_the_last_one(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    count(publish_article(), 40)
    first = public_ranking(LOVE)
    later(monkeypatch, minutes=6)
    found: list[PublicRanking] = []

    with module._renewing["love"]:
        other = threading.Thread(target=lambda: found.append(public_ranking(LOVE)))
        other.start()
        other.join(5)

    assert found == [first]


def refuse(*call: object) -> None:
    raise OperationalError


def test_the_last_one_stays_while_postgresql_cannot_be_asked(
    publish_article: PublishArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    count(publish_article(), 40)
    first = public_ranking(LOVE)
    redis.client().delete(redis_keys.ranking_turn("love"))
    later(monkeypatch, minutes=6)

    with connection.execute_wrapper(refuse):
        assert public_ranking(LOVE) == first


def test_without_any_the_failure_is_said() -> None:
    with connection.execute_wrapper(refuse), pytest.raises(OperationalError):
        public_ranking(LOVE)


def test_what_redis_holds_expires(publish_article: PublishArticle) -> None:
    count(publish_article(), 40)
    public_ranking(LOVE)

    assert 0 < redis.client().ttl(redis_keys.ranking("love")) <= 3_600
    assert 0 < redis.client().ttl(redis_keys.ranking_turn("love")) <= 30


def test_a_shared_ranking_is_the_same_after_its_way_through_redis() -> None:
    ranking = PublicRanking(
        datetime(2026, 11, 19, tzinfo=UTC), NOW, NOW, (Place(uuid4(), 40), Place(uuid4(), 20))
    )

    assert PublicRanking.from_json(ranking.as_json()) == ranking


# --- the setting


def test_by_default_there_is_none(settings: Settings) -> None:
    settings.REACTIONS_PUBLIC_RANKINGS = BY_DEFAULT

    assert BY_DEFAULT == []
    assert public_kinds() == []
    assert find_public_kind("love") is None


def test_a_kind_that_is_named_twice_has_one_ranking(settings: Settings) -> None:
    settings.REACTIONS_PUBLIC_RANKINGS = ["love", "funny", "love"]

    assert [kind.key for kind in public_kinds()] == ["love", "funny"]
    assert check_public_rankings() == []


def test_a_kind_that_is_not_offered_is_refused_at_the_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    retired = Kind("hug", 9, "Hug", "🤗", retired=True)
    monkeypatch.setattr("reactions.checks.KINDS", (LOVE, retired))
    settings.REACTIONS_PUBLIC_RANKINGS = ["love", "hug", "luv"]

    faults = check_public_rankings()

    assert [fault.id for fault in faults] == ["reactions.E011"] * 2
    assert [fault.msg for fault in faults] == [
        f"REACTIONS_PUBLIC_RANKINGS names what is no reaction that readers are offered: {key!r}."
        for key in ("hug", "luv")
    ]
