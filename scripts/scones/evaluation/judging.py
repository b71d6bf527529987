"""How far a new model is to be trusted: the rule chosen on its answers on validation, and the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scones.evaluation.threshold import TARGET_ERROR, Choice, choose
from scones.s3 import read_json_object
from scones.training.baseline import make_baseline, publish_baseline
from scones.training.evaluations import evaluation_key, publish_evaluation
from scones.training.models import Judgement

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def judge(
    s3: S3Client, bucket: str, job: dict[str, Any], target_error: float
) -> tuple[Choice | None, Judgement]:
    """Publish what a job's model answers on validation, and choose the rule that it is trusted by.

    The choice is None for a job that left no answers, as the built-in algorithm does. Raises SconesError when
    what it left is not whole.
    """
    name = job["TrainingJobName"]
    evaluation_uri = publish_evaluation(s3, bucket, job)
    if evaluation_uri is None:
        return None, Judgement()
    evaluation = read_json_object(s3, bucket, evaluation_key(name)) or {}
    choice = choose(evaluation, target_error)
    return choice, Judgement(
        evaluation_uri=evaluation_uri,
        baseline_uri=publish_baseline(s3, bucket, name, make_baseline(evaluation)),
        **rule_fields(choice),
    )


def rule_fields(choice: Choice) -> dict[str, Any]:
    """Return the fields of a model's manifest that a choice decides."""
    return {
        "confidence_threshold": choice.threshold,
        "out_of_domain_limit": choice.out_of_domain_limit,
        "target_error": choice.target_error,
        "target_reached": choice.is_reached,
    }


def target_error_of(job_name: str, manifest: Mapping[str, Any] | None, asked: float | None) -> float:
    """Return the error to aim at: what was asked for, else what this job's model was given before.

    So that training again, which finds the job that has ended, does not take back what was chosen since.
    """
    if asked is not None:
        return asked
    known = manifest.get("target_error") if manifest and manifest["training_job_name"] == job_name else None
    return TARGET_ERROR if known is None else float(known)


def sentence(choice: Choice) -> str:
    """Say what the choice means on the validation pictures."""
    error, threshold = f"{100 * choice.target_error:g} %", f"{choice.threshold:.10g}"
    if not choice.is_reached:
        right = choice.selective_accuracy
        return (
            f"TARGET NOT REACHED: no threshold keeps the error at {error} on validation. The highest, "
            f"{threshold}, is taken: {right.total - right.successes} of the {right.total} pictures that it "
            "lets pass are wrong. Train again, or choose a higher TARGET_ERROR."
        )
    return (
        f"Trusted from a confidence of {threshold} on: {choice.coverage.share:.1%} of the validation "
        f"pictures, at most {error} of them wrong."
    )
