"""How long each part of a command took."""

from __future__ import annotations

import time
from collections.abc import Callable


class Stopwatch:
    """Runs from its creation; `lap` notes the seconds since the last one under a name."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = clock()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Note the seconds since the last lap, in milliseconds' precision."""
        now = self._clock()
        self.laps[name] = round(now - self._last, 3)
        self._last = now

    @property
    def total(self) -> float:
        """The seconds of all laps."""
        return sum(self.laps.values())
