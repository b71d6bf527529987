"""Every path of the state machine, run on local AWS with stub functions that act as the input tells them."""

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .conftest import render

STUB = Path(__file__).with_name("stub.py")
FUNCTIONS = {
    "serialize_function_arn": "serializeImageData",
    "classify_function_arn": "image-classification",
    "threshold_function_arn": "THRESHOLD_CONFIDENCE",
}
NOT_MET = {"error": "THRESHOLD_CONFIDENCE_NOT_MET", "message": "confidence 0.5 is below 0.93"}


@dataclass
class Workflow:
    """What is deployed for these tests."""

    aws: Callable[[str], Any]
    variables: dict[str, str]
    role_arn: str
    review_queue_url: str
    notifications_queue_url: str
    _received: dict[str, dict[str, dict]] = field(default_factory=dict)

    def definition(self, **replaced: str) -> dict[str, Any]:
        """The template's, with some variables replaced."""
        return json.loads(render(**{**self.variables, **replaced}))

    def impatient(self, **replaced: str) -> str:
        """A state machine that gives up at once where the template's would wait and try again."""
        definition = self.definition(**replaced)
        for state in definition["States"].values():
            for retry in state.get("Retry", []):
                retry["MaxAttempts"] = 0
        return self.machine_of(definition)

    def machine_of(self, definition: dict) -> str:
        created = self.aws("stepfunctions").create_state_machine(
            name=f"classify-{uuid.uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=self.role_arn
        )
        return created["stateMachineArn"]

    def run(self, machine: str, given: object) -> dict[str, Any]:
        """Run an execution to its end, and describe it."""
        client = self.aws("stepfunctions")
        arn = client.start_execution(stateMachineArn=machine, input=json.dumps(given), name=uuid.uuid4().hex)[
            "executionArn"
        ]
        deadline = time.monotonic() + 60
        while (described := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline, f"{arn} still runs"
            time.sleep(0.02)
        return described

    def message(self, queue_url: str, execution: dict[str, Any]) -> dict[str, Any] | None:
        """The message about an execution in a queue. The whole queue is read, so None means: no message."""
        seen = self._received.setdefault(queue_url, {})
        client = self.aws("sqs")
        while messages := client.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                body = json.loads(message["Body"])
                content = (
                    json.loads(body["Message"]) | {"subject": body["Subject"]} if "Message" in body else body
                )
                assert content["execution_id"] not in seen, "one execution, two messages"
                seen[content["execution_id"]] = content
                client.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return seen.get(execution["executionArn"])

    def review(self, execution: dict[str, Any]) -> dict[str, Any] | None:
        return self.message(self.review_queue_url, execution)

    def notification(self, execution: dict[str, Any]) -> dict[str, Any] | None:
        return self.message(self.notifications_queue_url, execution)


@pytest.fixture(scope="session")
def workflow(aws: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    role_arn = make_role(aws("iam"))
    calls = tmp_path_factory.mktemp("calls")
    functions = {
        variable: make_stub(aws("lambda"), state, role_arn, calls) for variable, state in FUNCTIONS.items()
    }
    review = aws("sqs").create_queue(QueueName="review")["QueueUrl"]
    notifications = aws("sqs").create_queue(QueueName="notifications")["QueueUrl"]
    topic = aws("sns").create_topic(Name="failures")["TopicArn"]
    attributes = aws("sqs").get_queue_attributes(QueueUrl=notifications, AttributeNames=["QueueArn"])
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"])
    variables = {**functions, "review_queue_url": review, "notification_topic_arn": topic}
    return Workflow(aws, variables, role_arn, review, notifications)


@pytest.fixture(scope="session")
def machine(workflow: Workflow) -> str:
    return workflow.machine_of(workflow.definition())


def make_role(iam: Any) -> str:
    services = {"Service": ["states.amazonaws.com", "lambda.amazonaws.com"]}
    trust = {"Effect": "Allow", "Principal": services, "Action": "sts:AssumeRole"}
    actions = ["lambda:InvokeFunction", "sqs:SendMessage", "sns:Publish"]
    allow = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    role = iam.create_role(RoleName="classify", AssumeRolePolicyDocument=policy(trust))["Role"]
    iam.put_role_policy(RoleName="classify", PolicyName="classify", PolicyDocument=policy(allow))
    return role["Arn"]


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_stub(client: Any, state: str, role_arn: str, calls: Path) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(STUB, "handler.py")
    return client.create_function(
        FunctionName=state,
        Runtime="python3.12",
        Role=role_arn,
        Handler="handler.handler",
        Code={"ZipFile": buffer.getvalue()},
        Timeout=20,
        Environment={"Variables": {"STATE": state, "CALLS": str(calls)}},
    )["FunctionArn"]


def given(**script: dict[str, Any]) -> dict[str, Any]:
    """An execution's input, with what the stub of each state is to do ("_" stands for "-")."""
    scripts = {state.replace("_c", "-c"): acts for state, acts in script.items()}
    key = f"test/{uuid.uuid4().hex[:8]}.png"
    return {"image_data": "", "s3_bucket": "scones-data", "s3_key": key, "script": scripts}


# --- Success ------------------------------------------------------------------------------------------------


def test_a_confident_answer_succeeds_and_says_the_vehicle(workflow: Workflow, machine: str) -> None:
    asked = given()

    ended = workflow.run(machine, asked)

    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == {
        **asked,
        "image_data": "iVBORw0KGgo=",
        "inferences": [0.97, 0.03],
        "inference_id": "0b5b4f0e",
        "vehicle": "bicycle",
        "loading_bay": "bay 1",
    }
    assert workflow.review(ended) is None
    assert workflow.notification(ended) is None


# --- A doubtful answer --------------------------------------------------------------------------------------


def test_a_doubtful_answer_goes_to_review_and_fails_under_its_name(workflow: Workflow, machine: str) -> None:
    asked = given(THRESHOLD_CONFIDENCE=NOT_MET)

    ended = workflow.run(machine, asked)

    assert (ended["status"], ended["error"]) == ("FAILED", "THRESHOLD_CONFIDENCE_NOT_MET")
    assert "confidence 0.5 is below 0.93" in ended["cause"]
    assert workflow.review(ended) == {
        "s3_bucket": "scones-data",
        "s3_key": asked["s3_key"],
        "inferences": [0.97, 0.03],
        "out_of_domain": None,
        "inference_id": "0b5b4f0e",
        "execution_id": ended["executionArn"],
        "error": "THRESHOLD_CONFIDENCE_NOT_MET",
        "cause": ended["cause"],
    }
    assert workflow.notification(ended) is None


def test_the_review_message_carries_the_score_where_the_model_gives_one(
    workflow: Workflow, machine: str
) -> None:
    asked = {**given(THRESHOLD_CONFIDENCE=NOT_MET), "out_of_domain": 0.75}

    queued = workflow.review(workflow.run(machine, asked))

    assert queued is not None and queued["out_of_domain"] == 0.75


def test_a_doubtful_answer_that_no_queue_takes_is_notified_under_a_telling_name(workflow: Workflow) -> None:
    machine = workflow.impatient(review_queue_url=workflow.review_queue_url + "-gone")
    asked = given(THRESHOLD_CONFIDENCE=NOT_MET)

    ended = workflow.run(machine, asked)

    assert (ended["status"], ended["error"]) == ("FAILED", "REVIEW_QUEUE_FAILED")
    for told in (asked["s3_key"], "[0.97,0.03]", "0b5b4f0e", "SQS."):
        assert told in ended["cause"].replace(", ", ",")
    notified = workflow.notification(ended)
    assert notified is not None and notified["cause"] == ended["cause"]


# --- Any other error ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("serializeImageData", "ImageNotFound"),
        ("serializeImageData", "UnsupportedImage"),
        ("serializeImageData", "MemoryError"),
        ("image_classification", "EndpointNotFound"),
        ("image_classification", "InvalidEndpointAnswer"),
        ("THRESHOLD_CONFIDENCE", "ClassCountMismatch"),
    ],
)
def test_an_error_is_notified_and_fails_under_its_name(
    state: str, error: str, workflow: Workflow, machine: str
) -> None:
    asked = given(**{state: {"error": error, "message": "what to do about it"}})

    ended = workflow.run(machine, asked)

    assert (ended["status"], ended["error"]) == ("FAILED", error)
    assert "what to do about it" in ended["cause"]
    assert workflow.notification(ended) == {
        "subject": f"Scones Unlimited: classification failed: {error}",
        "error": error,
        "cause": ended["cause"],
        "execution_id": ended["executionArn"],
        "state_machine_id": machine,
        "input": asked,
    }
    assert workflow.review(ended) is None


