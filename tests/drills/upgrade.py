"""`python -m tests.drills.upgrade`: another release takes over behind nginx while readers react, and no request fails.

The code of an earlier commit runs on a database; today's code migrates it while the old processes serve; its processes
start beside the old ones and take over as docs/operations.md, "Upgrading", says; the old ones end. Prints what was
proved. Exits 1 where a request failed, something that was acknowledged is not there, or a process logged an error.

The earlier commit is the newest one with other migrations, or that of `--base`. It runs with the packages of today.
"""

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
from honcho.environ import parse_procfile

from newsroom.stack.environment import load_or_create_secrets
from newsroom.stack.guard import Guard
from tests.drills.restore import PROJECT, run, servers
from tests.drills.visitors import Ledger, Listener, Visitor
from tests.programs import nginx
from tests.servers import free_port

_SLUGS = ("harbour", "kelp", "geese")
_VISITORS, _LISTENERS = 4, 3
_PATIENCE_SECONDS, _END_SECONDS = 60, 30
_MIGRATE_TRIES = 5
ERROR = re.compile(r"Traceback|\b(?:ERROR|CRITICAL)\b|\"level\": \"(?:error|critical)\"")
_MIGRATIONS = ("articles/migrations", "reactions/migrations")
_ROWS = """
import django, json
django.setup()
from articles.models import Article
from reactions.kinds import KINDS
from reactions.models import Reaction
names = {1 << kind.bit: kind.key for kind in KINDS} | {0: ""}
slugs = dict(Article.objects.values_list("pk", "slug"))
print(json.dumps([[slugs[article], names[kinds]] for article, kinds in Reaction.objects.values_list("article_id", "kinds")]))
"""


def find_base() -> str:
    """The newest commit that has other migrations than the files here."""
    today = sorted(
        str(path.relative_to(PROJECT))
        for folder in _MIGRATIONS
        for path in (PROJECT / folder).glob("[0-9]*.py")
    )
    for commit in _git("rev-list", "--first-parent", "HEAD").split():
        if _migrations_of(commit) != today:
            return commit
    raise SystemExit("No commit has other migrations: the drill needs the history of the project.")


def _migrations_of(commit: str) -> list[str]:
    found = _git("ls-tree", "-r", "--name-only", commit, *_MIGRATIONS).split()
    return sorted(path for path in found if re.search(r"/\d{4}_[^/]*\.py$", path))


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607 - git from the PATH
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def unpack(commit: str, folder: Path) -> None:
    folder.mkdir()
    archive = folder.with_suffix(".tar")
    _git("archive", "--output", str(archive), commit)
    shutil.unpack_archive(archive, folder, filter="data")


class Release:
    """The processes of one release, on ports of its own, as its Procfile has them."""

    def __init__(
        self, name: str, project: Path, environment: Mapping[str, str], guard: Guard, logs: Path
    ) -> None:
        self.name, self.project = name, project
        self.port, self.live_port = free_port(), free_port()
        ports = {"PORT": str(self.port), "LIVE_PORT": str(self.live_port)}
        self.environment = {**environment, **ports}
        self._guard, self._logs = guard, logs
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        procfile = parse_procfile((project / "Procfile").read_text())  # type: ignore[no-untyped-call]
        self._commands: dict[str, str] = procfile.processes

    def manage(self, *arguments: str, **environment: str) -> str:
        return run(
            {**self.environment, **environment}, "manage.py", *arguments, project=self.project
        )

    def publish(self, folder: Path, slug: str, *fields: str) -> None:
        file = folder / f"{slug}.md"
        file.write_text(
            "\n".join(
                ["---", f"headline: {slug}", f"slug: {slug}", *fields, "---", "", "Text.", ""]
            )
        )
        self.manage("publish", str(file))

    def start(self, *names: str) -> None:
        for name in names:
            command = re.sub("^python ", f"exec {sys.executable} ", self._commands[name])
            with self._log(name).open("wb") as log:
                self._processes[name] = self._guard.start(
                    ["/bin/sh", "-c", command],
                    env=self.environment,
                    cwd=self.project,
                    stdout=log,
                    stderr=log,
                )

    def wait_until_ready(self) -> None:
        """Web and live answer, and so does every part that they test."""
        for port in (self.port, self.live_port):
            wait_until(lambda port=port: _answers(f"http://127.0.0.1:{port}/readyz"), self.name)  # type: ignore[misc]

    def stop(self, *names: str) -> None:
        """SIGTERM, as a supervisor sends it; the process has its time to end what it has begun."""
        for name in names:
            self._guard.stop(self._processes[name], within_seconds=_END_SECONDS)

    def errors(self) -> list[str]:
        return [
            f"{self.name} {name}: {line[:300]}"
            for name in self._processes
            for line in self._log(name).read_text(errors="replace").splitlines()
            if ERROR.search(line)
        ]

    def _log(self, name: str) -> Path:
        return self._logs / f"{self.name}-{name}.log"


