"""The kinds of reactions of the site, their stable keys and bits, and sets of them as masks.

A set of kinds is an integer mask: one bit a kind. Keys and bits never change: rows, counts and clients of the API have
them. A kind may be retired, never renumbered. A site's own kinds are in a file that REACTIONS_KINDS names;
`reactions.checks` reports what is wrong with it.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# schema.org's most specific action for a reaction without an action of its own.
REACT_ACTION = "ReactAction"

# The mask of every possible kind: bits 0 to 30.
ANY_KIND = 2**31 - 1


@dataclass(frozen=True)
class Kind:
    """One reaction type. `bit` is its place in a mask, 0 to 30, and its number in the tables of counts.

    A retired kind is not offered and cannot be set. A reader who has it keeps it, counted, and may undo it.
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
    if others := sorted(named.keys() - words.keys()):
        raise ValueError(f"{others[0]} must be a text")
    return Kind(bit=bit, retired=retired, **words)


KINDS = read_kinds(settings.REACTIONS_KINDS) if settings.REACTIONS_KINDS else SEVEN
BY_KEY = {kind.key: kind for kind in KINDS}
_MASKS = [(kind.key, kind.mask) for kind in KINDS]
EVERY_KIND = sum(kind.mask for kind in KINDS)
# What readers are offered: every kind that is not retired.
OFFERED = sum(kind.mask for kind in KINDS if not kind.retired)


def pack(keys: Iterable[str]) -> int:
    """The mask of these keys; KeyError names the first that is no kind."""
    kinds = 0
    for key in keys:
        kinds |= BY_KEY[key].mask
    return kinds


def unpack(kinds: int) -> list[str]:
    """The keys of a mask, in the order of KINDS."""
    return [key for key, mask in _MASKS if kinds & mask]


def _moods() -> dict[str, int]:
    """The kinds of each mood, a mask. Those of the setting; without one, those of the seven that the site offers."""
    usual = {"glad": "like love", "angry": "dislike angry", "sad": "sad"}
    moods = {}
    for mood, keys in usual.items():
        own = settings.REACTIONS_MOODS[mood]
        if unknown := [key for key in own if key not in BY_KEY]:
            name = f"REACTIONS_{mood.upper()}"
            raise ImproperlyConfigured(f"{name} names what is no kind: {', '.join(unknown)}.")
        moods[mood] = pack(own or [key for key in keys.split() if key in BY_KEY])
    return moods


# How a story made its readers feel, as the desk shows it. A mood is no verdict on the quality of a story.
MOODS = _moods()
