"""State machine executions on moto's engine, and the backend that starts them.

Imported by the first call that needs it, after engine.mend: the engine is large, and its modules bind each
other's names.
"""

from __future__ import annotations

import copy
import datetime
import json
import math
import threading
import time
import uuid
import zlib
from types import SimpleNamespace
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.exceptions import AWSError
from moto.stepfunctions.exceptions import InvalidArn, ResourceNotFound
from moto.stepfunctions.parser import models
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.backend import execution as engine_execution
from moto.stepfunctions.parser.backend import execution_worker

from . import events, metrics
from .definitions import diagnostics
from .execution_logs import Session, logging_session

_ENDINGS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
EXPRESS_SECONDS = 300.0
_ENDED = threading.Event()
_ENDED.set()
REDRIVABLE = datetime.timedelta(days=14)
_DATA = ("input", "inputDetails", "output", "outputDetails")


class InvalidDefinition(AWSError):
    TYPE = "InvalidDefinition"
    STATUS = 400


class ExecutionNotRedrivable(AWSError):
    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


class StateMachineTypeNotSupported(AWSError):
    TYPE = "StateMachineTypeNotSupported"
    STATUS = 400


class Ending(engine_execution.BaseExecutionWorkerCommunication):
    """Status, output and error become visible together; then the change is announced."""

    execution: Any

    def terminated(self) -> None:
        with self.execution.ending:
            super().terminated()
        self.execution.announce()
        self.execution.ended.set()
        self.execution.pack()


