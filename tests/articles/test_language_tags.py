"""How templates write times in the language of the interface."""

from datetime import datetime, timedelta

from django.utils import timezone

from articles.templatetags.language_tags import ago, moment


def test_a_time_zone_without_a_name_is_written_by_its_offset() -> None:
    when = datetime.fromisoformat("2024-12-08T12:00:00+00:00")

    with timezone.override("America/Sao_Paulo"):
        written = moment(when)

    assert "09:00 UTC-03</time>" in written
    assert 'datetime="2024-12-08T09:00:00-03:00"' in written


def test_within_a_day_it_is_said_how_long_ago_and_later_when() -> None:
    now = timezone.now()

    assert ">3 hours ago</time>" in ago(now - timedelta(hours=3, minutes=1))
    for when in (now - timedelta(days=2), now + timedelta(hours=1)):
        assert ago(when) == moment(when)
