"""The state machine's template, rendered as Terraform renders it, and local AWS to run it on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "statemachine" / "classify-vehicle.asl.json"
VARIABLES = {
    "serialize_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:serializeImageData",
    "classify_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:image-classification",
    "threshold_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:THRESHOLD_CONFIDENCE",
    "review_queue_url": "https://sqs.us-east-1.amazonaws.com/123456789012/review",
    "notification_topic_arn": "arn:aws:sns:us-east-1:123456789012:failures",
}


def render(**variables: str) -> str:
    """Replace each ${name}, and nothing else, as templatefile does."""
    text = TEMPLATE.read_text()
    for name, value in (VARIABLES | variables).items():
        text = text.replace("${" + name + "}", value)
    return text


@pytest.fixture(scope="session")
def states() -> dict[str, dict[str, Any]]:
    return json.loads(render())["States"]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """boto3 clients of a local AWS that serves for these tests: `aws("sqs")`."""
    home = tmp_path_factory.mktemp("localaws")
    command = [sys.executable, "-m", "localaws", "serve", "--home", str(home)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    with (home.parent / "serve.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    assert server.stdout is not None
    try:
        url = json.loads(server.stdout.readline())["endpoint_url"]
        yield lambda service: boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}),
        )
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()
