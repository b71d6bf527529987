"""Step Functions: executions really run, fail under the right names, and can be looked at afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import ClientOf
from .lambda_support import deploy, messages, queue, role, unique
from .machine_support import ended, invoke, machine, run

CATCH_ALL = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
CAUGHT = {"Type": "Pass", "End": True}


def test_a_task_runs_the_deployed_function(aws: ClientOf) -> None:
    name = deploy(aws, "def handler(event, context): return {'twice': event['n'] * 2}")

    told = run(aws, machine(aws, {"Double": invoke(name)}), {"n": 21})

    assert (told["status"], json.loads(told["output"])) == ("SUCCEEDED", {"twice": 42})
    assert told["stopDate"] >= told["startDate"]


def test_a_task_calls_under_the_machines_role(aws: ClientOf) -> None:
    calls = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity", "End": True}

    told = run(aws, machine(aws, {"Who": calls}))

    assert json.loads(told["output"])["Arn"] == "arn:aws:sts::123456789012:assumed-role/test-role/states"


def test_the_exception_class_of_a_function_is_the_error_that_is_caught(aws: ClientOf) -> None:
    name = deploy(aws, "class Wobbly(Exception): pass\ndef handler(event, context): raise Wobbly('no')")
    catch = [{"ErrorEquals": ["Wobbly"], "Next": "Caught", "ResultPath": "$.error"}]

    told = run(aws, machine(aws, {"Try": invoke(name, Catch=catch), "Caught": CAUGHT}))

    output = json.loads(told["output"])
    assert output["error"]["Error"] == "Wobbly"
    assert json.loads(output["error"]["Cause"])["errorMessage"] == "no"


@pytest.mark.parametrize(
    ("source", "settings", "error"),
    [
        ("class NOT_MET(Exception): pass\ndef handler(e, c): raise NOT_MET", {}, "NOT_MET"),
        ("import time\ndef handler(e, c): time.sleep(9)", {"Timeout": 1}, "Sandbox.Timedout"),
        ("import os\ndef handler(e, c): os._exit(1)", {}, "Runtime.ExitError"),
        ("import nothing", {}, "Runtime.ImportModuleError"),
    ],
)
def test_an_uncaught_failure_of_a_function_fails_the_execution_under_its_name(
    aws: ClientOf, source: str, settings: dict[str, Any], error: str
) -> None:
    told = run(aws, machine(aws, {"Try": invoke(deploy(aws, source, **settings))}))

    assert (told["status"], told["error"]) == ("FAILED", error)
    assert "errorMessage" in json.loads(told["cause"])


def test_a_missing_function_has_awss_error_name(aws: ClientOf) -> None:
    assert run(aws, machine(aws, {"Try": invoke("nobody")}))["error"] == "Lambda.ResourceNotFoundException"


def test_a_throttled_function_has_awss_error_name(aws: ClientOf) -> None:
    name = deploy(aws, "def handler(e, c): pass")
    aws("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)

    assert run(aws, machine(aws, {"Try": invoke(name)}))["error"] == "Lambda.TooManyRequestsException"


def test_retries_with_backoff_and_jitter_reach_the_second_attempt(aws: ClientOf) -> None:
    name = deploy(
        aws,
        """
        calls = []
        class Busy(Exception): pass
        def handler(event, context):
            calls.append(event)
            if len(calls) < 2: raise Busy
            return len(calls)
        """,
    )
    retry = {"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2.0}
    retry |= {"MaxDelaySeconds": 5, "JitterStrategy": "FULL"}

    assert run(aws, machine(aws, {"Try": invoke(name, Retry=[retry])}))["output"] == "2"


def test_a_slow_task_times_out(aws: ClientOf) -> None:
    name = deploy(aws, "import time\ndef handler(e, c): time.sleep(20)")

    told = run(aws, machine(aws, {"Slow": invoke(name, TimeoutSeconds=1)}))

    assert (told["status"], told["error"]) == ("FAILED", "States.Timeout")


def test_a_missed_heartbeat_has_its_own_error_and_can_be_caught(aws: ClientOf) -> None:
    url, _ = queue(aws)
    waits = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
        "HeartbeatSeconds": 1,
        "TimeoutSeconds": 60,
    }
    catch = [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Caught"}]

    caught = run(aws, machine(aws, {"Wait": {**waits, "Catch": catch, "Next": "Caught"}, "Caught": CAUGHT}))
    uncaught = run(aws, machine(aws, {"Wait": {**waits, "End": True}}))

    assert json.loads(caught["output"])["Error"] == "States.HeartbeatTimeout"
    assert (uncaught["status"], uncaught["error"]) == ("FAILED", "States.HeartbeatTimeout")


def test_a_task_waits_for_its_token(aws: ClientOf) -> None:
    url, _ = queue(aws)
    waits = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    execution = aws("stepfunctions").start_execution(stateMachineArn=machine(aws, {"Wait": waits}))
    (message,) = messages(aws, url)

    aws("stepfunctions").send_task_success(taskToken=json.loads(message["Body"])["token"], output="7")

    assert ended(aws, execution["executionArn"])["output"] == "7"


def test_a_slow_machine_times_out(aws: ClientOf) -> None:
    told = run(
        aws, machine(aws, {"W": {"Type": "Wait", "Seconds": 60, "End": True}}, top={"TimeoutSeconds": 1})
    )

    assert (told["status"], told["error"]) == ("TIMED_OUT", "States.Timeout")
    assert told["stopDate"]


def test_a_choice_without_a_match_has_its_own_error(aws: ClientOf) -> None:
    rule = {"Variable": "$.n", "NumericEquals": 1, "Next": "One"}

    told = run(aws, machine(aws, {"Which": {"Type": "Choice", "Choices": [rule]}, "One": CAUGHT}), {"n": 2})

    assert (told["status"], told["error"]) == ("FAILED", "States.NoChoiceMatched")


def test_too_large_a_payload_is_its_own_error_and_not_caught_by_all(aws: ClientOf) -> None:
    name = deploy(aws, "def handler(e, c): return 'x' * 300_000")

    told = run(aws, machine(aws, {"Big": invoke(name, Catch=CATCH_ALL), "Caught": CAUGHT}))

    assert (told["status"], told["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_too_large_an_input_is_refused(aws: ClientOf) -> None:
    arn = machine(aws, {"P": CAUGHT})

    with pytest.raises(aws("stepfunctions").exceptions.ClientError, match="less than or equal to 262144"):
        run(aws, arn, {"x": "y" * 262_144})


def test_the_context_object_has_the_start_time(aws: ClientOf) -> None:
    parameters = {"at.$": "$$.Execution.StartTime", "name.$": "$$.Execution.Name"}

    told = run(aws, machine(aws, {"P": {**CAUGHT, "Parameters": parameters}}), name="mine")

    output = json.loads(told["output"])
    assert output["name"] == "mine"
    assert output["at"] == told["startDate"].isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.list[0].name", "a"),
        ("$.list[0]['name']", "a"),
        ("$['list'][1]", {"name": "b", "n": 2}),
        ("$.one", ["x"]),
        ("$.list[*].name", ["a", "b"]),
        ("$.list[0:1].name", ["a"]),
        ("$.list[?(@.name=='b')].name", ["b"]),
        ("$..name", ["a", "b"]),
    ],
)
def test_a_definite_path_leads_to_a_value_and_another_to_a_list(aws: ClientOf, path: str, value: Any) -> None:
    arn = machine(aws, {"P": {**CAUGHT, "Parameters": {"found.$": path}}})

    told = run(aws, arn, {"list": [{"name": "a"}, {"name": "b", "n": 2}], "one": ["x"]})

    assert json.loads(told["output"]) == {"found": value}


def test_jsonata_states_are_evaluated(aws: ClientOf) -> None:
    state = {"Type": "Pass", "Output": {"sum": "{% $sum($states.input.n) %}"}, "End": True}

    told = run(aws, machine(aws, {"P": state}, top={"QueryLanguage": "JSONata"}), {"n": [1, 2, 3]})

    assert json.loads(told["output"]) == {"sum": 6}


def test_a_failure_can_be_sent_to_a_queue_and_still_fail_under_its_name(aws: ClientOf) -> None:
    url, _ = queue(aws)
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "$"},
        "ResultPath": None,
        "Next": "Failed",
    }
    failed = {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}
    name = deploy(aws, "class Unsure(Exception): pass\ndef handler(e, c): raise Unsure")
    states = {"Try": invoke(name, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Send"}]), "Send": send}

    told = run(aws, machine(aws, {**states, "Failed": failed}))

    assert (told["status"], told["error"]) == ("FAILED", "Unsure")
    (message,) = messages(aws, url)
    assert json.loads(message["Body"])["Error"] == "Unsure"


def test_executions_without_a_name_get_one_each(aws: ClientOf) -> None:
    arn = machine(aws, {"P": CAUGHT})

    assert len({run(aws, arn)["name"] for _ in range(3)}) == 3


def test_executions_are_listed_in_pages_newest_first(aws: ClientOf) -> None:
    arn = machine(aws, {"P": CAUGHT})
    names = [run(aws, arn, name=f"run-{n}")["name"] for n in range(5)]

    pages = list(
        aws("stepfunctions")
        .get_paginator("list_executions")
        .paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 2})
    )

    assert [len(page["executions"]) for page in pages] == [2, 2, 1]
    listed = [execution for page in pages for execution in page["executions"]]
    assert [execution["name"] for execution in listed] == names[::-1]
    assert all(execution["stopDate"] for execution in listed)


def test_history_comes_in_pages_and_in_reverse(aws: ClientOf) -> None:
    execution = run(aws, machine(aws, {"P": CAUGHT}))["executionArn"]
    read = aws("stepfunctions").get_execution_history

    whole = read(executionArn=execution)["events"]
    first = read(executionArn=execution, maxResults=3)
    rest = read(executionArn=execution, maxResults=3, nextToken=first["nextToken"])
    latest = read(executionArn=execution, reverseOrder=True, maxResults=1)["events"]

    types = [event["type"] for event in whole]
    assert types == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    assert first["events"] + rest["events"] == whole
    assert latest == whole[-1:]


def test_a_stopped_execution_keeps_why(aws: ClientOf) -> None:
    arn = machine(aws, {"W": {"Type": "Wait", "Seconds": 600, "End": True}})
    execution = aws("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"]

    aws("stepfunctions").stop_execution(executionArn=execution, error="Enough", cause="we close")

    told = ended(aws, execution)
    assert (told["status"], told["error"], told["cause"]) == ("ABORTED", "Enough", "we close")


def test_a_failed_execution_is_redriven_from_where_it_failed(aws: ClientOf) -> None:
    bucket, done = unique("bucket"), unique("done")
    reads = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:headBucket",
        "Parameters": {"Bucket": bucket},
        "ResultPath": None,
        "End": True,
    }
    first = {"Type": "Pass", "Result": {"n": 1}, "Next": "Read"}
    arn = machine(aws, {"First": first, "Read": reads})
    sfn = aws("stepfunctions")
    failed = run(aws, arn, {"from": "outside"}, name=done)
    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    aws("s3").create_bucket(Bucket=bucket)

    sfn.redrive_execution(executionArn=failed["executionArn"])
    told = ended(aws, failed["executionArn"])

    assert (told["status"], told["redriveCount"], json.loads(told["output"])) == ("SUCCEEDED", 1, {"n": 1})
    assert json.loads(told["input"]) == {"from": "outside"}
    assert "error" not in told
    history = sfn.get_execution_history(executionArn=failed["executionArn"])["events"]
    types = [event["type"] for event in history]
    assert types.count("PassStateEntered") == 1
    assert types[types.index("ExecutionFailed") + 1 :][:2] == ["ExecutionRedriven", "TaskStateEntered"]
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))
    with pytest.raises(sfn.exceptions.ExecutionNotRedrivable, match="SUCCEEDED"):
        sfn.redrive_execution(executionArn=failed["executionArn"])


@pytest.mark.parametrize(
    ("level", "logged"),
    [
        ("ALL", ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_executions_are_logged_at_the_configured_level(aws: ClientOf, level: str, logged: list[str]) -> None:
    group = unique("/aws/vendedlogs/states/m")
    aws("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}:*"
    to = {"level": level, "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]}

    run(aws, machine(aws, {"F": {"Type": "Fail", "Error": "E"}}, loggingConfiguration=to))

    events = aws("logs").filter_log_events(logGroupName=group)["events"]
    assert [json.loads(event["message"])["type"] for event in events] == logged


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ("{", "INVALID_JSON_DESCRIPTION"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}, "B"),
        ({"StartAt": "A", "States": {"A": {"Type": "Task", "End": True}}}, "Resource"),
        ({"StartAt": "X", "States": {"A": {"Type": "Pass", "End": True}}}, "X"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, "Parameters": {"a.$": "b"}}}}, "a.$"),
    ],
)
def test_a_wrong_definition_is_diagnosed_and_refused(aws: ClientOf, definition: Any, problem: str) -> None:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    sfn = aws("stepfunctions")

    told = sfn.validate_state_machine_definition(definition=text)

    assert told["result"] == "FAIL"
    assert problem in json.dumps(told["diagnostics"])
    assert {each["severity"] for each in told["diagnostics"]} == {"ERROR"}
    with pytest.raises(sfn.exceptions.InvalidDefinition):
        sfn.create_state_machine(name=unique("m"), definition=text, roleArn=role(aws))


def test_a_right_definition_has_no_diagnostics(aws: ClientOf) -> None:
    text = json.dumps({"StartAt": "A", "States": {"A": CAUGHT}})

    told = aws("stepfunctions").validate_state_machine_definition(definition=text)

    assert (told["result"], told["diagnostics"]) == ("OK", [])


def test_versions_are_listed_newest_first(aws: ClientOf) -> None:
    arn = machine(aws, {"P": CAUGHT}, publish=True)
    aws("stepfunctions").publish_state_machine_version(stateMachineArn=arn)

    listed = aws("stepfunctions").list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]

    assert [each["stateMachineVersionArn"].rsplit(":", 1)[1] for each in listed] == ["2", "1"]
