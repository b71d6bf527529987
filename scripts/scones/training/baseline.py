"""The baseline: how a model's answers on validation, and those pictures, are distributed.

What the endpoint captures later is compared with it, so it holds each value, sorted, and nothing about which
picture it was.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def make_baseline(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the distributions of an evaluation.json.

    {"pictures": 100, "confidence": [...], "class_share": [0.5, 0.5],
     "statistics": {"brightness": [...], ...}, "out_of_domain": [...]}

    The rule is no part of it: it may be chosen anew, and the model's manifest alone says what it is.
    `class_share` is the share of answers for each class. Statistics and scores that the evaluation does not
    give for every picture are left empty: half a distribution would be another one.
    """
    pictures = evaluation["pictures"]
    answers = [_answer(picture) for picture in pictures]
    times = Counter(predicted for predicted, _ in answers)
    scores = [picture.get("out_of_domain") for picture in pictures]
    return {
        "pictures": len(pictures),
        "confidence": sorted(confidence for _, confidence in answers),
        "class_share": [times[index] / len(pictures) for index in range(evaluation["classes"])],
        "statistics": _statistics([picture.get("statistics") or {} for picture in pictures]),
        "out_of_domain": [] if None in scores else sorted(scores),
    }


def publish_baseline(s3: S3Client, bucket: str, job_name: str, baseline: Mapping[str, Any]) -> str:
    """Write it beside the model, as models/<job>/baseline.json; return its s3:// address."""
    key = f"models/{job_name}/baseline.json"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(baseline).encode(), ContentType="application/json")
    return f"s3://{bucket}/{key}"


def _answer(picture: Mapping[str, Any]) -> tuple[int, float]:
    """The most likely class and its confidence."""
    probabilities = picture.get("probabilities")
    if not probabilities:
        return picture["predicted"], picture["confidence"]
    confidence = max(probabilities)
    return probabilities.index(confidence), confidence


def _statistics(pictures: list[Mapping[str, float]]) -> dict[str, list[float]]:
    known = set.intersection(*(set(picture) for picture in pictures)) if pictures else set()
    return {name: sorted(picture[name] for picture in pictures) for name in sorted(known)}
