"""The table that `make chaos` prints, one line for each fault."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.chaos.attack_table import HEADING as ATTACK_HEADING
from tests.chaos.attack_table import RESULTS
from tests.servers import RunningStack, running_stack


@dataclass
class Line:
    """One row of the table."""

    fault: str
    rate: float
    acknowledged: int
    refused: int
    in_doubt: int
    rows: int
    totals: int
    drift: str
    seconds_to_recover: float

    def __str__(self) -> str:
        return (
            f"{self.fault:<50} {self.rate:>6.0f} {self.acknowledged:>12} {self.refused:>7} "
            f"{self.in_doubt:>8} {self.rows:>6} {self.totals:>6} {self.drift:>5} "
            f"{self.seconds_to_recover:>8.1f}"
        )


HEADING = (
    f"{'fault':<50} {'load/s':>6} {'acknowledged':>12} {'refused':>7} {'in doubt':>8} "
    f"{'rows':>6} {'totals':>6} {'drift':>5} {'recovery':>8}"
)

LINES = pytest.StashKey[list[Line]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LINES] = []


@pytest.fixture
def table(pytestconfig: pytest.Config) -> list[Line]:
    return pytestconfig.stash[LINES]


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """The product behind one proxy, so that each reader of the load has its own network."""
    with running_stack("chaos", TRUSTED_PROXY_HOPS="1") as started:
        yield started


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in (HEADING, *config.stash[LINES]) if config.stash[LINES] else ():
        terminalreporter.write_line(str(line))
    for row in (*ATTACK_HEADING, *RESULTS) if RESULTS else ():
        terminalreporter.write_line(str(row))
