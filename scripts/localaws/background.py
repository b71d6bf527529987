"""Work that happens after the answer: asynchronous invocations, event delivery. Threads that never hold up
the server's end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

log = logging.getLogger("localaws")


def run(work: Callable[..., Any], *arguments: Any) -> None:
    """Run `work(*arguments)` in a thread of its own; a failure is logged, as there is nobody left to tell."""

    def guarded() -> None:
        try:
            work(*arguments)
        except Exception:
            log.exception("background work failed: %s", getattr(work, "__qualname__", work))

    threading.Thread(target=guarded, daemon=True, name=getattr(work, "__name__", "background")).start()
