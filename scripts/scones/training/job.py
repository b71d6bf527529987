"""The training job: an image-classification algorithm on the staged data, SageMaker's built-in one or ours.

A job is named after its recipe (data, hyperparameters, image, program, instances), so that AWS itself knows
what was trained already: the same recipe again finds the job that ended, or waits on with the one that still
runs.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
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
SCRIPT_MODE = {"image_shape": "3,32,32"}  # our program's own defaults are made for these pictures
# The drawn pictures are there to prove the flow, and are learnt in less.
DRAWN_HYPERPARAMETERS = {"epochs": "8"}
DRAWN_PRETRAINED_HYPERPARAMETERS = {"epochs": "3"}
# The built-in algorithm has these of its own; a program in script mode is read by what the request says.
METRICS = [
    {"Name": f"{split.lower()}:accuracy", "Regex": rf"Epoch\[\d+\] {split}-accuracy=([0-9.]+)"}
    for split in ("Train", "Validation")
]
ENTRY_POINT = "train.py"
INFO = 20  # a level of Python's logging


@dataclass(frozen=True)
class Program:
    """A package that AWS's PyTorch container runs: its s3:// address, and the digest of what is in it."""

    uri: str
    digest: str


@dataclass(frozen=True)
class Recipe:
    """All that decides what a training job learns, and on what it runs.

    `program` is None for the built-in algorithm. `background`: pictures of other things are staged, and a
    program learns from them what it has never seen.
    """

    image_uri: str
    data_digest: str
    num_classes: int
    num_training_samples: int
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    instance_type: str = "ml.g4dn.xlarge"
    volume_gib: int = 10
    max_runtime_seconds: int = 3600
    spot: bool = False
    max_wait_seconds: int | None = (
        None  # for spot capacity, the training itself included; None: twice its time
    )
    instance_count: int = 1
    program: Program | None = None
    background: bool = False

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that name this recipe; where the program lies is no part of it."""
        parts = asdict(self) | {"hyperparameters": self.all_hyperparameters()}
        for name in ("max_wait_seconds", "instance_count", "program", "background"):
            if parts[name] == _DEFAULTS[name]:
                del parts[name]  # jobs that were named before there was such a choice keep their names
        if self.program:
            parts["program"] = self.program.digest
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]

    def all_hyperparameters(self) -> dict[str, str]:
        """Return the hyperparameters as the job gets them: strings, those of the data among them."""
        of_the_data = {
            "num_classes": str(self.num_classes),
            "num_training_samples": str(self.num_training_samples),
        }
        return (SCRIPT_MODE if self.program else HYPERPARAMETERS) | of_the_data | dict(self.hyperparameters)


_DEFAULTS = {field.name: field.default for field in fields(Recipe)}


def job_request(recipe: Recipe, foundation: Foundation, name: str) -> dict[str, Any]:
    """Return the CreateTrainingJob request for a recipe."""
    bucket = foundation.data_bucket
    stopping = {"MaxRuntimeInSeconds": recipe.max_runtime_seconds}
    if recipe.spot:
        stopping["MaxWaitTimeInSeconds"] = recipe.max_wait_seconds or 2 * recipe.max_runtime_seconds
    request = {
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
            "InstanceCount": recipe.instance_count,
            "VolumeSizeInGB": recipe.volume_gib,
        },
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": recipe.spot,
        "Tags": [{"Key": "recipe", "Value": recipe.digest}, {"Key": "data", "Value": recipe.data_digest}],
    }
    if recipe.program:
        _run_in_script_mode(request, recipe, recipe.program, foundation)
    return request


def _run_in_script_mode(
    request: dict[str, Any], recipe: Recipe, program: Program, foundation: Foundation
) -> None:
    """Give a request what AWS's PyTorch container, and a program of ours in it, need beside."""
    bucket = foundation.data_bucket
    # As the SageMaker SDK writes them: every value is JSON, and those of its own toolkit say what to run.
    toolkits: dict[str, Any] = {
        "sagemaker_program": ENTRY_POINT,
        "sagemaker_submit_directory": program.uri,
        "sagemaker_container_log_level": INFO,
        "sagemaker_job_name": request["TrainingJobName"],
        "sagemaker_region": foundation.region,
    }
    request["HyperParameters"] = {
        key: json.dumps(value) for key, value in (request["HyperParameters"] | toolkits).items()
    }
    request["AlgorithmSpecification"]["MetricDefinitions"] = METRICS
    if recipe.background:
        request["InputDataConfig"] += [
            _channel("background", f"s3://{bucket}/background/train/"),
            _channel("background_lst", f"s3://{bucket}/background_training.lst"),
            _channel("background_validation_lst", f"s3://{bucket}/background_validation.lst"),
        ]
    if recipe.spot:
        request["CheckpointConfig"] = {"S3Uri": f"s3://{bucket}/checkpoints/{recipe.digest}/"}


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
