"""Whether confidences can be believed: from the deployed model's evaluation, else from labelled captures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scones.errors import SconesError
from scones.evaluation.calibration import Bin, expected_calibration_error, reliability
from scones.proportions import Proportion
from scones.reporting.verdicts import Inference
from scones.training.record import is_share

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LARGEST = 64 << 20  # bytes


@dataclass(frozen=True)
class Calibration:
    """Bins of answers by confidence, and the expected calibration error: 0 to 1."""

    bins: Sequence[Bin]
    error: float
    source: str  # what it was measured on, for people

    @property
    def answers(self) -> int:
        return sum(each.right.total for each in self.bins)


def read_evaluation(s3: S3Client, bucket: str, job_name: str) -> Calibration | None:
    """Return what `make evaluate` found for a training job's model, None when it has not been run.

    SconesError when the file is not what it writes.
    """
    key = f"evaluations/{job_name}/evaluation.json"
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read(LARGEST)
    except s3.exceptions.NoSuchKey:
        return None
    try:
        return calibration_from(json.loads(body), f"the test pictures of make evaluate, s3://{bucket}/{key}")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SconesError(f"s3://{bucket}/{key} is no evaluation ({type(error).__name__})") from None


def calibration_from(content: Mapping[str, Any], source: str) -> Calibration:
    """Return the calibration in an evaluation. KeyError, TypeError or ValueError when there is none."""
    found = content["calibration"]
    bins = [
        Bin(
            float(each["low"]),
            float(each["high"]),
            _share(each["mean_confidence"]),
            Proportion(int(each["right"]["successes"]), int(each["right"]["total"])),
        )
        for each in found["reliability"]
    ]
    return Calibration(bins, _share(found["expected_calibration_error"]), source)


def measure(inferences: Sequence[Inference]) -> Calibration | None:
    """Return the calibration of the captured answers whose true class is known, None when there is none.

    A picture that shows none of the classes has no confidence that would be right.
    """
    known = [
        inference for inference in inferences if inference.right is not None and not inference.is_neither
    ]
    if not known:
        return None
    confidences = np.array([inference.capture.confidence for inference in known])
    right = np.array([float(bool(inference.right)) for inference in known])
    bins = reliability(confidences, right)
    return Calibration(bins, expected_calibration_error(bins), "the captures whose true class is known")


def _share(value: Any) -> float:
    if not is_share(value):
        raise ValueError(f"{value!r} is not from 0 to 1")
    return float(value)
