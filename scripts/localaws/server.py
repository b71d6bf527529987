"""`serve`: one process that is local AWS until it is told to end."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module

from . import processes, state
from .settings import HOST, LocalAwsError, Settings

# Each has install(settings). What it imports counts towards the start: heavy imports stay in functions.
SERVICES = (
    "s3",
    "sqs",
    "functions",
    "stepfunctions",
    "events",
    "logs",
    "monitoring",
    "kms",
    "sagemaker",
    "permissions",
    "refused",
)


def serve(settings: Settings, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then end every child. Raises LocalAwsError when it cannot start."""
    with state.owned(settings.home) as wiped:
        if wiped:
            print(f"wiped {settings.home}: its server is gone, and the state with it", flush=True)
        _serve(settings, port)
        # No thread that is still busy holds the end up, and the folder's lock goes exactly when the process
        # does.
        os._exit(0)


def _serve(settings: Settings, port: int) -> None:
    os.environ["MOTO_ACCOUNT_ID"] = settings.account_id
    os.environ.setdefault("AWS_DEFAULT_REGION", settings.region)
    from . import http

    try:
        listener = http.listen(HOST, port)
    except OSError as error:
        raise LocalAwsError(
            f"cannot listen on {HOST}:{port}: {error.strerror}; choose another --port"
        ) from error
    port = listener.getsockname()[1]
    settings = replace(settings, endpoint_url=f"http://{HOST}:{port}")
    install(settings)
    server = http.make(listener)
    with _ended_by_signals(server.shutdown):
        state.announce(settings, port)
        print(json.dumps({"endpoint_url": settings.endpoint_url, "pid": os.getpid()}), flush=True)
        try:
            server.serve_forever(poll_interval=0.1)  # how soon it notices that it is to end
        finally:
            state.withdraw(settings.home)
            processes.stop_all()


def install(settings: Settings) -> None:
    """Make moto's services live, each in its own module."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    for name in SERVICES:
        import_module(f".{name}", __package__).install(settings)


@contextmanager
def _ended_by_signals(shutdown: object) -> Iterator[None]:
    assert callable(shutdown)
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the loop that this very thread runs, so it needs a thread of its own
        signal.signal(number, lambda *_: threading.Thread(target=shutdown, daemon=True).start())
    yield
