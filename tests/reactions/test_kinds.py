from hypothesis import given
from hypothesis import strategies as st

from reactions.kinds import BY_KEY, EVERY_KIND, KINDS, pack, unpack


def test_keys_and_bits_never_change() -> None:
    """Rows, counts and other programs store these, so they are never renumbered."""
    assert {kind.key: kind.bit for kind in KINDS} == {
        "like": 0,
        "dislike": 1,
        "love": 2,
        "funny": 3,
        "angry": 4,
        "sad": 5,
        "wow": 6,
    }


def test_every_kind_is_the_set_of_all() -> None:
    assert unpack(EVERY_KIND) == list(BY_KEY)


@given(st.sets(st.sampled_from(list(BY_KEY))))
def test_a_set_survives_packing(keys: set[str]) -> None:
    assert set(unpack(pack(keys))) == keys