class LiveExecution(engine_execution.Execution):
    """The engine's execution: logged, announced, described in full."""

    state_machine: Any

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.ending, self.ended = threading.RLock(), threading.Event()
        self._packed: bytes | None = None
        self.exec_status = ExecutionStatus.RUNNING
        self.redrive_count = 0
        self.redrive_date: datetime.datetime | None = None
        self.is_express = self.state_machine.type == "EXPRESS"
        self.state_machine.sm_type = self.sm_type = self.state_machine.type
        if self.is_express:
            self.exec_arn = f"{self.exec_arn.replace(':execution:', ':express:')}:{uuid.uuid4()}"
            self.execution_arn = self.exec_arn
        self._cloud_watch_logging_session: Session | None = logging_session(self.exec_arn, self.state_machine)

    @property
    def status(self) -> str:
        with self.ending:
            assert self.exec_status is not None
            return str(self.exec_status.value)

    def start(self) -> None:
        self.announce()
        super().start()

    def abort(self, error: str | None, cause: str | None) -> None:
        """Stop a running execution; the engine would forget why."""
        if self.status != "RUNNING":
            return
        while self.exec_worker is None or self.exec_worker.env is None:  # its thread is about to begin
            time.sleep(0.001)
        self.error, self.cause = error, cause
        self.stop_date = _now()
        self.stop(stop_date=self.stop_date, error=error, cause=cause)

    def wait(self) -> dict[str, Any]:
        """To the end of an express execution; as StartSyncExecution has it."""
        if not self.ended.wait(EXPRESS_SECONDS):
            self.exec_worker.env.set_timed_out()  # type: ignore[union-attr]
            self.ended.wait()
        told = self.describe()
        milliseconds = (told["stopDate"] - told["startDate"]).total_seconds() * 1000
        billed = {
            "billedMemoryUsedInMB": 64,
            "billedDurationInMilliseconds": math.ceil(milliseconds / 100) * 100,
        }
        return {**told, "billingDetails": billed}

    def redrive(self) -> None:
        """Run again what has failed. Raises ExecutionNotRedrivable."""
        with self.ending:
            if reason := self._not_redrivable():
                raise ExecutionNotRedrivable(reason)
            self.redrive_count, self.redrive_date = self.redrive_count + 1, _now()
            self.exec_status, self.stop_date = ExecutionStatus.RUNNING, None
            self.error = self.cause = None
            self._unpack()
        if self._cloud_watch_logging_session:
            self._cloud_watch_logging_session.redrive_count = self.redrive_count
        self.announce()
        worker: Any = self._get_start_execution_worker()
        worker.follow(self.exec_worker, self.redrive_count)
        self.exec_worker = worker
        worker.start()

    def pack(self) -> None:
        """Let go of what an ended execution needs no more; thousands are remembered."""
        with self.ending:
            if self.status == "RUNNING":  # it has been redriven in the meantime
                return
            env: Any = self.exec_worker.env  # type: ignore[union-attr]
            history = env.event_manager._history_event_list
            self._packed = zlib.compress(json.dumps(history).encode(), level=1)
            history.clear()
            kept = ("event_manager", "variable_store", "map_run_record_pool_manager", "callback_pool_manager")
            slim: Any = SimpleNamespace(env=SimpleNamespace(**{name: getattr(env, name) for name in kept}))
            self.exec_worker, self.input_data, self.ended = slim, None, _ENDED

    def _unpack(self) -> None:
        self.input_data, self.ended = json.loads(self.execution_input), threading.Event()
        if self._packed is not None:
            env: Any = self.exec_worker.env  # type: ignore[union-attr]
            env.event_manager._history_event_list.extend(json.loads(zlib.decompress(self._packed)))
            self._packed = None

    def _not_redrivable(self) -> str | None:
        if self.status in ("RUNNING", "SUCCEEDED"):
            return f"Execution is {self.status} and cannot be redriven"
        if _now() - self.start_date > REDRIVABLE:
            return "Execution has exceeded the redrivable period"
        return None

    def get_start_execution_details(self) -> Any:
        details: Any = super().get_start_execution_details()
        # The engine serialises the context object to JSON: a datetime in it would end the execution.
        details.start_time = _iso(self.start_date)
        return details

    def _get_start_execution_worker_comm(self) -> Ending:
        return Ending(self)

    def _get_start_execution_worker(self) -> Worker:
        plain = super()._get_start_execution_worker()
        plain.__class__ = Worker
        return plain  # type: ignore[return-value]

    def summary(self) -> dict[str, Any]:
        """As ListExecutions has it."""
        with self.ending:
            item = {
                "executionArn": self.exec_arn,
                "stateMachineArn": self.state_machine_arn,
                "name": self.name,
                "status": self.status,
                "startDate": self.start_date,
                "redriveCount": self.redrive_count,
            }
            item |= {"redriveDate": self.redrive_date} if self.redrive_date else {}
            return {**item, "stopDate": self.stop_date} if self.status != "RUNNING" else item

    def describe(self) -> dict[str, Any]:
        """As DescribeExecution has it."""
        with self.ending:
            told = {**self.summary(), "input": self.execution_input, "inputDetails": {"included": True}}
            if self.status == "SUCCEEDED":
                told["output"] = json.dumps(self.output, separators=(",", ":"))
                told["outputDetails"] = {"included": True}
            reason = self._not_redrivable()
            told["redriveStatus"] = "NOT_REDRIVABLE" if reason else "REDRIVABLE"
            told |= {"redriveStatusReason": reason} if reason else {}
            error = "States.Timeout" if self.status == "TIMED_OUT" else self.error
            told.update({"error": error} if error is not None else {})
            return {**told, "cause": self.cause} if self.cause is not None else told

    def history(self, include_data: bool) -> list[dict[str, Any]]:
        """As GetExecutionHistory has it, oldest event first."""
        with self.ending:
            if self._packed is None:
                found: list[Any] = self.to_history_output()["events"]
            else:
                found = json.loads(zlib.decompress(self._packed))
        return [_history_event(dict(event), include_data) for event in found]

    def announce(self) -> None:
        """https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html"""
        told = self.describe()
        self._count(told)
        if self.is_express:
            return
        detail = {**dict.fromkeys(("output", "error", "cause", "stopDate")), **told}
        for name in ("startDate", "stopDate", "redriveDate"):
            moment = detail.get(name)
            detail[name] = int(moment.timestamp() * 1000) if moment else None
        events.publish(
            self.account_id,
            self.region_name,
            source="aws.states",
            detail_type="Step Functions Execution Status Change",
            resources=[self.exec_arn],
            detail=detail,
        )

    def _count(self, told: dict[str, Any]) -> None:
        if told["status"] == "RUNNING" and self.redrive_count:
            return
        counts = {_ENDINGS.get(told["status"], "ExecutionsStarted"): 1.0}
        if "stopDate" in told:
            counts["ExecutionTime"] = (told["stopDate"] - told["startDate"]).total_seconds() * 1000
        machine = {"StateMachineArn": self.state_machine_arn}
        metrics.put(self.account_id, self.region_name, "AWS/States", machine, counts)


