"""The table of `make bench`: arithmetic and verdicts, and the switches of the servers that it measures."""

from pathlib import Path

from honcho.environ import parse_procfile

from tests.bench import page
from tests.bench.table import Row, Samples, as_markdown, at_least, at_most, compared, not_measured
from tests.bench.testbed import web_command
from tests.drills import soak
from tests.servers import PROJECT


def test_a_ratio_pairs_what_was_measured_in_the_same_round() -> None:
    ours, beside = Samples([100, 10, 50], "/s"), Samples([50, 5, 50], "/s")

    row = compared("PUT", ours, beside, at_least(2))

    assert row.ratio is not None
    assert row.ratio.values == [2, 2, 1]
    assert row.verdict == "met"


def test_a_target_is_met_up_to_its_limit_and_missed_beyond() -> None:
    half = Samples([0.5])

    verdicts = [
        Row("wait", half, target=target).verdict for target in (at_most(0.5), at_least(0.51))
    ]

    assert verdicts == ["met", "missed"]


def test_a_rival_that_cannot_run_is_reported_without_a_verdict() -> None:
    row = not_measured("PUT / Waline", at_least(3), "there is no Node on this machine")

    table = as_markdown([row])

    assert "not measured: there is no Node on this machine" in table


def test_make_bench_keeps_the_table_of_the_soak() -> None:
    by_hand = page.PAGE.read_text("utf-8").partition(page.BY_HAND)[2]

    assert soak.BEGIN in by_hand
    assert soak.END in by_hand


def test_the_table_of_the_soak_is_written_between_its_marks(tmp_path: Path) -> None:
    copy = tmp_path / "benchmarks.md"
    copy.write_text(f"before\n{soak.BEGIN}\nold\n{soak.END}\nafter\n")

    soak.write("| new |", copy)

    assert copy.read_text() == f"before\n{soak.BEGIN}\n| new |\n{soak.END}\nafter\n"


def test_growth_is_that_of_the_last_two_thirds() -> None:
    """Five megabytes an hour, after caches have filled: a sample every five seconds."""
    values = [*range(100), *(1_000_000 + round(5e6 / 720 * number) for number in range(200))]

    before, after, an_hour = soak.growth(values)

    assert before < after
    assert round(an_hour / 1e6, 2) == 5.0


def test_the_product_is_measured_with_the_switches_of_the_procfile() -> None:
    procfile = parse_procfile((PROJECT / "Procfile").read_text())  # type: ignore[no-untyped-call]
    shipped = procfile.processes["web"]

    measured = web_command(python="python", workers=2)

    assert measured == f"exec {shipped}"


def test_a_contender_gets_the_same_switches_with_threads_of_its_own() -> None:
    product, contender = web_command(), web_command("other.wsgi:application", threads=8)

    same = set(product.split()) & set(contender.split())

    assert set(contender.split()) - same == {"other.wsgi:application", "8"}
