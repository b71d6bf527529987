"""Writing to moto's CloudWatch Logs from inside the server. A missing stream is made, and a missing group
where the service makes one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

_lock = threading.Lock()  # moto's log streams are plain lists


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
    from moto.logs.models import logs_backends

    backend = logs_backends[account_id][region]
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
