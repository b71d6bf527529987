"""Every kind of state has the needs that AWS documents for it; what nobody here can tell is said."""

from typing import Any

import pytest

from scones.review.state_machine.integrations import OPEN, Needs, Place, needs_of
from unit.review.documents import ACCOUNT
from unit.review.machines import FUNCTION, HERE, PLACE, QUEUE, QUEUE_URL, TOPIC, State, machine, task

TRAINER = f"arn:aws:iam::{ACCOUNT}:role/trainer"


def needs(state: State, place: Place = PLACE) -> Needs:
    return needs_of(machine({"Do": state}), place)


def wanted(state: State) -> set[tuple[str, str]]:
    found = needs(state)
    assert found.unknown == ()
    return {(need.action, need.resource) for need in found.needs if not need.is_optional}


@pytest.mark.parametrize(
    ("resource", "parameters", "action", "on"),
    [
        ("lambda:invoke", {"FunctionName": FUNCTION}, "lambda:InvokeFunction", FUNCTION),
        ("lambda:invoke", {"FunctionName": "classify"}, "lambda:InvokeFunction", FUNCTION),
        (
            "lambda:invoke",
            {"FunctionName": "classify", "Qualifier": "live"},
            "lambda:InvokeFunction",
            f"{FUNCTION}:live",
        ),
        ("lambda:invoke", {"FunctionName.$": "$.f"}, "lambda:InvokeFunction", OPEN),
        ("lambda:invoke.waitForTaskToken", {"FunctionName": FUNCTION}, "lambda:InvokeFunction", FUNCTION),
        ("aws-sdk:lambda:invoke", {"FunctionName": FUNCTION}, "lambda:InvokeFunction", FUNCTION),
        ("sqs:sendMessage", {"QueueUrl": QUEUE_URL}, "sqs:SendMessage", QUEUE),
        (
            "sqs:sendMessage",
            {"QueueUrl": f"http://127.0.0.1:4566/{ACCOUNT}/review"},
            "sqs:SendMessage",
            QUEUE,
        ),
        ("sqs:sendMessage", {"QueueUrl.$": "$.q"}, "sqs:SendMessage", OPEN),
        ("sns:publish", {"TopicArn": TOPIC}, "sns:Publish", TOPIC),
        ("sns:publish", {"PhoneNumber": "1"}, "sns:Publish", OPEN),
        (
            "events:putEvents",
            {"Entries": [{"Source": "s"}]},
            "events:PutEvents",
            f"arn:aws:events:{HERE}:event-bus/default",
        ),
        (
            "events:putEvents",
            {"Entries": [{"EventBusName": "own"}]},
            "events:PutEvents",
            f"arn:aws:events:{HERE}:event-bus/own",
        ),
        ("dynamodb:getItem", {"TableName": "t"}, "dynamodb:GetItem", f"arn:aws:dynamodb:{HERE}:table/t"),
        ("dynamodb:putItem", {"TableName": "t"}, "dynamodb:PutItem", f"arn:aws:dynamodb:{HERE}:table/t"),
        (
            "dynamodb:updateItem",
            {"TableName": "t"},
            "dynamodb:UpdateItem",
            f"arn:aws:dynamodb:{HERE}:table/t",
        ),
        (
            "dynamodb:deleteItem",
            {"TableName": "t"},
            "dynamodb:DeleteItem",
            f"arn:aws:dynamodb:{HERE}:table/t",
        ),
        ("aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"}, "s3:GetObject", "arn:aws:s3:::b/k"),
        ("aws-sdk:s3:getObject", {"Bucket": "b", "Key.$": "$.k"}, "s3:GetObject", "arn:aws:s3:::b/*"),
        ("aws-sdk:s3:headObject", {"Bucket": "b", "Key": "k"}, "s3:GetObject", "arn:aws:s3:::b/k"),
        ("aws-sdk:s3:listObjectsV2", {"Bucket": "b"}, "s3:ListBucket", "arn:aws:s3:::b"),
        (
            "aws-sdk:sagemakerruntime:invokeEndpoint",
            {"EndpointName": "scones"},
            "sagemaker:InvokeEndpoint",
            f"arn:aws:sagemaker:{HERE}:endpoint/scones",
        ),
        ("aws-sdk:sfn:describeExecution", {}, "states:DescribeExecution", OPEN),
        ("aws-sdk:secretsmanager:getSecretValue", {}, "secretsmanager:GetSecretValue", OPEN),
        ("aws-sdk:cloudwatchlogs:putLogEvents", {}, "logs:PutLogEvents", OPEN),
    ],
)
def test_a_task_needs_its_action_on_its_resource(
    resource: str, parameters: Any, action: str, on: str
) -> None:
    assert wanted(task(resource, Parameters=parameters)) == {(action, on)}


def test_a_function_that_is_named_directly_is_invoked() -> None:
    assert wanted({"Type": "Task", "Resource": FUNCTION, "End": True}) == {
        ("lambda:InvokeFunction", FUNCTION)
    }


def test_an_activity_needs_nothing() -> None:
    assert wanted({"Type": "Task", "Resource": f"arn:aws:states:{HERE}:activity:a", "End": True}) == set()


