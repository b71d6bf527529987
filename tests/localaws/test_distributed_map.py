"""Distributed maps: many items, in batches, some of which may fail, with their results in files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import ClientOf
from .lambda_support import unique
from .machine_support import machine, run

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
EVEN_ONLY = {
    "StartAt": "Which",
    "States": {
        "Which": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.odd", "BooleanEquals": True, "Next": "Odd"}],
            "Default": "Even",
        },
        "Odd": {"Type": "Fail", "Error": "Odd", "Cause": "not even"},
        "Even": {"Type": "Pass", "End": True},
    },
}


def mapped(aws: ClientOf, processor: dict[str, Any] = PASS, **state: Any) -> str:
    """A state machine of one distributed map; its ARN."""
    distributed = {**processor, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    return machine(aws, {"Map": {"Type": "Map", "ItemProcessor": distributed, "End": True, **state}})


def bucket_of(aws: ClientOf, *keys: str) -> str:
    name = unique("bucket")
    aws("s3").create_bucket(Bucket=name)
    for key in keys:
        aws("s3").put_object(Bucket=name, Key=key, Body=b"12")
    return name


def loaded(aws: ClientOf, bucket: str, key: str) -> Any:
    return json.loads(aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def test_a_listing_is_mapped_in_full(aws: ClientOf) -> None:
    bucket = bucket_of(aws, *(f"in/{n}" for n in range(5)), "out/x")
    reader = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": bucket, "Prefix": "in/", "MaxKeys": 2},
    }
    selector = {"key.$": "$$.Map.Item.Value.Key", "size.$": "$$.Map.Item.Value.Size", "for.$": "$.who"}

    told = run(aws, mapped(aws, ItemReader=reader, ItemSelector=selector), {"who": "us"})

    output = json.loads(told["output"])
    assert output == [{"key": f"in/{n}", "size": 2, "for": "us"} for n in range(5)]


def test_items_come_in_batches_with_what_they_share(aws: ClientOf) -> None:
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"model.$": "$.model"}}
    selector = {"n.$": "$$.Map.Item.Value"}
    arn = mapped(aws, ItemsPath="$.items", ItemSelector=selector, ItemBatcher=batcher, MaxConcurrency=1)

    told = run(aws, arn, {"items": [1, 2, 3], "model": "m"})

    shared = {"BatchInput": {"model": "m"}}
    first, second = {**shared, "Items": [{"n": 1}, {"n": 2}]}, {**shared, "Items": [{"n": 3}]}
    assert json.loads(told["output"]) == [first, second]


def test_a_batch_is_no_larger_than_asked(aws: ClientOf) -> None:
    arn = mapped(aws, ItemsPath="$.items", ItemBatcher={"MaxInputBytesPerBatchPath": "$.limit"})

    told = run(aws, arn, {"limit": 100, "items": ["x" * 60] * 3})

    assert [len(batch["Items"]) for batch in json.loads(told["output"])] == [1, 1, 1]


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 40}, "FAILED"),
        ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 50, "ToleratedFailureCount": 1}, "FAILED"),
    ],
)
def test_as_many_may_fail_as_are_tolerated(aws: ClientOf, tolerance: dict[str, int], status: str) -> None:
    items = [{"odd": n % 2 == 1} for n in range(4)]

    told = run(aws, mapped(aws, EVEN_ONLY, **tolerance), items)

    assert told["status"] == status
    if status == "FAILED":
        assert told["error"] == "States.ExceedToleratedFailureThreshold"


@pytest.mark.parametrize("tolerated", [1, 0])
def test_the_result_writers_files_hold_the_results(aws: ClientOf, tolerated: int) -> None:
    bucket = bucket_of(aws)
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": bucket, "Prefix": "results"},
    }
    arn = mapped(
        aws, EVEN_ONLY, ResultWriter=writer, ToleratedFailureCount=tolerated, MaxConcurrency=1, Label="All"
    )
    items = [{"odd": False}, {"odd": True}, {"odd": False}]

    told = run(aws, arn, items)

    sfn = aws("stepfunctions")
    (listed,) = sfn.list_map_runs(executionArn=told["executionArn"])["mapRuns"]
    folder = f"results/{listed['mapRunArn'].rsplit(':', 1)[1]}"
    manifest = loaded(aws, bucket, f"{folder}/manifest.json")
    assert manifest["MapRunArn"] == listed["mapRunArn"]
    files = {status: each[0]["Key"] for status, each in manifest["ResultFiles"].items() if each}
    (failed,) = loaded(aws, bucket, files["FAILED"])
    assert (failed["Error"], failed["Cause"], json.loads(failed["Input"])) == ("Odd", "not even", items[1])
    succeeded = loaded(aws, bucket, files["SUCCEEDED"])
    counts = sfn.describe_map_run(mapRunArn=listed["mapRunArn"])["itemCounts"]
    assert counts["failed"] == 1
    if tolerated:
        key = {"Bucket": bucket, "Key": f"{folder}/manifest.json"}
        output = {"MapRunArn": listed["mapRunArn"], "ResultWriterDetails": key}
        assert json.loads(told["output"]) == output
        assert [json.loads(each["Output"]) for each in succeeded] == [items[0], items[2]]
        assert (counts["succeeded"], counts["resultsWritten"], counts["total"]) == (2, 2, 3)
    else:
        assert told["error"] == "States.ExceedToleratedFailureThreshold"
        (pending,) = loaded(aws, bucket, files["PENDING"])
        assert (pending["Status"], len(succeeded), counts["pending"]) == ("PENDING", 1, 1)


def test_child_executions_are_listed_by_their_map_run(aws: ClientOf) -> None:
    sfn = aws("stepfunctions")
    told = run(aws, mapped(aws, EVEN_ONLY, ToleratedFailureCount=1), [{"odd": True}, {"odd": False}])
    (listed,) = sfn.list_map_runs(executionArn=told["executionArn"])["mapRuns"]

    (failed,) = sfn.list_executions(mapRunArn=listed["mapRunArn"], statusFilter="FAILED")["executions"]

    assert (failed["status"], failed["mapRunArn"], failed["itemCount"]) == ("FAILED", listed["mapRunArn"], 1)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (
            {
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:listObjectsV2",
                    "Parameters": {"Bucket": "nobody-has-this-bucket"},
                }
            },
            "States.ItemReaderFailed",
        ),
        (
            {
                "ResultWriter": {
                    "Resource": "arn:aws:states:::s3:putObject",
                    "Parameters": {"Bucket": "nobody-has-this-bucket"},
                }
            },
            "States.ResultWriterFailed",
        ),
    ],
)
def test_a_bucket_that_is_not_there_has_a_name_of_its_own(
    aws: ClientOf, state: dict[str, Any], error: str
) -> None:
    assert run(aws, mapped(aws, **state), [1])["error"] == error


def test_too_much_output_without_a_writer_is_too_much(aws: ClientOf) -> None:
    bulky = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": "x" * 100_000, "End": True}}}

    assert run(aws, mapped(aws, bulky), [1, 2, 3])["error"] == "States.DataLimitExceeded"


def test_a_stopped_execution_stops_its_map(aws: ClientOf) -> None:
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
    sfn = aws("stepfunctions")
    arn = mapped(aws, waits, MaxConcurrency=1)
    execution = sfn.start_execution(stateMachineArn=arn, input="[1, 2]")["executionArn"]
    while not (runs := sfn.list_map_runs(executionArn=execution)["mapRuns"]):
        pass
    children = sfn.list_executions
    while not children(mapRunArn=runs[0]["mapRunArn"], statusFilter="RUNNING")["executions"]:
        pass

    sfn.stop_execution(executionArn=execution)

    while not children(mapRunArn=runs[0]["mapRunArn"], statusFilter="ABORTED")["executions"]:
        pass
    assert len(children(mapRunArn=runs[0]["mapRunArn"], statusFilter="PENDING")["executions"]) == 1
