"""SageMaker, live: jobs and endpoints are processes; what they leave lies in S3 and CloudWatch Logs.

Real: see training.py, processing.py, transform.py, endpoints.py, deployments.py, runtime.py, capture.py,
registry.py and scaling.py, each for its part. Not real: tuning and AutoML jobs, pipelines, monitoring
schedules, asynchronous and streamed invocations: those are errors that name the operation.

`POST /_localaws/interrupt` with `{"TrainingJobName": name}` takes a managed spot job's instances away.
"""

from __future__ import annotations

from typing import Any

from .. import clock, http
from ..settings import Settings


def install(settings: Settings) -> None:
    """Put the live backend in moto's place; before the first request."""
    from moto.sagemaker.exceptions import ValidationError
    from moto.sagemaker.models import sagemaker_backends

    from .models import LiveSageMakerBackend

    LiveSageMakerBackend.settings = settings
    sagemaker_backends.backend = LiveSageMakerBackend
    _route()

    def interrupt(asked: dict[str, Any]) -> dict[str, Any]:
        backend: Any = sagemaker_backends[settings.account_id][settings.region]
        try:
            backend.interrupt_training_job(asked["TrainingJobName"])
        except ValidationError as error:
            raise ValueError(error.message) from error
        return {}

    http.CONTROLS["/_localaws/interrupt"] = interrupt


def _route() -> None:
    from moto.applicationautoscaling import urls as scaling_urls
    from moto.sagemakerruntime import urls as runtime_urls

    from . import scaling
    from .runtime import LiveRuntimeResponse

    for path in runtime_urls.url_paths:
        runtime_urls.url_paths[path] = LiveRuntimeResponse.dispatch
    scaling_urls.url_paths["{0}/$"] = scaling.LiveScalingResponse.dispatch
    clock.attend(scaling.look)
