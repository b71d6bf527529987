"""The time by which metrics are dated, alarms evaluated and schedules fired, and the thread that does so.

It is the machine's time until someone moves it: `POST /_localaws/clock` with `{"advance": seconds}` leaps
forward, `{"rate": factor}` makes it run faster from now on; the answer, as that of a GET, is
`{"now": seconds since the epoch, "rate": factor}`. It never goes back. Everything else (timeouts, signatures,
the time that a function sees) keeps the machine's time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

PAUSE_SECONDS = 0.2  # between two rounds: a burst of metrics is one evaluation

log = logging.getLogger("localaws")
_lock = threading.Lock()
_shown = _real = time.time()
_rate = 1.0
_jobs: list[Callable[[float], float | None]] = []
_stirred = threading.Event()
_thread: threading.Thread | None = None


def now() -> float:
    """Seconds since the epoch."""
    return _shown + (time.time() - _real) * _rate


def moment() -> datetime:
    return datetime.fromtimestamp(now(), UTC)


def move(advance: float = 0.0, rate: float | None = None) -> float:
    """Leap forward by `advance` seconds and from then on run at `rate`; the new time. ValueError when time
    would go back."""
    global _shown, _real, _rate
    if not 0 <= advance < 1e9 or not 0 < (1.0 if rate is None else rate) <= 1e6:
        raise ValueError("the clock goes forward only: advance >= 0, rate > 0")
    with _lock:
        _shown, _real = now() + advance, time.time()
        _rate = _rate if rate is None else rate
    stir()
    return now()


def rate() -> float:
    return _rate


def attend(job: Callable[[float], float | None]) -> None:
    """Call `job(now)` after every `stir` and at the time it answered last; None: not before the next stir."""
    _jobs.append(job)


def stir() -> None:
    """Something happened that a job may want to look at. Costs nothing while nothing does."""
    global _thread
    if _thread is None:
        with _lock:
            if _thread is None:
                _thread = threading.Thread(target=_run, daemon=True, name="clock")
                _thread.start()
    if not _stirred.is_set():
        _stirred.set()


def _run() -> None:
    while True:
        _stirred.clear()
        due = [at for job in _jobs if (at := _attend(job)) is not None]
        time.sleep(PAUSE_SECONDS)
        _stirred.wait(max(0.0, (min(due) - now()) / _rate) if due else None)


def _attend(job: Callable[[float], float | None]) -> float | None:
    try:
        return job(now())
    except Exception:
        log.exception("%s failed", job.__qualname__)
        return now() + 60
