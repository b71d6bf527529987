"""One warm Lambda execution environment: a process of AWS's runtime client (awslambdaric) and the Runtime API
it asks for work.

Real: the deployed zip, the runtime client and so its errors, context, deadline and log format; start-up
failures, crashes and time-outs; only the packages of the managed Python runtime (boto3 and what it needs)
besides the zip and its layers; the memory limit (Linux: what the process itself holds, looked at while it
runs and once more when it answers). Not real: read-only file system, isolation from the host; the Python
version is the host's whatever `Runtime` says.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from . import background, processes
from .settings import HOST

INIT_SECONDS = 60.0  # AWS gives 10; a busy laptop gets more
MAX_RESPONSE_BYTES = 6_291_556
MEMORY_CHECK_SECONDS = 0.05
_NEXT = "/2018-06-01/runtime/invocation/next"
_INIT_ERROR = "/2018-06-01/runtime/init/error"


@dataclass(frozen=True)
class Task:
    """One invocation as the runtime client receives it."""

    request_id: str
    event: bytes
    function_arn: str
    timeout: float  # seconds


@dataclass
class Outcome:
    payload: bytes
    failed: bool
    lines: list[str]  # what the function wrote, and what the platform has to say about its end
    duration: float  # seconds
    init_duration: float | None  # seconds, of the invocation that started the process
    peak_memory: int  # MB
    status: str | None = None  # "timeout", or an error type of the platform's own


class _Message(NamedTuple):
    kind: str  # taken | response | error | init-error | exit
    body: bytes = b""
    status: int = 0


class Worker:
    """A process that serves one invocation at a time until it fails or is retired."""

    def __init__(
        self, command_folder: Path, env: Mapping[str, str], handler: str, version: str, memory: int
    ) -> None:
        self.alive = True
        self._memory = memory  # MB
        self._peak = 0
        now = time.gmtime()
        self.log_stream = f"{time.strftime('%Y/%m/%d', now)}/[{version}]{uuid.uuid4().hex}"
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._messages: queue.SimpleQueue[_Message] = queue.SimpleQueue()
        # A file, not a pipe: when the answer is there, everything the function wrote before it is there too.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the last lines
        self._read_bytes = 0
        self._scratch = tempfile.TemporaryDirectory(prefix="lambda-", dir=command_folder.parent)
        self._server = ThreadingHTTPServer((HOST, 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True, name="runtime-api").start()
        self._started: float | None = time.monotonic()
        self.child = processes.spawn(
            [sys.executable, "-S", "-s", "-m", "awslambdaric", handler],
            env={
                **env,
                "AWS_LAMBDA_RUNTIME_API": f"{HOST}:{self._server.server_address[1]}",
                "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
                "TMPDIR": self._scratch.name,
            },
            cwd=command_folder,
            stdout=self._output,
        )
        threading.Thread(target=self._watch, daemon=True, name="watch-function").start()

    def invoke(self, task: Task) -> Outcome:
        """Run one invocation to its end. A worker that is not `alive` afterwards is of no further use."""
        self._tasks.put(task)
        message = self._receive(INIT_SECONDS)
        begun = time.monotonic()
        init_duration = begun - self._started if self._started is not None else None
        self._started = None
        if message and message.kind == "taken":
            message = self._receive(task.timeout)
        duration = time.monotonic() - begun
        self._look_at_memory()
        if message and self._peak > self._memory:
            message = _Message("out-of-memory")
        payload, failed, last_words, status = self._result(task, message)
        if message is None or message.kind in ("init-error", "exit", "out-of-memory"):
            self.retire()
        lines, memory = self._lines() + last_words, min(self._peak, self._memory)
        return Outcome(payload, failed, lines, duration, init_duration, memory, status)

    def retire(self) -> None:
        """End the process and everything that belongs to it."""
        if self.alive:
            self.alive = False
            self._tasks.put(None)
            self.child.kill()
            background.run(self._close)

    def _close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next_task(self) -> Task | None:
        """What the Runtime API's `next` waits for; None when the worker is retired."""
        task = self._tasks.get()
        if task:
            self._messages.put(_Message("taken"))
        return task

    def tell(self, kind: str, body: bytes) -> None:
        self._messages.put(_Message(kind, body))

    def _watch(self) -> None:
        self._messages.put(_Message("exit", status=self.child.wait()))

    def _receive(self, timeout: float) -> _Message | None:
        """What comes next; None when nothing has after `timeout`. A process that holds too much is killed."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                return self._messages.get(timeout=min(left, MEMORY_CHECK_SECONDS))
            if self._look_at_memory() > self._memory:
                self.child.signal(signal.SIGKILL)
        return None

    def _result(self, task: Task, message: _Message | None) -> tuple[bytes, bool, list[str], str | None]:
        """(payload, failed, platform's log lines, its status), worded as AWS words them."""
        if message is None:
            told = f"Task timed out after {task.timeout:.2f} seconds"
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000Z"
            return (
                _error("Sandbox.Timedout", f"RequestId: {task.request_id} Error: {told}"),
                True,
                [f"{stamp} {task.request_id} {told}\n\n"],
                "timeout",
            )
        if message.kind in ("exit", "out-of-memory"):
            out_of_memory = message.kind == "out-of-memory"
            kind = "Runtime.OutOfMemory" if out_of_memory else "Runtime.ExitError"
            manner = _manner(-signal.SIGKILL if out_of_memory else message.status)
            told = f"RequestId: {task.request_id} Error: Runtime exited {manner}"
            return _error(kind, told), True, [f"{told}\n{kind}"], kind
        if len(message.body) > MAX_RESPONSE_BYTES:
            told = (
                f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            )
            return _error("Function.ResponseSizeTooLarge", told), True, [], "Function.ResponseSizeTooLarge"
        return message.body, message.kind != "response", [], None

    def _lines(self) -> list[str]:
        """What was written since the last call; "\\r" is the runtime client's line break within one log
        event."""
        # The child shares this file's position, so it is read without moving it.
        written = b""
        while piece := os.pread(self._output.fileno(), 1 << 20, self._read_bytes):
            written += piece
            self._read_bytes += len(piece)
        if not self.alive:
            self._output.close()
            self._scratch.cleanup()
        return [
            line.replace("\r", "\n")
            for line in written.decode("utf-8", "replace").split("\n")
            if line.strip()
        ]

    def _look_at_memory(self) -> int:
        """The most that the process has ever held, MB."""
        with contextlib.suppress(OSError, StopIteration):  # it has ended, or this is no Linux
            status = Path(f"/proc/{self.child.pid}/status").read_text()
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
            self._peak = max(self._peak, int(peak.split()[1]) // 1024)
        return self._peak


def _handler(worker: Worker) -> type[BaseHTTPRequestHandler]:
    """The Runtime API of one worker: its address is what says which process calls."""

    class RuntimeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # 45 ms an invocation otherwise

        def do_GET(self) -> None:
            task = worker.next_task() if self.path == _NEXT else None
            if task is None:
                self.close_connection = True
                return
            headers = {
                "Lambda-Runtime-Aws-Request-Id": task.request_id,
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + task.timeout) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": task.function_arn,
                "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
                "Content-Type": "application/json",
            }
            self._answer(200, task.event, headers)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = "init-error" if self.path == _INIT_ERROR else self.path.rsplit("/", 1)[1]
            worker.tell(kind, body)
            self._answer(202, b'{"status":"OK"}', {})

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """No line per request."""

    return RuntimeApi


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _manner(status: int) -> str:
    if status == 0:
        return "without providing a reason"
    if status < 0:
        return f"with error: signal: {(signal.strsignal(-status) or str(-status)).lower()}"
    return f"with error: exit status {status}"
