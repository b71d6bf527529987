"""SageMaker's operations that local AWS answers itself; the others are moto's."""

from __future__ import annotations

from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores
from moto.sagemaker.responses import SageMakerResponse

from .models import LiveSageMakerBackend

# What moto answers truly, being mere records of what was declared. Its other operations are canned.
KEPT = {
    "describe_model", "delete_model", "list_models",
    "list_tags", "add_tags", "delete_tags",
    "delete_endpoint_config", "delete_endpoint", "list_endpoints", "list_endpoint_configs",
    "create_model_package_group", "describe_model_package_group", "list_model_package_groups",
    "create_model_package", "describe_model_package", "list_model_packages",
}  # fmt: skip


class LiveSageMakerResponse(SageMakerResponse):
    def call_action(self) -> TYPE_RESPONSE:
        name = camelcase_to_underscores(self._get_action())
        if name not in KEPT and name not in vars(LiveSageMakerResponse):
            raise NotImplementedError("it is not emulated, and a made-up answer would not help")
        return super().call_action()

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
        return ActionResult(self.backend.page_of_jobs("Training", self.request))

    def stop_training_job(self) -> ActionResult:
        self.backend.stop_training_job(self.request["TrainingJobName"])
        return EmptyResult()

    def create_processing_job(self) -> ActionResult:
        return ActionResult({"ProcessingJobArn": self.backend.run_processing_job(self.request)})

    def describe_processing_job(self) -> ActionResult:
        return ActionResult(self.backend.job("Processing", self.request["ProcessingJobName"]).describe())

    def list_processing_jobs(self) -> ActionResult:
        return ActionResult(self.backend.page_of_jobs("Processing", self.request))

    def stop_processing_job(self) -> ActionResult:
        self.backend.job("Processing", self.request["ProcessingJobName"]).stop()
        return EmptyResult()

    def create_transform_job(self) -> ActionResult:
        return ActionResult({"TransformJobArn": self.backend.run_transform_job(self.request)})

    def describe_transform_job(self) -> ActionResult:
        return ActionResult(self.backend.job("Transform", self.request["TransformJobName"]).describe())

    def list_transform_jobs(self) -> ActionResult:
        return ActionResult(self.backend.page_of_jobs("Transform", self.request))

    def stop_transform_job(self) -> ActionResult:
        self.backend.job("Transform", self.request["TransformJobName"]).stop()
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
