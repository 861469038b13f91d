"""What an article accepts: its own policy, the default policies of its section and tags, the site, and the clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from articles.hooks import reaction_hooks
from articles.models import Article, ArticleTag, Section, State, Tag
from reactions import default_policies
from reactions.cache import redis as redis_cache
from reactions.cache import redis_keys
from reactions.counting.aggregate import aggregate
from reactions.counts import clear_counts, get_counts, put_counts, read_counts
from reactions.default_policies import (
    delete_default_policies,
    refresh_articles,
    save_default_policy,
)
from reactions.kinds import ANY_KIND, EVERY_KIND, pack, unpack
from reactions.models import CountVersion, DefaultPolicy, PolicyRefresh, PolicyState, Reaction
from reactions.policy import OwnPolicy, get_policy, set_policy, set_state
from reactions.record import ReactionRefused, clear_reactions, set_reactions
from reactions.sql import row
from tests.conftest import PublishArticle
from tests.profiles import examples
from tests.reactions.oracle import assert_counts_are_the_rows

LOVE, SAD, FUNNY = pack(["love"]), pack(["sad"]), pack(["funny"])
SERIOUS = EVERY_KIND & ~FUNNY
DAY = timedelta(days=1)


@pytest.fixture
def obituary(db: None) -> Tag:
    return Tag.objects.create(slug="obituary", name="Obituary")


@pytest.fixture
def death_notice(article: Article, obituary: Tag) -> Article:
    ArticleTag.objects.create(article=article, tag=obituary, position=1)
    return article


def no_jokes(tag: Tag) -> DefaultPolicy:
    policy = DefaultPolicy(name="No jokes", tag=tag, allowed=SERIOUS)
    save_default_policy(policy)
    return policy


def state_of(article: Article) -> str | None:
    counts = get_counts(article.id)
    return counts.state if counts else None


def allowed_of(article: Article) -> list[str]:
    counts = get_counts(article.id)
    return list(counts.allowed) if counts else []


def takes(article: Article, kinds: int) -> bool:
    """Whether a new reader may choose these."""
    try:
        set_reactions(article_id=article.id, reader_id=uuid4(), kinds=kinds)
    except ReactionRefused:
        return False
    return True


# --- closing


def test_an_article_takes_reactions_until_it_closes(article: Article, reader_id: UUID) -> None:
    set_policy(article_id=article.id, closes_at=timezone.now() + DAY)
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)

    set_policy(article_id=article.id, closes_at=timezone.now() - timedelta(seconds=1))

    for kinds in (SAD, 0):
        with pytest.raises(ReactionRefused, match="closed"):
            set_reactions(article_id=article.id, reader_id=reader_id, kinds=kinds)
    assert Reaction.objects.get().kinds == LOVE


@pytest.mark.parametrize(
    ("days", "state"), [(0, "open"), (1, "closed"), (2, "closed"), (3, "open")]
)
def test_an_article_closes_so_many_days_after_its_first_publication(
    publish_article: PublishArticle, days: int, state: str
) -> None:
    article = publish_article(first_published_at=timezone.now() - 2 * DAY)

    set_policy(article_id=article.id, close_after_days=days)

    assert state_of(article) == state
    assert takes(article, LOVE) == (state == "open")


def test_the_site_closes_articles_without_a_policy(
    publish_article: PublishArticle, settings: Settings
) -> None:
    settings.REACTIONS_CLOSE_AFTER_DAYS = 7
    old, stays_open, new = (
        publish_article(first_published_at=timezone.now() - days * DAY) for days in (8, 8, 6)
    )
    set_policy(article_id=stays_open.id, close_after_days=0)

    assert [state_of(each) for each in (old, stays_open, new)] == ["closed", "open", "open"]
    assert [takes(each, LOVE) for each in (old, stays_open, new)] == [False, True, True]


@pytest.mark.parametrize(("seconds", "state"), [(60, "open"), (-1, "closed")])
def test_a_cached_answer_closes_by_itself_and_no_process_has_to_run(
    article: Article,
    django_assert_num_queries: DjangoAssertNumQueries,
    seconds: int,
    state: str,
) -> None:
    (open_now,) = read_counts([article.id])
    closes_at = timezone.now() + timedelta(seconds=seconds)
    put_counts([replace(open_now, closes_at=closes_at)])

    with django_assert_num_queries(0):
        assert state_of(article) == state


def test_an_answer_cached_under_other_settings_is_ignored(
    article: Article, settings: Settings
) -> None:
    assert state_of(article) == "open"

    settings.REACTIONS_CLOSE_AFTER_DAYS = 1
    clear_counts()  # another process, started with them

    assert state_of(article) == "closed"


def test_a_cache_entry_of_an_older_release_is_read_again(article: Article) -> None:
    redis_cache.client().hset(
        redis_keys.counts(article.id),
        mapping={"version": 0, "answer": '["open",["love"],{"love":9},0,null]'},
    )

    counts = get_counts(article.id)

    assert counts is not None
    assert counts.total == 0


@pytest.mark.parametrize("state", [PolicyState.CLOSED, PolicyState.HIDDEN])
def test_reactions_survive_closing_and_hiding(
    article: Article, reader_id: UUID, state: PolicyState
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=LOVE)
    set_state(article_ids=[article.id], state=state)
    aggregate()

    set_state(article_ids=[article.id], state=PolicyState.OPEN)
    change = set_reactions(article_id=article.id, reader_id=reader_id, kinds=SAD)
    aggregate()

    assert change.previous == LOVE
    assert_counts_are_the_rows(article.id, expected=[SAD])


def test_opening_many_articles_leaves_their_other_policy_fields(
    publish_article: PublishArticle,
) -> None:
    narrow, silent = publish_article(), publish_article()
    set_policy(article_id=narrow.id, state=PolicyState.CLOSED, allowed=SAD, close_after_days=0)

    done = set_state(article_ids=[narrow.id, silent.id], state=PolicyState.OPEN)

    found = [get_policy(each.id) for each in (narrow, silent)]
    assert done == 2
    assert [each and each[0] for each in found] == [
        OwnPolicy("open", SAD, None, 0),
        OwnPolicy("open"),
    ]


# --- a subset of the kinds


def test_a_kind_no_longer_allowed_stays_counted_and_may_be_undone_once(
    article: Article, reader_id: UUID
) -> None:
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=FUNNY)
    set_policy(article_id=article.id, allowed=SERIOUS)
    aggregate()

    stored = get_counts(article.id)
    again = set_reactions(article_id=article.id, reader_id=reader_id, kinds=FUNNY)
    undone = clear_reactions(article_id=article.id, reader_id=reader_id)

    assert stored is not None
    assert stored.total == 1
    assert (again.changed, undone.previous) == (False, FUNNY)
    with pytest.raises(ReactionRefused, match="not_allowed"):
        set_reactions(article_id=article.id, reader_id=reader_id, kinds=FUNNY)


def test_a_kind_no_longer_allowed_may_be_kept_beside_a_new_one(
    article: Article, reader_id: UUID, settings: Settings
) -> None:
    settings.REACTIONS_PER_READER = 3
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=FUNNY)
    set_policy(article_id=article.id, allowed=SERIOUS)

    change = set_reactions(article_id=article.id, reader_id=reader_id, kinds=FUNNY | SAD)

    assert unpack(change.kinds) == ["funny", "sad"]


# --- default policies


def test_a_death_notice_accepts_no_jokes(death_notice: Article, obituary: Tag) -> None:
    no_jokes(obituary)

    assert not takes(death_notice, FUNNY)
    assert takes(death_notice, SAD)
    assert allowed_of(death_notice) == unpack(SERIOUS)


def test_a_default_policy_applies_to_its_section_alone(publish_article: PublishArticle) -> None:
    courts, sport = (Section.objects.create(slug=each, name=each) for each in ("courts", "sport"))
    in_court, at_play, nowhere = (publish_article(section=each) for each in (courts, sport, None))
    save_default_policy(DefaultPolicy(name="Trials", section=courts, state=PolicyState.CLOSED))

    assert [state_of(each) for each in (in_court, at_play, nowhere)] == ["closed", "open", "open"]


def test_the_articles_own_policy_wins_field_by_field(death_notice: Article, obituary: Tag) -> None:
    save_default_policy(
        DefaultPolicy(
            name="Quiet", tag=obituary, state=PolicyState.HIDDEN, allowed=SAD, close_after_days=1
        )
    )

    set_policy(article_id=death_notice.id, state=PolicyState.OPEN, close_after_days=0)

    assert state_of(death_notice) == "open"
    assert allowed_of(death_notice) == ["sad"]


def test_a_changed_default_policy_reaches_clients_that_have_read(
    death_notice: Article, obituary: Tag
) -> None:
    policy = no_jokes(obituary)
    refresh_articles()
    before = allowed_of(death_notice)

    policy.allowed = SAD
    save_default_policy(policy)
    refresh_articles()
    narrowed = allowed_of(death_notice)
    delete_default_policies([policy])
    refresh_articles()

    assert (before, narrowed) == (unpack(SERIOUS), ["sad"])
    assert allowed_of(death_notice) == unpack(EVERY_KIND)
    assert not PolicyRefresh.objects.exists()


def test_an_article_that_changes_its_tags_is_refreshed(article: Article, obituary: Tag) -> None:
    no_jokes(obituary)
    before = allowed_of(article)

    ArticleTag.objects.create(article=article, tag=obituary, position=1)
    reaction_hooks().article_changed(article.id)

    assert before == unpack(EVERY_KIND)
    assert allowed_of(article) == unpack(SERIOUS)


def test_a_default_policy_that_moves_to_another_tag_refreshes_both(
    publish_article: PublishArticle, obituary: Tag
) -> None:
    war = Tag.objects.create(slug="war", name="War")
    articles = [publish_article(), publish_article()]
    for article, tag in zip(articles, (obituary, war), strict=True):
        ArticleTag.objects.create(article=article, tag=tag, position=1)
    policy = no_jokes(obituary)
    refresh_articles()
    before = [len(allowed_of(each)) for each in articles]

    policy.tag = war
    save_default_policy(policy)
    refresh_articles()

    assert before == [6, 7]
    assert [len(allowed_of(each)) for each in articles] == [7, 6]


def test_a_refresh_continues_where_a_killed_worker_stopped(
    publish_article: PublishArticle, obituary: Tag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(default_policies, "_BATCH", 2)
    articles = [publish_article() for _ in range(5)]
    unpublished = publish_article(state=State.DRAFT, first_published_at=None, published_at=None)
    for article in [*articles, unpublished]:
        ArticleTag.objects.create(article=article, tag=obituary, position=1)
    no_jokes(obituary)

    first = row("refresh_articles", {"most": 2})  # and the worker is killed
    refreshed = refresh_articles()

    assert first
    assert (len(first[0]), refreshed) == (2, 3)
    versions = dict(CountVersion.objects.values_list("article_id", "version"))
    assert versions == {each.id: 1 for each in articles}
    assert not PolicyRefresh.objects.exists()


STRICTNESS = ["open", "closed", "hidden"]
SETS = st.none() | st.integers(1, EVERY_KIND)
PRESETS = st.lists(
    st.tuples(st.sampled_from(STRICTNESS), SETS, st.none() | st.integers(1, 9)), max_size=4
)
OWN = st.tuples(st.none() | st.sampled_from(STRICTNESS), SETS, st.none() | st.integers(0, 9))


@examples(0.3, HealthCheck.function_scoped_fixture)
@given(rules=PRESETS, own=OWN, site=st.integers(0, 9))
def test_the_strictest_default_policy_wins_below_the_articles_own_policy(
    death_notice: Article,
    settings: Settings,
    rules: list[tuple[str, int | None, int | None]],
    own: tuple[str | None, int | None, int | None],
    site: int,
) -> None:
    settings.REACTIONS_CLOSE_AFTER_DAYS = site
    DefaultPolicy.objects.all().delete()
    _file_under(death_notice, rules)
    state, allowed, days = own
    set_policy(
        article_id=death_notice.id,
        state=PolicyState(state) if state else None,
        allowed=allowed,
        close_after_days=days,
    )

    found = get_policy(death_notice.id)

    expected_allowed = EVERY_KIND
    for _, kinds, _ in rules:
        expected_allowed &= ANY_KIND if kinds is None else kinds
    closing = [each for _, _, each in rules if each is not None]
    expected_days = min(closing, default=site) if days is None else days
    published_at = death_notice.first_published_at
    assert found is not None
    assert published_at is not None
    assert found[1].closes_at == (published_at + expected_days * DAY if expected_days else None)
    assert found[1].allowed == (expected_allowed if allowed is None else allowed)
    expected_state = state or max(
        (each for each, *_ in rules), key=STRICTNESS.index, default="open"
    )
    is_over = expected_days and published_at + expected_days * DAY < datetime.now(UTC)
    assert found[1].state == ("closed" if expected_state == "open" and is_over else expected_state)


def _file_under(article: Article, rules: list[tuple[str, int | None, int | None]]) -> None:
    """The first of these default policies is of the article's section, the others of its tags."""
    for number, (state, allowed, days) in enumerate(rules):
        words = {"state": state, "allowed": allowed, "close_after_days": days}
        name = f"rule-{number}"
        if number == 0:
            article.section = Section.objects.get_or_create(slug=name, defaults={"name": name})[0]
            article.save()
            save_default_policy(DefaultPolicy(name=name, section=article.section, **words))
        else:
            tag = Tag.objects.get_or_create(slug=name, defaults={"name": name})[0]
            link = {"article": article, "tag": tag}
            ArticleTag.objects.get_or_create(**link, defaults={"position": number + 1})
            save_default_policy(DefaultPolicy(name=name, tag=tag, **words))


def test_a_reaction_is_one_statement_with_any_default_policies(
    death_notice: Article, obituary: Tag, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    no_jokes(obituary)
    set_policy(article_id=death_notice.id, close_after_days=0)

    with django_assert_num_queries(1):
        set_reactions(article_id=death_notice.id, reader_id=uuid4(), kinds=SAD)


def test_an_article_closes_at_a_time_or_after_days_and_not_both(article: Article) -> None:
    with pytest.raises(IntegrityError, match="reactions_policy_closes_once"):
        set_policy(article_id=article.id, closes_at=timezone.now(), close_after_days=1)
