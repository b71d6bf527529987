"""SageMaker's operations that local AWS answers itself; the others are moto's."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.responses import SageMakerResponse

from .models import LiveSageMakerBackend


class LiveSageMakerResponse(SageMakerResponse):
    @property
    def backend(self) -> LiveSageMakerBackend:
        backend = self.sagemaker_backend
        assert isinstance(backend, LiveSageMakerBackend)
        return backend

    @property
    def request(self) -> dict[str, Any]:
        """The request's fields, under AWS's names."""
        return dict(self.params)

    def create_training_job(self) -> ActionResult:
        return ActionResult({"TrainingJobArn": self.backend.run_training_job(self.request)})

    def describe_training_job(self) -> ActionResult:
        return ActionResult(self.backend.training_job(self.request["TrainingJobName"]).describe())

    def stop_training_job(self) -> ActionResult:
        self.backend.stop_training_job(self.request["TrainingJobName"])
        return EmptyResult()
