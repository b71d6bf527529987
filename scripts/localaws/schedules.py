"""Schedules of EventBridge rules: when rate() and cron() fire, and that they do.

Real: both kinds of expression (AWS's six-field cron by aws-croniter), by the server's clock (clock.py); whole
minutes for cron, periods since the rule was put or enabled for rate. A clock that leaps makes each firing of
the last day happen. Not real: EventBridge Scheduler, which is refused.
"""

from __future__ import annotations

import re
import threading
import weakref
from datetime import UTC, datetime
from typing import Protocol

from . import clock

DAY = 86400.0  # what is later than this EventBridge drops as well, by default
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Scheduled(Protocol):
    """A rule with a schedule."""

    def is_there(self) -> bool:
        """Whether it is enabled, and neither deleted nor replaced."""

    def fire(self, moment: datetime) -> None: ...


class Schedule:
    """When to fire. ValueError when `expression` is none of AWS's."""

    def __init__(self, expression: str) -> None:
        rate = re.fullmatch(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)", expression)
        cron = re.fullmatch(r"cron\((.+)\)", expression)
        if rate and (rate[1] == "1") == (not rate[3]):
            self.period: int | None = int(rate[1]) * _SECONDS[rate[2]]
        elif cron:
            from aws_croniter import AwsCroniter  # whose errors are ValueErrors

            self.period = None
            self._cron = AwsCroniter(cron[1])
        else:
            raise ValueError(f"{expression!r} is neither rate(number unit) nor cron(six fields)")

    def after(self, time: float) -> float | None:
        """The first firing after `time`, of a rate `period` later; None when there is none any more."""
        if self.period:
            return time + self.period
        found = self._cron.occurrence(datetime.fromtimestamp(time, UTC)).next()
        return found.timestamp() if found else None


_lock = threading.Lock()
_due: weakref.WeakKeyDictionary[Scheduled, tuple[Schedule, float | None]] = weakref.WeakKeyDictionary()


def begin(rule: Scheduled, schedule: Schedule) -> None:
    """From now on, as long as the rule is there."""
    with _lock:
        _due[rule] = (schedule, schedule.after(clock.now()))
    clock.stir()


def fire_what_is_due(now: float) -> float | None:
    """Fire, and tell when the next is due."""
    with _lock:
        for rule, (schedule, due) in list(_due.items()):
            if not rule.is_there():
                del _due[rule]
                continue
            while due is not None and due <= now:
                if due > now - DAY:
                    rule.fire(datetime.fromtimestamp(due, UTC))
                due = schedule.after(due)
            _due[rule] = (schedule, due)
        return min((due for _, due in _due.values() if due is not None), default=None)
