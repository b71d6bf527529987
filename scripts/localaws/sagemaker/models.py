"""SageMaker's backend: moto's, with jobs, models, endpoints and the registry made real.

Named as moto names it, because moto finds a backend's routes in the `urls` module beside its `models`.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from moto.core.utils import camelcase_to_underscores
from moto.sagemaker.exceptions import ResourceInUseException, ResourceNotFound, ValidationError
from moto.sagemaker.utils import arn_formatter

from ..settings import Settings
from . import hosting, training
from .container import container_of
from .endpoints import Endpoint
from .registry import Registry
from .serving import Model
from .training_run import TrainingRun

TIMES = ("CreationTimeAfter", "CreationTimeBefore", "LastModifiedTimeAfter", "LastModifiedTimeBefore")
JOB_FILTERS = (*TIMES, "NameContains", "StatusEquals")
JOB_ORDER = {"Name": "TrainingJobName", "CreationTime": "CreationTime", "Status": "TrainingJobStatus"}
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

    def page_of_training_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListTrainingJobs: moto's filters, in the order and the pages that are asked for."""
        filters = {camelcase_to_underscores(name): request.get(name) for name in JOB_FILTERS}
        found = self.list_training_jobs(next_token="", max_results=0, **filters)  # type: ignore[arg-type]
        jobs, field = found["TrainingJobSummaries"], JOB_ORDER[request.get("SortBy", "CreationTime")]
        jobs.sort(key=lambda job: job[field], reverse=request.get("SortOrder") == "Descending")
        start, size = int(request.get("NextToken", 0)), request.get("MaxResults", 10)
        token = str(start + size) if start + size < len(jobs) else None
        return {"TrainingJobSummaries": jobs[start : start + size], "NextToken": token}

    def stop_training_job(self, name: str) -> None:
        if name not in self.training_jobs:
            raise ResourceNotFound("Requested resource not found.")
        job = self.training_job(name)
        if job.training_job_status in training.ENDED:
            raise ValidationError(
                f"The request was rejected because the training job is in status {job.training_job_status}."
            )
        job.stop()

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
        models: dict[str, Any] = {
            variant["ModelName"]: self._models.get(variant["ModelName"]) for variant in config.variants
        }
        for name, model in models.items():
            if model is None:
                raise ValidationError(f'Could not find model "{self.arn("model", name)}".')
        return {name: model.served for name, model in models.items()}


def _checked(request: dict[str, Any], field: str) -> str:
    name = str(request[field])
    if not re.fullmatch(NAME, name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at '{field[0].lower()}{field[1:]}' failed to "
            f"satisfy constraint: Member must satisfy regular expression pattern: ^{NAME}"
        )
    return name
