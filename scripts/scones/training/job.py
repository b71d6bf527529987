"""The training job: SageMaker's built-in image-classification algorithm on the staged data.

A job is named after its recipe (data, hyperparameters, image, instance), so that AWS itself knows what was
trained already: the same recipe again finds the job that ended, or waits on with the one that still runs.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from scones.errors import SconesError
from scones.settings import Foundation

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
CONTENT_TYPE = "application/x-image"
SHORTEST_POLL, LONGEST_POLL = 0.5, 5.0  # seconds
POLL_GROWTH = 1.2
GOES_ON = ("InProgress", "Stopping")

# https://docs.aws.amazon.com/sagemaker/latest/dg/IC-Hyperparameter.html; the data decide the rest.
HYPERPARAMETERS = {"image_shape": "3,32,32", "epochs": "30"}
# The drawn pictures are there to prove the flow, and are learnt in less.
DRAWN_HYPERPARAMETERS = {"epochs": "8"}


@dataclass(frozen=True)
class Recipe:
    """All that decides what a training job learns, and on what it runs."""

    image_uri: str
    data_digest: str
    num_classes: int
    num_training_samples: int
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    instance_type: str = "ml.g4dn.xlarge"
    volume_gib: int = 10
    max_runtime_seconds: int = 3600
    spot: bool = False

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that name this recipe."""
        parts = asdict(self) | {"hyperparameters": self.all_hyperparameters()}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]

    def all_hyperparameters(self) -> dict[str, str]:
        """Return the hyperparameters as the job gets them: strings, those of the data among them."""
        of_the_data = {
            "num_classes": str(self.num_classes),
            "num_training_samples": str(self.num_training_samples),
        }
        return HYPERPARAMETERS | of_the_data | dict(self.hyperparameters)


def job_request(recipe: Recipe, foundation: Foundation, name: str) -> dict[str, Any]:
    """Return the CreateTrainingJob request for a recipe."""
    bucket = foundation.data_bucket
    stopping = {"MaxRuntimeInSeconds": recipe.max_runtime_seconds}
    if recipe.spot:
        stopping["MaxWaitTimeInSeconds"] = 2 * recipe.max_runtime_seconds
    return {
        "TrainingJobName": name,
        "RoleArn": foundation.sagemaker_role_arn,
        "AlgorithmSpecification": {"TrainingImage": recipe.image_uri, "TrainingInputMode": "File"},
        "HyperParameters": recipe.all_hyperparameters(),
        # The validation pictures are cut from the training split: both channels read the same folder, and
        # the two lists say which picture is whose. The test split has no channel at all.
        "InputDataConfig": [
            _channel("train", f"s3://{bucket}/train/"),
            _channel("validation", f"s3://{bucket}/train/"),
            _channel("train_lst", f"s3://{bucket}/training.lst"),
            _channel("validation_lst", f"s3://{bucket}/validation.lst"),
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models", "KmsKeyId": foundation.kms_key_arn},
        "ResourceConfig": {
            "InstanceType": recipe.instance_type,
            "InstanceCount": 1,
            "VolumeSizeInGB": recipe.volume_gib,
        },
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": recipe.spot,
        "Tags": [{"Key": "recipe", "Value": recipe.digest}, {"Key": "data", "Value": recipe.data_digest}],
    }


def _channel(name: str, uri: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "ContentType": CONTENT_TYPE,
        "InputMode": "File",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": uri,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }


# --- Find, start, wait -----------------------------------------------------------------------------------


def find_job(sagemaker: SageMakerClient, s3: S3Client, recipe: Recipe) -> dict[str, Any] | None:
    """Return the newest job of this recipe that still runs or whose model is there, None without one.

    SageMaker keeps jobs for ever; their models go with the bucket.
    """
    pages = sagemaker.get_paginator("list_training_jobs").paginate(
        NameContains=recipe.digest, SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        for summary in page["TrainingJobSummaries"]:
            if summary["TrainingJobStatus"] in ("InProgress", "Completed"):
                name = summary["TrainingJobName"]
                found: dict[str, Any] = dict(sagemaker.describe_training_job(TrainingJobName=name))
                if found["TrainingJobStatus"] == "InProgress" or _has_model(s3, found):
                    return found
    return None


def _has_model(s3: S3Client, job: dict[str, Any]) -> bool:
    place = urlsplit(job["ModelArtifacts"]["S3ModelArtifacts"])
    try:
        s3.head_object(Bucket=place.netloc, Key=place.path.removeprefix("/"))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchBucket"):
            return False
        raise
    return True


def start_job(sagemaker: SageMakerClient, recipe: Recipe, foundation: Foundation, prefix: str) -> str:
    """Create the training job and return its name."""
    name = f"{prefix}-{recipe.digest}-{datetime.now(UTC):%Y%m%d%H%M%S}"
    sagemaker.create_training_job(**job_request(recipe, foundation, name))
    return name


def wait_for_job(
    sagemaker: SageMakerClient,
    logs: CloudWatchLogsClient,
    name: str,
    show: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Show the job's log until it ends, and return its description.

    Raises SconesError with the job's own reason when it did not complete.
    """
    log = JobLog(logs, name)
    pause = SHORTEST_POLL
    while True:
        job: dict[str, Any] = dict(sagemaker.describe_training_job(TrainingJobName=name))
        lines = log.new_lines()
        for line in lines:
            show(line)
        if job["TrainingJobStatus"] not in GOES_ON and not lines:
            break
        pause = SHORTEST_POLL if lines else min(pause * POLL_GROWTH, LONGEST_POLL)
        sleep(pause)
    if job["TrainingJobStatus"] != "Completed":
        reason = job.get("FailureReason") or f"it was {job['TrainingJobStatus'].lower()}"
        raise SconesError(f"training job {name}: {' '.join(reason.split())}; its log is in {LOG_GROUP}")
    return job


class JobLog:
    """The lines that a training job has written to CloudWatch Logs, each given once."""

    def __init__(self, logs: CloudWatchLogsClient, job: str) -> None:
        self._logs = logs
        self._job = job
        self._tokens: dict[str, str] = {}

    def new_lines(self) -> list[str]:
        """Return what was written since the last call, over all of the job's streams."""
        try:
            streams = self._logs.describe_log_streams(
                logGroupName=LOG_GROUP, logStreamNamePrefix=f"{self._job}/"
            )
        except self._logs.exceptions.ResourceNotFoundException:
            return []  # the group comes into being with the first line
        return [line for stream in streams["logStreams"] for line in self._read(stream["logStreamName"])]

    def _read(self, stream: str) -> list[str]:
        lines: list[str] = []
        while True:
            token: dict[str, Any] = {"nextToken": self._tokens[stream]} if stream in self._tokens else {}
            page = self._logs.get_log_events(
                logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True, **token
            )
            lines += [event["message"] for event in page["events"]]
            # At the end CloudWatch answers the token that it was given.
            at_end = page["nextForwardToken"] == self._tokens.get(stream)
            self._tokens[stream] = page["nextForwardToken"]
            if at_end or not page["events"]:
                return lines


def final_metrics(job: dict[str, Any]) -> dict[str, float]:
    """Return the last value of each metric of a training job."""
    return {metric["MetricName"]: float(metric["Value"]) for metric in job.get("FinalMetricDataList", [])}
