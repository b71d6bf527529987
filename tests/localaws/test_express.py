"""Express state machines: short, forgotten when they end, and waited for if one asks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf
from .lambda_support import deploy, role, unique
from .machine_support import invoke, machine

PASS = {"Type": "Pass", "End": True}


def express(aws: ClientOf, states: dict[str, Any], **settings: Any) -> str:
    return machine(aws, states, type="EXPRESS", **settings)


def test_a_synchronous_start_answers_with_the_outcome(aws: ClientOf) -> None:
    name = deploy(aws, "def handler(event, context): return event['n'] * 2")
    arn = express(aws, {"Double": invoke(name)})

    told = aws("stepfunctions").start_sync_execution(stateMachineArn=arn, input='{"n": 21}')

    assert (told["status"], told["output"], json.loads(told["input"])) == ("SUCCEEDED", "42", {"n": 21})
    assert told["executionArn"].split(":")[5] == "express"
    assert told["billingDetails"]["billedDurationInMilliseconds"] % 100 == 0
    assert told["stopDate"] >= told["startDate"]


def test_a_failure_is_an_answer_too(aws: ClientOf) -> None:
    arn = express(aws, {"F": {"Type": "Fail", "Error": "Sold.Out", "Cause": "no scones"}})

    told = aws("stepfunctions").start_sync_execution(stateMachineArn=arn)

    assert (told["status"], told["error"], told["cause"]) == ("FAILED", "Sold.Out", "no scones")
    assert "output" not in told


def test_executions_of_one_name_are_many_and_are_not_remembered(aws: ClientOf) -> None:
    arn, sfn = express(aws, {"P": PASS}), aws("stepfunctions")

    first, second = (sfn.start_execution(stateMachineArn=arn, name="same")["executionArn"] for _ in range(2))

    assert first != second
    with pytest.raises(sfn.exceptions.InvalidArn):
        sfn.describe_execution(executionArn=first)
    with pytest.raises(sfn.exceptions.StateMachineTypeNotSupported):
        sfn.list_executions(stateMachineArn=arn)


def test_their_log_is_what_is_left_of_them(aws: ClientOf) -> None:
    group = unique("/aws/vendedlogs/states/express")
    aws("logs").create_log_group(logGroupName=group)
    to = {"logGroupArn": f"arn:aws:logs:us-east-1:123456789012:log-group:{group}:*"}
    logging = {
        "level": "ALL",
        "includeExecutionData": True,
        "destinations": [{"cloudWatchLogsLogGroup": to}],
    }
    arn = express(aws, {"P": PASS}, loggingConfiguration=logging)

    told = aws("stepfunctions").start_sync_execution(stateMachineArn=arn, input='{"n": 1}')

    events = aws("logs").filter_log_events(logGroupName=group)["events"]
    lines = [json.loads(event["message"]) for event in events]
    assert [line["type"] for line in lines][-1] == "ExecutionSucceeded"
    assert {line["execution_arn"] for line in lines} == {told["executionArn"]}
    assert json.loads(lines[-1]["details"]["output"]) == {"n": 1}


def test_the_type_reads_back_and_a_standard_machine_is_not_started_synchronously(aws: ClientOf) -> None:
    sfn = aws("stepfunctions")

    assert sfn.describe_state_machine(stateMachineArn=express(aws, {"P": PASS}))["type"] == "EXPRESS"
    with pytest.raises(sfn.exceptions.StateMachineTypeNotSupported):
        sfn.start_sync_execution(stateMachineArn=machine(aws, {"P": PASS}))


def test_nothing_that_waits_for_a_callback_is_accepted(aws: ClientOf) -> None:
    waits = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
        "End": True,
    }
    definition = json.dumps({"StartAt": "W", "States": {"W": waits}})

    told = aws("stepfunctions").validate_state_machine_definition(definition=definition, type="EXPRESS")

    assert "does not support" in told["diagnostics"][0]["message"]
    with pytest.raises(ClientError, match="InvalidDefinition"):
        aws("stepfunctions").create_state_machine(
            name=unique("m"), definition=definition, roleArn=role(aws), type="EXPRESS"
        )
