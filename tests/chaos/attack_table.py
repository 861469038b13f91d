"""The attack table of docs/moderation.md: its rows, and how it is written."""

from dataclasses import dataclass
from pathlib import Path

from tests.servers import PROJECT

PAGE = PROJECT / "docs" / "moderation.md"
BEGIN, END = "<!-- attacks -->", "<!-- end of attacks -->"
HEADING = ("| attack | through | sent | refused | counted | held |", "|---|---|--:|--:|--:|--:|")

_LOOP = "A loop from one address, each press as another reader"
_SPOOFED = "Made-up X-Forwarded-For, X-Real-IP and Forwarded"
_UNDERSCORES = "The same with underscores, in every mixture"
_SIMULATED = "simulated time"

# The attack and what it passes through, in the order of the page.
ROWS = (
    *((_LOOP, proxy) for proxy in ("Caddy", "nginx", "HAProxy")),
    ("The same loop, which asks for a token for each press", "Caddy"),
    ("A loop from one address, twenty an hour for a day", _SIMULATED),
    *((_SPOOFED, proxy) for proxy in ("Caddy", "nginx", "HAProxy")),
    *((_UNDERSCORES, proxy) for proxy in ("Caddy", "nginx", "HAProxy")),
    ("A proxy that forwards an unreadable address", "HAProxy"),
    ("A proxy that forwards no address", "HAProxy"),
    ("One network, ten on each of forty articles within a minute, two workers at once", _SIMULATED),
    ("Fifty networks, none loads the page", "Caddy"),
    ("Fifty networks, each loads the page", "Caddy"),
    ("350 tokens of ten minutes earlier from 70 networks, no page loaded", "Caddy"),
    ("350 tokens of a day earlier from 70 networks, no page loaded", "Caddy"),
    ("One token shared by a thousand clients", "Caddy"),
    ("Forged tokens", "Caddy"),
    ("Honest: a lecture hall of 300 behind one address, at once", "Caddy"),
    ("Honest: 100 readers behind one address while no worker runs for 50 minutes", _SIMULATED),
    ("Honest: a crowd of 100,000 in a plausible mix of networks", _SIMULATED),
)


@dataclass(frozen=True)
class Attack:
    """One row: what was sent, refused with 401 or 429, counted and held."""

    name: str
    through: str
    sent: int
    refused: int
    counted: int
    held: int

    def __str__(self) -> str:
        return (
            f"| {self.name} | {self.through} | {self.sent:,} | {self.refused:,} | {self.counted:,}"
            f" | {self.held:,} |"
        )


# What this run measured, for the table that `make chaos` prints.
RESULTS: list[Attack] = []


def read_rows(page: Path = PAGE) -> list[list[str]]:
    """The cells of each published row."""
    table = page.read_text("utf-8").partition(BEGIN)[2].partition(END)[0].strip().splitlines()
    assert tuple(table[:2]) == HEADING
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def write_rows(attacks: list[Attack], page: Path = PAGE) -> None:
    """Publish these attacks, in the order of ROWS."""
    attacks = sorted(attacks, key=lambda each: ROWS.index((each.name, each.through)))
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    table = "\n".join([*HEADING, *map(str, attacks)])
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", "utf-8")
