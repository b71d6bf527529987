"""CloudWatch Logs: metrics inside log lines are found, whoever writes them (embedded_metrics.py).

`put` writes from inside the server: a missing stream is made, and a missing group where the service makes
one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Any

from moto.logs import models

from . import embedded_metrics
from .settings import Settings

_lock = threading.Lock()  # moto's log streams are plain lists


class LiveStream(models.LogStream):
    """moto's stream, read for metrics as it is written."""

    def put_log_events(self, log_events: list[dict[str, Any]]) -> str:
        token = super().put_log_events(log_events)
        messages = (event["message"] for event in log_events)
        embedded_metrics.extract(self.account_id, self.region, self.log_group.name, messages)
        return token


def put(
    account_id: str,
    region: str,
    group: str,
    stream: str,
    messages: Iterable[str],
    timestamp: float | None = None,
    make_group: bool = True,
) -> None:
    """Append messages, all stamped `timestamp` (seconds since the epoch; now when None).

    Without `make_group` messages for a group that does not exist are dropped.
    """
    backend = models.logs_backends[account_id][region]
    moment = int((time.time() if timestamp is None else timestamp) * 1000)
    events = [{"timestamp": moment, "message": message} for message in messages]
    with _lock:
        if make_group:
            backend.ensure_log_group(group)
        elif group not in backend.groups:
            return
        backend.ensure_log_stream(group, stream)
        if events:
            backend.put_log_events(group, stream, events)


def install(_settings: Settings) -> None:
    models.LogStream = LiveStream  # type: ignore[misc]  # create_log_stream makes this class
