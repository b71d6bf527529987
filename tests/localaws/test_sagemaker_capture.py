"""Data capture through boto3: SageMaker's keys, SageMaker's lines."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from .conftest import ClientOf
from .sagemaker_toy import Toy

KEY = re.compile(r"(?P<hour>\d{4}/\d\d/\d\d/\d\d)/(?P<moment>\d\d-\d\d-\d{3})-[0-9a-f-]{36}\.jsonl")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TYPES = {"JsonContentTypes": ["application/json"], "CsvContentTypes": ["text/csv"]}


@pytest.fixture
def toy(aws: ClientOf) -> Toy:
    return Toy(aws)


def capturing(toy: Toy, *modes: str, percentage: int = 100, **more: Any) -> str:
    """An endpoint that captures; returns its name."""
    config = {
        "EnableCapture": True,
        "InitialSamplingPercentage": percentage,
        "DestinationS3Uri": f"s3://{toy.bucket}/data_capture",
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes or ("Input", "Output")],
        "CaptureContentTypeHeader": TYPES,
    }
    return toy.endpoint(toy.model(), DataCaptureConfig={**config, **more})


def files(toy: Toy) -> dict[str, list[dict[str, Any]]]:
    """The bucket's captures: records by key."""
    found = toy.s3.list_objects_v2(Bucket=toy.bucket, Prefix="data_capture/").get("Contents", [])
    return {
        entry["Key"]: [json.loads(line) for line in toy.get(f"s3://{toy.bucket}/{entry['Key']}").splitlines()]
        for entry in found
    }


def captured(toy: Toy, endpoint: str) -> list[dict[str, Any]]:
    """Delete the endpoint, which writes what is still gathered, and read everything."""
    toy.sagemaker.delete_endpoint(EndpointName=endpoint)
    return [record for records in files(toy).values() for record in records]


def test_an_inference_is_captured_as_sagemaker_does(toy: Toy) -> None:
    endpoint = capturing(toy)
    toy.ask(endpoint, b"\x89PNG", ContentType="image/png", InferenceId="order-17")

    (record,) = captured(toy, endpoint)

    metadata = record.pop("eventMetadata")
    assert UUID.fullmatch(metadata["eventId"]) and metadata["inferenceId"] == "order-17"
    assert abs(datetime.fromisoformat(metadata["inferenceTime"]) - datetime.now(UTC)).total_seconds() < 60
    sent = {
        "observedContentType": "image/png",
        "mode": "INPUT",
        "data": base64.b64encode(b"\x89PNG").decode(),
        "encoding": "BASE64",
    }
    answered = {
        "observedContentType": "application/json",
        "mode": "OUTPUT",
        "data": '[4, "image/png", "1"]',
        "encoding": "JSON",
    }
    assert record == {"captureData": {"endpointInput": sent, "endpointOutput": answered}, "eventVersion": "0"}


def test_one_file_holds_many_records_under_the_first_ones_time(toy: Toy) -> None:
    endpoint = capturing(toy)
    for number in range(5):
        toy.ask(endpoint, b"x" * number)
    toy.sagemaker.delete_endpoint(EndpointName=endpoint)

    ((key, records),) = files(toy).items()

    assert len(records) == 5
    prefix, name = f"data_capture/{endpoint}/AllTraffic/", KEY.fullmatch(key.split("/", 3)[3])
    assert key.startswith(prefix) and name
    first = datetime.fromisoformat(records[0]["eventMetadata"]["inferenceTime"])
    assert f"{first:%Y/%m/%d/%H %M-%S}" == f"{name['hour']} {name['moment'][:5]}"


def test_a_capture_is_written_by_itself_after_a_while(toy: Toy) -> None:
    toy.ask(capturing(toy))

    while not (found := files(toy)):
        pass  # the flush is a second away
    assert len(next(iter(found.values()))) == 1


@pytest.mark.parametrize(
    ("listed", "content_type", "encoding"),
    [
        (TYPES, "text/csv", "CSV"),
        (TYPES, "text/csv; charset=utf-8", "CSV"),
        (TYPES, "application/json", "JSON"),
        (TYPES, "application/x-image", "BASE64"),
        ({"CsvContentTypes": ["text/csv"]}, "application/json", "BASE64"),
    ],
)
def test_listed_content_types_are_captured_as_text(
    toy: Toy, listed: dict[str, list[str]], content_type: str, encoding: str
) -> None:
    endpoint = capturing(toy, "Input", CaptureContentTypeHeader=listed)
    toy.ask(endpoint, b"1,2", ContentType=content_type)

    (record,) = captured(toy, endpoint)

    assert list(record["captureData"]) == ["endpointInput"]
    sent = record["captureData"]["endpointInput"]
    assert (sent["encoding"], sent["observedContentType"]) == (encoding, content_type)
    assert sent["data"] == ("1,2" if encoding != "BASE64" else "MSwy")


def test_output_alone_is_captured(toy: Toy) -> None:
    endpoint = capturing(toy, "Output")
    toy.ask(endpoint)

    assert [list(record["captureData"]) for record in captured(toy, endpoint)] == [["endpointOutput"]]


def test_a_sample_is_a_part_of_all(toy: Toy) -> None:
    endpoint = capturing(toy, percentage=50)
    for _ in range(64):
        toy.ask(endpoint)

    assert 0 < len(captured(toy, endpoint)) < 64  # each bound is missed once in 2 to the 64


def test_no_capture_where_it_is_switched_off(toy: Toy) -> None:
    endpoint = capturing(toy, EnableCapture=False)
    toy.ask(endpoint)

    assert (
        toy.sagemaker.describe_endpoint(EndpointName=endpoint)["DataCaptureConfig"]["CaptureStatus"]
        == "Stopped"
    )
    assert captured(toy, endpoint) == []


def test_an_endpoint_says_what_it_captures(toy: Toy) -> None:
    endpoint = capturing(toy, KmsKeyId="alias/captures")

    assert toy.sagemaker.describe_endpoint(EndpointName=endpoint)["DataCaptureConfig"] == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{toy.bucket}/data_capture",
        "KmsKeyId": "alias/captures",
    }


def test_captures_of_a_replaced_variant_are_not_lost(toy: Toy) -> None:
    endpoint = capturing(toy)
    toy.ask(endpoint)
    toy.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=toy.config(toy.model("2")))
    toy.settled(endpoint)

    assert len(captured(toy, endpoint)) == 1
