"""State machine executions on moto's engine, and the backend that starts them.

Imported by the first call that needs it, after engine.mend: the engine is large, and its modules bind each
other's names.
"""

from __future__ import annotations

import datetime
import json
import threading
import time
import uuid
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.exceptions import AWSError
from moto.stepfunctions.parser import models
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.event import logging
from moto.stepfunctions.parser.backend import execution as engine_execution

from . import events, logs, metrics
from .definitions import diagnostics

_ENDINGS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
_DATA = ("input", "inputDetails", "output", "outputDetails")


class InvalidDefinition(AWSError):
    TYPE = "InvalidDefinition"
    STATUS = 400


class Ending(engine_execution.BaseExecutionWorkerCommunication):
    """Status, output and error become visible together; then the change is announced."""

    execution: Any

    def terminated(self) -> None:
        with self.execution.ending:
            super().terminated()
        self.execution.announce()


class LiveExecution(engine_execution.Execution):
    """The engine's execution: logged, announced, described in full."""

    state_machine: Any

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.ending = threading.RLock()
        self.exec_status = ExecutionStatus.RUNNING
        self._cloud_watch_logging_session = logging_session(self.exec_arn, self.state_machine)

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
        self.stop_date = datetime.datetime.now(tz=datetime.UTC)
        self.stop(stop_date=self.stop_date, error=error, cause=cause)

    def get_start_execution_details(self) -> Any:
        details: Any = super().get_start_execution_details()
        # The engine serialises the context object to JSON: a datetime in it would end the execution.
        details.start_time = _iso(self.start_date)
        return details

    def _get_start_execution_worker_comm(self) -> Ending:
        return Ending(self)

    def summary(self) -> dict[str, Any]:
        """As ListExecutions has it."""
        with self.ending:
            item = {
                "executionArn": self.exec_arn,
                "stateMachineArn": self.state_machine_arn,
                "name": self.name,
                "status": self.status,
                "startDate": self.start_date,
                "redriveCount": 0,
            }
            return {**item, "stopDate": self.stop_date} if self.status != "RUNNING" else item

    def describe(self) -> dict[str, Any]:
        """As DescribeExecution has it."""
        with self.ending:
            told = {**self.summary(), "input": self.execution_input, "inputDetails": {"included": True}}
            if self.status == "SUCCEEDED":
                told["output"] = json.dumps(self.output, separators=(",", ":"))
                told["outputDetails"] = {"included": True}
            error = "States.Timeout" if self.status == "TIMED_OUT" else self.error
            told.update({"error": error} if error is not None else {})
            return {**told, "cause": self.cause} if self.cause is not None else told

    def history(self, include_data: bool) -> list[dict[str, Any]]:
        """As GetExecutionHistory has it, oldest event first."""
        return [_history_event(dict(event), include_data) for event in self.to_history_output()["events"]]

    def announce(self) -> None:
        """https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html"""
        told = self.describe()
        self._count(told)
        detail = {**dict.fromkeys(("output", "error", "cause", "stopDate")), **told}
        for name in ("startDate", "stopDate"):
            moment = detail[name]
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
        counts = {_ENDINGS.get(told["status"], "ExecutionsStarted"): 1.0}
        if "stopDate" in told:
            counts["ExecutionTime"] = (told["stopDate"] - told["startDate"]).total_seconds() * 1000
        machine = {"StateMachineArn": self.state_machine_arn}
        metrics.put(self.account_id, self.region_name, "AWS/States", machine, counts)


class LiveBackend(models.StepFunctionsParserBackend):
    """moto's executing backend; definitions are checked, executions need no name and end with their
    machine."""

    @property
    def _url_module(self) -> Any:
        from moto.stepfunctions import urls

        return urls

    def create_state_machine(self, name: str, definition: str, *more: Any, **settings: Any) -> Any:
        _refuse_wrong(definition)
        return super().create_state_machine(name, definition, *more, **settings)

    def update_state_machine(self, arn: str, definition: Any = None, *more: Any, **settings: Any) -> Any:
        if definition is not None:
            _refuse_wrong(definition)
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
        return super().start_execution(state_machine_arn, name, execution_input or "{}", trace_header)

    def delete_state_machine(self, arn: str) -> None:
        machines: list[Any] = [machine for machine in self.state_machines if machine.arn == arn]
        super().delete_state_machine(arn)
        for machine in machines:
            for execution in machine.executions:
                execution.abort(None, None)


def _refuse_wrong(definition: str) -> None:
    found = diagnostics(definition)
    if found:
        problems = ", ".join(f"{each['code']}: {each['message']}" for each in found)
        raise InvalidDefinition(f"Invalid State Machine Definition: '{problems}'")


def logging_session(execution_arn: str, machine: Any) -> Any:
    """The engine's logging session for a machine's logging configuration, or None at level OFF."""
    configuration: Any = logging.CloudWatchLoggingConfiguration.from_logging_configuration(
        machine.arn, {"includeExecutionData": False, **machine.loggingConfiguration}
    )
    if configuration is None:
        return None
    minute = time.strftime("%Y-%m-%d-%H-%M", time.gmtime())
    configuration.log_stream_name = f"states/{machine.name}/{minute}/{uuid.uuid4().hex[:8]}"
    return Session(execution_arn, configuration)


class Session(logging.CloudWatchLoggingSession):
    """History events in CloudWatch Logs as AWS writes them: a JSON object each, times in milliseconds."""

    def publish_history_log(self, history_log: Any) -> None:
        to = self.configuration
        moment = datetime.datetime.fromisoformat(history_log["event_timestamp"]).timestamp()
        event = {**history_log, "event_timestamp": str(int(moment * 1000)), "redrive_count": "0"}
        message = json.dumps(event, default=str)
        logs.put(
            to.log_account_id,
            to.log_region,
            to.log_group_name,
            to.log_stream_name,
            [message],
            moment,
            make_group=False,  # what ends after its group was deleted must not bring the group back
        )


def _history_event(event: dict[str, Any], include_data: bool) -> dict[str, Any]:
    event["timestamp"] = datetime.datetime.fromisoformat(event["timestamp"])
    if include_data:
        return event
    details = [key for key, value in event.items() if isinstance(value, dict)]
    shown = {key: {name: v for name, v in event[key].items() if name not in _DATA} for key in details}
    return {**event, **shown}


def _iso(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


models.Execution = LiveExecution  # type: ignore[misc, assignment]  # start_execution makes this class
backends: Any = BackendDict(LiveBackend, "stepfunctions")
