"""A model's manifest and its package in the registry say what serves it, and how far it is to be trusted."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scones.settings import Foundation
from scones.training import job, models

FOUNDATION = Foundation("us-east-1", "123456789012", "pictures", "arn:key", "arn:role", "scones-test")
JOB = {
    "TrainingJobName": "job-1",
    "AlgorithmSpecification": {"TrainingImage": "training:1"},
    "ModelArtifacts": {"S3ModelArtifacts": "s3://pictures/models/job-1/output/model.tar.gz"},
    "FinalMetricDataList": [{"MetricName": "validation:accuracy", "Value": 0.5}],
}
BUILTIN = job.Recipe("training:1", "d1", 2, 900)
SCRIPT_MODE = replace(BUILTIN, program=job.Program("s3://pictures/code/1/sourcedir.tar.gz", "1"))
SERVING = models.Serving("inference:1", {"SAGEMAKER_PROGRAM": "inference.py"})


def manifest(recipe: job.Recipe, judgement: models.Judgement) -> dict[str, Any]:
    return models.model_manifest(JOB, recipe, "m1", "arn:package", SERVING, ["bicycle", "van"], judgement)


def test_a_manifest_says_what_serves_and_how_far_to_trust_it() -> None:
    judgement = models.Judgement("s3://e", "s3://b", 0.9, 0.3, 0.02, True)

    assert manifest(SCRIPT_MODE, judgement) == {
        "training_job_name": "job-1",
        "algorithm": "pytorch",
        "image_uri": "inference:1",
        "environment": {"SAGEMAKER_PROGRAM": "inference.py"},
        "model_data_url": "s3://pictures/models/job-1/output/model.tar.gz",
        "model_digest": "m1",
        "data_digest": "d1",
        "model_package_arn": "arn:package",
        "class_names": ["bicycle", "van"],
        "metrics": {"validation:accuracy": 0.5},
        "evaluation_uri": "s3://e",
        "baseline_uri": "s3://b",
        "confidence_threshold": 0.9,
        "out_of_domain_limit": 0.3,
        "target_error": 0.02,
        "target_reached": True,
    }


def test_a_model_whose_answers_are_not_known_has_no_rule() -> None:
    found = manifest(BUILTIN, models.Judgement())

    assert found["algorithm"] == "builtin"
    names = (
        "evaluation_uri",
        "baseline_uri",
        "confidence_threshold",
        "out_of_domain_limit",
        "target_reached",
    )
    assert [found[name] for name in names] == [None] * 5


@pytest.fixture
def aws() -> Iterator[Any]:
    with mock_aws():
        session = boto3.Session("testing", "testing", region_name="us-east-1")
        session.client("s3").create_bucket(Bucket="pictures")
        session.client("sagemaker").create_model_package_group(ModelPackageGroupName="scones-test")
        yield session.client


@pytest.mark.parametrize("serving", [SERVING, models.Serving("inference:1")], ids=["script mode", "builtin"])
def test_the_registry_holds_what_serves_it(aws: Any, serving: models.Serving) -> None:
    sagemaker = aws("sagemaker")

    arn = models.register_model(sagemaker, aws("s3"), FOUNDATION, JOB, SCRIPT_MODE, serving)

    package = sagemaker.describe_model_package(ModelPackageName=arn)
    container = package["InferenceSpecification"]["Containers"][0]
    assert container["Image"] == "inference:1"
    assert container.get("Environment", {}) == serving.environment