@pytest.mark.parametrize("strange", [None, True, 7, "text", "", [], [{"s3_key": "a"}], {}, {"s3_key": None}])
def test_a_strange_input_is_notified_whole(strange: object, workflow: Workflow, machine: str) -> None:
    ended = workflow.run(machine, strange)

    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidInput")
    notified = workflow.notification(ended)
    assert notified is not None and notified["input"] == strange


@pytest.mark.parametrize("error", ["EndpointThrottled", "EndpointUnavailable", "StorageUnavailable"])
def test_a_passing_error_is_retried(error: str, workflow: Workflow, machine: str) -> None:
    asked = given(image_classification={"error": error, "times": 1})

    ended = workflow.run(machine, asked)

    assert ended["status"] == "SUCCEEDED"
    assert workflow.notification(ended) is None


def test_a_passing_error_that_lasts_fails_under_its_name(workflow: Workflow) -> None:
    ended = workflow.run(workflow.impatient(), given(serializeImageData={"error": "StorageUnavailable"}))

    assert ended["error"] == "StorageUnavailable"
    assert workflow.notification(ended) is not None


def test_a_task_that_takes_too_long_is_notified_under_a_name_that_is_not_reserved(workflow: Workflow) -> None:
    definition = workflow.definition()
    definition["States"]["image-classification"]["TimeoutSeconds"] = 1
    machine = workflow.machine_of(definition)

    ended = workflow.run(machine, given(image_classification={"sleep": 3}))

    assert (ended["status"], ended["error"]) == ("FAILED", "StepFunctions.Timeout")
    notified = workflow.notification(ended)
    assert notified is not None and "States.Timeout" in notified["cause"]


