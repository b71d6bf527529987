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
from .permissions import enforcement
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
    role_arn: str | None = None,
) -> None:
    """Append messages, all stamped `timestamp` (seconds since the epoch; now when None).

    Without `make_group` messages for a group that does not exist are dropped. So are those that the role,
    where one is given, may not write: on AWS too nobody hears of it.
    """
    backend = models.logs_backends[account_id][region]
    moment = int((time.time() if timestamp is None else timestamp) * 1000)
    events = [{"timestamp": moment, "message": message} for message in messages]
    with _lock:
        if role_arn and not _may_write(backend, role_arn, group, stream):
            return
        if make_group:
            backend.ensure_log_group(group)
        elif group not in backend.groups:
            return
        backend.ensure_log_stream(group, stream)
        if events:
            backend.put_log_events(group, stream, events)


def _may_write(backend: models.LogsBackend, role_arn: str, group: str, stream: str) -> bool:
    """Whether the role may make the group and the stream, if they are not there, and write to it."""
    group_arn = f"arn:aws:logs:{backend.region_name}:{backend.account_id}:log-group:{group}"
    there = backend.groups.get(group)
    needed = {} if there else {"logs:CreateLogGroup": group_arn}
    stream_arn = f"{group_arn}:log-stream:{stream}"
    needed |= {} if there and stream in there.streams else {"logs:CreateLogStream": stream_arn}
    needed["logs:PutLogEvents"] = stream_arn
    return not any(enforcement.as_role(role_arn, "logs", action, arn) for action, arn in needed.items())


def install(_settings: Settings) -> None:
    models.LogStream = LiveStream  # type: ignore[misc]  # create_log_stream makes this class
