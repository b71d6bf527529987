"""A training job is found again by its recipe, as long as its model is there."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scones.s3 import split_uri
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
SCRIPT_MODE = replace(
    RECIPE,
    image_uri="pytorch-training:1",
    program=job.Program("s3://pictures/code/p1/sourcedir.tar.gz", "p1"),
)


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
    _, key = split_uri(found["ModelArtifacts"]["S3ModelArtifacts"])
    aws("s3").put_object(Bucket="pictures", Key=key, Body=b"model")
    return found


def test_the_same_recipe_finds_the_job_that_has_ended(aws: Any) -> None:
    ended = trained(aws)

    found = job.find_job(aws("sagemaker"), aws("s3"), RECIPE)

    assert found is not None
    assert found["TrainingJobName"] == ended["TrainingJobName"]


def test_a_job_whose_model_went_with_the_bucket_does_not_count(aws: Any) -> None:
    ended = trained(aws)
    _, key = split_uri(ended["ModelArtifacts"]["S3ModelArtifacts"])
    aws("s3").delete_object(Bucket="pictures", Key=key)

    assert job.find_job(aws("sagemaker"), aws("s3"), RECIPE) is None


@pytest.mark.parametrize(
    "other",
    [
        job.Recipe("image-classification:1", "d2", 2, 900),
        job.Recipe("image-classification:1", "d1", 2, 900, {"epochs": "31"}),
        job.Recipe("image-classification:1", "d1", 2, 900, spot=True),
        job.Recipe("image-classification:1", "d1", 2, 900, instance_count=2),
        SCRIPT_MODE,
        replace(SCRIPT_MODE, background=True),
        replace(SCRIPT_MODE, program=job.Program("s3://pictures/code/p1/sourcedir.tar.gz", "p2")),
    ],
    ids=["data", "hyperparameters", "spot", "instances", "script mode", "background", "program"],
)
def test_another_recipe_is_another_job(aws: Any, other: job.Recipe) -> None:
    trained(aws)

    assert job.find_job(aws("sagemaker"), aws("s3"), other) is None


def test_recipes_of_the_built_in_algorithm_keep_their_names() -> None:
    assert RECIPE.digest == "9b9903f1ba33"


def test_where_a_program_lies_makes_no_other_recipe() -> None:
    elsewhere = replace(SCRIPT_MODE, program=job.Program("s3://other/sourcedir.tar.gz", "p1"))

    assert elsewhere.digest == SCRIPT_MODE.digest


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


def test_the_built_in_algorithm_is_asked_for_as_ever() -> None:
    request = job.job_request(RECIPE, FOUNDATION, "name")

    assert request["HyperParameters"] == {
        "image_shape": "3,32,32",
        "epochs": "30",
        "num_classes": "2",
        "num_training_samples": "900",
    }
    assert request["AlgorithmSpecification"] == {
        "TrainingImage": "image-classification:1",
        "TrainingInputMode": "File",
    }
    assert "CheckpointConfig" not in request


def test_script_mode_says_what_to_run_in_json() -> None:
    given = job.job_request(SCRIPT_MODE, FOUNDATION, "name")["HyperParameters"]

    assert {name: json.loads(text) for name, text in given.items()} == {
        "image_shape": "3,32,32",
        "num_classes": "2",
        "num_training_samples": "900",
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "s3://pictures/code/p1/sourcedir.tar.gz",
        "sagemaker_container_log_level": 20,
        "sagemaker_job_name": "name",
        "sagemaker_region": "us-east-1",
    }


def test_a_background_has_channels_when_it_is_staged() -> None:
    plain, rich = (
        [entry["ChannelName"] for entry in job.job_request(recipe, FOUNDATION, "name")["InputDataConfig"]]
        for recipe in (SCRIPT_MODE, replace(SCRIPT_MODE, background=True))
    )

    assert rich == [*plain, "background", "background_lst", "background_validation_lst"]


def test_spot_capacity_is_waited_for_and_training_resumes_from_checkpoints() -> None:
    recipe = replace(SCRIPT_MODE, spot=True, max_runtime_seconds=600)
    request = job.job_request(recipe, FOUNDATION, "name")

    assert request["EnableManagedSpotTraining"] is True
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200}
    assert request["CheckpointConfig"] == {"S3Uri": f"s3://pictures/checkpoints/{recipe.digest}/"}


def test_several_instances_are_asked_for() -> None:
    request = job.job_request(replace(SCRIPT_MODE, instance_count=3), FOUNDATION, "name")

    assert request["ResourceConfig"]["InstanceCount"] == 3


def test_the_metrics_of_a_program_are_read_from_its_log() -> None:
    definitions = job.job_request(SCRIPT_MODE, FOUNDATION, "name")["AlgorithmSpecification"][
        "MetricDefinitions"
    ]
    line = "[11/24/2026 14:51:49 INFO 1] Epoch[1] Validation-accuracy=0.960000"
    found = {entry["Name"]: re.search(entry["Regex"], line) for entry in definitions}

    assert found["train:accuracy"] is None
    assert found["validation:accuracy"] and found["validation:accuracy"][1] == "0.960000"


def test_a_manifest_that_was_published_is_fetched_elsewhere(aws: Any) -> None:
    assert models.fetch_manifest(aws("s3"), "pictures") is None

    models.publish_manifest(aws("s3"), "pictures", {"model_digest": "1"})

    assert models.fetch_manifest(aws("s3"), "pictures") == {"model_digest": "1"}