class Proxy:
    """nginx with deploy/nginx.conf, before one release or the other."""

    def __init__(self, folder: Path, port: int, guard: Guard) -> None:
        folder.mkdir()
        self._folder, self._port, self._guard = folder, port, guard

    def start(self, release: Release) -> None:
        command, environment = self._configure(release)
        self._process = self._guard.start(command, env=environment)
        wait_until(lambda: _answers(f"http://127.0.0.1:{self._port}/healthz"), "nginx")

    def reload(self, release: Release) -> list[psutil.Process]:
        """New workers of nginx take over; returns the old ones, which end with their last connection."""
        before = psutil.Process(self._process.pid).children()
        self._configure(release)
        self._process.send_signal(signal.SIGHUP)
        return before

    def _configure(self, release: Release) -> tuple[list[str], dict[str, str]]:
        site = (PROJECT / "deploy" / "nginx.conf").read_text()
        site = site.replace("listen 80;", f"listen 127.0.0.1:{self._port};")
        site = site.replace("server 127.0.0.1:8000;", f"server 127.0.0.1:{release.port};")
        site = site.replace("server 127.0.0.1:8001;", f"server 127.0.0.1:{release.live_port};")
        return nginx(self._folder, site)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - it begins with http
            return int(answer.status) == 200
    except OSError:
        return False


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    if not becomes(is_so):
        raise SystemExit(f"{what}: not within {_PATIENCE_SECONDS} s.")