class Worker(execution_worker.ExecutionWorker):
    """The engine's, which can go on where another has failed."""

    _before: Any = None

    def follow(self, before: Any, redrive_count: int) -> None:
        self._before, self._redrive_count = before.env, redrive_count

    def _execution_logic(self) -> None:
        if self._before is None:
            return super()._execution_logic()
        program: Any = copy.copy(self._get_evaluation_entrypoint())
        env = self._get_evaluation_environment()
        env.event_manager = self._before.event_manager
        env.variable_store = self._before.variable_store  # type: ignore[misc]
        entered = _last_entered(env.event_manager.get_event_history(), program.states.states)
        if entered:
            program.start_at = StartAt(entered["name"])
            env.states.reset(json.loads(entered["input"]))
        self.env, self._before = env, None
        details: Any = {"executionRedrivenEventDetails": {"redriveCount": self._redrive_count}}
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.ExecutionRedriven,
            event_details=details,
        )
        program.eval(env)
        self._execution_communication.terminated()
        return None


def _last_entered(history: list[Any], states: Any) -> dict[str, str] | None:
    """Which of the machine's own states (not a map's or a branch's) was entered last, and with what."""
    for event in reversed(history):
        entered: dict[str, str] | None = event.get("stateEnteredEventDetails")
        if entered and entered["name"] in states:
            return entered
    return None


class LiveBackend(models.StepFunctionsParserBackend):
    """moto's executing backend; definitions are checked, executions need no name and end with their
    machine."""

    @property
    def _url_module(self) -> Any:
        from moto.stepfunctions import urls

        return urls

    def create_state_machine(self, name: str, definition: str, *more: Any, **settings: Any) -> Any:
        _refuse_wrong(definition, settings.get("sm_type"))
        return super().create_state_machine(name, definition, *more, **settings)

    def update_state_machine(self, arn: str, definition: Any = None, *more: Any, **settings: Any) -> Any:
        if definition is not None:
            _refuse_wrong(definition, self._machine(arn).type)
        return super().update_state_machine(arn, definition, *more, **settings)

    def start_execution(
        self,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: Any = None,
    ) -> Any:
        if name:
            self._validate_name(name)
        name = name or str(uuid.uuid4())
        execution = super().start_execution(state_machine_arn, name, execution_input or "{}", trace_header)
        machine = self._machine(state_machine_arn)
        if machine.type == "EXPRESS":  # neither remembered nor named only once
            machine.executions.remove(execution)
        return execution

    def describe_execution(self, execution_arn: str) -> Any:
        if execution_arn.split(":")[5] == "express":
            raise InvalidArn("Invalid Arn: 'Resource type not valid in this context: express'")
        return super().describe_execution(execution_arn)

    def only(self, kind: str, state_machine_arn: str) -> None:
        """Raises StateMachineTypeNotSupported for a machine of the other type."""
        if self._machine(state_machine_arn).type != kind:
            raise StateMachineTypeNotSupported(
                "This operation is not supported by this type of state machine"
            )

    def children(self, map_run_arn: str, status: str | None) -> list[Any]:
        """The child executions of a map run. Raises ResourceNotFound."""
        for execution in self._get_executions():
            env = execution.exec_worker.env
            record = env.map_run_record_pool_manager.get(map_run_arn) if env else None
            if record:
                return [child for child in record.run.children if status in (None, child.status)]
        raise ResourceNotFound(map_run_arn)

    def _machine(self, arn: str) -> Any:
        return self.describe_state_machine(arn)

    def delete_state_machine(self, arn: str) -> None:
        machines: list[Any] = [machine for machine in self.state_machines if machine.arn == arn]
        super().delete_state_machine(arn)
        for machine in machines:
            for execution in machine.executions:
                execution.abort(None, None)


def _refuse_wrong(definition: str, kind: str | None) -> None:
    found = diagnostics(definition, kind or "STANDARD")
    if found:
        problems = ", ".join(f"{each['code']}: {each['message']}" for each in found)
        raise InvalidDefinition(f"Invalid State Machine Definition: '{problems}'")


def _history_event(event: dict[str, Any], include_data: bool) -> dict[str, Any]:
    event["timestamp"] = datetime.datetime.fromisoformat(event["timestamp"])
    if include_data:
        return event
    details = [key for key, value in event.items() if isinstance(value, dict)]
    shown = {key: {name: v for name, v in event[key].items() if name not in _DATA} for key in details}
    return {**event, **shown}


def _now() -> datetime.datetime:
    return datetime.datetime.now(tz=datetime.UTC)


def _iso(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


models.Execution = LiveExecution  # type: ignore[misc, assignment]  # start_execution makes this class
backends: Any = BackendDict(LiveBackend, "stepfunctions")
