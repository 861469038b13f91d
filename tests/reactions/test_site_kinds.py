"""A site with reactions of its own, in a process of its own: kinds are read once, when a process starts."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from articles.models import Article
from reactions.checks import check_counted_kinds, check_days, find_faults
from reactions.counting.aggregate import aggregate
from reactions.kinds import SEVEN, Kind, pack, read_kinds
from reactions.models import ArticleCount, ImportedCount, KnownKind
from reactions.record import set_reactions
from tests.sessions import database_url

PROJECT = Path(__file__).resolve().parents[2]

# The site keeps love, has retired funny, and has one of its own; stored bits keep their meaning.
KINDS = """\
[[kind]]
key = "love"
bit = 2
label = "Love"
emoji = "❤️"

[[kind]]
key = "funny"
bit = 3
label = "Funny"
emoji = "😂"
retired = true

[[kind]]
key = "agree"
bit = 30
label = "I agree"
emoji = "🤝"
schema_action = "AgreeAction"
"""


@pytest.fixture
def kinds_file(tmp_path: Path) -> Path:
    path = tmp_path / "kinds.toml"
    path.write_text(KINDS)
    return path


def on_that_site(path: Path, *command: object) -> "subprocess.CompletedProcess[str]":
    """Runs Python with the site's kinds, on the tests' own database and Redis."""
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=PROJECT,
        env=os.environ
        | {
            "DATABASE_URL": database_url(),
            "REACTIONS_KINDS": str(path),
            "PYTHONPATH": str(PROJECT),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.django_db(transaction=True)
def test_a_site_has_its_own_kinds_and_what_it_retired_stays_counted_until_undone(
    article: Article, kinds_file: Path
) -> None:
    reader_id = uuid4()
    set_reactions(article_id=article.id, reader_id=reader_id, kinds=pack(["funny"]))
    aggregate()

    run = on_that_site(kinds_file, "-m", "tests.reactions.site_visit", article.id, reader_id)

    assert run.returncode == 0, run.stderr
    visit: dict[str, Any] = json.loads(run.stdout)
    assert visit["before"]["counts"] == {"love": 0, "funny": 1, "agree": 0}
    assert visit["before"]["allowed"] == ["love", "agree"]
    assert visit["statuses"] == {"funny": 409, "like": 400, "agree": 200}
    assert visit["after"]["counts"] == {"love": 0, "funny": 1, "agree": 1}
    assert ["AgreeAction", None] in visit["actions"]
    assert "I agree" in visit["page"]
    (funny,) = re.findall(r'<button[^>]*data-kind="funny"[^>]*>', visit["page"])
    assert 'hidden=""' in funny
    assert (visit["undone"]["previous"], visit["again"]) == (["funny"], "not_allowed")
    assert visit["last"]["counts"] == {"love": 0, "funny": 0, "agree": 1}


@pytest.mark.django_db(transaction=True)
def test_a_kind_that_was_counted_cannot_vanish_unnoticed(
    article: Article, kinds_file: Path
) -> None:
    ArticleCount.objects.create(article_id=article.id, kind=0, count=1)

    run = on_that_site(kinds_file, "manage.py", "check", "--database", "default")

    assert run.returncode == 1
    assert "bit 0, which no kind has" in run.stderr
    assert "retired = true" in run.stderr


@pytest.mark.django_db(transaction=True)
def test_a_bit_that_was_counted_cannot_be_given_to_another_key_unnoticed(
    article: Article, kinds_file: Path
) -> None:
    """A worker of the site counts, migrate has not run since the file was made; then the bit changes hands."""
    KnownKind.objects.all().delete()
    assert on_that_site(kinds_file, "manage.py", "aggregate").returncode == 0
    ArticleCount.objects.create(article_id=article.id, kind=30, count=1)
    kinds_file.write_text(KINDS.replace('key = "agree"', 'key = "support"'))

    runs = [
        on_that_site(kinds_file, "manage.py", *command)
        for command in (
            ["check", "--database", "default"],
            ["migrate"],
            ["aggregate"],  # whose process remembers nothing else
            ["check", "--database", "default"],
            ["rename_kind", "funny", "support"],
            ["rename_kind", "agree", "support"],
            ["check", "--database", "default"],
        )
    ]

    assert [run.returncode for run in runs] == [1, 1, 0, 1, 1, 0, 0]
    for run in (runs[0], runs[1], runs[3]):
        assert "E010) The bit 30 was counted as 'agree', and is now of 'support'" in run.stderr
    assert "`manage.py rename_kind agree support`" in runs[0].stderr


@pytest.mark.django_db(transaction=True)
def test_a_bit_that_was_never_counted_may_change_its_key(
    article: Article, kinds_file: Path
) -> None:
    on_that_site(kinds_file, "manage.py", "aggregate")
    kinds_file.write_text(KINDS.replace('key = "agree"', 'key = "support"'))

    on_that_site(kinds_file, "manage.py", "aggregate")
    ImportedCount.objects.create(
        article_id=article.id, source="old", kind=30, count=7, imported_at="2024-12-08T09:00:00Z"
    )

    assert KnownKind.objects.get(bit=30).key == "support"
    assert on_that_site(kinds_file, "manage.py", "check", "--database", "default").returncode == 0
    kinds_file.write_text(KINDS)
    check = on_that_site(kinds_file, "manage.py", "check", "--database", "default")
    assert "The bit 30 was counted as 'support', and is now of 'agree'" in check.stderr


@pytest.mark.django_db
def test_the_seven_are_sound_and_are_all_that_was_counted(article: Article) -> None:
    set_reactions(article_id=article.id, reader_id=uuid4(), kinds=pack(["wow"]))
    aggregate()

    assert list(find_faults(SEVEN)) == []
    assert check_counted_kinds(databases=["default"]) == []


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"key": "like"}, ["reactions.E001"]),
        ({"bit": 0}, ["reactions.E002"]),
        ({"key": "I agree"}, ["reactions.E003"]),
        ({"label": " "}, ["reactions.E004"]),
        ({"emoji": ""}, ["reactions.E004"]),
        ({"schema_action": "agree"}, ["reactions.E005"]),
    ],
)
def test_the_system_check_names_invalid_kinds(changes: dict[str, Any], faults: list[str]) -> None:
    own = replace(Kind("agree", 7, "I agree", "🤝"), **changes)

    assert [fault.id for fault in find_faults([*SEVEN, own])] == faults


def test_a_site_must_offer_something() -> None:
    kinds = [replace(kind, retired=True) for kind in SEVEN]

    assert [fault.id for fault in find_faults(kinds)] == ["reactions.E007"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it has no"),
        ("[[kind", "end of document"),
        ("kind = 3", "not iterable"),
        (KINDS.replace("bit = 30", "bit = 31"), "0 to 30, not 31"),
        (KINDS.replace("bit = 30", 'bit = "30"'), "0 to 30, not '30'"),
        (KINDS.replace("bit = 30", ""), "bit"),
        (KINDS.replace("retired = true", "retired = 1"), "true or false"),
        (KINDS.replace('label = "Love"', "label = 5"), "label must be a text"),
        (KINDS.replace('label = "Love"', ""), "label"),
        (KINDS.replace("emoji", "smiley"), "smiley"),
    ],
)
def test_an_invalid_file_stops_the_process_with_a_sentence(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "kinds.toml"
    path.write_text(text)

    with pytest.raises(ImproperlyConfigured, match=reason):
        read_kinds(str(path))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"/nowhere/kinds\.toml"):
        read_kinds("/nowhere/kinds.toml")


@pytest.mark.parametrize(("days", "faults"), [(0, 0), (36_500, 0), (-1, 1), (36_501, 1)])
def test_the_sites_days_are_checked(settings: Settings, days: int, faults: int) -> None:
    settings.REACTIONS_CLOSE_AFTER_DAYS = days

    assert len(check_days()) == faults
