"""Faults on demand: a client meets what AWS would do to it, and nothing is left of it afterwards."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from .conftest import REGION, ClientOf
from .lambda_support import deploy, unique
from .machine_support import invoke, machine, run
from .sagemaker_toy import Toy

Faults = Callable[..., list[dict[str, Any]]]
RETURN = "def handler(event, context): return event"


@pytest.fixture
def faults(endpoint_url: str) -> Iterator[Faults]:
    """`faults(kind="drop", …)` adds one, `faults()` says what there is; the test's end removes them."""
    url = f"{endpoint_url}/_localaws/faults"

    def control(method: str | None = None, **asked: Any) -> list[dict[str, Any]]:
        body = json.dumps(asked).encode() if asked else None
        with urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=10) as answer:
            told: list[dict[str, Any]] = json.loads(answer.read())["faults"]
            return told

    yield control
    control("DELETE")


@pytest.fixture
def bucket(aws: ClientOf) -> str:
    name = unique("bucket")
    aws("s3").create_bucket(Bucket=name)
    return name


def client(endpoint_url: str, service: str, attempts: int = 1, **more: Any) -> Any:
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        read_timeout=more.pop("read_timeout", 60),
    )
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": REGION}
    return boto3.client(service, endpoint_url=endpoint_url, config=config, **{**keys, **more})  # type: ignore[call-overload]


CALLS: dict[str, Callable[[Any], Any]] = {
    "s3": lambda s3: s3.list_buckets(),
    "sqs": lambda sqs: sqs.list_queues(),
    "sns": lambda sns: sns.list_topics(),
    "iam": lambda iam: iam.list_roles(),
    "lambda": lambda functions: functions.list_functions(),
    "stepfunctions": lambda machines: machines.list_state_machines(),
    "sagemaker": lambda sagemaker: sagemaker.list_models(),
    "sagemaker-runtime": lambda runtime: runtime.invoke_endpoint(EndpointName="none", Body=b""),
    "cloudwatch": lambda metrics: metrics.list_metrics(),
    "events": lambda events: events.list_rules(),
    "kms": lambda kms: kms.list_keys(),
    "logs": lambda logs: logs.describe_log_groups(),
}


@pytest.mark.parametrize(
    ("kind", "service", "code", "status"),
    [
        ("throttle", "s3", "SlowDown", 503),
        ("throttle", "sqs", "RequestThrottled", 403),
        ("throttle", "sns", "Throttled", 429),
        ("throttle", "iam", "Throttling", 400),
        ("throttle", "lambda", "TooManyRequestsException", 429),
        ("throttle", "stepfunctions", "ThrottlingException", 400),
        ("throttle", "sagemaker-runtime", "ThrottlingException", 400),
        ("throttle", "cloudwatch", "ThrottlingException", 400),
        ("error", "s3", "InternalError", 500),
        ("error", "sns", "InternalFailure", 500),
        ("error", "lambda", "ServiceException", 500),
        ("error", "sagemaker", "InternalFailure", 500),
        ("error", "events", "InternalException", 500),
        ("error", "kms", "KMSInternalException", 500),
        ("error", "logs", "ServiceUnavailableException", 503),
    ],
)
def test_each_service_has_its_own_error(
    endpoint_url: str, faults: Faults, kind: str, service: str, code: str, status: int
) -> None:
    faults(kind=kind, service=service)

    with pytest.raises(ClientError) as met:
        CALLS[service](client(endpoint_url, service))

    assert met.value.response["Error"]["Code"] == code
    assert met.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("service", [name for name in CALLS if name != "sagemaker-runtime"])
@pytest.mark.parametrize("kind", ["throttle", "error", "drop"])
def test_the_sdks_retries_get_through(endpoint_url: str, faults: Faults, service: str, kind: str) -> None:
    faults(kind=kind, service=service, count=1)

    answer = CALLS[service](client(endpoint_url, service, attempts=2))

    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_dropped_call_did_nothing(endpoint_url: str, aws: ClientOf, faults: Faults, bucket: str) -> None:
    faults(kind="drop", service="s3", operation="PutObject")

    with pytest.raises(ConnectionClosedError):
        client(endpoint_url, "s3").put_object(Bucket=bucket, Key="a", Body=b"1")

    assert aws("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_call_whose_answer_is_lost_was_done(
    endpoint_url: str, aws: ClientOf, faults: Faults, bucket: str
) -> None:
    faults(kind="lose-answer", service="s3", operation="PutObject")

    with pytest.raises(ConnectionClosedError):
        client(endpoint_url, "s3").put_object(Bucket=bucket, Key="a", Body=b"1")

    assert aws("s3").get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"


