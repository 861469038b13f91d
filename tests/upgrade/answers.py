"""What an installation answers, as JSON: `python -m tests.upgrade.answers`, run by test_release_0_1_0.py on an upgraded database."""

import json
import sys
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import django

django.setup()

from django.contrib.admin.models import LogEntry  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from articles.models import Article  # noqa: E402
from articles.pages.preview_links import ExpiredLinkError, find_draft  # noqa: E402
from reactions.models import DefaultPolicy  # noqa: E402

KNOWN: dict[str, Any] = json.loads(
    Path(__file__).with_name("release_0_1_0.json").read_text("utf-8")
)
CLIENT = Client(SERVER_NAME="127.0.0.1")


def get(path: str, authorization: str = "") -> Any:
    """The JSON of an answer, or its status where it is no 200."""
    headers = {"Authorization": authorization} if authorization else {}
    answer = CLIENT.get(f"/api/v1/{path}", headers=headers)
    return answer.json() if answer.status_code == 200 else answer.status_code


def with_key(number: int) -> str:
    return f"Bearer {KNOWN['api_keys'][number]['key']}"


def describe_article(article: Article) -> dict[str, Any]:
    stats = get(f"stats/articles/{article.pk}/?interval=hour&tz=Europe/Oslo", with_key(1))
    days = get(f"stats/articles/{article.pk}/?interval=day&tz=Europe/Oslo", with_key(1))
    waves = get(f"waves/?article={article.pk}", with_key(0))["results"]
    return {
        "id": str(article.pk),
        "state": article.state,
        "version": article.version,
        "guid": article.guid,
        "detail": get(f"articles/{article.slug}/"),
        "counts_answer": get(f"articles/{article.slug}/reactions/"),
        "stats": {name: stats[name] for name in ("current", "series", "imported", "imported_at")},
        "stats_by_day": days["series"],
        "policy": get(f"articles/{article.pk}/reactions/policy/", with_key(0)),
        "waves_here": [each["id"] for each in waves],
        "revisions": article.revisions.count(),
        "corrections": article.corrections.count(),
        "page_status": CLIENT.get(f"/articles/{article.slug}/").status_code,
    }


def describe_former_slug(slug: str) -> dict[str, Any]:
    answers = {
        "page": CLIENT.get(f"/articles/{slug}/"),
        "api": CLIENT.get(f"/api/v1/articles/{slug}/"),
        "counts": CLIENT.get(f"/api/v1/articles/{slug}/reactions/"),
    }
    return {name: [each.status_code, each.get("Location")] for name, each in answers.items()}


def describe_reader(reader: Mapping[str, Any], slugs: Iterable[str]) -> dict[str, Any]:
    authorization = f"Reader {reader['token']}"
    mine = {slug: get(f"articles/{slug}/reactions/mine/", authorization) for slug in slugs}
    export = get("readers/me/export/", authorization)
    for each in export["reactions"]:
        each.pop("held", None)  # new in 0.3.0
    stored = {each["slug"]: each["reactions"] for each in export["reactions"]}
    return {
        **reader,
        # An article whose reactions are not shown is 404; what is stored of it is in the export.
        "mine": {
            slug: stored.get(slug, []) if found == 404 else found["reactions"]
            for slug, found in mine.items()
        },
        "export": export,
    }


def describe_user(user: Mapping[str, Any]) -> dict[str, Any]:
    found = User.objects.get(username=user["username"])
    client = Client(SERVER_NAME="127.0.0.1")
    return {
        **user,
        "signs_in": client.login(username=user["username"], password=user["password"]),
        "permissions": [] if found.is_superuser else sorted(found.get_all_permissions()),
    }


def describe_group(group: Group) -> list[str]:
    found = group.permissions.values_list("content_type__app_label", "codename")
    return sorted(f"{app}.{codename}" for app, codename in found)


def describe_key(key: Mapping[str, Any], article: Article) -> dict[str, Any]:
    answer = get(f"stats/articles/{article.pk}/", f"Bearer {key['key']}")
    return {**key, "statistics_answer": answer if isinstance(answer, int) else 200}


def draft_slug(token: str) -> str:
    try:
        return find_draft(token).slug
    except ExpiredLinkError:
        return "Ended"


def reconcile() -> dict[str, Any]:
    output, code = StringIO(), 0
    try:
        call_command("reconcile", dry_run=True, stdout=output)
    except SystemExit as ended:
        code = int(ended.code or 0)
    lines = (line.partition(": ") for line in output.getvalue().splitlines())
    return {"exit_code": code, **{name: value.partition(" ")[0] for name, _, value in lines}}


def export_totals() -> list[str]:
    output = StringIO()
    call_command("export_reactions", totals=True, stdout=output)
    # The last line, which says how many there are, is of this release.
    return sorted(line for line in output.getvalue().splitlines() if "#end" not in line)


def count_rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        tables = [
            table
            for table in connection.introspection.table_names(cursor)
            if not table.startswith("reactions_reaction_")
        ]
        found = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found[table] = cursor.fetchone()[0]
    return found


def collect() -> dict[str, Any]:
    articles = {article.slug: article for article in Article.objects.order_by("slug")}
    policies = DefaultPolicy.objects.values_list(
        "name", "section__slug", "tag__slug", "state", "allowed", "close_after_days"
    )
    entries = LogEntry.objects.order_by("id").select_related("user", "content_type")
    return {
        "articles": {slug: describe_article(article) for slug, article in articles.items()},
        "front": [each["slug"] for each in get("articles/")["results"]],
        "former_slugs": {slug: describe_former_slug(slug) for slug in KNOWN["former_slugs"]},
        "readers": [describe_reader(reader, articles) for reader in KNOWN["readers"]],
        "users": [describe_user(user) for user in KNOWN["users"]],
        "groups": {group.name: describe_group(group) for group in Group.objects.all()},
        "api_keys": [describe_key(key, articles["bridge-is-open"]) for key in KNOWN["api_keys"]],
        "waves": get("waves/", with_key(0))["results"],
        "default_policies": sorted(map(list, policies)),
        "preview": [draft_slug(KNOWN["preview"][name]) for name in ("token", "ended_token")],
        "log_entries": [
            [
                each.user.username,
                f"{each.content_type.app_label}.{each.content_type.model}",
                each.object_id,
                each.action_flag,
                each.get_change_message(),
            ]
            for each in entries
            if each.content_type
        ],
        "reconcile": reconcile(),
        "export_totals": export_totals(),
        "rows": count_rows(),
    }


if __name__ == "__main__":
    json.dump(collect(), sys.stdout)
