"""The real functions and the real state machine on local AWS, around a model that needs no training."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from PIL import Image

from chaos import storms
from scones.infrastructure.packaging import package_functions
from scones.settings import REPOSITORY

PICTURES = 8
NAME = "small"
CONTAINER = REPOSITORY / "tests" / "chaos" / "containers" / "classifier.json"
SERVICES = [f"{name}.amazonaws.com" for name in ("lambda", "states", "sagemaker")]
VARIABLES = {
    "THRESHOLD_CONFIDENCE": {
        "THRESHOLD": "0.93",
        "CLASS_NAMES": '["bicycle", "motorcycle"]',
        "LOADING_BAYS": '{"bicycle": "bay-1", "motorcycle": "bay-2"}',
        "WORKFLOW": NAME,
    },
    "image-classification": {"ENDPOINT_NAME": NAME, "RESPONSE_TYPE": "application/json"},
    "serializeImageData": {},
}


def client(url: str, service: str) -> Any:
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    config = Config(max_pool_connections=storms.AT_ONCE)
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", config=config, **keys)  # type: ignore[call-overload]


@contextmanager
def served(home: Path) -> Iterator[tuple[str, int]]:
    """A local AWS for the length of the block: its address, and its process id."""
    command = [sys.executable, "-m", "localaws", "serve", "--home", str(home), "--container", str(CONTAINER)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "scripts")}
    with (home.parent / f"{home.name}.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())["endpoint_url"], server.pid
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()


def deploy(url: str, zips: Path) -> storms.Workflow:
    """The workflow, and pictures test/0.png … in its bucket; every other one is doubtful."""
    clients: dict[str, Any] = {}

    def aws(service: str) -> Any:
        return clients.setdefault(service, client(url, service))

    aws("s3").create_bucket(Bucket=NAME)
    for number in range(PICTURES):
        aws("s3").put_object(Bucket=NAME, Key=f"test/{number}.png", Body=picture(number))
    role = make_role(aws("iam"))
    make_endpoint(aws("sagemaker"), role)
    functions = make_functions(aws("lambda"), role, zips)
    topic = aws("sns").create_topic(Name=NAME)["TopicArn"]
    queue = aws("sqs").create_queue(QueueName=NAME)["QueueUrl"]
    machine = make_machine(aws("stepfunctions"), role, functions, queue, topic)
    return storms.Workflow(aws, url, machine, NAME, queue, storms.notices_of(aws, topic))


def picture(number: int) -> bytes:
    """A PNG of 32 x 32 pixels."""
    png = io.BytesIO()
    Image.new("RGB", (32, 32), (number, 0, 0)).save(png, "PNG")
    return png.getvalue()


def make_role(iam: Any) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=policy(trust))["Role"]
    iam.put_role_policy(RoleName=NAME, PolicyName="all", PolicyDocument=policy(everything))
    return str(role["Arn"])


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_endpoint(sagemaker: Any, role: str) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/classifier:1"
    sagemaker.create_model(ModelName=NAME, ExecutionRoleArn=role, PrimaryContainer={"Image": image})
    variant = {"VariantName": "AllTraffic", "ModelName": NAME, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName=NAME,
        ProductionVariants=[{**variant, "InitialInstanceCount": 1}],
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": "s3://small/captures",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        },
    )
    sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    waiting = {"Delay": 0.1, "MaxAttempts": 600}
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=NAME, WaiterConfig=waiting)


def make_functions(functions: Any, role: str, zips: Path) -> dict[str, str]:
    """The ARNs of the deployed functions, by name."""
    return {
        package.name: make_function(
            functions, package.name, Path(package.path).read_bytes(), role, VARIABLES[package.name]
        )
        for package in package_functions(REPOSITORY / "lambdas", zips, VARIABLES)
    }


def make_function(functions: Any, name: str, zipped: bytes, role: str, variables: dict[str, str]) -> str:
    created = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler="handler.handler",
        Code={"ZipFile": zipped},
        Timeout=30,
        Environment={"Variables": variables},
    )
    return str(created["FunctionArn"])


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
        stepfunctions.create_state_machine(name=NAME, definition=text, roleArn=role)["stateMachineArn"]
    )
