"""Two simulated days: honest nights are silent, and what is planted is found. tests/chaos has the whole month."""

import pytest

from tests.reactions.alerts.month import simulate

pytestmark = pytest.mark.django_db


def test_honest_nights_are_silent_and_what_is_planted_is_found() -> None:
    days = simulate(stories=120, reactions=9_000, days=9, planted_days=1, seed=1)

    alerts = days.evaluate(days=1)

    assert days.missed(alerts) == []
    assert days.false_at_night(alerts) == []
    assert [a.rule for a in alerts if a.rule != "spike" and a.article_id not in days.stories] == []
