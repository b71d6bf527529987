"""The project's own algorithm in script mode: trained, interrupted, resumed and served as AWS would."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from PIL import Image

from algorithm import artifact, inference
from scones.settings import REPOSITORY, Foundation
from scones.training import job as training
from scones.training.package import build_package, upload_package

from .conftest import ClientOf
from .sagemaker_toy import Toy, fresh, members

LOGS = "/aws/sagemaker/TrainingJobs"
REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
TRAINING, VALIDATION, OTHERS = range(24), range(24, 32), range(32, 40)


def picture(colour: int, seed: int) -> bytes:
    """Noise that is red, green or blue."""
    pixels = np.random.default_rng(seed).integers(0, 120, (32, 32, 3), dtype=np.uint8)
    pixels[:, :, colour] += 120
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


class Project:
    """A bucket as staging leaves it, and jobs as `make train` asks for them."""

    def __init__(self, aws: ClientOf) -> None:
        self.toy = Toy(aws)
        for index in (*TRAINING, *VALIDATION):
            self.toy.put(f"train/{index}.png", picture(2 * (index % 2), index))
        for index in OTHERS:
            self.toy.put(f"background/train/{index}.png", picture(1, index))
        self.list("training", TRAINING)
        self.list("validation", VALIDATION)
        self.list("background_training", OTHERS[:5])
        self.list("background_validation", OTHERS[5:])
        key = aws("kms").create_key()["KeyMetadata"]["Arn"]
        self.foundation = Foundation(
            "us-east-1", "123456789012", self.toy.bucket, key, self.toy.role, "group"
        )
        package = build_package(REPOSITORY / "scripts" / "algorithm")
        uri = upload_package(self.toy.s3, self.toy.bucket, package)
        self.recipe = training.Recipe(
            image_uri=f"{REGISTRY}/pytorch-training:2.6.0-cpu-py312",
            data_digest="d1",
            num_classes=2,
            num_training_samples=24,
            hyperparameters={"epochs": "2", "mini_batch_size": "8"},
            instance_type="ml.c5.2xlarge",
            program=training.Program(uri, package.digest),
            background=True,
        )

    def list(self, name: str, rows: range) -> None:
        self.toy.put(f"{name}.lst", "".join(f"{row}\t{row % 2}\t{row}.png\n" for row in rows).encode())

    def start(self, recipe: training.Recipe) -> str:
        name = fresh("algorithm")
        self.toy.sagemaker.create_training_job(**training.job_request(recipe, self.foundation, name))
        return name

    def until(self, name: str, text: str) -> None:
        """Wait until the job's log has the text."""
        while not any(text in line for line in self.toy.lines(LOGS, f"{name}/")):
            job = self.toy.sagemaker.describe_training_job(TrainingJobName=name)
            assert job["TrainingJobStatus"] == "InProgress", job.get("FailureReason")


@pytest.fixture(scope="module")
def project(aws: ClientOf) -> Project:
    return Project(aws)


@pytest.fixture(scope="module")
def trained(project: Project) -> dict[str, Any]:
    """A job on two instances that has ended."""
    return project.toy.ended(project.start(replace(project.recipe, instance_count=2)))


def test_two_instances_train_one_model(project: Project, trained: dict[str, Any]) -> None:
    assert trained["TrainingJobStatus"] == "Completed", trained.get("FailureReason")
    metrics = {metric["MetricName"] for metric in trained["FinalMetricDataList"]}
    assert metrics == {"train:accuracy", "validation:accuracy"}
    found = members(project.toy.get(trained["ModelArtifacts"]["S3ModelArtifacts"]))
    assert sum(name.endswith(".params") for name in found) == 1
    assert {"code/inference.py", "code/algorithm/model.py", "code/algorithm/weights.py"} <= set(found)
    assert "code/requirements.txt" not in found  # an endpoint without a way out could not install it
    assert not any("backbone/" in name or name.endswith("train.py") for name in found)


