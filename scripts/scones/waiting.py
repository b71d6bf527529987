"""Wait for something to become true, with a time limit. Nothing here guesses how long a thing takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from scones.errors import SconesError

T = TypeVar("T")


class StillWaiting(SconesError):
    """The time limit passed before it came true."""


@dataclass(frozen=True)
class Patience:
    """How long to wait and how often to look, in seconds; the clock and the pause are seams for tests."""

    timeout: float = 300.0
    interval: float = 0.5
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


def wait_until(look: Callable[[], T | None], patience: Patience, waiting_for: str) -> T:
    """Return the first answer of `look` that is not None; StillWaiting when the time limit passes.

    Looks at least once, and once more when the time is up, so that a slow look is not lost.
    """
    deadline = patience.clock() + patience.timeout
    while True:
        last_look = patience.clock() >= deadline
        answer = look()
        if answer is not None:
            return answer
        if last_look:
            raise StillWaiting(f"gave up after {patience.timeout:g} s waiting for {waiting_for}")
        patience.pause(patience.interval)
