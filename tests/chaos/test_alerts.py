"""A simulated month: no false alarm on honest nights; every brigade and mood turn that was planted is found."""

import pytest

from tests.reactions.alerts.month import simulate

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]

DAYS = 30


def test_a_month() -> None:
    month = simulate(stories=1_160, reactions=174_000, days=58, planted_days=DAYS, seed=1)

    alerts = month.evaluate(days=DAYS)

    assert len(month.planted) == 3 * DAYS
    assert month.missed(alerts) == []
    assert month.false_at_night(alerts) == []
    honest = [alert for alert in alerts if alert.article_id not in month.stories]
    # By day a story in the top of its age is news: with twenty stories a day, some three of them. By chance alone a
    # mood seems to turn about twice in such a month.
    assert sum(alert.rule == "spike" for alert in honest) <= 5 * DAYS
    assert sum(alert.rule == "mood" for alert in honest) <= 5
