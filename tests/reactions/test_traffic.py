"""Invented traffic is exact: what aggregation would have written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article
from reactions.counting.reconcile import reconcile
from reactions.kinds import BY_KEY
from reactions.models import Bucket, Pace, Reaction, SiteBucket
from reactions.traffic import make_traffic

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def test_it_has_no_drift_and_a_brigade() -> None:
    made = make_traffic(stories=60, reactions=6_000, days=20, until=NOON)

    assert made.articles == Article.objects.count() == 60
    assert made.reactions == Reaction.objects.count() > 3_000
    assert reconcile(dry_run=True).is_clean
    assert Bucket.objects.filter(start__gt=NOON).count() == 0
    assert made.brigade is not None
    angry = Bucket.objects.filter(article_id=made.brigade, kind=BY_KEY["angry"].bit)
    assert max(each.added for each in angry) > 50
    published = Article.objects.get(pk=made.brigade).first_published_at
    assert published is not None
    assert NOON - published < timedelta(days=2)


def test_the_command_writes_and_refuses_to_mix(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("make_traffic", stories=30, reactions=900, days=20)

    assert "30 stories" in capsys.readouterr().out
    assert SiteBucket.objects.filter(summed=True).exists()
    assert Pace.objects.exists()
    with pytest.raises(CommandError, match="--add"):
        call_command("make_traffic")
    call_command("make_traffic", stories=1, reactions=10, days=2, add=True)
    with pytest.raises(CommandError, match="1 or more"):
        call_command("make_traffic", stories=0, add=True)
