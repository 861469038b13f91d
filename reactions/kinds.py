"""The reactions that the site knows, their stable keys and bits, and sets of them.

A set of reactions is an integer: one bit a kind. Keys and bits are kept for ever: rows, counts and
other people's programs hold them. A kind may be retired, never renumbered. A site has its own kinds in
a file that REACTIONS_KINDS names; `reactions.checks` says what is wrong with one.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# schema.org's most specific action for a feeling that it has no own word for.
REACT_ACTION = "ReactAction"

# A set that holds whatever may ever be a kind: bits 0 to 30.
ANY_KIND = 2**31 - 1


@dataclass(frozen=True)
class Kind:
    """One reaction. `bit` is its place in a set, 0 to 30, and its number in the tables of counts.

    A retired kind is not offered and cannot be set anew. Who has it keeps it, counted, and may undo it.
    """

    key: str
    bit: int
    label: str
    emoji: str
    schema_action: str = REACT_ACTION
    retired: bool = False

    @property
    def mask(self) -> int:
        return 1 << self.bit


SEVEN = (
    Kind("like", 0, "Like", "👍", "LikeAction"),
    Kind("dislike", 1, "Dislike", "👎", "DislikeAction"),
    Kind("love", 2, "Love", "❤️"),
    Kind("funny", 3, "Funny", "😂"),
    Kind("angry", 4, "Angry", "😠"),
    Kind("sad", 5, "Sad", "😢"),
    Kind("wow", 6, "Wow", "😮"),
)


def read_kinds(path: str) -> tuple[Kind, ...]:
    """The kinds of a TOML file with a table `[[kind]]` for each. Raises ImproperlyConfigured."""
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
        return tuple(_kind(**table) for table in content["kind"])
    except KeyError:
        reason = "it has no [[kind]]"
    except (OSError, ValueError, TypeError) as error:
        reason = str(error)
    raise ImproperlyConfigured(f"REACTIONS_KINDS, {path}: {reason}.")


def _kind(*, bit: int, **named: str | bool) -> Kind:
    retired = named.pop("retired", False)
    if type(bit) is not int or not 0 <= bit <= 30:
        raise ValueError(f"a bit is a whole number from 0 to 30, not {bit!r}")
    if type(retired) is not bool:
        raise ValueError(f"retired is true or false, not {retired!r}")
    words = {name: value for name, value in named.items() if isinstance(value, str)}
    if strangers := sorted(named.keys() - words.keys()):
        raise ValueError(f"{strangers[0]} is a text")
    return Kind(bit=bit, retired=retired, **words)


KINDS = read_kinds(settings.REACTIONS_KINDS) if settings.REACTIONS_KINDS else SEVEN
BY_KEY = {kind.key: kind for kind in KINDS}
EVERY_KIND = sum(kind.mask for kind in KINDS)
# What readers are offered: every kind that is not retired.
OFFERED = sum(kind.mask for kind in KINDS if not kind.retired)


def pack(keys: Iterable[str]) -> int:
    """The set of these keys; KeyError names the first that is no reaction."""
    kinds = 0
    for key in keys:
        kinds |= BY_KEY[key].mask
    return kinds


def unpack(kinds: int) -> list[str]:
    """The keys of a set, in the order of KINDS."""
    return [kind.key for kind in KINDS if kinds & kind.mask]
