"""The test metrics where people look for them: at the model package in SageMaker's registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import sqrt
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from scones.s3 import read_json_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient

QUALITY = "multiclass_classification_metrics"


def metrics_key(training_job: str) -> str:
    return f"models/{training_job}/metrics.json"


def model_quality(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures as SageMaker Model Monitor writes a multiclass model's quality.

    Rows of the confusion matrix are true classes. Weighted: by the pictures of each true class. A standard
    deviation that is not known is "NaN", as there.
    """
    accuracy = figures["accuracy"]
    deviation = sqrt(accuracy["share"] * (1 - accuracy["share"]) / accuracy["total"])
    names = figures["class_names"]
    weighted = {
        f"weighted_{kind}": _value(_weighted(figures, kind)) for kind in ("precision", "recall", "f1")
    }
    return {
        QUALITY: {
            "confusion_matrix": {
                name: dict(zip(names, counts, strict=True))
                for name, counts in zip(names, figures["confusion_matrix"], strict=True)
            },
            "accuracy": _value(accuracy["share"], deviation),
            **weighted,
            "expected_calibration_error": _value(figures["calibration"]["expected_calibration_error"]),
            "negative_log_likelihood": _value(figures["negative_log_likelihood"]),
            "brier_score": _value(figures["brier_score"]),
            "coverage": _value(figures["selective"]["coverage"]["share"]),
            "selective_accuracy": _value(figures["selective"]["accuracy"]["share"]),
        }
    }


def publish_metrics(s3: S3Client, bucket: str, training_job: str, figures: Mapping[str, Any]) -> str:
    """Write the test metrics beside what training measured; return the s3:// address."""
    key = metrics_key(training_job)
    known = (read_json_object(s3, bucket, key) or {}).get(QUALITY) or {}
    body = json.dumps({QUALITY: {**known, **model_quality(figures)[QUALITY]}}, sort_keys=True)
    s3.put_object(Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/json")
    return f"s3://{bucket}/{key}"


def annotate_package(sagemaker: SageMakerClient, package_arn: str, figures: Mapping[str, Any]) -> bool:
    """Write accuracy and date onto the model package; False when the package is gone."""
    accuracy = figures["accuracy"]
    low, high = accuracy["interval"]
    properties = {
        "test_accuracy": f"{accuracy['share']:.4f}",
        "test_accuracy_interval": f"{low:.4f}-{high:.4f}",
        "test_pictures": str(accuracy["total"]),
        "evaluated_at": figures["evaluated_at"],
    }
    try:
        sagemaker.update_model_package(ModelPackageArn=package_arn, CustomerMetadataProperties=properties)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFound"):
            return False
        raise
    return True


def _weighted(figures: Mapping[str, Any], kind: str) -> float:
    """Return the mean over classes, weighted by how often each occurs; a class never answered counts 0."""
    total = figures["accuracy"]["total"]
    values = (
        (found["recall"]["total"], found["f1"] if kind == "f1" else found[kind]["share"])
        for found in figures["per_class"]
    )
    return sum(count * (value or 0.0) for count, value in values) / total


def _value(value: float | None, deviation: float | None = None) -> dict[str, Any]:
    return {
        "value": "NaN" if value is None else value,
        "standard_deviation": "NaN" if deviation is None else deviation,
    }
