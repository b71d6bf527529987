"""python scripts/run.py, and the executions behind it."""

import json
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.stub import Stubber

from scones.errors import SconesError
from scones.inference.capture_store import CaptureStore
from scones.inference.executions import (
    Execution,
    list_execution_timestamps,
    list_executions,
    read_classification,
    wait_for_execution,
)
from scones.inference.runs import pick_keys
from scones.inference.testcases import choose_pictures, generate_test_case
from scones.reporting.runs import run_inference_workflow
from scones.settings import REPOSITORY
from scones.waiting import Patience, StillWaiting
from unit.report.workflow import ANSWERS, BUCKET, REVIEW, Deployed

ARN = "arn:aws:states:us-east-1:123456789012:execution:classify:"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:classify"
SOON = Patience(30, interval=0.02)


def run(deployed: Deployed, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "scripts/run.py", *words],
        cwd=REPOSITORY,
        env=deployed.variables(),
        capture_output=True,
        text=True,
    )


# --- The command -------------------------------------------------------------------------------------


def test_the_table_shows_every_picture_with_its_answer_and_verdict(deployed: Deployed) -> None:
    for key in ANSWERS:
        deployed.capture(key)

    result = run(deployed, *[f"--key={key}" for key in ANSWERS])

    table = [line.split()[:5] for line in result.stdout.splitlines()]
    assert result.returncode == 0, result.stderr
    assert table[2:5] == [
        ["bike_s_000001.png", "bicycle", "bicycle", "0.9900", "accepted"],
        ["bike_s_000002.png", "motorcycle", "motorcycle", "0.9800", "accepted"],
        ["bike_s_000003.png", "motorcycle", "bicycle", "0.6000", "review"],
    ]
    assert result.stdout.endswith("3 pictures answered, 2 accepted. Next: make report ENV=local\n")
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_an_execution_that_failed_for_another_reason_is_a_failure(deployed: Deployed) -> None:
    result = run(deployed, "--key=test/none.png", f"--key={REVIEW}", "--captures-timeout=0")

    assert result.returncode == 1
    assert "ObjectNotFound" in result.stdout
    assert result.stderr == "error: 1 of 2 executions failed: ObjectNotFound: there is no such object\n"


def test_a_capture_that_does_not_arrive_is_a_failure(deployed: Deployed) -> None:
    result = run(deployed, f"--key={REVIEW}", "--captures-timeout=0.1")

    assert result.returncode == 1
    assert "1 of 1 captures did not arrive" in result.stderr


def test_a_machine_can_read_the_result(deployed: Deployed) -> None:
    result = run(deployed, "--json", "--captures-timeout=0", "--count=4", "--seed=7")

    answer = json.loads(result.stdout)
    assert result.returncode == 0
    assert [one["key"] for one in answer["runs"]] == pick_keys(deployed.client("s3"), BUCKET, 4, seed=7)
    assert {one["verdict"] for one in answer["runs"]} == {"accepted", "review"}
    assert (answer["captured"], answer["captures_missing"], answer["chart"]) == ([], None, None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--count=3", "--key=a"], "give --count or --key, not both"),
        (["--count=0"], "--count and --concurrency must be at least 1"),
        (["--concurrency=0"], "--count and --concurrency must be at least 1"),
    ],
)
def test_misuse_is_one_line_and_exit_code_2(deployed: Deployed, words: list[str], message: str) -> None:
    result = run(deployed, *words)

    assert (result.returncode, result.stdout, result.stderr) == (2, "", f"error: {message}\n")


# --- The library -------------------------------------------------------------------------------------


def test_the_workflow_is_run_captured_and_drawn(deployed: Deployed) -> None:
    for key in ANSWERS:
        deployed.capture(key)
    store = CaptureStore.of(deployed.client("s3"), f"s3://{BUCKET}/data_capture", "scones-unit")

    result = run_inference_workflow(
        deployed.client("stepfunctions"),
        store,
        deployed.workflow.state_machine_arn,
        BUCKET,
        list(ANSWERS),
        0.93,
        deployed.home / "captured_data",
        run_patience=SOON,
        capture_patience=SOON,
    )

    assert [one.verdict for one in result.runs] == ["accepted", "accepted", "review"]
    assert set(result.captures) == {f"inference of {key}" for key in ANSWERS}
    assert result.chart is not None
    assert result.chart.read_bytes().startswith(b"\x89PNG")


