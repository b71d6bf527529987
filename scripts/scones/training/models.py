"""The trained model as the rest of the flow knows it: its manifest, and its package in the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from scones.s3 import read_json_object
from scones.settings import Foundation
from scones.training.job import Recipe, final_metrics

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient

MANIFEST_KEY = "manifests/model.json"
CONTENT_TYPES = ["image/png", "image/jpeg", "application/x-image"]
RESPONSE_TYPES = ["application/json", "application/jsonlines"]


@dataclass(frozen=True)
class Serving:
    """The image that serves a model, and its container's environment variables."""

    image_uri: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """What is known of a model's answers: where they lie, and the rule that was chosen on them.

    Everything is None for a model whose answers on the evaluation set are not known; the limit alone is None
    for one that gives no out-of-domain score.
    """

    evaluation_uri: str | None = None
    baseline_uri: str | None = None
    confidence_threshold: float | None = None
    out_of_domain_limit: float | None = None
    target_error: float | None = None  # that the threshold was chosen for
    target_reached: bool | None = None  # False: no threshold keeps the error that low on validation


def model_manifest(
    job: dict[str, Any],
    recipe: Recipe,
    model_digest: str,
    model_package_arn: str,
    serving: Serving,
    class_names: Sequence[str],
    judgement: Judgement,
) -> dict[str, Any]:
    """Return what Terraform reads as the variable `model`. `class_names`: in the order of its answers."""
    return {
        "training_job_name": job["TrainingJobName"],
        "algorithm": "pytorch" if recipe.program else "builtin",
        "image_uri": serving.image_uri,
        "environment": dict(serving.environment),
        "model_data_url": job["ModelArtifacts"]["S3ModelArtifacts"],
        "model_digest": model_digest,
        "data_digest": recipe.data_digest,
        "model_package_arn": model_package_arn,
        "class_names": list(class_names),
        "metrics": final_metrics(job),
        **asdict(judgement),
    }


def publish_manifest(s3: S3Client, bucket: str, manifest: dict[str, Any]) -> None:
    """Put the manifest beside the model, for whoever plans on another machine."""
    s3.put_object(Bucket=bucket, Key=MANIFEST_KEY, Body=json.dumps(manifest, indent=2).encode())


def fetch_manifest(s3: S3Client, bucket: str) -> dict[str, Any] | None:
    """Return the manifest of the model that was trained last, None when none was."""
    return read_json_object(s3, bucket, MANIFEST_KEY)


def register_model(
    sagemaker: SageMakerClient,
    s3: S3Client,
    foundation: Foundation,
    job: dict[str, Any],
    recipe: Recipe,
    serving: Serving,
) -> str:
    """Put the model into the registry with its metrics, once for each job; return the package's ARN."""
    known = find_package(sagemaker, foundation.model_package_group_name, job["TrainingJobName"])
    if known:
        return known
    metrics_uri = _write_metrics(s3, foundation.data_bucket, job)
    package = sagemaker.create_model_package(
        ModelPackageGroupName=foundation.model_package_group_name,
        ModelPackageDescription=f"training job {job['TrainingJobName']}",
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [
                {
                    "Image": serving.image_uri,
                    "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"],
                    **({"Environment": dict(serving.environment)} if serving.environment else {}),
                }
            ],
            "SupportedContentTypes": CONTENT_TYPES,
            "SupportedResponseMIMETypes": RESPONSE_TYPES,
        },
        ModelMetrics={
            "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": metrics_uri}}
        },
        CustomerMetadataProperties={
            "training_job": job["TrainingJobName"],
            "recipe": recipe.digest,
            "data_digest": recipe.data_digest,
        },
    )
    return str(package["ModelPackageArn"])


def find_package(sagemaker: SageMakerClient, group: str, job_name: str) -> str | None:
    """Return the ARN of the package that register_model made for a job, None when it is gone."""
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for page in pages:
        for summary in page["ModelPackageSummaryList"]:
            if summary.get("ModelPackageDescription") == f"training job {job_name}":
                return str(summary["ModelPackageArn"])
    return None


def _write_metrics(s3: S3Client, bucket: str, job: dict[str, Any]) -> str:
    """Write the metrics in the form that SageMaker's registry shows."""
    key = f"models/{job['TrainingJobName']}/metrics.json"
    metrics = {name: {"value": value} for name, value in final_metrics(job).items()}
    body = json.dumps({"multiclass_classification_metrics": metrics}, sort_keys=True)
    s3.put_object(Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/json")
    return f"s3://{bucket}/{key}"


def delete_model_packages(sagemaker: SageMakerClient, group: str) -> int:
    """Delete the packages of a group, without which the group cannot go; return how many there were."""
    try:
        pages = list(sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFound"):
            return 0  # there is no such group
        raise
    arns = [package["ModelPackageArn"] for page in pages for package in page["ModelPackageSummaryList"]]
    for arn in arns:
        sagemaker.delete_model_package(ModelPackageName=arn)
    return len(arns)
