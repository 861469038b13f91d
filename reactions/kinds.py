"""The seven reactions, their stable keys and bits, and sets of them.

A set of reactions is an integer: one bit a kind. Keys and bits are kept for ever: rows, counts and
other people's programs hold them. A kind may be retired, never renumbered.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# schema.org's most specific action for a feeling that it has no own word for.
REACT_ACTION = "ReactAction"


@dataclass(frozen=True)
class Kind:
    """One reaction. `bit` is its place in a set, 0 to 30, and its number in the tables of counts."""

    key: str
    bit: int
    label: str
    emoji: str
    schema_action: str = REACT_ACTION

    @property
    def mask(self) -> int:
        return 1 << self.bit


KINDS = (
    Kind("like", 0, "Like", "👍", "LikeAction"),
    Kind("dislike", 1, "Dislike", "👎", "DislikeAction"),
    Kind("love", 2, "Love", "❤️"),
    Kind("funny", 3, "Funny", "😂"),
    Kind("angry", 4, "Angry", "😠"),
    Kind("sad", 5, "Sad", "😢"),
    Kind("wow", 6, "Wow", "😮"),
)
BY_KEY = {kind.key: kind for kind in KINDS}
EVERY_KIND = sum(kind.mask for kind in KINDS)


def pack(keys: Iterable[str]) -> int:
    """The set of these keys; KeyError names the first that is no reaction."""
    kinds = 0
    for key in keys:
        kinds |= BY_KEY[key].mask
    return kinds


def unpack(kinds: int) -> list[str]:
    """The keys of a set, in the order of KINDS."""
    return [kind.key for kind in KINDS if kinds & kind.mask]
