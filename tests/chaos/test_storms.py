"""The real functions and the real state machine in a small storm, around a model that needs no training.

`make chaos` lets all storms loose on the whole workflow.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from PIL import Image

from chaos import storms
from scones.inference.capture_store import CaptureStore, wait_for_captures
from scones.infrastructure.packaging import package_functions
from scones.settings import REPOSITORY
from scones.waiting import Patience

COUNT = 20
CONTAINER = REPOSITORY / "tests" / "chaos" / "containers" / "classifier.json"
SERVICES = [f"{name}.amazonaws.com" for name in ("lambda", "states", "sagemaker")]
VARIABLES = {
    "THRESHOLD_CONFIDENCE": {
        "THRESHOLD": "0.93",
        "CLASS_NAMES": '["bicycle", "motorcycle"]',
        "LOADING_BAYS": '{"bicycle": "bay-1", "motorcycle": "bay-2"}',
        "WORKFLOW": "chaos",
    },
    "image-classification": {"ENDPOINT_NAME": "chaos", "RESPONSE_TYPE": "application/json"},
    "serializeImageData": {},
}


def client(url: str, service: str) -> Any:
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", **keys)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("localaws")
    command = [sys.executable, "-m", "localaws", "serve", "--home", str(home), "--container", str(CONTAINER)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "scripts")}
    with (home.parent / "serve.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())["endpoint_url"]
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()


@pytest.fixture(scope="module")
def workflow(url: str, tmp_path_factory: pytest.TempPathFactory) -> storms.Workflow:
    clients: dict[str, Any] = {}

    def aws(service: str) -> Any:
        return clients.setdefault(service, client(url, service))

    aws("s3").create_bucket(Bucket="chaos")
    for number in range(8):
        aws("s3").put_object(Bucket="chaos", Key=f"test/{number}.png", Body=picture(number))
    aws("s3").put_object(Bucket="chaos", Key="test/text.txt", Body=b"no picture")
    role = make_role(aws("iam"))
    make_endpoint(aws("sagemaker"), role)
    functions = make_functions(aws("lambda"), role, tmp_path_factory.mktemp("zips"))
    topic = aws("sns").create_topic(Name="chaos")["TopicArn"]
    queue = aws("sqs").create_queue(QueueName="chaos")["QueueUrl"]
    machine = make_machine(aws("stepfunctions"), role, functions, queue, topic)
    return storms.Workflow(aws, url, machine, "chaos", queue, storms.notices_of(aws, topic))


def picture(number: int) -> bytes:
    png = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 0, 0)).save(png, "PNG")
    return png.getvalue()


def make_role(iam: Any) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = iam.create_role(RoleName="chaos", AssumeRolePolicyDocument=policy(trust))["Role"]
    iam.put_role_policy(RoleName="chaos", PolicyName="all", PolicyDocument=policy(everything))
    return str(role["Arn"])


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_endpoint(sagemaker: Any, role: str) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/classifier:1"
    sagemaker.create_model(ModelName="chaos", ExecutionRoleArn=role, PrimaryContainer={"Image": image})
    variant = {"VariantName": "AllTraffic", "ModelName": "chaos", "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="chaos",
        ProductionVariants=[{**variant, "InitialInstanceCount": 1}],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://chaos/captures",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        },
    )
    sagemaker.create_endpoint(EndpointName="chaos", EndpointConfigName="chaos")
    waiting = {"Delay": 0.1, "MaxAttempts": 600}
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="chaos", WaiterConfig=waiting)


def make_functions(functions: Any, role: str, zips: Path) -> dict[str, str]:
    """The ARNs of the deployed functions, by name."""
    return {
        package.name: functions.create_function(
            FunctionName=package.name,
            Runtime="python3.12",
            Role=role,
            Handler="handler.handler",
            Code={"ZipFile": Path(package.path).read_bytes()},
            Timeout=30,
            Environment={"Variables": VARIABLES[package.name]},
        )["FunctionArn"]
        for package in package_functions(REPOSITORY / "lambdas", zips, VARIABLES)
    }


def make_machine(stepfunctions: Any, role: str, functions: dict[str, str], queue: str, topic: str) -> str:
    text = (REPOSITORY / "statemachine" / "classify-vehicle.asl.json").read_text()
    values = {
        "serialize_function_arn": functions["serializeImageData"],
        "classify_function_arn": functions["image-classification"],
        "threshold_function_arn": functions["THRESHOLD_CONFIDENCE"],
        "review_queue_url": queue,
        "notification_topic_arn": topic,
    }
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    return str(
        stepfunctions.create_state_machine(name="chaos", definition=text, roleArn=role)["stateMachineArn"]
    )


@pytest.mark.parametrize("name", ["everything", "hardly anything answers"])
def test_every_picture_ends_in_one_of_three_ways(
    workflow: storms.Workflow, name: str, tmp_path: Path
) -> None:
    keys = [f"test/{number}.png" for number in range(8)]
    sent = storms.inputs(keys, ["test/text.txt", "test/none.png"], COUNT, seed=1)
    began = datetime.now(UTC)

    with storms.storm(workflow, storms.STORMS[name]) as struck:
        runs = storms.classify(workflow, sent)
    ends, wrong = storms.judge(workflow, runs)

    assert wrong == []
    assert ends.total() == COUNT
    assert struck
    ids = {str(run.classification.inference_id) for run in runs if run.classification.inference_id}
    store = CaptureStore.of(workflow.client("s3"), "s3://chaos/captures", "chaos")
    assert wait_for_captures(store, ids, began, tmp_path, Patience(60, 0.2)).keys() == ids


def test_what_ends_in_none_of_them_is_said(workflow: storms.Workflow) -> None:
    runs = storms.classify(workflow, ["test/0.png", "test/1.png"])
    doubtful = next(run for run in runs if run.verdict == "review")

    ends, wrong = storms.judge(workflow, [*runs, doubtful])

    assert ends == {"routed": 1, "queued": 2}
    assert len(wrong) == 1 and f"{doubtful.execution.arn} is 0 times queued" in wrong[0]