def test_an_execution_tells_its_picture_and_answer_however_it_ended(deployed: Deployed) -> None:
    stepfunctions = deployed.client("stepfunctions")
    keys = ["test/bike_s_000001.png", REVIEW, "test/none.png"]

    ended = deployed.run(*keys)

    told = [read_classification(stepfunctions, execution.arn) for execution in ended]
    assert [one.is_answered for one in ended] == [True, True, False]
    assert [one.key for one in told] == keys
    assert [one.inferences for one in told] == [(0.99, 0.01), (0.6, 0.4), ()]
    assert [one.inference_id for one in told] == [f"inference of {key}" for key in keys[:2]] + [None]


def test_every_page_of_executions_is_read_and_running_ones_have_no_stop_time() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def execution(name: str, minutes: int | None) -> dict:
        stop = {} if minutes is None else {"stopDate": noon + timedelta(minutes=minutes)}
        status = "RUNNING" if minutes is None else "SUCCEEDED"
        basics = {"executionArn": ARN + name, "stateMachineArn": MACHINE, "name": name, "startDate": noon}
        return {**basics, "status": status, **stop}

    client = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
    with Stubber(client) as stub:
        for _ in range(2):
            stub.add_response(
                "list_executions",
                {"executions": [execution("c", None), execution("b", 9)], "nextToken": "more"},
            )
            stub.add_response("list_executions", {"executions": [execution("a", 3)]})

        assert [one.name for one in list_executions(client, MACHINE)] == ["c", "b", "a"]
        stops = list_execution_timestamps(client, MACHINE, 3)

    assert stops == [noon + timedelta(minutes=3), noon + timedelta(minutes=9)]


def test_an_execution_that_takes_too_long_is_named() -> None:
    client = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
    running = {"executionArn": ARN + "slow", "stateMachineArn": MACHINE, "status": "RUNNING"}
    with Stubber(client) as stub:
        stub.add_response("describe_execution", running | {"startDate": datetime.now(UTC)})
        with pytest.raises(StillWaiting, match="gave up after 0 s waiting for execution slow to end"):
            wait_for_execution(client, ARN + "slow", Patience(0))


@pytest.mark.parametrize(
    ("status", "error", "cause", "reason"),
    [
        ("FAILED", "NotFound", '{"errorMessage": "no such object", "stackTrace": ["a"]}', "no such object"),
        ("FAILED", "NotFound", "there is no such object", "there is no such object"),
        ("FAILED", "NotFound", '["odd"]', '["odd"]'),
        ("FAILED", "States.Timeout", None, "States.Timeout"),
        ("ABORTED", None, None, "ABORTED"),
    ],
)
def test_a_failure_gives_its_reason_without_a_stack_trace(
    status: str, error: str | None, cause: str | None, reason: str
) -> None:
    execution = Execution(ARN + "x", status, datetime.now(UTC), None, error, cause)

    assert execution.reason == reason


def test_a_test_case_is_an_input_for_a_staged_picture(deployed: Deployed) -> None:
    case = json.loads(generate_test_case(deployed.client("s3"), BUCKET, random.Random(1)))

    assert case.pop("s3_key") in ANSWERS
    assert case == {"image_data": "", "s3_bucket": BUCKET}


def test_no_staged_picture_says_what_to_run(deployed: Deployed) -> None:
    with pytest.raises(
        SconesError, match="there are no pictures in s3://scones-unit/train/: run 'make stage'"
    ):
        pick_keys(deployed.client("s3"), BUCKET, 1, None, "train/")


def test_a_picture_comes_again_only_when_all_have_been_used() -> None:
    chosen = choose_pictures("abc", 7, random.Random(0))

    assert sorted(chosen[:3]) == sorted(chosen[3:6]) == ["a", "b", "c"]


def test_an_execution_knows_how_long_it_took(deployed: Deployed) -> None:
    (execution,) = deployed.run(REVIEW)

    assert execution.seconds is not None
    assert execution.seconds >= 0
    assert execution.started.utcoffset() == timedelta(0)
