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
        """The request's fields, under AWS's names; null is as good as absent."""
        return {name: value for name, value in self.params.items() if value is not None}

    def create_training_job(self) -> ActionResult:
        return ActionResult({"TrainingJobArn": self.backend.run_training_job(self.request)})

    def describe_training_job(self) -> ActionResult:
        return ActionResult(self.backend.training_job(self.request["TrainingJobName"]).describe())

    def list_training_jobs(self) -> ActionResult:
        return ActionResult(self.backend.page_of_training_jobs(self.request))

    def stop_training_job(self) -> ActionResult:
        self.backend.stop_training_job(self.request["TrainingJobName"])
        return EmptyResult()

    def create_model(self) -> ActionResult:
        return ActionResult({"ModelArn": self.backend.host_model(self.request)})

    def create_endpoint_config(self) -> ActionResult:
        return ActionResult({"EndpointConfigArn": self.backend.configure_endpoint(self.request)})

    def describe_endpoint_config(self) -> ActionResult:
        return ActionResult(self.backend.endpoint_config(self.request["EndpointConfigName"]).describe())

    def create_endpoint(self) -> ActionResult:
        return ActionResult({"EndpointArn": self.backend.open_endpoint(self.request)})

    def describe_endpoint(self) -> ActionResult:
        return ActionResult(self.backend.endpoint(self.request["EndpointName"]).describe())

    def update_endpoint(self) -> ActionResult:
        return ActionResult({"EndpointArn": self.backend.update_endpoint(self.request)})

    def update_endpoint_weights_and_capacities(self) -> ActionResult:
        return ActionResult({"EndpointArn": self.backend.set_endpoint_weights(self.request)})

    def update_model_package(self) -> ActionResult:
        return ActionResult({"ModelPackageArn": self.backend.update_package(self.request)})

    def delete_model_package(self) -> ActionResult:
        self.backend.delete_model_package(self.request["ModelPackageName"])
        return EmptyResult()

    def delete_model_package_group(self) -> ActionResult:
        self.backend.delete_model_package_group(self.request["ModelPackageGroupName"])
        return EmptyResult()
