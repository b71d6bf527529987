"""The functions as Lambda has them: each loaded from its file, with its own environment variables."""

import importlib.util
import io
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from unittest import mock

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from PIL import Image

LAMBDAS = Path(__file__).resolve().parents[3] / "lambdas"

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "ENDPOINT_NAME": "scones-test",
    "THRESHOLD": "0.93",
    "CLASS_NAMES": '["bicycle", "motorcycle"]',
    "LOADING_BAYS": '{"bicycle": "bay 1", "motorcycle": "bay 2"}',
    "WORKFLOW": "scones-test",
    "CAPTURE_S3_URI": "s3://scones-data/data_capture/scones-test/AllTraffic",
    "BASELINE_S3_URI": "s3://scones-data/models/job/baseline.json",
    "REPORTS_S3_URI": "s3://scones-data/drift",
    "WINDOW_MINUTES": "60",
    "PSI_LIMIT": "0.25",
    "CLASS_SHARE_LIMIT": "1",
    "KS_LIMIT": "0.2",
    "RISE_LIMIT": "0.1",
    "MINIMUM_INFERENCES": "30",
}


def load_function(name: str, **environment: str | None) -> ModuleType:
    """Start a function's container: import its handler with these variables (None: not set)."""
    variables = {key: value for key, value in (ENVIRONMENT | environment).items() if value is not None}
    spec = importlib.util.spec_from_file_location(f"handler_of_{name}", LAMBDAS / name / "handler.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folders = [str(LAMBDAS / name), *sys.path]  # as Lambda finds a function's other modules
    with mock.patch.dict(os.environ, variables, clear=True), mock.patch.object(sys, "path", folders):
        spec.loader.exec_module(module)
    return module


def error_classes(module: ModuleType) -> list[type[Exception]]:
    """The named errors that a function can raise."""
    own = (thing for thing in vars(module).values() if isinstance(thing, type))
    return [thing for thing in own if issubclass(thing, Exception) and thing.__module__ == module.__name__]


def streamed(content: bytes, length: int | None = None) -> dict:
    """What GetObject answers for these bytes."""
    size = len(content) if length is None else length
    return {"ContentLength": size, "Body": StreamingBody(io.BytesIO(content), len(content))}


def stubbed(service: str) -> tuple[object, Stubber]:
    client = boto3.client(
        service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    stubber = Stubber(client)
    stubber.activate()
    return client, stubber


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(buffer, kind)
    return buffer.getvalue()


def as_json(value: object) -> object:
    """What is left of a value on its way through Lambda."""
    return json.loads(json.dumps(value))


@pytest.fixture(scope="session")
def png() -> bytes:
    return picture("PNG")


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    return picture("JPEG")