def becomes(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


class Drill:
    """One upgrade, phase after phase, and what it proved."""

    def __init__(
        self, old: Release, new: Release, proxy: Proxy, port: int, seconds: float, folder: Path
    ) -> None:
        self._folder = folder
        self.old, self.new, self._proxy, self._seconds = old, new, proxy, seconds
        self._url = f"http://127.0.0.1:{port}"
        self._rest, self._end = threading.Event(), threading.Event()
        self.ledger = Ledger()
        self.visitors = [Visitor(port, _SLUGS, self.ledger, self._rest) for _ in range(_VISITORS)]
        self.listeners = [Listener(port, _SLUGS, self._end) for _ in range(_LISTENERS)]
        self.applied = self.written = 0
        self.migrate_seconds = 0.0

    def run(self) -> None:
        self.old.start("web", "live", "worker", "slow", "beat")
        self.old.wait_until_ready()
        self._proxy.start(self.old)
        self._key = self.old.manage("issue_key", "drill", "--scopes", "articles:write").split()[-1]
        for each in (*self.visitors, *self.listeners):
            each.start()
        self._phase("the old release")
        self._migrate()
        self._write_story(self.old, "after-the-migration")
        self._phase("the old release on the new schema")
        self._take_over()
        self._write_story(self.new, "after-the-upgrade")
        self._phase("the new release")
        self._rest.set()
        for visitor in self.visitors:
            visitor.join(_END_SECONDS)
        # Compared in the report, whatever comes of it.
        becomes(lambda: all(each == self.chosen() for each in (self.counts(), *self.heard())))
        self._end.set()
        for listener in self.listeners:
            listener.join(_END_SECONDS)

    def _phase(self, name: str) -> None:
        self.ledger.phase = name
        time.sleep(self._seconds)

    def _write_story(self, release: Release, slug: str) -> None:
        """As a program does; with a section, tag, author and source that are made for it."""
        story: dict[str, Any] = {"headline": slug, "slug": slug, "body_markdown": "Text."}
        story |= {"section": slug, "tags": [slug], "source": slug, "authors": [{"name": slug}]}
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{release.port}/api/v1/articles/"
        request = urllib.request.Request(url, json.dumps(story).encode(), headers)
        try:
            urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - it begins with http
            self.written += 1
        except urllib.error.HTTPError as refused:
            failure = f"a story by {release.name}: {refused.code} {refused.read()[:300]!r}"
            self.ledger.note(0, failure)

    def _migrate(self) -> None:
        """As an operator does: with little patience for locks, and once more where it gave up."""
        self.ledger.phase = "the database is migrated"
        plan = self.new.manage("showmigrations", "--plan")
        self.applied = plan.count("[ ]")
        began = time.monotonic()
        for left in reversed(range(_MIGRATE_TRIES)):
            try:
                self.new.manage("migrate", "--verbosity=0", DATABASE_LOCK_TIMEOUT="2000")
                break
            except SystemExit as failed:
                if not left or "lock timeout" not in str(failed):
                    raise
        self.migrate_seconds = time.monotonic() - began
        self.new.manage("collectstatic", "--no-input", "--verbosity=0")

    def _take_over(self) -> None:
        """Workers first: they know the messages of both releases. Then web and live, behind the proxy."""
        self.ledger.phase = "the new release takes over"
        self.new.start("worker", "slow", "web", "live")
        self.new.wait_until_ready()
        self.old.stop("beat", "worker", "slow")
        self.new.start("beat")
        before = self._proxy.reload(self.new)
        # Its streams end one after another, and open again behind the proxy’s new workers.
        self.old.stop("live")
        wait_until(lambda: not any(each.is_running() for each in before), "The proxy’s old workers")
        self.old.stop("web")

    def chosen(self) -> dict[str, dict[str, int]]:
        """What readers chose, as public counts say it."""
        found: dict[str, dict[str, int]] = {slug: {} for slug in _SLUGS}
        for (slug, kind), count in self.ledger.expected().items():
            if kind:
                found[slug][kind] = count
        return found

    def counts(self) -> dict[str, dict[str, int]]:
        return {slug: _without_zeros(each["counts"]) for slug, each in self._results().items()}

    def heard(self) -> list[dict[str, dict[str, int]]]:
        """What each stream said last."""
        ids = {slug: each["article"] for slug, each in self._results().items()}
        return [
            {slug: _without_zeros(each.counts.get(ids[slug], {})) for slug in _SLUGS}
            for each in self.listeners
        ]

    def _results(self) -> dict[str, dict[str, Any]]:
        url = f"{self._url}/api/v1/reactions/?articles={','.join(_SLUGS)}"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - it begins with http
            return dict(zip(_SLUGS, json.load(answer)["results"], strict=True))

    def missing_assets(self) -> list[str]:
        """Static files that a page of either release names, and that are gone."""
        return [path for path in self.ledger.assets if not _answers(f"{self._url}{path}")]


def _without_zeros(counts: Mapping[str, int]) -> dict[str, int]:
    return {kind: count for kind, count in counts.items() if count}


def rows_of(environment: Mapping[str, str], project: Path) -> Counter[tuple[str, str]]:
    """How many rows there are, by the slug of the article and the kind; of those without a kind, too."""
    found = run(environment, "-c", _ROWS, project=project).splitlines()[-1]
    return Counter((slug, kind) for slug, kind in json.loads(found))


def report(drill: Drill) -> tuple[list[str], bool]:
    """The table, and whether all is as it has to be."""
    lines = [f"  {'while':36} {'requests':>8} {'failed':>6} {'longest':>8}"]
    for phase, asked in drill.ledger.asked.items():
        longest = max(asked.seconds)
        lines.append(f"  {phase:36} {len(asked.seconds):8} {len(asked.failed):6} {longest:6.2f} s")
    failed = [each for asked in drill.ledger.asked.values() for each in asked.failed]
    failed += [each for listener in drill.listeners for each in listener.failed]
    errors = [*drill.old.errors(), *drill.new.errors()]
    proofs = prove(drill, failed, errors)
    lines += [f"  {'yes' if is_so else 'NO':3} {what}" for what, is_so in proofs.items()]
    return lines + [f"      {each}" for each in [*failed[:5], *errors[:10]]], all(proofs.values())


def prove(drill: Drill, failed: Sequence[str], errors: Sequence[str]) -> dict[str, bool]:
    """What has to be so, and whether it is."""
    ledger, chosen = drill.ledger, drill.chosen()
    rows = rows_of(drill.new.environment, PROJECT)
    streams = sorted(each.opened for each in drill.listeners)
    reconciled = drill.new.manage("reconcile", "--dry-run")  # it raises where there is drift
    drift = next(line for line in reconciled.splitlines() if line.startswith("drift found:"))
    return {
        f"{drill.applied} migrations in {drill.migrate_seconds:.1f} s while readers react": drill.applied
        > 0,
        f"a program writes {drill.written} stories, one by each release, on the new schema": drill.written
        == 2,
        f"{len(failed)} requests and streams failed": not failed,
        f"{ledger.writes} acknowledged choices of {len(ledger.choices)} readers are {rows.total()} rows, "
        "each what its reader chose last": rows == ledger.expected(),
        f"the counts are those of the rows; {drift}": drill.counts() == chosen,
        f"each stream says these counts; opened {streams} times": drill.heard()
        == [chosen] * len(streams),
        f"{len(ledger.assets)} static files of both releases’ pages are there": not drill.missing_assets(),
        f"{len(errors)} errors in the logs of ten processes": not errors,
    }


def upgrade(base: str, seconds: float) -> tuple[list[str], bool]:
    """Upgrade from this commit, with so many seconds for each phase: what `report` says."""
    folder = Path(tempfile.mkdtemp(prefix="newsroom-drill-"))
    folder.chmod(0o755)
    try:
        unpack(base, folder / "old")
        with Guard() as guard, servers(folder / "data", load_or_create_secrets({}), guard) as given:
            port = free_port()
            environment = {
                **given,
                "SITE_URL": f"http://127.0.0.1:{port}",
                "TRUSTED_PROXY_HOPS": "1",
                "PYTHONWARNINGS": "ignore",
            }
            old = Release("old", folder / "old", environment, guard, folder)
            new = Release("new", PROJECT, environment, guard, folder)
            old.manage("migrate", "--verbosity=0")
            old.manage("collectstatic", "--no-input", "--verbosity=0")
            for slug in _SLUGS:
                old.publish(folder, slug)
            drill = Drill(old, new, Proxy(folder / "nginx", port, guard), port, seconds, folder)
            drill.run()
            return report(drill)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills.upgrade", description=__doc__)
    parser.add_argument("--base", help="the commit of the old release")
    parser.add_argument("--seconds", type=float, default=8, help="of each phase")
    given = parser.parse_args()
    base = given.base or find_base()
    lines, is_good = upgrade(base, given.seconds)
    sys.stdout.write("\n".join([f"From {base[:9]} to this release:", *lines]) + "\n")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
