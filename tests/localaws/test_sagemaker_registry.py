"""The model registry through boto3: versions, approval, deletion, tags."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf
from .sagemaker_toy import IMAGE, Toy, archive, fresh

METRICS = {
    "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/metrics.json"}}
}


@pytest.fixture
def toy(aws: ClientOf) -> Toy:
    return Toy(aws)


@pytest.fixture
def group(toy: Toy) -> str:
    name = fresh("group")
    toy.sagemaker.create_model_package_group(
        ModelPackageGroupName=name, Tags=[{"Key": "team", "Value": "ml"}]
    )
    return name


def register(toy: Toy, group: str, **changes: Any) -> str:
    container = {
        "Image": IMAGE,
        "ModelDataUrl": toy.put("m.tar.gz", archive({"model.json": b'{"version": "r"}'})),
    }
    specification = {
        "Containers": [container],
        "SupportedContentTypes": ["image/png"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    request = {
        "ModelPackageGroupName": group,
        "InferenceSpecification": specification,
        "ModelMetrics": METRICS,
    }
    arn: str = toy.sagemaker.create_model_package(**{**request, **changes})["ModelPackageArn"]
    return arn


def test_a_package_comes_back_as_it_was_registered(toy: Toy, group: str) -> None:
    properties = {"data_digest": "abc", "accuracy": "0.9"}
    arn = register(
        toy, group, ModelApprovalStatus="PendingManualApproval", CustomerMetadataProperties=properties
    )

    told = toy.sagemaker.describe_model_package(ModelPackageName=arn)

    assert arn.endswith(f":model-package/{group}/1")
    assert (told["ModelPackageGroupName"], told["ModelPackageVersion"]) == (group, 1)
    assert (told["ModelMetrics"], told["CustomerMetadataProperties"]) == (METRICS, properties)
    assert told["InferenceSpecification"]["Containers"][0]["Image"] == IMAGE
    assert (told["ModelPackageStatus"], told["ModelApprovalStatus"]) == ("Completed", "PendingManualApproval")


def test_approval_leaves_the_rest_as_it_is(toy: Toy, group: str) -> None:
    arn = register(toy, group, CustomerMetadataProperties={"a": "1", "b": "2"})

    toy.sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        CustomerMetadataProperties={"c": "3"},
        CustomerMetadataPropertiesToRemove=["a"],
    )

    told = toy.sagemaker.describe_model_package(ModelPackageName=arn)
    assert told["ModelApprovalStatus"] == "Approved"
    assert told["CustomerMetadataProperties"] == {"b": "2", "c": "3"}


def test_a_version_is_never_given_twice(toy: Toy, group: str) -> None:
    first, second = register(toy, group), register(toy, group)
    toy.sagemaker.delete_model_package(ModelPackageName=first)
    third = register(toy, group)

    found = toy.sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert [package["ModelPackageArn"] for package in found] == [second, third]
    assert third.endswith("/3")


def test_a_group_goes_only_when_it_is_empty(toy: Toy, group: str) -> None:
    arn = register(toy, group)

    with pytest.raises(ClientError, match="still contains Model Packages") as refused:
        toy.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    assert refused.value.response["Error"]["Code"] == "ConflictException"

    toy.sagemaker.delete_model_package(ModelPackageName=arn)
    toy.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="does not exist"):
        toy.sagemaker.describe_model_package_group(ModelPackageGroupName=group)


def test_a_registered_model_can_be_served(toy: Toy, group: str) -> None:
    model = toy.model(PrimaryContainer={"ModelPackageName": register(toy, group)})

    assert toy.ask(toy.endpoint(model))[2] == "r"


def test_tags_are_kept_per_resource(toy: Toy, group: str) -> None:
    package = register(toy, group)
    arn = toy.sagemaker.describe_model_package_group(ModelPackageGroupName=group)["ModelPackageGroupArn"]

    toy.sagemaker.add_tags(
        ResourceArn=arn, Tags=[{"Key": "team", "Value": "ops"}, {"Key": "x", "Value": "y"}]
    )
    toy.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["x"])

    assert toy.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "ops"}]
    assert toy.sagemaker.list_tags(ResourceArn=package)["Tags"] == []


def test_an_operation_that_is_lacking_is_named(toy: Toy) -> None:
    with pytest.raises(ClientError, match=r"local AWS lacks SageMaker\.CreateMlflowApp"):
        toy.sagemaker.create_mlflow_app(Name="x", ArtifactStoreUri="s3://b/x", RoleArn=toy.role)
