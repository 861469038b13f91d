import json
from collections.abc import Mapping

import pytest

from newsroom.stack.audit import judge


def report(*packages: Mapping[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


GOOD = {"name": "django", "version": "5.2.19", "vulns": []}
BAD = {
    "name": "lxml",
    "version": "6.1.3",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["6.1.4"]}],
}
SKIPPED = {"name": "amqp", "skip_reason": "Dependency not found on PyPI"}


def test_a_vulnerability_fails_and_is_named() -> None:
    assert judge(report(GOOD, BAD)) == (
        "Known vulnerabilities:\n  lxml 6.1.3: PYSEC-2026-1, fixed in 6.1.4"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (report(GOOD, SKIPPED), "1 of 2 packages have no known vulnerability."),
        (report(SKIPPED), "Packages not audited: no advisories can be had here."),
        ("", "Packages not audited: pip-audit has no report."),
    ],
)
def test_what_was_asked_and_what_could_not_be_is_said(
    capsys: pytest.CaptureFixture[str], content: str, says: str
) -> None:
    assert judge(content) is None
    assert capsys.readouterr().err == f"{says}\n"
