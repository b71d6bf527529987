"""A training job is found again by its recipe, as long as its model is there."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scones.settings import Foundation
from scones.training import job, models

FOUNDATION = Foundation(
    region="us-east-1",
    account_id="123456789012",
    data_bucket="pictures",
    kms_key_arn="arn:aws:kms:us-east-1:123456789012:key/1",
    sagemaker_role_arn="arn:aws:iam::123456789012:role/sagemaker",
    model_package_group_name="scones-test",
)
RECIPE = job.Recipe("image-classification:1", "d1", num_classes=2, num_training_samples=900)


@pytest.fixture
def aws() -> Iterator[Any]:
    with mock_aws():
        session = boto3.Session("testing", "testing", region_name="us-east-1")
        session.client("s3").create_bucket(Bucket="pictures")
        yield session.client


def trained(aws: Any) -> dict[str, Any]:
    """A job of the recipe that has ended well, and its model."""
    name = job.start_job(aws("sagemaker"), RECIPE, FOUNDATION, "scones-test")
    found: dict[str, Any] = aws("sagemaker").describe_training_job(TrainingJobName=name)
    _, key = models.split_uri(found["ModelArtifacts"]["S3ModelArtifacts"])
    aws("s3").put_object(Bucket="pictures", Key=key, Body=b"model")
    return found


def test_the_same_recipe_finds_the_job_that_has_ended(aws: Any) -> None:
    ended = trained(aws)

    found = job.find_job(aws("sagemaker"), aws("s3"), RECIPE)

    assert found is not None
    assert found["TrainingJobName"] == ended["TrainingJobName"]


def test_a_job_whose_model_went_with_the_bucket_does_not_count(aws: Any) -> None:
    ended = trained(aws)
    _, key = models.split_uri(ended["ModelArtifacts"]["S3ModelArtifacts"])
    aws("s3").delete_object(Bucket="pictures", Key=key)

    assert job.find_job(aws("sagemaker"), aws("s3"), RECIPE) is None


@pytest.mark.parametrize(
    "other",
    [
        job.Recipe("image-classification:1", "d2", 2, 900),
        job.Recipe("image-classification:1", "d1", 2, 900, {"epochs": "31"}),
        job.Recipe("image-classification:1", "d1", 2, 900, spot=True),
    ],
    ids=["data", "hyperparameters", "spot"],
)
def test_another_recipe_is_another_job(aws: Any, other: job.Recipe) -> None:
    trained(aws)

    assert job.find_job(aws("sagemaker"), aws("s3"), other) is None


def test_another_default_is_another_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    before = RECIPE.digest

    monkeypatch.setitem(job.HYPERPARAMETERS, "epochs", "60")

    assert before != RECIPE.digest


def test_the_test_split_has_no_channel() -> None:
    request = job.job_request(RECIPE, FOUNDATION, "name")
    places = [entry["DataSource"]["S3DataSource"]["S3Uri"] for entry in request["InputDataConfig"]]

    assert places == [
        "s3://pictures/train/",
        "s3://pictures/train/",
        "s3://pictures/training.lst",
        "s3://pictures/validation.lst",
    ]


def test_a_manifest_that_was_published_is_fetched_elsewhere(aws: Any) -> None:
    assert models.fetch_manifest(aws("s3"), "pictures") is None

    models.publish_manifest(aws("s3"), "pictures", {"model_digest": "1"})

    assert models.fetch_manifest(aws("s3"), "pictures") == {"model_digest": "1"}
