"""How long what AWS takes minutes for takes here, by the clock that can be moved.

LOCALAWS_TIME_SCALE is what one of AWS's seconds lasts: at the default of 0.01 a bake of 300 s takes 3 s,
and at 1 it takes 300 s. It is for the time that AWS lets pass on purpose, or needs for its machines; what a
container needs to start or to answer is what it is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from .. import clock

SCALE = float(os.environ.get("LOCALAWS_TIME_SCALE", "0.01"))
LAUNCH_SECONDS = 30.0  # AWS's, for an instance to come or to go: less than it takes there
LOOK_SECONDS = 0.05  # between two looks


class Stretch:
    """A stretch of AWS's time that began when this was made."""

    def __init__(self, seconds: float) -> None:
        self._end = clock.now() + seconds * SCALE

    def pass_by(self, look: Callable[[], None] = lambda: None) -> None:
        """Wait for its end, and `look` meanwhile; what that raises ends the wait."""
        while (left := self._end - clock.now()) > 0:
            look()
            time.sleep(min(left, LOOK_SECONDS))
