"""What happened in executions of the state machine, event by event, from their histories."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scones.inference.executions import NOT_MET, Classification, Execution, classification_of

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

ACCEPTED, REFUSED, FAILED, RUNNING = "accepted", "refused", "failed", "running"
LONGEST_DETAIL = 300  # characters of an event's error and cause

# Where an event of Step Functions says what failed: ExecutionFailed, TaskFailed, LambdaFunctionTimedOut, ...
FAILURES = ("Failed", "TimedOut", "Aborted")


@dataclass(frozen=True)
class Event:
    """One event of an execution's history."""

    number: int
    time: datetime  # aware, UTC
    kind: str  # as Step Functions names it: TaskStateEntered, TaskFailed, ...
    state: str  # in which it happened; empty before the first and after the last
    detail: str = ""  # error and cause of a failure


@dataclass(frozen=True)
class Story:
    """An execution from its first event to its newest."""

    execution: Execution
    classification: Classification
    events: Sequence[Event]

    @property
    def path(self) -> list[str]:
        """The states that were entered, in order."""
        return [event.state for event in self.events if event.kind.endswith("StateEntered")]

    @property
    def verdict(self) -> str:
        """accepted, refused (the answer was not sure enough), failed (any other error) or running."""
        if self.execution.status == "SUCCEEDED":
            return ACCEPTED
        if self.execution.stopped is None:
            return RUNNING
        return REFUSED if self.execution.error == NOT_MET else FAILED


def read_story(stepfunctions: SFNClient, execution: Execution) -> Story:
    """Return what happened in an execution; its error and cause, which a listing lacks, with it."""
    pages = stepfunctions.get_paginator("get_execution_history").paginate(executionArn=execution.arn)
    raw: list[Mapping[str, Any]] = [event for page in pages for event in page["events"]]
    events, state = [], ""
    for event in raw:
        state = _entered(event) or state
        ends = event["type"].startswith("Execution") and event["type"] != "ExecutionStarted"
        time = event["timestamp"].astimezone(UTC)
        events.append(Event(event["id"], time, event["type"], "" if ends else state, _detail(event)))
    return Story(_with_error(execution, raw), classification_of(raw), events)


def _entered(event: Mapping[str, Any]) -> str:
    return str((event.get("stateEnteredEventDetails") or {}).get("name", ""))


def _failure(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an event's error and cause, where it has any: each type keeps them under a name of its own."""
    if not event["type"].endswith(FAILURES):
        return {}
    details = (value for name, value in event.items() if name.endswith("EventDetails"))
    return next((found for found in details if "error" in found or "cause" in found), {})


def _detail(event: Mapping[str, Any]) -> str:
    failure = _failure(event)
    said = [_message(failure[name]) for name in ("error", "cause") if failure.get(name)]
    text = ": ".join(said)
    return text if len(text) <= LONGEST_DETAIL else f"{text[:LONGEST_DETAIL]}…"


def _message(text: str) -> str:
    """Return a function's own message without its stack trace, any other text as it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return str(found["errorMessage"]) if isinstance(found, dict) and "errorMessage" in found else text


def _with_error(execution: Execution, raw: Sequence[Mapping[str, Any]]) -> Execution:
    last = _failure(raw[-1]) if raw else {}
    if execution.status == "SUCCEEDED" or not last:
        return execution
    return replace(execution, error=last.get("error"), cause=last.get("cause"))
