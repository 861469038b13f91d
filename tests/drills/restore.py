"""`make drill`: an installation with traffic is backed up, lost, and restored on other servers; prints what is the same.

Exits 1 where anything is not.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from newsroom.stack.environment import load_or_create_secrets
from newsroom.stack.guard import Guard
from newsroom.stack.servers import Servers

PROJECT = Path(__file__).resolve().parents[2]
_STORIES, _REACTIONS = 50, 20_000

# A reader reacts, as a browser does, and a program has a key.
_USE = """
import django, json
django.setup()
from django.test import Client
from articles.api.api_keys import issue_key
from articles.models import Article
from reactions.counting.aggregate import aggregate
slug = Article.objects.order_by("pk").first().slug
client = Client(SERVER_NAME="localhost", headers={"Sec-Fetch-Site": "same-origin"})
client.post("/api/v1/readers/")
path = f"/api/v1/articles/{slug}/reactions/mine/"
print(client.put(path, '{"reactions": ["love"]}', "application/json").status_code)
aggregate()
cookies = {name: each.value for name, each in client.cookies.items()}
print(json.dumps([path, cookies, issue_key(name="drill", scopes=["articles:read"])]))
"""
_ASK = """
import django, hashlib, json, sys
django.setup()
from django.conf import settings
from django.db import connection
from django.test import Client
from articles.models import Article
from newsroom.backup import describe
from reactions.counts import list_counts
from reactions.counting.reconcile import reconcile
path, cookies, key = json.loads(sys.argv[1])
client = Client(SERVER_NAME="localhost")
for name, value in cookies.items():
    client.cookies[name] = value
counts = list_counts(list(Article.objects.order_by("pk").values_list("pk", flat=True)))
digest = hashlib.sha256(repr(sorted((str(each.article_id), each.state, sorted(each.counts.items())) for each in counts.values())).encode()).hexdigest()
media = {str(each.relative_to(settings.MEDIA_ROOT)): hashlib.sha256(each.read_bytes()).hexdigest() for each in sorted(settings.MEDIA_ROOT.rglob("*")) if each.is_file()}
found = reconcile(dry_run=True)
with connection.cursor() as cursor:
    cursor.execute("SELECT (SELECT count(*) FROM reactions_salt), (SELECT count(*) FROM reactions_networkrate)")
    salts, rates = cursor.fetchone()
held = describe()
print(json.dumps({
    "articles": held["articles"],
    "reactions": held["reactions"],
    "sum of the counts": held["counted"],
    "counts of every article": digest,
    "the reader’s cookie": client.get(path).json()["reactions"],
    "the program’s key": client.get("/api/v1/keys/me/", headers={"Authorization": f"Bearer {key}"}).status_code,
    "pictures": media,
    "drift": found.drift + found.bucket_drift + found.missed_rows,
    "salts and rates of networks": [salts, rates],
}))
"""


@contextmanager
def servers(data: Path, secrets: Mapping[str, str], guard: Guard) -> Iterator[dict[str, str]]:
    """Empty servers of their own; the environment of an installation on them."""
    data.mkdir()
    data.chmod(0o755)
    made = Servers(data=data, secret=secrets["READER_KEY"], given={}, guard=guard, durable=False)
    made.start()
    try:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("TEST_")
        }
        yield {
            **environment,
            **secrets,
            **made.urls,
            "NEWSROOM_DATA": str(data),
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            "LOG_FORMAT": "text",
        }
    finally:
        made.stop()


def run(environment: Mapping[str, str], *arguments: str | Path, project: Path = PROJECT) -> str:
    """The output of Python with these arguments in the project's folder. Raises SystemExit where it fails."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *map(str, arguments)],
        cwd=project,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{arguments[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Print what is the same; whether all is that has to be."""
    good = True
    for name, was in before.items():
        expected = [0, 0] if name == "salts and rates of networks" else was
        is_right = after[name] == expected
        good &= is_right
        shown = str(len(was)) if isinstance(was, dict) else str(was)[:40]
        says = "not restored, as intended" if expected != was else "the same"
        print(f"  {name:32} {shown:42} {says if is_right else f'WRONG: {after[name]}'}")  # noqa: T201
    return good and after["drift"] == 0


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="newsroom-drill-"))
    folder.chmod(0o755)
    secrets = load_or_create_secrets({})
    try:
        with Guard() as guard:
            with servers(folder / "one", secrets, guard) as one:
                run(one, "manage.py", "migrate", "--verbosity=0")
                counts = ("--stories", str(_STORIES), "--reactions", str(_REACTIONS))
                run(one, "manage.py", "make_traffic", *counts, "--days", "2")
                picture = folder / "one" / "media" / "pictures" / "ab"
                picture.mkdir(parents=True)
                (picture / "one.jpg").write_bytes(os.urandom(50_000))
                used = run(one, "-c", _USE).splitlines()[-1]
                began = time.monotonic()
                run(one, "manage.py", "backup", folder / "backup")
                backed_up = time.monotonic() - began
                before = json.loads(run(one, "-c", _ASK, used).splitlines()[-1])
            with servers(folder / "two", secrets, guard) as two:
                began = time.monotonic()
                said = run(two, "manage.py", "restore", folder / "backup")
                restored = time.monotonic() - began
                after = json.loads(run(two, "-c", _ASK, used).splitlines()[-1])
        size = sum(each.stat().st_size for each in (folder / "backup").iterdir())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"Backed up in {backed_up:.1f} s, {size / 1e6:.1f} MB; restored in {restored:.1f} s:")  # noqa: T201
    print("".join(f"  restore says {line}\n" for line in said.splitlines()), end="")  # noqa: T201
    return 0 if compare(before, after) else 1


if __name__ == "__main__":
    sys.exit(main())
