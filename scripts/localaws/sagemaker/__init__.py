"""SageMaker, live: training jobs and endpoints are processes; what they leave lies in S3 and CloudWatch Logs.

Real: see training.py, endpoints.py, runtime.py, capture.py and registry.py, each for its part. Not real:
processing, transform, tuning and AutoML jobs, pipelines, monitoring schedules, asynchronous and streamed
invocations: those are moto's records, or an error that names the operation.
"""

from __future__ import annotations

from .. import clock
from ..settings import Settings


def install(settings: Settings) -> None:
    """Put the live backend in moto's place; before the first request."""
    from moto.sagemaker.models import sagemaker_backends

    from .models import LiveSageMakerBackend

    LiveSageMakerBackend.settings = settings
    sagemaker_backends.backend = LiveSageMakerBackend
    _route()


def _route() -> None:
    from moto.applicationautoscaling import urls as scaling_urls
    from moto.sagemakerruntime import urls as runtime_urls

    from . import scaling
    from .runtime import LiveRuntimeResponse

    for path in runtime_urls.url_paths:
        runtime_urls.url_paths[path] = LiveRuntimeResponse.dispatch
    scaling_urls.url_paths["{0}/$"] = scaling.LiveScalingResponse.dispatch
    clock.attend(scaling.look)