def test_a_latency_can_outlast_a_clients_patience(endpoint_url: str, faults: Faults) -> None:
    faults(kind="latency", service="sqs", seconds=30, count=1)

    with pytest.raises(ReadTimeoutError):
        client(endpoint_url, "sqs", read_timeout=0.5).list_queues()


def test_only_a_session_can_expire(endpoint_url: str, aws: ClientOf, faults: Faults) -> None:
    faults(kind="expire", service="sqs")
    session = {"aws_access_key_id": "ASIA", "aws_secret_access_key": "x", "aws_session_token": "y"}

    with pytest.raises(ClientError) as met:
        client(endpoint_url, "sqs", **session).list_queues()

    assert met.value.response["Error"]["Code"] == "ExpiredTokenException"
    aws("sqs").list_queues()


def test_a_killed_worker_is_replaced(aws: ClientOf, faults: Faults) -> None:
    toy = Toy(aws)
    endpoint = toy.endpoint(toy.model())
    before = toy.ask(endpoint, b"pid")
    faults(kind="kill-worker", count=1)

    try:
        toy.ask(endpoint)  # on AWS, too, it depends on the moment whether this call is lost
    except ClientError as lost:
        assert lost.response["Error"]["Code"] == "ModelError"

    assert toy.ask(endpoint, b"pid") != before
    assert faults()[0]["struck"] == 1


@pytest.mark.parametrize("kind", ["error", "drop", "expire"])
def test_a_capture_is_written_when_s3_works_again(aws: ClientOf, faults: Faults, kind: str) -> None:
    toy = Toy(aws)
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{toy.bucket}/captures",
        "CaptureOptions": [{"CaptureMode": "Output"}],
    }
    endpoint = toy.endpoint(toy.model(), DataCaptureConfig=capture)
    faults(kind=kind, service="s3", operation="PutObject", count=4)

    toy.ask(endpoint)

    def written() -> list[Any]:
        return toy.s3.list_objects_v2(Bucket=toy.bucket, Prefix="captures/").get("Contents", [])

    deadline = time.monotonic() + 60
    while not written() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(written()) == 1
    assert faults()[0]["struck"] == 4


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("throttle", "Lambda.TooManyRequestsException"),
        ("error", "Lambda.ServiceException"),
        ("drop", "Lambda.SdkClientException"),
        ("lose-answer", "Lambda.SdkClientException"),
        ("expire", "Lambda.ExpiredTokenException"),
    ],
)
def test_a_task_fails_under_the_name_that_workflows_retry(
    aws: ClientOf, faults: Faults, kind: str, error: str
) -> None:
    name = deploy(aws, RETURN)
    retry = [{"ErrorEquals": [error], "IntervalSeconds": 1, "MaxAttempts": 1}]
    plain, retried = (machine(aws, {"Try": invoke(name, **more)}) for more in ({}, {"Retry": retry}))

    faults(kind=kind, service="lambda", operation="Invoke", count=2)

    assert run(aws, plain)["error"] == error
    assert run(aws, retried)["status"] == "SUCCEEDED"


def test_the_same_seed_strikes_the_same_calls(endpoint_url: str, faults: Faults) -> None:
    def outcomes(seed: int) -> list[bool]:
        faults("DELETE")
        faults(kind="drop", service="sqs", operation="ListQueues", rate=0.5, seed=seed)
        return [_answers(client(endpoint_url, "sqs").list_queues) for _ in range(20)]

    first = outcomes(1)

    assert outcomes(1) == first
    assert outcomes(2) != first
    assert {True, False} == set(first)


def test_removed_faults_leave_nothing(endpoint_url: str, faults: Faults) -> None:
    faults(kind="error", service="sqs", count=3)
    assert not _answers(client(endpoint_url, "sqs").list_queues)

    assert faults("DELETE")[0]["struck"] == 1

    assert faults() == []
    assert all(_answers(client(endpoint_url, "sqs").list_queues) for _ in range(3))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"kind": "earthquake"}, "no kind of fault is called 'earthquake'"),
        ({"kind": "drop", "service": "s4"}, "the SDK knows no service 's4'"),
        ({"kind": "drop", "service": "s3", "operation": "Get"}, "s3 has no operation 'Get'"),
        ({"kind": "drop", "operation": "GetObject"}, "Give its service too"),
        ({"kind": "drop", "rate": 0}, "the rate is above 0"),
        ({"kind": "drop", "rate": "often"}, "'<' not supported"),
        ({"kind": "latency"}, "has seconds"),
        ({"kind": "drop", "colour": "red"}, "colour"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(faults: Faults, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        faults(**asked)

    assert refused.value.code == 400
    assert said in json.loads(refused.value.read())["message"]
    assert faults() == []


def _answers(call: Callable[[], Any]) -> bool:
    try:
        call()
    except (ClientError, ConnectionClosedError):
        return False
    return True
