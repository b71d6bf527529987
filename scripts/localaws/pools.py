"""Warm processes: each function version has a few, kept between invocations and replaced when code or
settings change."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.awslambda.exceptions import LambdaClientError

from . import logs, metrics
from .execution import Program, link_managed_runtime, start_worker
from .runtime_api import Outcome, Task, Worker
from .settings import Settings

MAX_WORKERS = 4  # processes of a function that reserves none; AWS has a thousand, a laptop queues for these
WAIT_SECONDS = 300.0  # how long an invocation queues for a process


class TooManyRequests(LambdaClientError):
    code = 429

    def __init__(self, reason: str) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")
        self.description = json.dumps({"Type": "User", "Reason": reason, "message": self.message})

    def get_headers(self, *_: Any, **__: Any) -> list[tuple[str, str]]:
        return [*super().get_headers(), ("Retry-After", "1")]


class Pool:
    """The warm processes of one program."""

    def __init__(self, program: Program, start: Callable[[Program], Worker]) -> None:
        self.program = program
        self._start = start
        self._idle: list[Worker] = []
        self._busy = 0
        self._retired = False
        self._changed = threading.Condition()

    def invoke(self, event: bytes, request_id: str, reserved: int | None) -> Outcome:
        """Raises TooManyRequests when all reserved concurrency is in use."""
        try:
            worker = self._borrow(reserved)
        except TooManyRequests:
            self._count({"Throttles": 1})
            raise
        try:
            task = Task(request_id, event, self.program.arn, self.program.timeout)
            outcome = worker.invoke(task)
        finally:
            self._give_back(worker)
        self._log(worker, request_id, outcome)
        errors = float(outcome.failed)
        self._count({"Invocations": 1, "Errors": errors, "Duration": outcome.duration * 1000})
        return outcome

    def retire(self) -> None:
        """No new invocation comes; idle processes end now, busy ones after their answer."""
        with self._changed:
            self._retired = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.retire()

    def _borrow(self, reserved: int | None) -> Worker:
        with self._changed:
            if reserved is not None and self._busy >= reserved:
                raise TooManyRequests("ReservedFunctionConcurrentInvocationLimitExceeded")
            workers = MAX_WORKERS if reserved is None else reserved
            if not self._changed.wait_for(lambda: self._busy < workers, WAIT_SECONDS):
                raise TooManyRequests("ConcurrentInvocationLimitExceeded")
            self._busy += 1
            while self._idle:
                worker = self._idle.pop()
                if worker.child.poll() is None:
                    return worker
                worker.retire()
        try:
            return self._start(self.program)
        except BaseException:
            with self._changed:
                self._busy -= 1
                self._changed.notify()
            raise

    def _give_back(self, worker: Worker) -> None:
        with self._changed:
            self._busy -= 1
            keep = worker.alive and not self._retired
            if keep:
                self._idle.append(worker)
            self._changed.notify()
        if not keep:
            worker.retire()

    def _count(self, counts: dict[str, float]) -> None:
        program, function = self.program, {"FunctionName": self.program.name}
        metrics.put(program.account_id, program.region, "AWS/Lambda", function, counts)

    def _log(self, worker: Worker, request_id: str, outcome: Outcome) -> None:
        program = self.program
        outcome.lines.insert(0, f"START RequestId: {request_id} Version: {program.version}\n")
        outcome.lines += [f"END RequestId: {request_id}\n", _report(request_id, program.memory, outcome)]
        place = (program.account_id, program.region, program.log_group, worker.log_stream)
        logs.put(*place, outcome.lines, role_arn=program.role)


class Pools:
    """The pool of every function version that was ever invoked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._runtime: Path | None = None
        self._pools: dict[str, Pool] = {}
        self._lock = threading.Lock()

    def of(self, program: Program) -> Pool:
        with self._lock:
            pool = self._pools.get(program.arn)
            if pool and pool.program == program:
                return pool
            fresh = self._pools[program.arn] = Pool(program, self._start)
        if pool:
            pool.retire()
        return fresh

    def _start(self, program: Program) -> Worker:
        with self._lock:
            if self._runtime is None:
                self._runtime = link_managed_runtime(self._settings.folder("functions", ".runtime"))
        return start_worker(program, self._settings, self._runtime)

    def forget(self, arn: str) -> None:
        with self._lock:
            pool = self._pools.pop(arn, None)
        if pool:
            pool.retire()


def _report(request_id: str, memory: int, outcome: Outcome) -> str:
    duration, init = outcome.duration * 1000, (outcome.init_duration or 0.0) * 1000
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration:.2f} ms",
        f"Billed Duration: {math.ceil(duration + init)} ms",
        f"Memory Size: {memory} MB",
        f"Max Memory Used: {outcome.peak_memory} MB",
    ]
    if outcome.init_duration is not None:
        parts.append(f"Init Duration: {init:.2f} ms")
    if outcome.status:
        timeout = outcome.status == "timeout"
        parts += ["Status: timeout"] if timeout else ["Status: error", f"Error Type: {outcome.status}"]
    return "\t".join(parts) + "\t\n"
