"""Training jobs: what is asked for, what SageMaker would refuse, and what DescribeTrainingJob answers.

Real: names, roles, images and inputs are checked; the job runs (training_run.py), one process an instance,
and every status, time, metric and artefact is what happened. A spot job can be interrupted. Not real: what
kind of instance it is. A job that cannot run as asked is refused by name: instance groups, Pipe mode,
manifests, sharded channels, no compression.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError

from ..settings import Container, Settings
from . import roles
from .container import container_of
from .storage import ClientError, Storage, reason

MAX_INSTANCES = 8
ENDED = ("Completed", "Failed", "Stopped")

MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "Interrupted": "The instances of the training job were taken back",
    "MaxWaitTimeExceeded": "Training job exceeded its MaxWaitTimeInSeconds",
    "MaxRuntimeExceeded": "Training job exceeded its MaxRuntimeInSeconds",
}


class TrainingJob:
    """A job's record. The attributes are those that moto's listing and tagging read."""

    def __init__(self, request: dict[str, Any], arn: str, container: Container) -> None:
        self.request, self.arn, self.container = request, arn, container
        self.training_job_name: str = request["TrainingJobName"]
        self.tags: list[dict[str, str]] = request.get("Tags") or []
        self.training_job_status, self.secondary_status = "InProgress", ""
        self.creation_time = self.last_modified_time = utcnow()
        self.training_start_time: datetime | None = None
        self.training_end_time: datetime | None = None
        self.failure_reason: str | None = None
        self.model_artifacts: dict[str, str] | None = None
        self.transitions: list[dict[str, Any]] = []
        self.metrics: dict[str, dict[str, Any]] = {}
        self.stop: Callable[[], None] = lambda: None  # set by the run, as is the next
        self.interrupt: Callable[[], None] = lambda: None
        self._ending = threading.Lock()
        self.enter("Starting")

    @property
    def metric_definitions(self) -> list[dict[str, str]]:
        """The algorithm's own metrics and those that the request adds or redefines."""
        asked = self.request["AlgorithmSpecification"].get("MetricDefinitions") or []
        return list({entry["Name"]: dict(entry) for entry in [*self.container.metrics, *asked]}.values())

    @property
    def hosts(self) -> list[str]:
        """The instances' names: algo-1, algo-2, …"""
        count = self.request.get("ResourceConfig", {}).get("InstanceCount", 1)
        return [f"algo-{number}" for number in range(1, count + 1)]

    @property
    def channels(self) -> list[dict[str, Any]]:
        return self.request.get("InputDataConfig") or []

    @property
    def output(self) -> str:
        """The URI under which the job's archives go."""
        path: str = self.request["OutputDataConfig"]["S3OutputPath"]
        return f"{path.rstrip('/')}/{self.training_job_name}/output"

    @property
    def checkpoints(self) -> str | None:
        """The URI that the checkpoints folder is kept in step with, at the job's start and end."""
        uri: str | None = (self.request.get("CheckpointConfig") or {}).get("S3Uri")
        return uri.rstrip("/") if uri else None

    @property
    def max_runtime(self) -> float:
        """Seconds; SageMaker's default is a day."""
        return float((self.request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", 86_400))

    @property
    def is_spot(self) -> bool:
        return bool(self.request.get("EnableManagedSpotTraining"))

    @property
    def max_wait(self) -> float:
        """Seconds for the whole of a spot job, its interruptions included."""
        limit = (self.request.get("StoppingCondition") or {}).get("MaxWaitTimeInSeconds")
        return float(limit) if self.is_spot and limit else math.inf

    def enter(self, status: str) -> None:
        """Go on to a secondary status: the one before ends now."""
        now = utcnow()
        if self.transitions:
            self.transitions[-1]["EndTime"] = now
        self.transitions.append({"Status": status, "StartTime": now, "StatusMessage": MESSAGES[status]})
        self.secondary_status, self.last_modified_time = status, now

    def begin_stopping(self) -> bool:
        """Whether there is still something to stop."""
        with self._ending:
            if self.training_job_status != "InProgress":
                return False
            self.training_job_status = "Stopping"
            self.enter("Stopping")
            return True

    def end(self, status: str, secondary: str | None = None, reason: str | None = None) -> None:
        """Come to a final status."""
        with self._ending:
            self.enter(secondary or status)
            self.training_end_time = self.transitions[-1]["EndTime"] = self.last_modified_time
            self.failure_reason = reason
            self.training_job_status = status  # last: who sees it may read the rest

    def describe(self) -> dict[str, Any]:
        """DescribeTrainingJob's answer; the request's own fields bear the same names."""
        algorithm = {**self.request["AlgorithmSpecification"], "MetricDefinitions": self.metric_definitions}
        answer = {
            "EnableNetworkIsolation": False,
            "EnableInterContainerTrafficEncryption": False,
            "EnableManagedSpotTraining": False,
            **self.request,
            "TrainingJobArn": self.arn,
            "TrainingJobStatus": self.training_job_status,
            "SecondaryStatus": self.secondary_status,
            "SecondaryStatusTransitions": self.transitions,
            "FailureReason": self.failure_reason,
            "ModelArtifacts": self.model_artifacts,
            "AlgorithmSpecification": algorithm,
            "FinalMetricDataList": list(self.metrics.values()) or None,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "TrainingStartTime": self.training_start_time,
            "TrainingEndTime": self.training_end_time,
            **self._seconds(),
        }
        return {name: value for name, value in answer.items() if value is not None}

    def summary(self) -> dict[str, Any]:
        """A TrainingJobSummary."""
        answer = {
            "TrainingJobName": self.training_job_name,
            "TrainingJobArn": self.arn,
            "TrainingJobStatus": self.training_job_status,
            "SecondaryStatus": self.secondary_status,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "TrainingEndTime": self.training_end_time,
        }
        return {name: value for name, value in answer.items() if value is not None}

    def _seconds(self) -> dict[str, int]:
        if not (self.training_start_time and self.training_end_time):
            return {}
        seconds = math.ceil((self.training_end_time - self.training_start_time).total_seconds())
        return {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}


def check(settings: Settings, request: dict[str, Any]) -> None:
    """Raise ValidationError for a job that SageMaker would refuse or local AWS cannot run."""
    image = request.get("AlgorithmSpecification", {}).get("TrainingImage")
    if not image:
        raise ValidationError("Local AWS runs training images: give AlgorithmSpecification.TrainingImage.")
    container_of(settings, image)
    _refuse_what_cannot_run(request)
    _check_spot(request)
    for metric in request["AlgorithmSpecification"].get("MetricDefinitions") or []:
        _check_metric(metric)
    roles.check(settings, request["RoleArn"])
    storage = Storage(settings, request["RoleArn"])
    for channel in request.get("InputDataConfig") or []:
        _check_channel(channel, storage, request["RoleArn"])


def _check_spot(request: dict[str, Any]) -> None:
    stopping = request.get("StoppingCondition") or {}
    wait, runtime = stopping.get("MaxWaitTimeInSeconds"), stopping.get("MaxRuntimeInSeconds", 86_400)
    if request.get("EnableManagedSpotTraining") and (wait is None or wait < runtime):
        raise ValidationError(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds"
        )
    if wait is not None and not request.get("EnableManagedSpotTraining"):
        raise ValidationError("MaxWaitTimeInSeconds is supported only when EnableManagedSpotTraining is true")


def _refuse_what_cannot_run(request: dict[str, Any]) -> None:
    resources = request.get("ResourceConfig", {})
    if resources.get("InstanceGroups"):
        raise ValidationError("Local AWS has no instance groups: give ResourceConfig.InstanceCount.")
    if resources.get("InstanceCount", 1) > MAX_INSTANCES:
        raise ValidationError(
            f"Local AWS runs every instance on this machine: ResourceConfig.InstanceCount must be at most "
            f"{MAX_INSTANCES}."
        )
    if request["AlgorithmSpecification"].get("TrainingInputMode") == "Pipe":
        raise ValidationError("Local AWS has no Pipe mode: use TrainingInputMode File.")
    if request["OutputDataConfig"].get("CompressionType") == "NONE":
        raise ValidationError(
            "Local AWS writes model.tar.gz only: OutputDataConfig.CompressionType must be GZIP."
        )


def _check_metric(metric: dict[str, str]) -> None:
    try:
        groups = re.compile(metric["Regex"]).groups
    except re.error as error:
        raise ValidationError(f"The regex of metric {metric['Name']!r} is not valid: {error}") from error
    if groups < 1:
        raise ValidationError(f"The regex of metric {metric['Name']!r} needs a group that is the number.")


def _check_channel(channel: dict[str, Any], storage: Storage, role_arn: str) -> None:
    name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource") or {}
    if channel.get("InputMode") == "Pipe" or source.get("S3DataType", "S3Prefix") != "S3Prefix":
        raise ValidationError(
            f"Local AWS reads channels as S3Prefix in File mode; channel {name!r} asks for other."
        )
    if source.get("S3DataDistributionType", "FullyReplicated") != "FullyReplicated":
        raise ValidationError(f"Local AWS replicates channels; channel {name!r} asks to be sharded.")
    try:
        found = storage.exists(source["S3Uri"])
    except ClientError as error:
        raise ValidationError(
            f"No S3 access for channel {name!r} at {source['S3Uri']} with role {role_arn}: {reason(error)}"
        ) from error
    if not found:
        raise ValidationError(
            f"No S3 objects found under S3 URL {source['S3Uri']!r} given in input data source."
        )
