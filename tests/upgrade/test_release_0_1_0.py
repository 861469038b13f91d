"""An installation of release 0.1.0 upgrades by `migrate`: every answer is the same, and what was in the outbox is counted."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

PROJECT = Path(__file__).resolve().parents[2]
DUMP = Path(__file__).with_name("release_0_1_0.dump")
# What release 0.1.0 answered on this data, before and after it counted what was in the outbox.
KNOWN: dict[str, Any] = json.loads(DUMP.with_suffix(".json").read_text("utf-8"))
RENAMED = {
    "mark": "outboxentry",
    "tally": "countversion",
    "total": "articlecount",
    "baseline": "importedcount",
    "preset": "defaultpolicy",
    "renewal": "policyrefresh",
    "networkpace": "networkrate",
    "storypace": "articlerate",
}


def renamed(name: str) -> str:
    """A table, permission or model of release 0.1.0 by its name of today."""
    return re.sub(
        rf"(reactions[._](?:\w+_)?)({'|'.join(RENAMED)})$", lambda m: m[1] + RENAMED[m[2]], name
    )


@dataclass(frozen=True)
class Installation:
    """The upgraded database, and its answers before and after its outbox was aggregated."""

    url: str
    files_before: Mapping[str, int]
    files_after: Mapping[str, int]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@pytest.fixture(scope="module")
def upgraded() -> Iterator[Installation]:
    name = f"upgrade_{uuid4().hex}"
    server, separator, query = os.environ["DATABASE_URL"].partition("?")
    base = server.rpartition("/")[0]
    url = f"{base}/{name}{separator}{query}"
    database = sql.Identifier(name)
    with psycopg.connect(f"{base}/postgres{separator}{query}", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
        try:
            restore(url)
            files = data_files(url)
            manage(url, "migrate", "--verbosity", "0")
            files_after = data_files(url)
            before = answers(url)
            manage(url, "aggregate")
            refresh(url)
            yield Installation(url, files, files_after, before, answers(url))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


def restore(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(DUMP.read_bytes())


def data_files(url: str) -> dict[str, int]:
    """The files in which PostgreSQL keeps the tables: another number is a table that was written again."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT oid::text, relfilenode FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    return dict(found)


def run(url: str, *command: str) -> str:
    environment = {
        "DATABASE_URL": url,
        "SECRET_KEY": KNOWN["secret_key"],
        "READER_KEY": KNOWN["reader_key"],
        "SITE_URL": KNOWN["site_url"],
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def manage(url: str, *command: str) -> None:
    run(url, "manage.py", *command)


def refresh(url: str) -> None:
    code = "import django; django.setup(); from reactions.default_policies import refresh_articles"
    run(url, "-c", f"{code}; refresh_articles()")


def answers(url: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(url, "-m", "tests.upgrade.answers"))
    return found


@pytest.mark.parametrize("slug", KNOWN["articles"])
def test_an_article_has_the_same_counts_statistics_policy_and_versions(
    upgraded: Installation, slug: str
) -> None:
    known = dict(KNOWN["articles"][slug])
    image = known["detail"]["lead_image"] if isinstance(known["detail"], dict) else None
    if image:
        # That release rendered the widest ones twice, and listed both.
        once = {each["url"]: each for each in image["renditions"]}
        shown = {**image, "renditions": list(once.values())}
        known["detail"] = {**known["detail"], "lead_image": shown}
    if isinstance(known["detail"], dict):
        known["detail"] = {**known["detail"], "site": None, "published_offset": None}

    assert upgraded.before["articles"][slug] == known


@pytest.mark.parametrize("name", ["front", "former_slugs", "readers", "waves", "api_keys"])
def test_readers_programs_and_editors_get_the_same_answers(
    upgraded: Installation, name: str
) -> None:
    assert upgraded.before[name] == KNOWN[name]


def test_default_policies_and_preview_links_are_the_same(upgraded: Installation) -> None:
    policies = sorted(list(each.values()) for each in KNOWN["presets"])
    preview = [KNOWN["preview"]["leads_to"], KNOWN["preview"]["ended_leads_to"]]

    assert upgraded.before["default_policies"] == policies
    assert upgraded.before["preview"] == preview


def test_users_sign_in_and_may_do_the_same(upgraded: Installation) -> None:
    new = {
        *(f"articles.{verb}_lead" for verb in ("add", "change", "delete", "view")),
        *(f"articles.{verb}_site" for verb in ("add", "change", "delete", "view")),
        *("articles.view_sighting", "articles.view_articleaddress", "articles.change_account"),
        *(f"reactions.{verb}_webhookendpoint" for verb in ("add", "change", "delete", "view")),
        "reactions.view_webhookdelivery",
    }

    def may_now(name: str, groups: list[str], permissions: list[str]) -> list[str]:
        """What they might, and what is new since for publishers."""
        chooses = name == "Publishers" or "Publishers" in groups
        return sorted({*map(renamed, permissions)} | (new if chooses else set()))

    users = [
        {**user, "permissions": may_now("", user["groups"], user["permissions"])}
        for user in KNOWN["users"]
    ]
    groups = {name: may_now(name, [], found) for name, found in KNOWN["groups"].items()}

    assert upgraded.before["users"] == users
    assert upgraded.before["groups"] == groups


def test_the_history_of_the_desk_names_the_same_objects(upgraded: Installation) -> None:
    entries = [[user, renamed(model), *rest] for user, model, *rest in KNOWN["log_entries"]]

    assert upgraded.before["log_entries"] == entries


def test_no_row_is_lost_and_no_table_is_written_again(upgraded: Installation) -> None:
    rows = {
        renamed(table): count
        for table, count in KNOWN["rows"].items()
        if table.startswith(("articles_", "reactions_")) or table == "auth_user"
    }
    rows.pop("reactions_salt")  # a day has one from its first request on
    kept = upgraded.files_before.keys() & upgraded.files_after.keys()

    assert rows == {table: upgraded.before["rows"][table] for table in rows}
    assert upgraded.files_before.keys() == kept
    assert upgraded.files_before == {oid: upgraded.files_after[oid] for oid in kept}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_there_is_no_drift(upgraded: Installation, moment: str) -> None:
    found = getattr(upgraded, moment)["reconcile"]
    names = ("drift found", "drift found in the buckets", "rows missed", "drift repaired")

    assert found["exit_code"] == 0
    assert [found[name] for name in names] == ["0"] * 4
    assert found["rows scanned"] == {"before": "174", "after": "173"}[moment]


@pytest.mark.parametrize("slug", KNOWN["pending"])
def test_what_was_in_the_outbox_is_counted_as_before(upgraded: Installation, slug: str) -> None:
    """The signals of a first reaction are renamed and one is inverted: it is moderated the same."""
    found, known = upgraded.after["articles"][slug], KNOWN["pending"][slug]
    answer = found["counts_answer"]
    if isinstance(answer, dict):
        answer = {name: value for name, value in answer.items() if name != "as_of"}

    assert answer == known["counts_answer"]
    assert found["stats"]["current"] == known["current"]


def test_each_reader_has_what_they_chose_last(upgraded: Installation) -> None:
    mine = [reader["mine"] for reader in upgraded.after["readers"]]

    assert mine == [reader["mine"] for reader in KNOWN["pending_readers"]]
    assert upgraded.after["export_totals"] != KNOWN["export_totals"]
    assert upgraded.before["export_totals"] == KNOWN["export_totals"]
