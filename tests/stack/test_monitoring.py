"""deploy/prometheus and deploy/grafana: Prometheus accepts them, and every metric in them exists."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml
from django.test import Client

from reactions.counting.reconcile import reconcile
from tests.programs import find_program
from tests.scraping import scrape
from tests.servers import PROJECT

PROMETHEUS, GRAFANA = PROJECT / "deploy/prometheus", PROJECT / "deploy/grafana/newsroom.json"
OPERATIONS = PROJECT / "docs/operations.md"
_METRIC = re.compile(r"\bnewsroom_[a-z_]+\b")


def promtool(*arguments: str | Path, text: str = "") -> str:
    program = find_program("promtool")
    done = subprocess.run(
        [program.path, *arguments],
        env=program.environment,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def list_rules() -> Iterator[dict[str, object]]:
    for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]:
        yield from group["rules"]


def list_panels() -> Iterator[tuple[str, str]]:
    for panel in json.loads(GRAFANA.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def test_prometheus_accepts_configuration_and_alerts() -> None:
    assert "SUCCESS" in promtool("check", "config", "--syntax-only", PROMETHEUS / "prometheus.yml")
    promtool("check", "rules", PROMETHEUS / "alerts.yml")


def test_alerts_are_raised_by_what_they_are_for_and_by_nothing_else() -> None:
    promtool("test", "rules", PROJECT / "tests/stack/alerts_test.yml")


def test_every_metric_of_alerts_and_dashboard_exists(client: Client, db: None) -> None:
    reconcile()
    text = scrape(client).content.decode()
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    exist = {
        f"{name}{end}" for name in names for end in ("", "_total", "_bucket", "_sum", "_count")
    }

    asked = {
        name
        for text in [
            *(str(rule["expr"]) for rule in list_rules()),
            *(each for _, each in list_panels()),
        ]
        for name in _METRIC.findall(text)
    }

    assert len(asked) > 20
    assert asked - exist == set()


def test_every_alert_leads_to_a_heading_of_the_runbook() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line[4:].lower()).replace(" ", "-")
        for line in OPERATIONS.read_text().splitlines()
        if line.startswith("### ")
    }

    for rule in list_rules():
        annotations = rule["annotations"]
        assert isinstance(annotations, dict)
        assert annotations["runbook"] in headings, rule["alert"]


def test_prometheus_reads_the_expressions_of_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, (_, expression) in enumerate(list_panels())
    ]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": rules}]}))

    promtool("check", "rules", tmp_path / "rules.yml")


def test_prometheus_finds_nothing_to_mend_in_the_metrics(client: Client, db: None) -> None:
    text = scrape(client).content.decode()

    promtool("check", "metrics", text=text)