def test_the_job_leaves_what_it_answers_on_validation_and_background(
    project: Project, trained: dict[str, Any]
) -> None:
    output = trained["ModelArtifacts"]["S3ModelArtifacts"].replace("model.tar.gz", "output.tar.gz")
    evaluation = json.loads(members(project.toy.get(output))["evaluation.json"])

    assert [entry["key"] for entry in evaluation["pictures"]] == [f"{index}.png" for index in VALIDATION]
    assert len(evaluation["background"]) == 3


@pytest.fixture(scope="module")
def endpoint(project: Project, trained: dict[str, Any]) -> str:
    container = {
        "Image": f"{REGISTRY}/pytorch-inference:2.6.0-cpu-py312",
        "ModelDataUrl": trained["ModelArtifacts"]["S3ModelArtifacts"],
        "Environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
    }
    return project.toy.endpoint(project.toy.model(PrimaryContainer=container))


@pytest.mark.parametrize(
    "accept", ["application/json", "application/jsonlines", "application/json;verbose", "*/*", None]
)
def test_it_answers_byte_for_byte_what_the_other_server_does(
    project: Project, trained: dict[str, Any], endpoint: str, tmp_path: Path, accept: str | None
) -> None:
    for name, content in members(project.toy.get(trained["ModelArtifacts"]["S3ModelArtifacts"])).items():
        if "/" not in name:
            (tmp_path / name).write_bytes(content)
    asked, kind = picture(0, 99), inference.response_type(accept or "")
    prediction = inference.predict(artifact.load(tmp_path), asked)

    answer = project.toy.runtime.invoke_endpoint(
        EndpointName=endpoint, Body=asked, ContentType="image/png", **({"Accept": accept} if accept else {})
    )

    assert kind
    assert answer["Body"].read() == inference.encode(prediction, kind)
    assert answer["ContentType"] == inference.media_type(kind)
    assert answer["CustomAttributes"] == f"out-of-domain={prediction.out_of_domain:.6f}"


@pytest.mark.parametrize(
    ("body", "options", "status", "message"),
    [
        (b"no picture", {"ContentType": "image/png"}, 400, "not a readable PNG or JPEG image"),
        (b"x", {"ContentType": "text/csv"}, 415, "content type text/csv is not one of"),
        (picture(0, 1), {"ContentType": "image/png", "Accept": "text/html"}, 406, "cannot answer text/html"),
    ],
)
def test_it_refuses_what_the_other_server_refuses(
    project: Project, endpoint: str, body: bytes, options: dict[str, str], status: int, message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        project.toy.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **options)

    assert refused.value.response["OriginalStatusCode"] == status
    assert refused.value.response["OriginalMessage"].startswith(message)


def test_a_job_that_was_stopped_goes_on_where_it_was(project: Project) -> None:
    recipe = replace(project.recipe, spot=True, hyperparameters={"epochs": "200", "mini_batch_size": "8"})
    stopped = project.start(recipe)
    project.until(stopped, "Epoch[2] Validation-accuracy")
    project.toy.sagemaker.stop_training_job(TrainingJobName=stopped)
    first = project.toy.ended(stopped)

    resumed = project.start(recipe)
    project.until(resumed, "Resuming training after epoch")
    project.toy.sagemaker.stop_training_job(TrainingJobName=resumed)
    second = project.toy.ended(resumed)

    assert [job["TrainingJobStatus"] for job in (first, second)] == ["Stopped", "Stopped"]
    model = members(project.toy.get(second["ModelArtifacts"]["S3ModelArtifacts"]))
    history = json.loads(model["image-classification-training.json"])["history"]
    assert [epoch["epoch"] for epoch in history[:3]] == [1, 2, 3]


def test_a_mistake_is_the_jobs_reason(project: Project) -> None:
    wrong = replace(project.recipe, hyperparameters={"epochs": "none"})

    job = project.toy.ended(project.start(wrong))

    assert job["FailureReason"].startswith(
        "AlgorithmError: ClientError: hyperparameter epochs is 'none', must be a whole number"
    )
