"""The rules of alerts over figures, at and around each threshold."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

import pytest

from reactions.alerts.rules import (
    ArticleHour,
    Finding,
    find_mood_turn,
    find_spike,
    is_wave,
    two_proportion_z,
)
from reactions.stats.pace import AGES, Pace

LOVE, ANGRY = 2, 4
HOUR = timedelta(hours=1)


def pace_of(*, high: float, until: timedelta = timedelta(days=28), articles: float = 40) -> Pace:
    """Half of `high` is usual at each age until the last that stories have reached."""
    ages = [step * 15 for step in AGES if step * 15 <= until / timedelta(minutes=1)]
    step = (articles, 1.0, 1.0, 1.0, 1.0, high / 2, high)
    return Pace(None, {None: ages}, {None: [step] * len(ages)})


def story(
    hour: Mapping[int, int],
    *,
    before: Mapping[int, int] | None = None,
    age: timedelta = HOUR,
    site_hour: int = 100,
) -> ArticleHour:
    return ArticleHour(uuid4(), None, age, hour, before or {}, site_hour)


def spike(
    came: int, *, high: float = 19, site_hour: int = 100, age: timedelta = HOUR
) -> Finding | None:
    return find_spike(story({LOVE: came}, site_hour=site_hour, age=age), pace_of(high=high))


def test_a_spike_is_above_the_high_of_its_age() -> None:
    found = spike(20)

    assert found
    assert found.figures == {
        "hour": 20,
        "site_hour": 100,
        "usual": 9.5,
        "high": 19,
        "of_section": False,
    }
    assert spike(20, high=20) is None


def test_a_few_reactions_or_a_small_part_of_the_site_are_no_spike() -> None:
    assert spike(19, high=1) is None
    assert spike(40, site_hour=2_000)
    assert spike(40, site_hour=2_001) is None


def test_a_story_that_came_out_this_minute_is_compared_with_a_quarter_of_an_hour() -> None:
    young = timedelta(minutes=1)

    assert spike(20, high=19, age=young)
    # By proportion a minute would usually have a fifteenth of it.
    assert spike(20, high=30, age=young) is None


@pytest.mark.parametrize(
    ("reached", "found"), [(28, True), (22, True), (15, True), (8, True), (6, False)]
)
def test_an_old_story_is_compared_with_the_oldest_that_enough_have_reached(
    reached: int, found: bool
) -> None:
    pace = pace_of(high=5, until=timedelta(days=reached))

    spike_of_old = find_spike(story({LOVE: 50}, age=timedelta(days=300)), pace)

    assert bool(spike_of_old) is found


def test_without_a_pace_there_is_no_spike() -> None:
    assert find_spike(story({LOVE: 500}), Pace(None, {}, {})) is None
    assert find_spike(story({LOVE: 500}), pace_of(high=1, articles=19)) is None


def turn(angry: int, love: int, angry_before: int, love_before: int) -> Finding | None:
    before = {ANGRY: angry_before, LOVE: love_before}
    return find_mood_turn(story({ANGRY: angry, LOVE: love}, before=before))


def test_a_mood_turn_names_the_kind_that_grew() -> None:
    found = turn(20, 10, 10, 90)

    assert found
    assert found.kind == ANGRY
    assert found.figures == {"hour": 30, "of_kind": 20, "before": 100, "of_kind_before": 10}


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ((20, 9, 10, 90), "29 in the hour"),
        ((20, 10, 1, 18), "19 before: no share"),
        ((145, 355, 10, 90), "19 points, though no chance"),
        ((16, 14, 5, 15), "28 points, but so few that it may be chance"),
        ((3, 27, 10, 90), "as before"),
    ],
)
def test_what_is_no_mood_turn(figures: tuple[int, int, int, int], why: str) -> None:
    assert turn(*figures) is None, why


def test_a_kind_that_no_reader_had_chosen_before_may_turn_a_mood() -> None:
    found = find_mood_turn(story({ANGRY: 30}, before={LOVE: 100}))

    assert found
    assert found.figures["of_kind_before"] == 0


def test_the_two_proportion_test_is_the_textbooks() -> None:
    # 0.6 against 0.4, fifty each: both 0.5, error 0.1.
    assert two_proportion_z(30, 50, 20, 50) == pytest.approx(2.0)
    assert two_proportion_z(50, 50, 50, 50) == 0


def test_a_wave_is_news_from_twenty_on() -> None:
    assert not is_wave(19)
    assert is_wave(20)
