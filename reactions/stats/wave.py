"""What an editor knows of a wave before they decide: of which kinds it is, when it came, from how many networks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reactions.counts import read_counts
from reactions.kinds import BY_KEY, unpack
from reactions.models import Wave
from reactions.sql import row, rows

# Minutes of one bar. A chart has at most this many bars.
_STEPS = (1, 5, 15, 60, 240, 1_440)
_MOST_BARS = 120
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class WaveFigures:
    """A wave's reactions by kind and through time, the public counts, and the largest network's part.

    `without` are the counts without the wave, `with_it` those once it is released. `later` reactions were changed after
    the wave had ended: they are in no bar. `largest` is in per cent, None where the rates of networks are gone.
    """

    by_kind: Mapping[str, int]
    without: Mapping[str, int]
    with_it: Mapping[str, int]
    starts: Sequence[datetime]
    bars: Sequence[Mapping[str, int]]
    minutes: int
    end: datetime
    later: int
    largest: int | None


def wave_figures(wave: Wave) -> WaveFigures:
    """The figures of a wave of any age and state."""
    found = rows("wave_rows", {"wave": wave.pk})
    by_kind: Counter[str] = Counter()
    for _, mask, count in found:
        for key in unpack(mask):
            by_kind[key] += count
    counted = next(iter(read_counts([wave.article_id])), None)
    # Of a story that is gone readers see nothing.
    public = dict.fromkeys(BY_KEY, 0) | dict((counted and counted.counts) or {})
    is_counted = wave.state == Wave.State.RELEASED
    sign = -1 if is_counted else 1
    other = {key: max(count + sign * by_kind[key], 0) for key, count in public.items()}
    begin, minutes, length = _bars(wave)
    bars: list[Counter[str]] = [Counter() for _ in range(length)]
    later = 0
    for minute, mask, count in found:
        number = int((minute - begin) / (minutes * _MINUTE))
        if not 0 <= number < length:
            later += count
            continue
        for key in unpack(mask):
            bars[number][key] += count
    return WaveFigures(
        by_kind=by_kind,
        without=other if is_counted else public,
        with_it=public if is_counted else other,
        starts=[begin + number * minutes * _MINUTE for number in range(length)],
        bars=bars,
        minutes=minutes,
        end=begin + length * minutes * _MINUTE,
        later=later,
        largest=_largest(wave),
    )


def _bars(wave: Wave) -> tuple[datetime, int, int]:
    """When the first bar begins, how many minutes each has, and how many there are."""
    begin = wave.started_at.replace(second=0, microsecond=0)
    span = int((wave.last_at - begin) / _MINUTE) + 1
    minutes = next((step for step in _STEPS if span / step <= _MOST_BARS), _STEPS[-1])
    return begin, minutes, min(-(-span // minutes), _MOST_BARS)


def _largest(wave: Wave) -> int | None:
    found = row("wave_networks", {"wave": wave.pk})
    assert found is not None  # noqa: S101  # the statement returns one row
    largest, every = found
    return round(100 * largest / every) if every else None
