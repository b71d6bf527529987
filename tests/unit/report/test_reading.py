"""What a report says beside the captures: read whole, or said to be missing."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from scones.errors import SconesError
from scones.inference.captures import read_captures_in
from scones.inference.executions import list_executions
from scones.inference.histories import read_story
from scones.reporting.reading.calibration import calibration_from, measure, read_evaluation
from scones.reporting.reading.cost import Training, TrainingJob, estimate, read_training, training_cost
from scones.reporting.reading.deployment import HIDDEN, Card, shown
from scones.reporting.reading.drift import drift_from, read_drift
from scones.reporting.reading.executions import Executions, console_url, read_executions
from scones.reporting.reading.unread import Unread, attempt
from scones.reporting.sections import cost as cost_section
from scones.reporting.sources import read_deployed
from scones.reporting.verdicts import judge
from scones.review.money.cost import Cost
from scones.review.money.prices import prices
from scones.review.money.standing import Line
from scones.review.money.usage import Share
from unit.report.records import NOON, series, write
from unit.report.workflow import ANSWERS, BUCKET, REVIEW, Deployed

REPORT = {
    "start": "2026-03-01T11:00:00+00:00",
    "end": "2026-03-01T12:00:00+00:00",
    "inferences": 40,
    "drifted": True,
    "undecided": None,
    "measures": {"ConfidencePSI": 0.3, "ConfidenceKS": 0.2, "OutOfDomainRate": None},
    "limits": {"ConfidencePSI": 0.25, "ConfidenceKS": 0.2},
}


# --- Executions --------------------------------------------------------------------------------------


def told(deployed: Deployed, newest: int = 10) -> Executions:
    return read_executions(
        deployed.client("stepfunctions"), deployed.workflow.state_machine_arn, newest, True
    )


def test_executions_tell_their_way_their_verdict_and_their_error(deployed: Deployed) -> None:
    (accepted, _, refused) = ANSWERS
    deployed.run(accepted, refused, "test/no such.png", "test/nor that.png")

    found = told(deployed)

    assert {story.classification.key: story.verdict for story in found.stories} == {
        accepted: "accepted",
        refused: "refused",
        "test/no such.png": "failed",
        "test/nor that.png": "failed",
    }
    assert found.failures() == {"ObjectNotFound": 2}
    story = found.newest("refused")
    assert story
    assert story.path == ["which", "answer 2", "image-classification", "decide", "not met"]
    assert story.events[-1].detail == "THRESHOLD_CONFIDENCE_NOT_MET: 0.6 < 0.93"
    assert found.by_inference[f"inference of {accepted}"] == [s.verdict for s in found.stories].index(
        "accepted"
    )
    assert found.are_all


def test_older_executions_are_counted_as_not_asked(deployed: Deployed) -> None:
    deployed.run(*ANSWERS)

    found = told(deployed, 2)

    assert (len(found.stories), found.are_all) == (2, False)


def test_a_history_without_events_of_ours_is_no_trouble(deployed: Deployed) -> None:
    stepfunctions = deployed.client("stepfunctions")
    machine = stepfunctions.create_state_machine(
        name="other", roleArn="arn:aws:iam::123456789012:role/states",
        definition='{"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}',
    )["stateMachineArn"]  # fmt: skip
    stepfunctions.start_execution(stateMachineArn=machine, input="[]")

    (execution,) = list_executions(stepfunctions, machine)

    assert read_story(stepfunctions, execution).classification.key is None


@pytest.mark.parametrize(
    ("partition", "host"),
    [
        ("aws", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "console.amazonaws.cn"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
    ],
)
def test_an_execution_has_an_address_in_its_partitions_console(partition: str, host: str) -> None:
    arn = f"arn:{partition}:states:eu-west-1:1:execution:m:<b>"

    address = console_url(arn)

    assert address.startswith(f"https://{host}/states/home?region=eu-west-1#")
    assert address.endswith("execution:m:%3Cb%3E")


# --- Drift -------------------------------------------------------------------------------------------


def put(deployed: Deployed, key: str, content: Any) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    deployed.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def test_the_newest_report_on_drift_is_read(deployed: Deployed) -> None:
    for time in ("2026/03/01/11-00-00", "2025/12/31/23-00-00", "2026/02/28/12-00-00"):
        put(deployed, f"drift/{time}.json", REPORT | {"inferences": int(time[5:7])})

    found = read_drift(deployed.client("s3"), f"s3://{BUCKET}/drift/")

    assert found
    assert (found.key, found.inferences, found.drifted) == ("drift/2026/03/01/11-00-00.json", 3, True)
    assert [(one.name, one.is_beyond) for one in found.measures] == [
        ("ConfidencePSI", True), ("ConfidenceKS", False), ("OutOfDomainRate", False),
    ]  # fmt: skip


def test_no_report_on_drift_is_none(deployed: Deployed) -> None:
    assert read_drift(deployed.client("s3"), f"s3://{BUCKET}/drift/") is None


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", json.dumps(REPORT | {"measures": {"a": -1}}).encode()])
def test_a_report_on_drift_that_is_none_is_named(deployed: Deployed, body: bytes) -> None:
    put(deployed, "drift/2026/03/01/11-00-00.json", body)

    with pytest.raises(SconesError, match=r"drift/2026/03/01/11-00-00\.json is no report on drift"):
        read_drift(deployed.client("s3"), f"s3://{BUCKET}/drift")


@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from([*REPORT, "ConfidencePSI"]), inner, max_size=6),
    max_leaves=8,
))  # fmt: skip
def test_any_content_is_a_report_on_drift_or_refused(content: Any) -> None:
    found = attempt(lambda: drift_from("k", {**REPORT, **content} if isinstance(content, dict) else content))

    if not isinstance(found, Unread):
        assert all(one.value is None or one.value >= 0 for one in found.measures)


# --- Calibration -------------------------------------------------------------------------------------


def test_the_evaluation_of_the_model_tells_its_calibration(deployed: Deployed) -> None:
    one = {"low": 0.9, "high": 1, "mean_confidence": 0.97, "right": {"successes": 9, "total": 10}}
    content = {"calibration": {"reliability": [one], "expected_calibration_error": 0.07}}
    put(deployed, "evaluations/job/evaluation.json", content)

    found = read_evaluation(deployed.client("s3"), BUCKET, "job")

    assert found
    assert (found.answers, found.error, found.bins[0].right.share) == (10, 0.07, 0.9)
    assert read_evaluation(deployed.client("s3"), BUCKET, "another") is None


@pytest.mark.parametrize("content", [{}, {"calibration": None}, {"calibration": {"reliability": [{}]}}, []])
def test_an_evaluation_that_is_none_is_refused(content: Any) -> None:
    assert isinstance(attempt(lambda: calibration_from(content, "here")), Unread)


def test_labelled_captures_tell_the_calibration_where_no_evaluation_does(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", series([0.9, 0.9, 0.9, 0.6]))
    judged = judge(
        read_captures_in(tmp_path).captures,
        0.93,
        {f"i{i}": f"{i}" for i in range(4)},
        {"0": 0, "1": 0, "2": 1},
    )

    found = measure(judged)

    assert found
    assert (found.answers, round(found.error, 3)) == (3, 0.233)
    assert measure(judged[3:]) is None


# --- What is deployed, and what AWS refuses ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "is_hidden"),
    [
        ("DB_PASSWORD", "x", True),
        ("api-key", "x", True),
        ("ENDPOINT_NAME", "scones-local", False),
        ("URL", "https://me:hunter22@example.org", True),
        ("ANY", "AKIAABCDEFGHIJKLMNOP", True),
        ("SECRET_ARN", "arn:aws:secretsmanager:x", False),
        ("PASSWORD", "", False),
    ],
)
def test_what_looks_like_a_secret_is_not_shown(name: str, value: str, is_hidden: bool) -> None:
    assert shown(name, value) == (HIDDEN if is_hidden else value)


def refuse() -> None:
    raise ClientError(
        {"Error": {"Code": "AccessDenied", "Message": "not for you\nat all"}}, "DescribeEndpoint"
    )


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (refuse, "AWS refused DescribeEndpoint: AccessDenied. not for you"),
        (lambda: {}["EndpointName"], "what came is not what was expected (KeyError: 'EndpointName')"),
    ],
)
def test_what_cannot_be_read_says_why(read: Callable[[], Any], reason: str) -> None:
    assert attempt(read) == Unread(reason)


def test_a_workflow_of_which_little_is_there_is_reported_all_the_same(deployed: Deployed) -> None:
    deployed.capture(REVIEW)

    _, subject = read_deployed(deployed.environment)

    around = subject.surroundings
    assert not isinstance(around.deployment, Unread)
    cards = dict(around.deployment.cards)
    assert isinstance(cards["Endpoint"], Unread)
    assert isinstance(cards["State machine"], Card)
    assert isinstance(around.cost, Unread)
    assert "Terraform's state is not at hand" in around.cost.reason
    assert around.drift is None


def test_a_paused_endpoint_is_said_to_be_paused(deployed: Deployed) -> None:
    deployed.environment.__dict__["workflow"] = replace(deployed.workflow, paused=True)

    _, subject = read_deployed(deployed.environment)

    around = subject.surroundings
    assert not isinstance(around.deployment, Unread)
    cards = dict(around.deployment.cards)
    assert cards["Endpoint"] == Unread("the endpoint is paused: 'make resume' plans to bring it back")
    assert "Model" not in cards
    assert subject.facts["Endpoint"].endswith("(paused)")


def test_a_bucket_that_is_gone_is_said_and_reported(deployed: Deployed) -> None:
    gone = replace(
        deployed.workflow, data_bucket="scones-gone", capture_s3_uri="s3://scones-gone/data_capture"
    )
    deployed.environment.__dict__["workflow"] = gone

    reading, subject = read_deployed(deployed.environment)

    assert reading.captures == []
    assert any(note.startswith("Captures could not be read: AWS refused") for note in subject.notes)


# --- Cost --------------------------------------------------------------------------------------------


def test_the_cost_so_far_is_the_months_by_the_hour_and_each_classifications_share() -> None:
    lines = (Line("endpoint", 73.0, 146.0, "1 to 2"), Line("new", None, None, "no price"))
    cost = Cost("us-east-1", lines, (Share("Lambda", 0.5, "3 calls"),))

    found = estimate(cost, NOON - timedelta(hours=10), NOON, 200, True)

    assert found.standing == pytest.approx((1.0, 2.0))
    assert (found.hours, found.used, list(found.unknown)) == (10, 0.1, ["new"])


def test_without_an_endpoint_nothing_is_said_of_what_stood_there() -> None:
    assert estimate(Cost("", (), ()), None, NOON, 0, True).standing is None


def test_training_costs_its_billable_seconds_on_each_of_its_instances() -> None:
    table = prices("us-east-1")
    job = {
        "TrainingJobName": "scones-local-a",
        "ResourceConfig": {"InstanceType": "ml.c5.2xlarge", "InstanceCount": 2},
    }

    priced = training_cost({**job, "BillableTimeInSeconds": 450}, table)
    unknown = training_cost(
        {**job, "ResourceConfig": {"InstanceType": "ml.new.large"}, "BillableTimeInSeconds": 9}, table
    )
    unstarted = training_cost({**job, "ResourceConfig": {"InstanceType": "ml.new.large"}}, table)

    assert priced.amount == pytest.approx(450 / 3600 * 2 * 0.408)
    assert priced.how == "450 billable s × 2 × ml.c5.2xlarge at $0.408 an hour"
    assert (unknown.amount, unstarted.amount) == (None, 0)


def test_only_the_training_jobs_of_the_environment_count_and_running_ones_later() -> None:
    client = boto3.client("sagemaker", "us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
    told = {
        "scones-dev-new": "InProgress",
        "scones-dev-b": "Failed",
        "my-scones-dev-c": "",
        "scones-dev-a": "",
    }
    summary = {
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/x",
        "CreationTime": NOON,
    }
    summaries = [
        {**summary, "TrainingJobName": name, "TrainingJobStatus": status or "Completed"}
        for name, status in told.items()
    ]
    with Stubber(client) as stub:
        stub.add_response("list_training_jobs", {"TrainingJobSummaries": summaries})
        for name in ("scones-dev-new", "scones-dev-b"):
            described = {
                **summary,
                "TrainingJobName": name,
                "TrainingJobStatus": told[name],
                "SecondaryStatus": "Training",
                "ModelArtifacts": {"S3ModelArtifacts": ""},
                "AlgorithmSpecification": {"TrainingInputMode": "File"},
                "StoppingCondition": {},
                "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            }
            billed = {"BillableTimeInSeconds": 3600} if told[name] == "Failed" else {}
            stub.add_response("describe_training_job", described | billed, {"TrainingJobName": name})

        found = read_training(client, "scones-dev-", prices("us-east-1"), most=2)

    assert [job.name for job in found.jobs] == ["scones-dev-b"]
    assert (found.amount, found.running, found.are_all) == (0.115, 1, False)


def test_training_is_in_the_total_and_said_when_it_cannot_be_read() -> None:
    spent = estimate(
        Cost("us-east-1", (Line("endpoint", 73.0, 73.0, ""),), ()), NOON - timedelta(hours=10), NOON, 0, True
    )
    jobs = Training([TrainingJob("job-1", "9 s", 0.5), TrainingJob("job-2", "9 s", None)])

    with_jobs = cost_section.render(replace(spent, training=jobs))
    without = cost_section.render(replace(spent, training=Unread("AWS refused ListTrainingJobs")))

    assert "$1.50" in with_jobs
    assert "Without job-2: no price is known." in with_jobs
    assert "if an instance there trained as long as this machine did" in with_jobs
    assert "not in the total: AWS refused ListTrainingJobs" in without
