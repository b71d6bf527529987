"""SageMaker's backend: moto's, with jobs, models, endpoints and the registry made real.

Named as moto names it, because moto finds a backend's routes in the `urls` module beside its `models`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from moto.sagemaker.exceptions import ResourceInUseException, ResourceNotFound, ValidationError
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.utils import arn_formatter

from ..settings import Settings
from . import training
from .container import container_of
from .training_run import TrainingRun


class LiveSageMakerBackend(SageMakerModelBackend):
    """One account's SageMaker in one region."""

    settings: ClassVar[Settings]  # moto makes the backends itself, so `install` leaves the settings here

    def arn(self, kind: str, name: str) -> str:
        return arn_formatter(kind, name, self.account_id, self.region_name)

    def run_training_job(self, request: dict[str, Any]) -> str:
        """CreateTrainingJob: returns the job's ARN; the job goes on in the background."""
        name = request["TrainingJobName"]
        arn = self.arn("training-job", name)
        if name in self.training_jobs:
            raise ResourceInUseException(
                "Training job names must be unique within an AWS account and region, and a training job with "
                f"this name already exists ({arn})"
            )
        training.check(self.settings, request)
        container = container_of(self.settings, request["AlgorithmSpecification"]["TrainingImage"])
        job = training.TrainingJob(request, arn, container)
        self.training_jobs[name] = job  # type: ignore[assignment]
        TrainingRun(job, self.settings).start()
        return arn

    def training_job(self, name: str) -> training.TrainingJob:
        job: Any = self.training_jobs.get(name)
        if job is None:
            raise ValidationError("Requested resource not found.")
        assert isinstance(job, training.TrainingJob)
        return job

    def stop_training_job(self, name: str) -> None:
        if name not in self.training_jobs:
            raise ResourceNotFound("Requested resource not found.")
        job = self.training_job(name)
        if job.training_job_status in training.ENDED:
            raise ValidationError(
                f"The request was rejected because the training job is in status {job.training_job_status}."
            )
        if job.training_job_status != "Stopping":
            job.stop()
