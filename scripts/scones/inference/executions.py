"""Executions of the state machine: start them, wait for them, list them, and read what happened in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from scones.waiting import Patience, wait_until

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

CLASSIFY_STATE = "image-classification"
NOT_MET = "THRESHOLD_CONFIDENCE_NOT_MET"
ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


@dataclass(frozen=True)
class Execution:
    """One execution, as far as it has come."""

    arn: str
    status: str  # RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE
    started: datetime
    stopped: datetime | None  # None while it runs
    error: str | None = None
    cause: str | None = None

    @property
    def name(self) -> str:
        return self.arn.rsplit(":", maxsplit=1)[-1]

    @property
    def seconds(self) -> float | None:
        return (self.stopped - self.started).total_seconds() if self.stopped else None

    @property
    def reason(self) -> str:
        """Why it failed, for people: a function's own message without its stack trace, or the cause."""
        message = _json_object(self.cause).get("errorMessage")
        return str(message or self.cause or self.error or self.status)

    @property
    def is_answered(self) -> bool:
        """True when it ended with an answer: one that was accepted, or one that was not sure enough."""
        return self.status == "SUCCEEDED" or (self.status == "FAILED" and self.error == NOT_MET)


@dataclass(frozen=True)
class Classification:
    """What an execution was asked, and what its image-classification state answered."""

    bucket: str | None
    key: str | None
    inference_id: str | None = None
    inferences: tuple[float, ...] = ()


def start_execution(stepfunctions: SFNClient, state_machine_arn: str, name: str, test_case: str) -> str:
    """Start one execution and return its ARN. Starting again with the same name and input is harmless."""
    answer = stepfunctions.start_execution(stateMachineArn=state_machine_arn, name=name, input=test_case)
    return str(answer["executionArn"])


def wait_for_execution(stepfunctions: SFNClient, execution_arn: str, patience: Patience) -> Execution:
    """Return an execution once it has ended, however it ended; StillWaiting when it takes too long."""

    def look() -> Execution | None:
        execution = describe_execution(stepfunctions, execution_arn)
        return execution if execution.status in ENDED else None

    return wait_until(look, patience, f"execution {execution_arn.rsplit(':', maxsplit=1)[-1]} to end")


def describe_execution(stepfunctions: SFNClient, execution_arn: str) -> Execution:
    """Return an execution with its error and cause, if it has failed."""
    return _execution(stepfunctions.describe_execution(executionArn=execution_arn))


def list_executions(stepfunctions: SFNClient, state_machine_arn: str) -> Iterator[Execution]:
    """Yield the state machine's executions, the newest first, without their errors."""
    pages = stepfunctions.get_paginator("list_executions").paginate(stateMachineArn=state_machine_arn)
    for page in pages:
        yield from map(_execution, page["executions"])


def list_execution_timestamps(
    stepfunctions: SFNClient, state_machine_arn: str, num_executions: int
) -> list[datetime]:
    """Return when the newest executions stopped, in UTC, the earliest first.

    Looks at `num_executions` of them; one that is still running has not stopped, and gives no time.
    """
    newest = islice(list_executions(stepfunctions, state_machine_arn), num_executions)
    return sorted(execution.stopped for execution in newest if execution.stopped)


def read_classification(stepfunctions: SFNClient, execution_arn: str) -> Classification:
    """Return an execution's picture and answer from its history, whether it succeeded or failed.

    An execution that has not come as far as an answer has no inference id.
    """
    pages = stepfunctions.get_paginator("get_execution_history").paginate(executionArn=execution_arn)
    return classification_of(event for page in pages for event in page["events"])


def classification_of(events: Iterable[Mapping[str, Any]]) -> Classification:
    """Return the picture and the answer that a history's events tell; no more of them is read than needed."""
    picture: dict[str, Any] = {}
    for event in events:
        started = event.get("executionStartedEventDetails")
        exited = event.get("stateExitedEventDetails")
        if started:
            picture = _json_object(started.get("input"))
        elif exited and exited["name"] == CLASSIFY_STATE:
            return _classification(picture, _json_object(exited.get("output")))
    return _classification(picture, {})


def _classification(picture: dict[str, Any], answer: dict[str, Any]) -> Classification:
    inferences = answer.get("inferences")
    return Classification(
        bucket=picture.get("s3_bucket") or answer.get("s3_bucket"),
        key=picture.get("s3_key") or answer.get("s3_key"),
        inference_id=answer.get("inference_id"),
        inferences=tuple(inferences) if isinstance(inferences, list) else (),
    )


def _json_object(text: str | None) -> dict[str, Any]:
    """Return the JSON object in a text; an empty one when it is something else (any input can be started)."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _execution(answer: Mapping[str, Any]) -> Execution:
    stopped = answer.get("stopDate")
    return Execution(
        arn=answer["executionArn"],
        status=answer["status"],
        started=answer["startDate"].astimezone(UTC),
        stopped=stopped.astimezone(UTC) if stopped else None,
        error=answer.get("error"),
        cause=answer.get("cause"),
    )
