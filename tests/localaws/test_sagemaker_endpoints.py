"""Endpoints through boto3: a model is served, replaced without a lost request, and gone when deleted."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf
from .sagemaker_toy import IMAGE, Toy, archive, fresh

BROKEN = archive({"model.json": b'{"broken": "yes"}'})


@pytest.fixture
def toy(aws: ClientOf) -> Toy:
    return Toy(aws)


def error_of(call: pytest.ExceptionInfo[ClientError]) -> dict[str, object]:
    return {**call.value.response, **call.value.response["Error"]}


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_bytes_go_in_and_the_models_answer_comes_out(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model("7"))
    picture = bytes(range(256))

    answer = toy.runtime.invoke_endpoint(
        EndpointName=endpoint, Body=picture, ContentType="image/png", Accept="application/jsonlines"
    )

    assert json.loads(answer["Body"].read()) == [256, "image/png", "7"]
    assert answer["ContentType"] == "application/jsonlines"
    assert answer["InvokedProductionVariant"] == "AllTraffic"


def test_a_trained_model_can_be_served(toy: Toy) -> None:
    uri = toy.ended(toy.train({"version": "trained"}))["ModelArtifacts"]["S3ModelArtifacts"]
    model = toy.model(PrimaryContainer={"Image": IMAGE, "ModelDataUrl": uri})

    assert toy.ask(toy.endpoint(model))[2] == "trained"


def test_an_endpoint_is_described_in_full(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model())

    told = toy.sagemaker.describe_endpoint(EndpointName=endpoint)

    assert told["EndpointArn"].endswith(f":endpoint/{endpoint}")
    assert "FailureReason" not in told and "DataCaptureConfig" not in told
    (variant,) = told["ProductionVariants"]
    assert variant["DeployedImages"][0]["ResolvedImage"] == IMAGE
    assert (variant["CurrentWeight"], variant["CurrentInstanceCount"]) == (1.0, 1)
    (listed,) = toy.sagemaker.list_endpoints(NameContains=endpoint, StatusEquals="InService")["Endpoints"]
    assert listed["EndpointName"] == endpoint


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BROKEN, "production variant AllTraffic did not pass the ping health check"),
        (b"no archive", "Failed to extract model data archive"),
        (archive({"../outside": b"x"}), "would leave the folder"),
    ],
    ids=["broken model", "no archive", "escaping member"],
)
def test_a_model_that_does_not_come_up_fails_its_endpoint(toy: Toy, content: bytes, reason: str) -> None:
    name = fresh("endpoint")
    config = toy.config(toy.model(content=content))
    toy.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)

    told = toy.settled(name)

    assert told["EndpointStatus"] == "Failed"
    assert reason in told["FailureReason"]
    with pytest.raises(ClientError, match="not found"):
        toy.ask(name)


def test_what_a_container_prints_is_in_the_endpoints_log(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model())
    toy.ask(endpoint, b"12345")

    while not (lines := toy.lines(f"/aws/sagemaker/Endpoints/{endpoint}", "AllTraffic/i-")):
        pass  # the line is on its way
    assert lines == ["invoked 5"]


def test_an_update_replaces_the_model_and_loses_no_request(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model("old"))
    old = toy.ask(endpoint, b"pid")

    toy.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=toy.config(toy.model("new")))
    versions = []
    with ThreadPoolExecutor(4) as callers:
        while toy.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == "Updating":
            versions += [answer[2] for answer in callers.map(toy.ask, [endpoint] * 8)]

    assert set(versions) <= {"old", "new"} and "old" in versions
    assert toy.ask(endpoint)[2] == "new"
    assert not runs(old)


def test_an_update_that_does_not_come_up_is_rolled_back(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model("good"))
    before = toy.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]

    config = toy.config(toy.model(content=BROKEN))
    toy.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)

    told = toy.settled(endpoint)
    assert (told["EndpointStatus"], told["EndpointConfigName"]) == ("InService", before)
    assert "did not pass the ping health check" in told["FailureReason"]
    assert toy.ask(endpoint)[2] == "good"


def test_a_deleted_endpoint_leaves_no_process(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model())
    pid = toy.ask(endpoint, b"pid")

    toy.sagemaker.delete_endpoint(EndpointName=endpoint)

    assert not runs(pid)
    with pytest.raises(ClientError, match="Could not find endpoint"):
        toy.sagemaker.describe_endpoint(EndpointName=endpoint)


def test_a_container_that_dies_is_started_again(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model("1"))

    with pytest.raises(ClientError, match="closed the connection") as refused:
        toy.ask(endpoint, b"crash")

    assert (error_of(refused)["Code"], error_of(refused)["OriginalStatusCode"]) == ("ModelError", 0)
    assert toy.ask(endpoint)[2] == "1"


@pytest.mark.parametrize(("status", "side"), [(400, "client"), (500, "server")])
def test_a_containers_error_is_a_model_error(toy: Toy, status: int, side: str) -> None:
    endpoint = toy.endpoint(toy.model())

    with pytest.raises(ClientError) as refused:
        toy.ask(endpoint, f"fail {status}".encode())

    error = error_of(refused)
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 424  # type: ignore[index]
    assert error["Message"].startswith(  # type: ignore[attr-defined]
        f'Received {side} error ({status}) from primary with message "no such picture". See https://'
    )
    assert (error["OriginalStatusCode"], error["OriginalMessage"]) == (status, "no such picture")
    assert str(error["LogStreamArn"]).endswith(f":log-group:/aws/sagemaker/Endpoints/{endpoint}")


def test_an_unknown_endpoint_is_not_found(toy: Toy) -> None:
    with pytest.raises(ClientError) as refused:
        toy.ask("nowhere")

    assert error_of(refused)["Code"] == "ValidationError"
    assert error_of(refused)["Message"] == "Endpoint nowhere of account 123456789012 not found."


def test_a_body_over_six_megabytes_is_refused(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model())

    assert toy.ask(endpoint, b"x" * 6_291_456)[0] == 6_291_456
    with pytest.raises(ClientError, match="HTTP content length exceeded 6291456 bytes") as refused:
        toy.ask(endpoint, b"x" * 6_291_457)
    assert error_of(refused)["Code"] == "413"


def test_weights_and_the_caller_choose_the_variant(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model("a"), toy.model("b"))

    assert toy.ask(endpoint)[2] == "a"
    assert toy.ask(endpoint, TargetVariant="v1")[2] == "b"
    with pytest.raises(ClientError, match="Variant v9 not found"):
        toy.ask(endpoint, TargetVariant="v9")

    weights = [
        {"VariantName": "AllTraffic", "DesiredWeight": 0.0},
        {"VariantName": "v1", "DesiredWeight": 1.0},
    ]
    toy.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=weights
    )
    told = {one["VariantName"]: one for one in toy.settled(endpoint)["ProductionVariants"]}
    assert (told["v1"]["CurrentWeight"], told["v1"]["DesiredWeight"]) == (1.0, 1.0)
    assert toy.ask(endpoint)[2] == "b"


def test_a_serverless_variant_does_no_more_at_once_than_it_may(toy: Toy, tmp_path: Path) -> None:
    variant = {"VariantName": "AllTraffic", "ModelName": toy.model(), "InitialVariantWeight": 1.0}
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
    config, endpoint, held = fresh("config"), fresh("endpoint"), tmp_path / "held"
    toy.sagemaker.create_endpoint_config(
        EndpointConfigName=config, ProductionVariants=[{**variant, "ServerlessConfig": serverless}]
    )
    toy.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    (told,) = toy.settled(endpoint)["ProductionVariants"]
    assert told["CurrentServerlessConfig"] == serverless and "CurrentInstanceCount" not in told

    with ThreadPoolExecutor(1) as caller:
        first = caller.submit(toy.ask, endpoint, f"hold {held}".encode())
        while not held.exists():
            assert not first.done()
        with pytest.raises(ClientError) as refused:
            toy.ask(endpoint)
        held.unlink()
        first.result()

    assert error_of(refused)["Code"] == "ThrottlingException"
    assert toy.ask(endpoint)[2] == "1"


def test_a_model_and_a_configuration_come_back_as_given(toy: Toy) -> None:
    model = toy.model()
    shadow = {
        "VariantName": "shadow",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    config = toy.config(model, ShadowProductionVariants=[shadow])

    told = toy.sagemaker.describe_model(ModelName=model)
    assert told["PrimaryContainer"]["Mode"] == "SingleModel"
    assert "VpcConfig" not in told and "Containers" not in told
    shown = toy.sagemaker.describe_endpoint_config(EndpointConfigName=config)
    assert shown["ShadowProductionVariants"] == [shadow]
    assert shown["ProductionVariants"][0]["ModelName"] == model


def test_what_cannot_be_hosted_is_refused(toy: Toy) -> None:
    missing = {"Image": IMAGE, "ModelDataUrl": f"s3://{toy.bucket}/none.tar.gz"}
    with pytest.raises(ClientError, match="Could not access model data"):
        toy.model(PrimaryContainer=missing)
    with pytest.raises(ClientError, match="x/none:1 not found"):
        toy.model(PrimaryContainer={"Image": "x/none:1"})
    with pytest.raises(ClientError, match="Could not find model"):
        toy.config("nothing")
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        toy.sagemaker.create_endpoint(EndpointName="x", EndpointConfigName="nothing")


def test_names_are_taken_once(toy: Toy) -> None:
    model = toy.model()
    config = toy.config(model)
    endpoint = toy.endpoint(model)

    with pytest.raises(ClientError, match="Cannot create already existing model"):
        toy.model(ModelName=model)
    with pytest.raises(ClientError, match="Cannot create already existing endpoint configuration"):
        toy.sagemaker.create_endpoint_config(
            EndpointConfigName=config, ProductionVariants=[{"VariantName": "a"}]
        )
    with pytest.raises(ClientError, match="Cannot create already existing endpoint"):
        toy.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)


def test_asynchronous_inference_is_refused_by_name(toy: Toy) -> None:
    with pytest.raises(ClientError, match="asynchronous inference"):
        toy.runtime.invoke_endpoint_async(EndpointName="any", InputLocation="s3://a/b")