@pytest.mark.parametrize(
    "state", [{"Type": "Pass", "End": True}, {"Type": "Wait", "Seconds": 1, "End": True}]
)
def test_what_calls_nothing_needs_nothing(state: State) -> None:
    assert wanted(state) == set()


def test_arguments_of_jsonata_are_read_and_its_expressions_left_open() -> None:
    assert wanted(task(Arguments={"FunctionName": FUNCTION})) == {("lambda:InvokeFunction", FUNCTION)}
    assert wanted(task(Arguments={"FunctionName": "{% $f %}"})) == {("lambda:InvokeFunction", OPEN)}


@pytest.mark.parametrize(
    ("job", "kind", "rule"),
    [
        ("TrainingJob", "training-job", "TrainingJobs"),
        ("TransformJob", "transform-job", "TransformJobs"),
        ("ProcessingJob", "processing-job", "ProcessingJobs"),
    ],
)
def test_a_job_of_sagemaker_that_is_waited_for_needs_all_that_waiting_takes(
    job: str, kind: str, rule: str
) -> None:
    parameters = {f"{job}Name": "scones", "RoleArn": TRAINER}
    made = f"arn:aws:sagemaker:{HERE}:{kind}/scones"
    heard = f"arn:aws:events:{HERE}:rule/StepFunctionsGetEventsForSageMaker{rule}Rule"
    assert wanted(task(f"sagemaker:create{job}.sync", Parameters=parameters)) == {
        (f"sagemaker:Create{job}", made),
        (f"sagemaker:Describe{job}", made),
        (f"sagemaker:Stop{job}", made),
        ("sagemaker:AddTags", made),
        ("iam:PassRole", TRAINER),
        ("events:PutTargets", heard),
        ("events:PutRule", heard),
        ("events:DescribeRule", heard),
    }


def test_a_job_that_is_only_started_needs_no_waiting() -> None:
    found = wanted(task("sagemaker:createTrainingJob", Parameters={"RoleArn.$": "$.role"}))
    assert found == {("sagemaker:CreateTrainingJob", OPEN), ("iam:PassRole", OPEN)}


@pytest.mark.parametrize("pattern", [".sync", ".sync:2"])
def test_an_execution_that_is_waited_for_is_described_and_stopped(pattern: str) -> None:
    arn = f"arn:aws:states:{HERE}:stateMachine:other"
    execution = f"arn:aws:states:{HERE}:execution:other:*"
    found = wanted(task(f"states:startExecution{pattern}", Parameters={"StateMachineArn": arn}))
    assert {("states:StartExecution", arn), ("states:DescribeExecution", execution)} < found
    assert ("states:StopExecution", execution) in found
    assert sum(action.startswith("events:") for action, _ in found) == 3


def test_a_distributed_map_needs_its_reader_its_writer_and_executions_of_its_own() -> None:
    state = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "Parameters": {"Bucket": "in", "Key": "list.csv"},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "out", "Prefix": "r"},
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "In",
            "States": {"In": task(Parameters={"FunctionName": FUNCTION})},
        },
        "End": True,
    }
    assert wanted(state) == {
        ("s3:GetObject", "arn:aws:s3:::in/list.csv"),
        ("s3:PutObject", "arn:aws:s3:::out/r/*"),
        ("s3:GetObject", "arn:aws:s3:::out/r/*"),
        ("s3:ListMultipartUploadParts", "arn:aws:s3:::out/r/*"),
        ("s3:AbortMultipartUpload", "arn:aws:s3:::out/r/*"),
        ("states:StartExecution", f"arn:aws:states:{HERE}:stateMachine:machine"),
        ("states:DescribeExecution", f"arn:aws:states:{HERE}:execution:machine:*"),
        ("states:StopExecution", f"arn:aws:states:{HERE}:execution:machine:*"),
        ("lambda:InvokeFunction", FUNCTION),
    }


def test_a_need_names_the_path_of_its_state() -> None:
    inner = {"StartAt": "In", "States": {"In": task(Parameters={"FunctionName": FUNCTION})}}
    found = needs({"Type": "Map", "ItemProcessor": inner, "End": True})
    assert [need.why for need in found.needs] == ["Do / In"]


@pytest.mark.parametrize(
    "resource",
    [
        "http:invoke",
        "apigateway:invoke",
        "aws-sdk:nothing:doIt",
        "aws-sdk:s3:singAloud",
        "glue:startJobRun.sync",
    ],
)
def test_what_nobody_here_can_tell_is_said(resource: str) -> None:
    [(path, why)] = needs(task(resource)).unknown
    assert path == "Do" and resource.split(":")[-1].split(".")[0] in why


def test_a_resource_that_is_no_integration_is_said() -> None:
    [(_, why)] = needs({"Type": "Task", "Resource": "something", "End": True}).unknown
    assert why == "`something` is no integration that is known here"


def test_of_a_state_that_is_known_in_part_that_part_counts() -> None:
    found = needs(task("glue:startJobRun.sync"))
    assert [need.action for need in found.needs] == ["glue:StartJobRun"] and found.unknown


def test_a_place_that_is_not_known_is_open() -> None:
    assert Place().arn("sqs", "review") == "arn:aws:sqs:*:*:review"
