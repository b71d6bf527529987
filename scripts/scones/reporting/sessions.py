"""Cut a time line where nothing happened, so that two busy minutes half a year apart can both be seen."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

IDLE_SHARE = 0.5  # a gap is cut when it takes at least this share of its stretch of time,
IDLE_SECONDS = 300.0  # and lasts at least so long


def split_sessions(times: Sequence[datetime], limit: int = 4) -> list[slice]:
    """Return the stretches of sorted times, in order, as slices: at most `limit`, all times covered.

    The longest idle gaps are cut first.
    """
    cuts = {0, len(times)}
    while len(cuts) <= limit:
        candidates = [_longest_gap(times, start, end) for start, end in _stretches(cuts)]
        gap, cut = max(candidates, default=(0.0, 0))
        if not gap:
            break
        cuts.add(cut)
    return [slice(start, end) for start, end in _stretches(cuts) if end > start]


def _stretches(cuts: set[int]) -> list[tuple[int, int]]:
    return list(pairwise(sorted(cuts)))


def _longest_gap(times: Sequence[datetime], start: int, end: int) -> tuple[float, int]:
    """Return (seconds, index of the time after it) of the gap to cut; 0 seconds when none is long enough."""
    if end - start < 3:
        return 0.0, start
    span = (times[end - 1] - times[start]).total_seconds()
    gap, cut = max(((times[i] - times[i - 1]).total_seconds(), i) for i in range(start + 1, end))
    return (gap, cut) if gap >= max(IDLE_SECONDS, IDLE_SHARE * span) else (0.0, start)
