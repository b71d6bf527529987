"""What the deployed workflow answers: the checks of `make e2e`, and of `make test` where one is deployed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from e2e.live import CAPTURE_PATIENCE, RUN_PATIENCE, LiveWorkflow, blend
from scones.evaluation.endpoint import Reply
from scones.inference.capture_store import CaptureStore, wait_for_captures
from scones.inference.executions import (
    ENDED,
    Execution,
    describe_execution,
    list_executions,
    read_classification,
    wait_for_execution,
)
from scones.inference.runs import run_pictures
from scones.proportions import Proportion
from scones.waiting import wait_until

pytestmark = pytest.mark.live

Upload = Callable[..., str]
NOT_MET = "THRESHOLD_CONFIDENCE_NOT_MET"
FAR_ABOVE_CHANCE = 0.75  # two classes: chance is 0.5, and its interval on 200 pictures ends below 0.57
PICTURES_OF_A_CLASS = 6


def test_most_test_pictures_get_the_right_vehicle(live: LiveWorkflow, record_property: Any) -> None:
    right = sum(answer.predicted == live.labels[key] for key, answer in live.answers.items())
    accuracy = Proportion(right, len(live.answers))

    record_property("figure", f"{accuracy.share:.3f} ({right} of {accuracy.total})")
    assert accuracy.low is not None
    assert accuracy.low > FAR_ABOVE_CHANCE


def test_the_state_machine_answers_what_the_endpoint_answers(
    live: LiveWorkflow, record_property: Any
) -> None:
    keys = surest_and_least_sure(live)
    runs = run_pictures(
        live.client("stepfunctions"),
        live.workflow.state_machine_arn,
        live.workflow.data_bucket,
        keys,
        RUN_PATIENCE,
    )
    live.inference_ids |= {str(run.classification.inference_id) for run in runs}

    accepted = [key for key in keys if live.rule.accepts(live.answers[key])]
    record_property("figure", f"{len(runs)} pictures, {len(accepted)} accepted")
    assert {run.key: list(run.classification.inferences) for run in runs} == {
        key: list(live.answers[key].probabilities) for key in keys
    }
    assert [run.key for run in runs if run.verdict == "accepted"] == accepted
    assert {run.verdict for run in runs} <= {"accepted", "review"}


def test_an_accepted_picture_gets_its_vehicle_and_its_loading_bay(live: LiveWorkflow) -> None:
    key = surest(live)
    vehicle = live.workflow.class_names[live.answers[key].predicted]

    execution = execute(live, {"image_data": "", "s3_bucket": live.workflow.data_bucket, "s3_key": key})
    output = json.loads(describe(live, execution)["output"])

    live.inference_ids.add(output["inference_id"])
    assert output["vehicle"] == vehicle
    assert output["loading_bay"] == live.workflow.loading_bays[vehicle]
    assert output["confidence"] == live.answers[key].confidence


def test_a_doubtful_picture_fails_loudly_and_waits_in_the_review_queue(
    live: LiveWorkflow, upload: Upload
) -> None:
    key = upload(doubtful_picture(live), ".png")

    execution = execute(live, {"image_data": "", "s3_bucket": live.workflow.data_bucket, "s3_key": key})

    assert (execution.status, execution.error) == ("FAILED", NOT_MET)
    message = take_from_review_queue(live, execution.arn)
    assert message["s3_key"] == key
    assert not live.rule.accepts(Reply(tuple(message["inferences"]), message.get("out_of_domain"), 0))
    live.inference_ids.add(message["inference_id"])


def test_a_text_file_ends_in_its_named_error_and_a_notification(live: LiveWorkflow, upload: Upload) -> None:
    key = upload(b"no picture at all", ".png")

    execution = execute(live, {"image_data": "", "s3_bucket": live.workflow.data_bucket, "s3_key": key})

    assert (execution.status, execution.error) == ("FAILED", "UnsupportedImage")
    assert "NotifyFailure" in states_that_succeeded(live, execution)


@pytest.mark.parametrize(
    ("input_", "error"),
    [
        ({"image_data": "", "s3_key": "test/there-is-no-such-picture.png"}, "ImageNotFound"),
        ({"image_data": "", "s3_key": ""}, "InvalidInput"),
        ({"image_data": ""}, "InvalidInput"),
    ],
    ids=["missing object", "blank key", "missing key"],
)
def test_a_picture_that_is_not_there_ends_in_its_named_error_and_a_notification(
    live: LiveWorkflow, input_: dict[str, str], error: str
) -> None:
    execution = execute(live, input_ | {"s3_bucket": live.workflow.data_bucket})

    assert (execution.status, execution.error) == ("FAILED", error)
    assert "NotifyFailure" in states_that_succeeded(live, execution)


def test_an_upload_to_incoming_starts_an_execution_by_itself(live: LiveWorkflow, upload: Upload) -> None:
    picture = surest(live)
    key = upload(live.read(picture), ".png", prefix=live.workflow.incoming_prefix)

    execution = wait_until(lambda: ended_execution_of(live, key), RUN_PATIENCE, f"an execution for {key}")

    classification = read_classification(live.client("stepfunctions"), execution.arn)
    live.inference_ids.add(str(classification.inference_id))
    assert tuple(classification.inferences) == live.answers[picture].probabilities
    assert execution.is_answered


def test_every_inference_has_its_capture(live: LiveWorkflow, record_property: Any) -> None:
    assert live.answers  # 200 inferences at least, also when this check runs alone
    store = CaptureStore.of(live.client("s3"), live.workflow.capture_s3_uri, live.workflow.endpoint_name)
    folder = live.environment.home / "checked-captures"

    captures = wait_for_captures(store, live.inference_ids, live.began, folder, CAPTURE_PATIENCE)

    record_property("figure", f"{len(captures)} captures")
    assert captures.keys() == live.inference_ids


# --- What the checks do ------------------------------------------------------------------------------


def surest_and_least_sure(live: LiveWorkflow) -> list[str]:
    """Of each class, the pictures that the endpoint is surest of, and those that it is least sure of."""
    chosen = []
    for index in range(len(live.workflow.class_names)):
        keys = [key for key, label in live.labels.items() if label == index]
        by_confidence = sorted(keys, key=lambda key: live.answers[key].confidence)
        half = PICTURES_OF_A_CLASS // 2
        chosen += by_confidence[:half] + by_confidence[-half:]
    return chosen


def surest(live: LiveWorkflow) -> str:
    """Of the pictures that are accepted, the one that the endpoint is surest of."""
    accepted = [key for key, answer in live.answers.items() if live.rule.accepts(answer)]
    return max(accepted, key=lambda key: live.answers[key].confidence)


def doubtful_picture(live: LiveWorkflow) -> bytes:
    """A picture that the workflow refuses: a test picture, or a mixture of two classes."""
    refused = [key for key, answer in live.answers.items() if not live.rule.accepts(answer)]
    if refused:
        return live.read(refused[0])
    first, second = (
        live.read(next(key for key, label in live.labels.items() if label == index)) for index in (0, 1)
    )
    mixtures = (blend(first, second, step / 40) for step in range(41))
    for mixture in mixtures:
        if not live.rule.accepts(live.ask(mixture)):
            return mixture
    raise AssertionError("the endpoint is sure of every mixture of two vehicles")


def execute(live: LiveWorkflow, input_: dict[str, str]) -> Execution:
    stepfunctions = live.client("stepfunctions")
    started = stepfunctions.start_execution(
        stateMachineArn=live.workflow.state_machine_arn, input=json.dumps(input_)
    )
    return wait_for_execution(stepfunctions, started["executionArn"], RUN_PATIENCE)


def describe(live: LiveWorkflow, execution: Execution) -> dict[str, Any]:
    answer: dict[str, Any] = live.client("stepfunctions").describe_execution(executionArn=execution.arn)
    return answer


def states_that_succeeded(live: LiveWorkflow, execution: Execution) -> set[str]:
    pages = live.client("stepfunctions").get_paginator("get_execution_history")
    return {
        event["stateExitedEventDetails"]["name"]
        for page in pages.paginate(executionArn=execution.arn)
        for event in page["events"]
        if "stateExitedEventDetails" in event
    }


def ended_execution_of(live: LiveWorkflow, key: str) -> Execution | None:
    """The execution that a key's upload has started, once it has ended."""
    stepfunctions = live.client("stepfunctions")
    for execution in list_executions(stepfunctions, live.workflow.state_machine_arn):
        if execution.started < live.began:
            return None  # the newest come first: the rest is older than these checks
        if read_classification(stepfunctions, execution.arn).key == key and execution.status in ENDED:
            return describe_execution(stepfunctions, execution.arn)
    return None


def take_from_review_queue(live: LiveWorkflow, execution_arn: str) -> dict[str, Any]:
    """Take one execution's message out of the review queue, and leave all others there."""
    sqs, url = live.client("sqs"), live.workflow.review_queue_url

    def look() -> dict[str, Any] | None:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=5
        )
        for message in answer.get("Messages", []):
            body: dict[str, Any] = json.loads(message["Body"])
            if body["execution_id"] == execution_arn:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return body
        return None

    return wait_until(look, RUN_PATIENCE, "a message in the review queue")
