"""State machines written inside a test, and what became of their executions."""

from __future__ import annotations

import json
import time
from typing import Any

from .conftest import ClientOf
from .lambda_support import role, unique


def machine(aws: ClientOf, states: dict[str, Any], **settings: Any) -> str:
    """A state machine of `states`, the first of which is the start; its ARN."""
    definition = {"StartAt": next(iter(states)), "States": states, **settings.pop("top", {})}
    arn: str = aws("stepfunctions").create_state_machine(
        name=unique("machine"), definition=json.dumps(definition), roleArn=role(aws), **settings
    )["stateMachineArn"]
    return arn


def ended(aws: ClientOf, execution: str) -> dict[str, Any]:
    while (told := aws("stepfunctions").describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.02)
    return dict(told)


def run(aws: ClientOf, arn: str, given: Any = None, **settings: Any) -> dict[str, Any]:
    text = json.dumps(given or {})
    started = aws("stepfunctions").start_execution(stateMachineArn=arn, input=text, **settings)
    return ended(aws, started["executionArn"])


def invoke(name: str, **more: Any) -> dict[str, Any]:
    """A task that invokes a function with the state's input and ends with its answer."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": name, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        **({"End": True} if "Next" not in more else {}),
        **more,
    }