def starting_at(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """The machine from one state on; a definition may hold no state that cannot be reached."""
    reached, waiting = set(), {name}
    while waiting:
        state = waiting.pop()
        reached.add(state)
        waiting |= set(transitions(definition["States"][state])) - reached
    states = {key: state for key, state in definition["States"].items() if key in reached}
    return definition | {"StartAt": name, "States": states}


def transitions(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (part[key] for key in ("Next", "Default") if key in part)
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from transitions(inner)


@pytest.mark.parametrize(
    ("caught", "told"),
    [
        ({"Error": "EmptyImage"}, ("EmptyImage", "No cause was given.")),
        ({"Error": "EmptyImage", "Cause": None}, ("EmptyImage", "No cause was given.")),
        (
            {"Error": "States.Permissions"},
            ("StepFunctions.Permissions", 'Step Functions itself reported {"Error":"States.Permissions"}'),
        ),
    ],
)
def test_an_error_without_a_cause_is_notified(
    caught: dict[str, Any], told: tuple[str, str], workflow: Workflow
) -> None:
    machine = workflow.machine_of(starting_at("InspectError", workflow.definition()))

    ended = workflow.run(machine, caught)

    assert (ended["error"], ended["cause"]) == told
    notified = workflow.notification(ended)
    assert notified is not None and (notified["error"], notified["cause"]) == told


def test_a_function_that_does_not_exist_is_notified(workflow: Workflow) -> None:
    machine = workflow.impatient(classify_function_arn=workflow.variables["classify_function_arn"] + "-gone")

    ended = workflow.run(machine, given())

    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.ResourceNotFoundException")
    assert workflow.notification(ended) is not None


# --- A notification that cannot be sent ---------------------------------------------------------------------


def test_a_failure_that_nobody_can_be_told_of_keeps_its_name(workflow: Workflow) -> None:
    machine = workflow.impatient(
        notification_topic_arn=workflow.variables["notification_topic_arn"] + "-gone"
    )

    ended = workflow.run(machine, given(serializeImageData={"error": "EmptyImage"}))

    assert (ended["status"], ended["error"]) == ("FAILED", "EmptyImage")


def test_a_notification_that_is_too_long_is_sent_in_brief(workflow: Workflow) -> None:
    machine = workflow.impatient()
    error = "AnErrorWhoseNameIsFarTooLongForTheSubjectOfANotification" * 2

    ended = workflow.run(machine, given(serializeImageData={"error": error}))

    assert ended["error"] == error
    assert workflow.notification(ended) == {
        "subject": "Scones Unlimited: classification failed",
        "error": error,
        "execution_id": ended["executionArn"],
        "state_machine_id": machine,
    }
