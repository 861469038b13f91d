"""docs/moderation.md names every attack of `make chaos` and every rule, as they are."""

from reactions.moderation.rules import RULES
from tests.chaos.attack_table import PAGE, ROWS, Attack, read_rows


def test_the_page_has_each_attack_in_its_order() -> None:
    assert tuple((name, through) for name, through, *_ in read_rows()) == ROWS


def test_what_was_sent_was_refused_counted_or_held() -> None:
    """A shared token is sent a thousand times by one reader."""
    for name, _, *cells in read_rows():
        sent, refused, counted, held = (int(cell.replace(",", "")) for cell in cells)
        if "shared" not in name:
            assert sent == refused + counted + held, name


def test_a_published_row_reads_as_it_was_measured() -> None:
    row = Attack("A loop", "nginx", 10_000, 0, 20, 9_980)

    assert str(row) == "| A loop | nginx | 10,000 | 0 | 20 | 9,980 |"


def test_the_page_has_each_rule_with_its_setting_and_limit() -> None:
    page = PAGE.read_text("utf-8")

    for rule in RULES:
        assert f"| `{rule.name}` | `{rule.limit.setting}` | {rule.limit.default} |" in page
