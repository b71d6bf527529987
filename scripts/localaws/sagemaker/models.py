"""SageMaker's backend: moto's, with jobs, models, endpoints and the registry made real.

Named as moto names it, because moto finds a backend's routes in the `urls` module beside its `models`.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from moto.sagemaker.exceptions import ResourceInUseException, ResourceNotFound, ValidationError
from moto.sagemaker.utils import arn_formatter

from ..settings import Settings
from . import hosting, jobs, training
from .container import container_of
from .endpoints import Endpoint
from .processing import ProcessingJob
from .registry import Registry
from .serving import Model
from .training_run import TrainingRun
from .transform import TransformJob

NAME = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"  # of every SageMaker resource; names become folders here


class LiveSageMakerBackend(Registry):
    """One account's SageMaker in one region. Requests come in whole, under AWS's names."""

    settings: ClassVar[Settings]  # moto makes the backends itself, so `install` leaves the settings here

    def arn(self, kind: str, name: str) -> str:
        return arn_formatter(kind, name, self.account_id, self.region_name)

    def run_training_job(self, request: dict[str, Any]) -> str:
        """CreateTrainingJob: returns the job's ARN; the job goes on in the background."""
        name = _checked(request, "TrainingJobName")
        arn = self.arn("training-job", name)
        if name in self.training_jobs:
            raise ResourceInUseException(
                "Training job names must be unique within an AWS account and region, and a training job with "
                f"this name already exists ({arn})"
            )
        training.check(self.settings, request)
        container = container_of(self.settings, request["AlgorithmSpecification"]["TrainingImage"])
        job = training.TrainingJob(request, arn, container)
        run = TrainingRun(job, self.settings)
        self.training_jobs[name] = job  # type: ignore[assignment]
        run.start()
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
        job.stop()

    def interrupt_training_job(self, name: str) -> None:
        """Take a managed spot job's instances away, as AWS may do at any time. Raises ValidationError."""
        self.training_job(name).interrupt()

    def page_of_jobs(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        """ListTrainingJobs, ListProcessingJobs, ListTransformJobs."""
        found: Any = getattr(self, f"{kind.lower()}_jobs")
        return jobs.page(kind, [job.summary() for job in found.values()], request)

    def run_processing_job(self, request: dict[str, Any]) -> str:
        """CreateProcessingJob."""
        arn = self._new_job_arn("processing", request)
        return self._run_job(ProcessingJob(request, arn, self.settings))

    def run_transform_job(self, request: dict[str, Any]) -> str:
        """CreateTransformJob."""
        arn = self._new_job_arn("transform", request)
        return self._run_job(TransformJob(request, arn, self.settings, self._model(request["ModelName"])))

    def job(self, kind: str, name: str) -> jobs.Job:
        """A processing or transform job. Raises ValidationError."""
        found: Any = getattr(self, f"{kind.lower()}_jobs").get(name)
        if found is None:
            raise ValidationError(f"Could not find {kind.lower()} job with name {name}")
        assert isinstance(found, jobs.Job)
        return found

    def _new_job_arn(self, kind: str, request: dict[str, Any]) -> str:
        name = _checked(request, f"{kind.capitalize()}JobName")
        arn = self.arn(f"{kind}-job", name)
        if name in getattr(self, f"{kind}_jobs"):
            raise ResourceInUseException(
                "Job name must be unique within an AWS account and region, and a job with this name already "
                f"exists ({arn})"
            )
        return arn

    def _run_job(self, job: jobs.Job) -> str:
        getattr(self, f"{job.kind.lower()}_jobs")[job.name] = job
        job.start()
        return job.arn

    def host_model(self, request: dict[str, Any]) -> str:
        """CreateModel."""
        arn = self.arn("model", _checked(request, "ModelName"))
        if request["ModelName"] in self._models:
            raise ValidationError(f'Cannot create already existing model "{arn}".')
        served = hosting.served_model(self.settings, request, self.packaged_container)
        self._models[request["ModelName"]] = hosting.HostedModel(request, arn, served)  # type: ignore[assignment]
        return arn

    def configure_endpoint(self, request: dict[str, Any]) -> str:
        """CreateEndpointConfig."""
        arn = self.arn("endpoint-config", _checked(request, "EndpointConfigName"))
        if request["EndpointConfigName"] in self.endpoint_configs:
            raise ValidationError(f'Cannot create already existing endpoint configuration "{arn}".')
        hosting.check_config(request, self._models, lambda name: self.arn("model", name))
        config: Any = hosting.EndpointConfig(request, arn)
        self.endpoint_configs[config.endpoint_config_name] = config
        return arn

    def endpoint_config(self, name: str) -> hosting.EndpointConfig:
        config: Any = self.endpoint_configs.get(name)
        if config is None:
            raise ValidationError(
                f'Could not find endpoint configuration "{self.arn("endpoint-config", name)}".'
            )
        assert isinstance(config, hosting.EndpointConfig)
        return config

    def open_endpoint(self, request: dict[str, Any]) -> str:
        """CreateEndpoint: returns the endpoint's ARN; the variants come up in the background."""
        arn = self.arn("endpoint", _checked(request, "EndpointName"))
        if request["EndpointName"] in self.endpoints:
            raise ValidationError(f'Cannot create already existing endpoint "{arn}".')
        config = self.endpoint_config(request["EndpointConfigName"])
        endpoint: Any = Endpoint(request, arn, config, self._served(config), self.settings)
        self.endpoints[request["EndpointName"]] = endpoint
        return arn

    def endpoint(self, name: str) -> Endpoint:
        endpoint: Any = self.endpoints.get(name)
        if endpoint is None:
            raise ValidationError(f'Could not find endpoint "{self.arn("endpoint", name)}".')
        assert isinstance(endpoint, Endpoint)
        return endpoint

    def update_endpoint(self, request: dict[str, Any]) -> str:
        endpoint = self.endpoint(request["EndpointName"])
        config = self.endpoint_config(request["EndpointConfigName"])
        kept = endpoint.deployment if request.get("RetainDeploymentConfig") else None
        endpoint.update(
            config,
            self._served(config),
            request.get("DeploymentConfig", kept),
            bool(request.get("RetainAllVariantProperties")),
        )
        return endpoint.arn

    def set_endpoint_weights(self, request: dict[str, Any]) -> str:
        endpoint = self.endpoint(request["EndpointName"])
        endpoint.scale(request["DesiredWeightsAndCapacities"])
        return endpoint.arn

    def delete_endpoint(self, endpoint_name: str) -> None:
        self.endpoint(endpoint_name).delete()
        del self.endpoints[endpoint_name]

    def _served(self, config: hosting.EndpointConfig) -> dict[str, Model]:
        """The models of a configuration by name. Raises ValidationError when one was deleted since."""
        return {variant["ModelName"]: self._model(variant["ModelName"]) for variant in config.variants}

    def _model(self, name: str) -> Model:
        model: Any = self._models.get(name)
        if model is None:
            raise ValidationError(f'Could not find model "{self.arn("model", name)}".')
        assert isinstance(model, hosting.HostedModel)
        return model.served


def _checked(request: dict[str, Any], field: str) -> str:
    name = str(request[field])
    if not re.fullmatch(NAME, name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at '{field[0].lower()}{field[1:]}' failed to "
            f"satisfy constraint: Member must satisfy regular expression pattern: ^{NAME}"
        )
    return name
